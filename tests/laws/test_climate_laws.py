"""What the columns say of an instant is, bit for bit, what the stages say that decide at it: gates on data and indicators, regime,
benchmark, appetite for risk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from indicators.registry import compute_indicators
from shared.models.data import Candles, Floats, Ints, Market, MultiTimeframeData
from shared.models.indicators import IndicatorSet, IndicatorSets
from shared.models.profile import Profile
from shared.models.regime import Breadth, MarketContext, RegimeState, RiskAppetite
from shared.models.smc import Side, Trend
from shared.models.timeframe import DAY_MS, Timeframe
from strategy.columns.benchmark import MarketColumns, market_columns
from strategy.columns.breadth import UNTOLD, appetites, count_trends, trends_at
from strategy.columns.checks import check_columns
from strategy.columns.climate import read_climate, seen_bars
from strategy.columns.shown_trend import trends_of_the_shown
from strategy.columns.span import Span
from strategy.confluence.breadth import breadth_of, read_appetite
from strategy.confluence.impulse import trend_states
from strategy.confluence.regime_detection import (
    BENCHMARK_TIMEFRAMES,
    market_context,
    read_regime,
    unknown_market,
)
from strategy.gates import GATES, check_data, check_indicators
from strategy.smc.snapshot import find_structure
from tests.laws.histories import (
    M5,
    PROFILES,
    START_MS,
    market_of,
    profile_of,
    read_at,
    recorded,
    series_of,
    span_of,
    walk,
)

COARSE: Final = tuple(name for name in Timeframe if name is not Timeframe.M5)
STATES: Final = tuple(RegimeState)
APPETITE: Final = {RiskAppetite.ON: 1, RiskAppetite.NEUTRAL: 0, RiskAppetite.OFF: -1}
Series = Mapping[Timeframe, Candles]


def bits(*values: float) -> bytes:
    """So that a NaN is itself and −0 is not 0."""
    return np.array(values, np.float64).tobytes()


class History:
    """A symbol and the benchmark, with the columns over all instants and the stages at one."""

    def __init__(
        self, market: Market, own: Series, bench: Series, settings: Profile, as_of_ms: Ints, seed: int = 0
    ) -> None:
        draw = np.random.default_rng(seed)
        self.market, self.settings, self.as_of_ms, self.seed = market, settings, as_of_ms, seed
        self.own = {name: own[name] for name in settings.timeframes.needed}
        self.bench = {name: bench[name] for name in BENCHMARK_TIMEFRAMES}
        without = replace(settings.timeframes, information=())
        self.rules = replace(settings, smc=replace(settings.smc, sessions="off"), timeframes=without)
        self.counted = draw.integers(0, 30, as_of_ms.size)
        self.rising = (self.counted * draw.random(as_of_ms.size)).astype(np.int64)
        self.span = span_of(market, self.own, settings, as_of_ms)
        benchmark = span_of(market_of("BTC"), self.bench, self.rules, as_of_ms)
        self.columns = market_columns(benchmark, self.rising, self.counted)
        self.checks = check_columns(self.span, settings)
        self.climate = read_climate(self.span, self.columns, settings)

    def hold(self, count: int) -> Counter[str]:
        """Hold columns against stages at ``count`` random instants; what was seen there."""
        seen = Counter[str]()
        for at in self.some(count):
            seen.update(self._hold_one(at))
        return seen

    def some(self, count: int) -> list[int]:
        """Random instants."""
        return np.random.default_rng(self.seed).choice(self.as_of_ms.size, count, replace=False).tolist()

    def _hold_one(self, at: int) -> list[str]:
        data = read_at(self.market, self.own, self.settings, int(self.as_of_ms[at]))
        sets = compute_indicators(data)
        place, measured = first_failed(data, sets, self.settings)
        assert (int(self.checks[0][at]), bits(self.checks[1][at])) == (place, bits(measured))
        now = self._benchmark_at(at)
        appetite = APPETITE[now.risk_appetite]
        assert (STATES[self.columns.state[at]], self.columns.appetite[at]) == (now.state, appetite)
        seen = [
            GATES[place].code if place >= 0 else "passes",
            f"market {now.state}",
            f"risk {now.risk_appetite}",
        ]
        if place >= 0:
            return seen
        regime = read_regime(data, sets, find_structure(data, self.settings), now, self.settings)
        told = self.climate
        vetoed = [side for side, _ in regime.vetoes]
        assert STATES[told.state[at]] is regime.state
        assert bits(told.efficiency[at], told.percentile[at], told.beta[at]) == bits(
            regime.efficiency, regime.atr_percentile, regime.beta
        )
        assert (STATES[told.market[at]], told.appetite[at]) == (now.state, appetite)
        assert told.veto_long[at] == vetoed.count(Side.LONG)
        assert told.veto_short[at] == vetoed.count(Side.SHORT)
        return [*seen, f"symbol {regime.state}", f"{len(vetoed)} vetoes", f"beta is 1: {regime.beta == 1.0}"]

    def _benchmark_at(self, at: int) -> MarketContext:
        as_of_ms = int(self.as_of_ms[at])
        data = read_at(market_of("BTC"), self.bench, self.rules, as_of_ms)
        breadth = breadth_with(int(self.rising[at]), int(self.counted[at]))
        return market_context(data, as_of_ms, find_structure(data, self.rules), breadth)


def breadth_with(rising: int, counted: int) -> Breadth:
    return Breadth(tuple((str(one), Trend.UP if one < rising else Trend.DOWN) for one in range(counted)))


def first_failed(data: MultiTimeframeData, sets: IndicatorSets, settings: Profile) -> tuple[int, float]:
    """The row of the first gate that fails and what it measured."""
    codes = [gate.code for gate in GATES]
    for gate in (*check_data(data, settings), *check_indicators(sets, settings)):
        if not gate.passed:
            return codes.index(gate.code), gate.measured
    return -1, 0.0


def instants(first_day: int, days: int) -> Ints:
    return START_MS + first_day * DAY_MS + np.arange(days * 288) * M5


def made_up(seed: int, settings: Profile, days: int = 60, late_days: float = 0.0, **more: Any) -> History:
    first = more.get("first_day", 5)
    own = series_of(walk(2 * seed, days, late_days), COARSE)
    bench = series_of(walk(2 * seed + 1, days, more.get("bench_late_days", 0.0)), COARSE)
    market = market_of(more.get("base", "SOL"), more.get("tick", "0.01"))
    return History(market, own, bench, settings, instants(first, days + 2 - first), seed)


@pytest.mark.parametrize("name", PROFILES)
def test_columns_over_made_up_candles_say_at_every_instant_what_the_stages_say(name: str) -> None:
    seen = made_up(10, profile_of(name), first_day=34).hold(50)
    assert seen["passes"] >= 30
    assert len([what for what in seen if what.startswith("symbol")]) >= 4
    assert seen["1 vetoes"] > 0


def test_columns_of_a_young_symbol_beside_an_old_benchmark_say_what_the_stages_say() -> None:
    seen = made_up(11, profile_of("aggressive"), late_days=24).hold(100)
    assert {"passes", "data.coverage", "data.history", "data.gaps"} <= seen.keys()


def test_an_unknown_benchmark_vetoes_both_sides_at_the_same_instants() -> None:
    seen = made_up(1, profile_of("aggressive"), bench_late_days=55.0).hold(60)
    assert seen["market unknown"] >= seen["2 vetoes"] > 0


def test_a_price_step_too_coarse_to_plan_on_stops_the_same_instants() -> None:
    assert made_up(0, profile_of("balanced"), tick="0.1").hold(60)["data.tick_coarse"] > 0


def test_the_benchmark_itself_is_vetoed_only_where_it_is_unknown() -> None:
    seen = made_up(3, profile_of("aggressive"), base="BTC").hold(60)
    assert seen["1 vetoes"] == 0
    assert seen["passes"] > 0


def test_no_veto_stands_where_the_profile_asks_for_none() -> None:
    profile = profile_of("balanced")
    history = made_up(1, replace(profile, gates=replace(profile.gates, btc_gate=False)))
    history.hold(20)
    assert not history.climate.veto_long.any()
    assert not history.climate.veto_short.any()


ONLY_TOLD = [
    ((Timeframe.M15,), Timeframe.H1, Timeframe.H1, 3900),
    ((Timeframe.H4, Timeframe.M15, Timeframe.W1), Timeframe.H1, Timeframe.H1, 280),
    ((Timeframe.H1, Timeframe.W1), Timeframe.H4, Timeframe.M15, 1100),
]
"""Timeframes that are only information, anchor, trigger, and bars such a timeframe needs."""


@pytest.mark.parametrize(("frames", "anchor", "trigger", "least"), ONLY_TOLD)
def test_a_timeframe_that_is_only_information_is_unseen_while_it_is_short(
    frames: tuple[Timeframe, ...], anchor: Timeframe, trigger: Timeframe, least: int
) -> None:
    profile = profile_of("trend")
    parts = replace(
        profile.timeframes, information=frames, context=(Timeframe.D1,), anchor=anchor, trigger=trigger
    )
    rules = replace(profile.data, min_context_bars=least, min_context_bars_1w=8)
    history = made_up(10, replace(profile, timeframes=parts, data=rules), first_day=34)
    assert history.hold(30)["passes"] > 0
    for name, bars in seen_bars(history.span, history.settings).items():
        edge = np.searchsorted(history.as_of_ms, history.own[name].close_ms[least - 2 : least + 1]).clip(
            0, bars.size - 1
        )
        for at in (0, bars.size - 1, *edge.tolist()):
            data = read_at(history.market, history.own, history.settings, int(history.as_of_ms[at]))
            assert bars[at] == len(data.candles.get(name, ())) - 1


def test_without_hours_beta_is_assumed_to_be_1() -> None:
    profile = profile_of("mobile", 200)
    parts = replace(profile.timeframes, context=(Timeframe.D1,), trigger=Timeframe.H4)
    seen = made_up(2, replace(profile, timeframes=parts)).hold(40)
    assert seen["beta is 1: True"] > 0
    assert seen["beta is 1: False"] == 0


@pytest.mark.parametrize("name", PROFILES)
def test_columns_over_recorded_candles_say_what_the_stages_say(name: str, market_dir: Path) -> None:
    first_ms, end_ms = START_MS, START_MS + 240 * DAY_MS
    coin = ("SOL", "PEPE", "ELF", "ETH", "BTC")[PROFILES.index(name)]
    own, bench = (recorded(market_dir, one, first_ms, end_ms) for one in (coin, "BTC"))
    history = History(market_of(coin, "0.00000001"), own, bench, profile_of(name, 1180), instants(198, 40))
    assert history.hold(12)["passes"] == 12


@pytest.fixture(scope="module")
def ordinary() -> History:
    """A symbol and a benchmark of ordinary age under the balanced profile."""
    return made_up(0, profile_of("balanced"))


def test_indicators_that_are_missing_or_out_of_bounds_stop_the_same_instants(
    ordinary: History,
) -> None:
    anchor = ordinary.span.frames[Timeframe.H1]
    columns = {name: column.copy() for name, column in anchor.columns.items()}
    for place, (name, value) in enumerate(
        (("rsi", np.nan), ("mfi", -1.0), ("atr", -1e-12), ("zscore", np.nan))
    ):
        columns[name][300 + 150 * place :: 400] = value
    del columns["obv"]
    frames = {**ordinary.span.frames, Timeframe.H1: replace(anchor, columns=columns)}
    place, measured = check_columns(replace(ordinary.span, frames=frames), ordinary.settings)
    seen = Counter[str]()
    for at in ordinary.some(200):
        data = read_at(ordinary.market, ordinary.own, ordinary.settings, int(ordinary.as_of_ms[at]))
        bars = len(data.candles[Timeframe.H1])
        sets = {
            Timeframe.H1: IndicatorSet(
                Timeframe.H1, {name: column[:bars] for name, column in columns.items()}
            )
        }
        failed, value = first_failed(data, sets, ordinary.settings)
        assert (int(place[at]), bits(measured[at])) == (failed, bits(value))
        seen[GATES[failed].code if failed >= 0 else "passes"] += 1
    assert {"passes", "indicators.finite", "indicators.bounds"} <= seen.keys()


def test_a_column_that_is_not_there_is_missing_throughout(
    ordinary: History,
) -> None:
    anchor = ordinary.span.frames[Timeframe.H1]
    columns = {name: column for name, column in anchor.columns.items() if name != "mfi"}
    frames = {**ordinary.span.frames, Timeframe.H1: replace(anchor, columns=columns)}
    place, measured = check_columns(replace(ordinary.span, frames=frames), ordinary.settings)
    passed = ordinary.checks[0] < 0
    assert {GATES[row].code for row in place[passed]} == {"indicators.finite"}
    assert set(measured[passed]) == {50.0}


def test_a_required_timeframe_that_is_not_there_fails_coverage_throughout(
    ordinary: History,
) -> None:
    frames = {name: frame for name, frame in ordinary.span.frames.items() if name is not Timeframe.D1}
    place, measured = check_columns(replace(ordinary.span, frames=frames), ordinary.settings)
    assert {GATES[row].code for row in place} == {"data.coverage"}
    assert measured[-1] == 1.0


def test_a_symbol_of_which_nothing_is_stored_fails_coverage_and_has_the_benchmark_all_the_same(
    ordinary: History,
) -> None:
    nothing = {name: candles.head(0) for name, candles in ordinary.own.items()}
    span = span_of(ordinary.market, nothing, ordinary.settings, ordinary.as_of_ms)
    place, measured = check_columns(span, ordinary.settings)
    climate = read_climate(span, ordinary.columns, ordinary.settings)
    assert ({GATES[row].code for row in place}, set(measured)) == ({"data.coverage"}, {4.0})
    assert {STATES[state] for state in climate.state} == {RegimeState.CHOP}
    assert set(climate.beta) == {1.0}
    assert np.isnan(climate.percentile).all()
    assert climate.market is ordinary.columns.state


def test_a_benchmark_without_one_of_its_timeframes_is_unknown_and_risk_is_off() -> None:
    bench = series_of(walk(1, 20), (Timeframe.M15, Timeframe.H1))
    rules = profile_of("balanced")
    nobody = np.zeros(288, np.int64)
    span = span_of(market_of("BTC"), bench, rules, instants(10, 1))
    columns = market_columns(span, nobody, nobody)
    told = unknown_market("BTC/USDT", "")
    assert {(STATES[state], off) for state, off in zip(columns.state, columns.appetite, strict=True)} == {
        (told.state, APPETITE[told.risk_appetite])
    }


def test_the_benchmark_read_in_pieces_and_joined_is_the_benchmark_read_at_once() -> None:
    history = made_up(5, profile_of("balanced"), bench_late_days=20.0)
    whole, count = history.columns, history.as_of_ms.size
    pieces = [_benchmark_from(history, start, start + count // 3) for start in range(0, count, count // 3)]
    joined = MarketColumns.joined(pieces)
    again = read_climate(history.span, joined, history.settings)
    assert np.array_equal(joined.state, whole.state)
    assert again.beta.tobytes() == history.climate.beta.tobytes()
    part = replace(history.span, as_of_ms=history.as_of_ms[100:200])
    cut = read_climate(part, whole.rows(100, 200), history.settings)
    assert cut.beta.tobytes() == history.climate.beta[100:200].tobytes()


def _benchmark_from(history: History, start: int, stop: int) -> MarketColumns:
    """The benchmark at some of the instants, of candles that end with them."""
    as_of_ms = history.as_of_ms[start:stop]
    series = {name: candles.between(0, int(as_of_ms[-1])) for name, candles in history.bench.items()}
    span: Span = span_of(market_of("BTC"), series, history.rules, as_of_ms)
    return market_columns(span, history.rising[start:stop], history.counted[start:stop])


def test_trends_of_the_universe_are_counted_as_a_scan_counts_them() -> None:
    settings, as_of_ms = profile_of("balanced"), instants(12, 40)
    fine = {f"{seed}/USDT": walk(seed, 50, late_days=10.0 * (seed % 4)) for seed in range(12)}
    series = {symbol: series_of(candles, (Timeframe.H4,)) for symbol, candles in fine.items()}
    draw = np.random.default_rng(1)
    members = draw.random((len(series), as_of_ms.size)) < 0.7
    spans = [span_of(market_of("X"), one, settings, as_of_ms) for one in series.values()]
    trends = np.stack([trends_at(span.frames[Timeframe.H4], as_of_ms) for span in spans])
    rising, counted = count_trends(trends, members)
    assert (trends == UNTOLD).any()
    closes = np.flatnonzero(as_of_ms % Timeframe.H4.ms == 0)
    for at in (*draw.choice(as_of_ms.size, 40, replace=False).tolist(), *closes.tolist()):
        now = int(as_of_ms[at])
        seen = {
            symbol: one[Timeframe.H4].between(0, now)
            for place, (symbol, one) in enumerate(series.items())
            if members[place, at]
        }
        breadth = breadth_of(seen, settings, now)
        assert (breadth.rising, breadth.counted) == (rising[at], counted[at])


def test_the_appetite_for_risk_follows_the_same_shares() -> None:
    cases = [
        (rising, counted, own, state)
        for counted in (0, 9, 10, 11, 15, 20)
        for rising in range(counted + 1)
        for own, state in product(Trend, (RegimeState.CHOP, RegimeState.IMPULSE_DOWN))
    ]
    rising, counted, own = (np.array([int(case[place]) for case in cases]) for place in range(3))
    falling = np.array([state is RegimeState.IMPULSE_DOWN for *_, state in cases])
    told = [APPETITE[read_appetite("B", own, state, breadth_with(up, of))[0]] for up, of, own, state in cases]
    assert appetites(rising, counted, own, falling).tolist() == told


def test_the_trend_at_a_bar_is_that_of_the_breaks_shown_at_it() -> None:
    draw, seen = np.random.default_rng(0), Counter[int]()
    for _ in range(150):
        count, most, memory = draw.integers(1, (50, 4, 40)).tolist()
        efficiency = draw.choice([-0.4, -0.3, 0.1, 0.4, np.nan, *5 * (0.3,)], count)
        known = np.sort(draw.integers(0, 50, draw.integers(0, 14)))
        side = draw.choice([1, 1, -1], known.size)
        told, uncompiled = np.zeros((2, count), np.int64)
        trends_of_the_shown(efficiency, known, side, memory, most, told)
        trends_of_the_shown.plain(efficiency, known, side, memory, most, uncompiled)
        wanted = [_trend_as_shown(efficiency[: bar + 1], known, side, memory, most) for bar in range(count)]
        assert told.tolist() == uncompiled.tolist() == wanted
        seen.update(wanted)
    assert min(seen[way] for way in (-1, 0, 1)) > 50


def _trend_as_shown(efficiency: Floats, known: Ints, side: Ints, memory: int, most: int) -> int:
    """The trend at the last bar, from the newest ``most`` breaks of the last ``memory`` bars."""
    bar = efficiency.size - 1
    shown = np.flatnonzero((known >= bar - memory) & (known <= bar))[-most:]
    swing, states = np.zeros((2, efficiency.size), np.int64)
    for place in shown:
        swing[known[place] :] = side[place]
    trend_states(efficiency, swing, states)
    return int(states[-1])
