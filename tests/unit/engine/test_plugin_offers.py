"""What plugins offer: computed beside our own, held to its laws, refused by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.adapters.demo import DemoFeed
from devtools.instants import LateClock
from engine.edges import Edges, ScanRequest, silent
from engine.gather import gather
from engine.hooks import Hooks
from engine.pipeline import LOOK, Pipeline
from engine.plugins.laws import held_factor, probe
from engine.plugins.loader import loaded_plugins, register_plugins
from engine.run import Run
from engine.verification.repaint import verify_repaint
from indicators.registry import compute_indicators
from shared.config.profiles import load_profile
from shared.errors import ConfigFault, ContractError
from shared.models.data import Candles
from shared.models.extensions import (
    Column,
    Extensions,
    FactorView,
    OfferedDetector,
    OfferedFactor,
    OfferedIndicator,
)
from shared.models.profile import SmcRules
from shared.models.risk import Account
from shared.models.smc import PluginEvent, Side
from shared.models.verification import Series
from strategy.confluence.factors import FACTORS
from strategy.confluence.scorer import score
from strategy.smc.snapshot import find_structure
from tests.unit.strategy.planner.hand_market import H1, PROFILE, data, indicators, regime, snapshot

Install = Callable[[str], None]

HEAD = """
import numpy as np
from shared.models.extensions import Column, OfferedDetector, OfferedFactor, OfferedIndicator
from shared.models.smc import PluginEvent, Side
name = "tape"
"""
COLUMN = HEAD + "def indicators(): return (OfferedIndicator('tape', (Column('tape', 2, 0, 1000),), tape),)\n"
EVENTS = HEAD + "def detectors(): return (OfferedDetector('tape', find),)\n"
FACTOR = HEAD + "def factors(): return (OfferedFactor({name!r}, value, why),)\nvalue = why = len\n"
EVENT = "PluginEvent({detector!r}, {side}, {price}, {strength}, {origin}, {known})"
ONE = {
    "detector": "tape",
    "side": "Side.LONG",
    "price": 1.0,
    "strength": 0.5,
    "origin": "int(c.open_ms[-1])",
    "known": "int(c.close_ms[-1])",
}


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    def installed(source: str) -> None:
        (tmp_path / "taping.py").write_text(source)
        info = tmp_path / "taping-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: taping\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[sniper_sight.plugins]\ntape = taping\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "taping", raising=False)

    loaded_plugins.cache_clear()
    yield installed
    loaded_plugins.cache_clear()


def event(**changes: Any) -> str:
    return EVENT.format(**{**ONE, **changes})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (HEAD + "indicators = 3", "its indicators must be a function"),
        (HEAD + "def detectors(): return 3", r"detectors\(\) must give a tuple of OfferedDetector, found int"),
        (HEAD + "def factors(): return (len,)", r"factors\(\) must give OfferedFactors, found <built-in"),
        (FACTOR.format(name="Tape"), "name must be lower-case letters, digits and underscores, found 'Tape'"),
        (FACTOR.format(name="momentum"), "factor 'momentum' exists already"),
        (EVENTS.replace("'tape', find", "'order_block', len"), "detector 'order_block' exists already"),
        (COLUMN.replace("Column('tape'", "Column('rsi'") + "tape = len", "indicator column 'rsi' exists already"),
        (EVENTS + "find = lambda c: ()", "'tape' cannot be handed to a worker process"),
        (COLUMN + "def tape(c): return 1 / 0", "indicator 'tape' failed for 1h: ZeroDivisionError"),
        (COLUMN + "def tape(c): return {'type': c.close}", r"must give the columns tape, found \['type'\]"),
        (COLUMN + "def tape(c): return c.close", "must give the columns tape, found ndarray"),
        (COLUMN + "def tape(c): return {'tape': c.close[1:]}", "column 'tape' must be float64 of length 320"),
        (COLUMN + "def tape(c): return {'tape': c.close}", "must be NaN in exactly its first 2 rows"),
        (COLUMN + "def tape(c): return {'tape': np.r_[np.nan, np.nan, -c.close[2:]]}", "must lie within 0 to 1000"),
        (
            COLUMN + "def tape(c): return {'tape': np.r_[np.nan, np.nan, c.close[2:] * 0 + c.close.max()]}",
            "column 'tape' says otherwise of the past",
        ),
        (EVENTS + "def find(c): return []", "must give a tuple of PluginEvent, found list"),
        (EVENTS + "def find(c): return (1,)", "must give PluginEvents, found int"),
        (EVENTS + f"def find(c): return ({event(detector='x')},)", "detector must be the detector's own name"),
        (EVENTS + f"def find(c): return ({event(side='1')},)", "side must be a Side"),
        (EVENTS + f"def find(c): return ({event(price=0.0)},)", "price must be finite and above 0"),
        (EVENTS + f"def find(c): return ({event(strength=1.5)},)", "strength must be within 0 to 1"),
        (EVENTS + f"def find(c): return ({event(known=7)},)", "known_ms must be the close of a candle"),
        (EVENTS + f"def find(c): return ({event(origin=ONE['known'])},)", "origin_ms must be before known_ms"),
        (
            EVENTS + f"def find(c): return ({event()}, {event(known='int(c.close_ms[0])', origin=0)})",
            "events must be ordered by known_ms",
        ),
        (EVENTS + f"def find(c): return ({event()},)", "says otherwise of the past once later candles are known"),
    ],
)  # fmt: skip
def test_an_offer_that_breaks_a_law_is_refused_by_name(install: Install, source: str, said: str) -> None:
    install(source)
    with pytest.raises(ContractError, match=said) as caught:
        register_plugins(Hooks())
    assert str(caught.value).startswith("plugin 'tape' (taping)")


def test_what_is_offered_is_registered_once_and_given_to_every_context(install: Install) -> None:
    install(COLUMN + "def tape(c): return {'tape': np.r_[np.nan, np.nan, c.close[2:]][:len(c)]}")
    hooks = Hooks()
    assert register_plugins(hooks) == register_plugins(hooks) == ("tape",)
    assert [one.name for one in hooks.extensions.indicators] == ["tape"]
    assert hooks.extensions.owners == ("tape 1.0",)


def test_an_offered_column_stands_beside_our_own() -> None:
    doubled = OfferedIndicator("twice", (Column("twice", 0),), twice)
    sets = compute_indicators(data(), Extensions(indicators=(doubled,)))
    assert sets[H1].last("twice") == 200.0
    assert sets[H1].columns.keys() - compute_indicators(data())[H1].columns.keys() == {"twice"}


def test_an_offered_detectors_events_stand_in_the_structure_newest_first() -> None:
    shot = find_structure(data(), PROFILE, Extensions(detectors=(OfferedDetector("each_tenth", each_tenth),)))
    events = shot.timeframes[H1].plugin_events
    assert len(events) == 30
    assert [one.known_ms for one in events] == sorted((one.known_ms for one in events), reverse=True)
    assert find_structure(data(), PROFILE).timeframes[H1].plugin_events == ()


def test_an_offered_factor_is_a_part_of_the_exact_sum() -> None:
    changes = {"weights": {"momentum": 4, "stretch": 2}, "plugin_weights": {"leaning": 4}}
    settings = load_profile(overrides={"confluence": changes})
    offered = Extensions(factors=(held_factor("x", OfferedFactor("leaning", leaning, leaning_words)),))
    breakdown = score(data(), indicators(), snapshot(), regime(), settings, offered)
    for side, value, points in ((Side.LONG, 0.775, 31), (Side.SHORT, 0.225, 9)):
        scored = breakdown.on(side)
        part = scored.factors[-1]
        assert (part.name, part.value, part.weight_tenths, part.points_tenths) == (
            "leaning",
            value,
            40,
            points,
        )
        assert part.why == f"leaning {side.word}"
        assert sum(factor.weight_tenths for factor in scored.factors) == 1000
        rules = (*scored.synergies, *scored.conflicts)
        assert scored.total_tenths == sum(one.points_tenths for one in (*scored.factors, *rules))


def test_an_offered_factor_without_a_weight_is_shown_and_counts_nothing() -> None:
    offered = Extensions(factors=(OfferedFactor("leaning", leaning, leaning_words),))
    with_it = score(data(), indicators(), snapshot(), regime(), PROFILE, offered).long
    without = score(data(), indicators(), snapshot(), regime(), PROFILE).long
    assert with_it.factors[: len(FACTORS)] == without.factors
    assert (with_it.factors[-1].points_tenths, with_it.score) == (0, without.score)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf"), True, "0.5"])
def test_a_value_outside_its_range_names_the_factor(value: Any) -> None:
    held = held_factor("plugin 'tape': factor 'odd'", OfferedFactor("odd", lambda view: value, leaning_words))
    with pytest.raises(ContractError, match="factor 'odd': its value must be a number within 0 to 1"):
        held.value(view())


def test_a_factor_says_something() -> None:
    held = held_factor("plugin 'tape': factor 'odd'", OfferedFactor("odd", leaning, lambda view: " "))
    with pytest.raises(ContractError, match="factor 'odd': its sentence must be text"):
        held.why(view())


def test_a_weight_for_a_factor_nobody_offers_names_the_nearest() -> None:
    changes = {"weights": {"btc": 1}, "plugin_weights": {"leanin": 1}}
    settings = load_profile(overrides={"confluence": changes})
    for offered, said in (
        (Extensions(factors=(OfferedFactor("leaning", leaning, leaning_words),)), "Did you mean 'leaning'"),
        (Extensions(), "Install the plugin that does"),
    ):
        with pytest.raises(ConfigFault, match=f"plugin_weights.leanin: no installed plugin.*{said}"):
            score(data(), indicators(), snapshot(), regime(), settings, offered)


def test_weights_of_plugins_count_in_the_sum_of_100() -> None:
    with pytest.raises(ConfigFault, match="weights and plugin_weights must sum to 100, found 104"):
        load_profile(overrides={"confluence": {"plugin_weights": {"leaning": 4}}})
    with pytest.raises(ConfigFault, match=r"plugin_weights\.leaning must be 0 to 100 points"):
        load_profile(overrides={"confluence": {"plugin_weights": {"leaning": -1}}})


def test_no_hook_may_change_the_extensions() -> None:
    hooks = Hooks()
    hooks.register("after_data", lambda context: replace(context, extensions=Extensions(owners=("me",))))
    with pytest.raises(ContractError, match="changed extensions"):
        hooks.run("after_data", next(iter_contexts()))


def test_the_prefix_law_is_asked_of_offered_detectors_too() -> None:
    series = (Series("ETH/USDT", probe(), 0.01),)
    offered = (OfferedDetector("each_tenth", each_tenth), OfferedDetector("last_ten", last_ten))
    *_, good, bad = verify_repaint(series, SmcRules(), cuts=5, seed=1, offered=offered)
    assert (good.detector, good.events, good.changed + good.vanished + good.backdated) == (
        "each_tenth",
        32,
        0,
    )
    assert (bad.detector, bad.vanished > 0) == ("last_ten", True)


def iter_contexts() -> Iterator[Any]:
    from shared.models.context import SniperContext
    from tests.unit.strategy.planner.hand_market import AS_OF, context

    yield SniperContext("ETH/USDT", "balanced", PROFILE, "r-1", AS_OF, context(), data())


def test_every_context_carries_what_is_registered() -> None:
    hooks = Hooks()
    hooks.extend(Extensions(owners=("tape 1.0",)))
    first = next(Pipeline.of(hooks).walk(next(iter_contexts())))
    assert first.context.extensions == hooks.extensions


def test_another_version_of_a_plugin_without_hooks_is_another_run() -> None:
    ids = set()
    for owner in ("tape 1.0", "tape 1.1"):
        hooks = Hooks()
        hooks.extend(Extensions(owners=(owner,)))
        request = ScanRequest(PROFILE, "demo", Account(Decimal(10_000), "USDT"), symbols=("BTC/USDT",))
        ids.add(
            Run.of(request, gather(LOOK, request, Edges(DemoFeed, None, LateClock()), silent), hooks).run_id
        )
    assert len(ids) == 2


def twice(candles: Candles) -> dict[str, Any]:
    return {"twice": np.asarray(candles.close * 2)}


def each_tenth(candles: Candles) -> tuple[PluginEvent, ...]:
    return tuple(_event("each_tenth", candles, bar) for bar in range(9, len(candles), 10))


def last_ten(candles: Candles) -> tuple[PluginEvent, ...]:
    return tuple(_event("last_ten", candles, bar) for bar in range(max(0, len(candles) - 10), len(candles)))


def _event(detector: str, candles: Candles, bar: int) -> PluginEvent:
    opened, closed = int(candles.open_ms[bar]), int(candles.close_ms[bar])
    return PluginEvent(detector, Side.LONG, float(candles.close[bar]), 0.5, opened, closed)


def view(side: Side = Side.LONG) -> FactorView:
    return FactorView(side, data(), indicators(), snapshot(), regime(), PROFILE)


def leaning(seen: FactorView) -> float:
    return 0.775 if seen.side is Side.LONG else 0.225


def leaning_words(seen: FactorView) -> str:
    return f"leaning {seen.side.word}"
