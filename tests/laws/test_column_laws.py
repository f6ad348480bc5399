"""The law of columns: what is decided of thousands of closes at once is what the stages decide of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from data.parquet_import import read_candles
from shared.config.profiles import profile_names
from shared.models.data import Candles, Market
from shared.models.profile import Profile
from shared.models.regime import MarketContext, Regime
from shared.models.timeframe import DAY_MS, Timeframe
from shared.utils import kernels
from strategy.columns import points, verdicts
from strategy.columns.decisions import decide_span
from strategy.columns.span import Decisions, Span
from strategy.confluence.factors import FACTORS
from strategy.confluence.rules import CONFLICTS, SYNERGIES
from strategy.gates.side_gates import SIDE_GATES
from tests.laws.spans import (
    CODES,
    climate_of,
    decided,
    drawn,
    made_up,
    scanned,
    short_profile,
    span_of,
    told_by_columns,
    told_by_objects,
    weather,
)  # fmt: skip

NEVER: Final = {"plan.stop_distance", "plan.stop_zone", "plan.net_rr_first", "plan.rationale"}
"""Gates on what is drawn so that it passes them."""
LOOSE: Final = {
    "gates": {"min_alignment": -1.0, "min_score": 0, "max_conflict": 100, "max_range_position": 1.0, "min_freshness": 0.0}
}  # fmt: skip
SHORT_LIVED: Final = {
    "zone_expiry_bars": 50,
    "spawn_expiry_bars": 20,
    "pool_expiry_bars": 50,
    "reclaim_bars": 1,
    "swing_reach": 6,
    "min_gap_atr": 0.0,
}
TRIALS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("balanced", {}),
    ("range", {}),
    ("mobile", {"plan": {"max_targets": 1}}),
    ("balanced", {"gates": {"min_alignment_weight": 1.0}, "timeframes": {"context": ["1d", "1w"]}, "confluence": {"alignment": {"1d": 0.5, "1w": 0.5}}}),
    ("balanced", {"gates": LOOSE["gates"] | {"max_zone_height_atr": 0.5}}),
    ("balanced", {"gates": LOOSE["gates"] | {"max_conflict": 5}}),
    ("aggressive", {"gates": LOOSE["gates"] | {"max_cost_r": 0.05}}),
    ("aggressive", {"gates": LOOSE["gates"] | {"min_net_rr_last": 9}}),
    ("aggressive", {"gates": LOOSE["gates"] | {"min_net_rr_first": 8, "min_net_rr_last": 8}}),
    ("balanced", {**LOOSE, "plan": {"max_stop_atr": 1.5, "entry_kinds": ["confirm", "limit"]}}),
)  # fmt: skip
"""Profiles of which each meets gates that others seldom do."""


def undecided(count: int) -> tuple[Any, Any]:
    return np.full(count, -1), np.zeros(count)


def in_columns(span: Span, regimes: Sequence[Regime], settings: Profile) -> Decisions:
    return decide_span(span, climate_of(regimes), settings, *undecided(span.as_of_ms.size))


def assert_told_alike(span: Span, regimes: Sequence[Regime], settings: Profile, rows: Sequence[int]) -> None:
    decisions = in_columns(span, regimes, settings)
    assert not decisions.doubtful.size
    for row in rows:
        objects = told_by_objects(*decided(span, row, settings, regimes[row]))
        assert told_by_columns(decisions, row, objects[3:5]) == objects, f"row {row}"


def benchmark_at(as_of_ms: int, hours: Candles, place: int) -> MarketContext:
    """The benchmark, in another mood at every place."""
    mood = weather(1, place)[0].market
    closed = hours.head(int(np.searchsorted(hours.close_ms, as_of_ms, "right")))
    returns = np.diff(np.log(closed.close[-201:]))
    return replace(mood, returns_close_ms=int(closed.close_ms[-1]), returns=tuple(returns.tolist()))


@pytest.mark.parametrize("name", profile_names())
def test_a_close_is_decided_in_columns_as_a_scan_of_it_decides(name: str) -> None:
    settings = short_profile(name)
    whole = span_of(made_up("SOL/USDT"), settings, 20 * 288)
    rows = np.sort(np.random.default_rng(11).choice(whole.as_of_ms.size, 14, replace=False))
    span = drawn(whole, rows)
    hours = (
        whole.frames[Timeframe.H1].candles
        if Timeframe.H1 in whole.frames
        else whole.frames[Timeframe.H4].candles
    )
    contexts = [
        scanned(span, row, settings, benchmark_at(int(as_of_ms), hours, row))
        for row, as_of_ms in enumerate(span.as_of_ms)
    ]
    decisions = in_columns(span, [context.regime for context in contexts if context.regime], settings)
    for row, context in enumerate(contexts):
        assert context.plan is not None
        assert context.confluence_breakdown is not None
        objects = told_by_objects(context.plan, context.confluence_breakdown)
        assert told_by_columns(decisions, row, objects[3:5]) == objects, f"row {row}"


def test_every_gate_turns_the_same_closes_down_by_the_same_measure() -> None:
    """Of every profile tried, some closes at each place that any was turned down at, and some with a plan."""
    met: set[int] = set()
    for trial, (name, changes) in enumerate(TRIALS):
        settings = short_profile(name, **changes)
        span = span_of(made_up(("WIF/USDT", "PEPE/USDT", "ELF/USDT")[trial % 3]), settings, 60 * 288)
        span = drawn(span, range(0, span.as_of_ms.size, 5))
        regimes = weather(span.as_of_ms.size, trial)
        places = in_columns(span, regimes, settings).place
        rows = [
            row
            for place in np.unique(places)
            for row in np.flatnonzero(places == place)[:: max(1, int((places == place).sum()) // 3)][:3]
        ]
        assert_told_alike(span, regimes, settings, rows)
        met |= set(places.tolist())
    asked = {
        place
        for place, code in enumerate(CODES)
        if code not in NEVER and not code.startswith(("data.", "indicators."))
    }
    assert {CODES[place] for place in asked - met} == set()
    assert -1 in met


def test_recorded_closes_are_decided_in_columns_as_by_the_stages(market_dir: Path) -> None:
    for coin, tick in (("BTC", "0.01"), ("PEPE", "0.00000001"), ("CVC", "0.0001")):
        base = read_candles(market_dir / f"binance__{coin}-USDT__5m.parquet", Timeframe.M5)
        base = base.between(int(base.open_ms[0]), int(base.open_ms[0]) + 130 * DAY_MS)
        market = replace(made_up("SOL/USDT")[0], symbol=f"{coin}/USDT", tick=Decimal(tick))
        settings = short_profile("balanced", **LOOSE)
        whole = span_of((market, base), settings, 30 * 288)
        span = drawn(whole, range(0, whole.as_of_ms.size, 360))
        assert_told_alike(span, weather(span.as_of_ms.size, 5), settings, range(span.as_of_ms.size))


def test_what_the_fold_has_forgotten_is_forgotten_in_columns() -> None:
    """A break older than anything can live is shown no more, however old a trigger may be."""
    settings = short_profile(
        "balanced", **LOOSE, timeframes={"trigger": "5m"}, smc=SHORT_LIVED,
        plan={"entry_kinds": ["confirm"], "trigger_max_age_bars": 100, "touch_max_age_bars": 100},
    )  # fmt: skip
    whole = span_of(made_up("ARB/USDT"), settings, 30 * 288)
    regimes = weather(whole.as_of_ms.size, 4)
    places = in_columns(whole, regimes, settings).place
    rows = np.flatnonzero(places != CODES.index("smc.zone"))
    assert_told_alike(whole, regimes, settings, rows[:: max(1, rows.size // 40)].tolist())


def test_compiled_and_plain_decide_the_same() -> None:
    settings = short_profile("range", **LOOSE)
    whole = span_of(made_up("ARB/USDT"), settings, 10 * 288)
    span = drawn(whole, range(0, whole.as_of_ms.size, 90))
    regimes = weather(span.as_of_ms.size, 2)
    compiled = in_columns(span, regimes, settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernels.NO_JIT_VARIABLE, "1")
        kernels.jit_available.cache_clear()
        plain = in_columns(span, regimes, settings)
    kernels.jit_available.cache_clear()
    for name in Decisions.__slots__:
        assert np.array_equal(getattr(plain, name), getattr(compiled, name)), name


def test_closes_between_two_of_the_trigger_are_decided_as_the_first_of_them() -> None:
    settings = short_profile("aggressive")
    span = span_of(made_up("ARB/USDT"), settings, 301)
    span = drawn(span, range(300))
    assert span.as_of_ms[0] % settings.timeframes.trigger.ms == 0
    regimes = [regime for regime in weather(100, 8) for _ in range(3)]
    decisions = in_columns(span, regimes, settings)
    firsts = in_columns(drawn(span, range(0, 300, 3)), regimes[::3], settings)
    for name in ("place", "measured", "side", "long_tenths", "short_tenths", "zone_ms", "zone_kind"):
        assert np.array_equal(getattr(decisions, name), np.repeat(getattr(firsts, name), 3)), name
    assert_told_alike(span, regimes, settings, range(2, 300, 50))


def test_what_was_turned_down_before_is_taken_over_and_changes_nothing_else() -> None:
    settings = short_profile("balanced")
    whole = span_of(made_up("ARB/USDT"), settings, 288)
    regimes = weather(288, 1)
    open_place, measured = undecided(288)
    open_place[::3], measured[::3] = 3, 12.5
    decisions = decide_span(whole, climate_of(regimes), settings, open_place, measured)
    alone = in_columns(whole, regimes, settings)
    taken, others = open_place == 3, open_place < 0
    assert (decisions.place[taken] == 3).all()
    assert (decisions.measured[taken] == 12.5).all()
    assert not decisions.side[taken].any()
    assert (decisions.long_tenths[taken] == -1).all()
    for name in ("place", "measured", "side", "long_tenths", "short_tenths", "zone_ms", "zone_kind"):
        assert np.array_equal(getattr(decisions, name)[others], getattr(alone, name)[others]), name


def test_a_tick_too_fine_for_whole_numbers_leaves_every_close_to_objects() -> None:
    settings = short_profile("balanced")
    whole = span_of(made_up("ARB/USDT"), settings, 30)
    fine: Market = replace(whole.market, tick=Decimal("1e-16"))
    decisions = in_columns(replace(whole, market=fine), weather(30, 1), settings)
    assert np.array_equal(decisions.doubtful, np.arange(30))


def test_gates_factors_and_rules_of_the_kernel_are_those_of_the_tables() -> None:
    assert tuple(gate.code for gate, _, _ in SIDE_GATES) == verdicts.CODES
    assert CODES.index(verdicts.CODES[0]) + len(verdicts.CODES) == len(CODES) - 1
    assert tuple(part.name for table in (FACTORS, SYNERGIES, CONFLICTS) for part in table) == points.ORDER
