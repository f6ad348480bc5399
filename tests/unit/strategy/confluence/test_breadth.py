"""Risk appetite: the share of rising symbols beside the benchmark's own trend, with the numbers it rests on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models.data import Candles
from shared.models.regime import Breadth, RegimeState, RiskAppetite
from shared.models.smc import Trend
from shared.models.timeframe import Timeframe
from strategy.confluence.breadth import MIN_SYMBOLS, breadth_of, read_appetite
from strategy.smc.engine import detect
from strategy.smc.fold import read_structure
from tests.laws.markets import MOODS, market
from tests.unit.strategy.planner.hand_market import AS_OF, H4, PROFILE, candles

CALM = RegimeState.CHOP
TRENDS = st.sampled_from(list(Trend))
ORDER = {RiskAppetite.OFF: -1, RiskAppetite.NEUTRAL: 0, RiskAppetite.ON: 1}


def breadth(up: int, none: int = 0, down: int = 0) -> Breadth:
    trends = [Trend.UP] * up + [Trend.NONE] * none + [Trend.DOWN] * down
    return Breadth(tuple((f"C{place}/USDT", trend) for place, trend in enumerate(trends)))


def appetite(own: Trend, held: Breadth, state: RegimeState = CALM) -> RiskAppetite:
    return read_appetite("BTC/USDT", own, state, held)[0]


@pytest.mark.parametrize(
    ("held", "own", "expected", "words"),
    [
        (breadth(9, 1, 5), Trend.UP, RiskAppetite.ON, "9 of 15 symbols' 4h trends are up, BTC/USDT's own is up"),
        (breadth(8, 0, 4), Trend.NONE, RiskAppetite.ON, "8 of 12 symbols' 4h trends are up, BTC/USDT's own is none"),
        (breadth(11, 0, 1), Trend.DOWN, RiskAppetite.NEUTRAL, "11 of 12 symbols' 4h trends are up, BTC/USDT's own is down"),
        (breadth(7, 0, 5), Trend.UP, RiskAppetite.NEUTRAL, "7 of 12 symbols' 4h trends are up, BTC/USDT's own is up"),
        (breadth(4, 6, 0), Trend.UP, RiskAppetite.OFF, "4 of 10 symbols' 4h trends are up, BTC/USDT's own is up"),
    ],
)  # fmt: skip
def test_a_share_of_the_universe_decides_with_the_benchmark_and_says_its_numbers(
    held: Breadth, own: Trend, expected: RiskAppetite, words: str
) -> None:
    assert read_appetite("BTC/USDT", own, CALM, held) == (expected, words)


@pytest.mark.parametrize("held", [breadth(12), breadth(3)])
def test_an_impulse_down_of_the_benchmark_is_risk_off_whatever_rises(held: Breadth) -> None:
    found, words = read_appetite("BTC/USDT", Trend.UP, RegimeState.IMPULSE_DOWN, held)
    assert found is RiskAppetite.OFF
    assert "and it is in impulse down" in words


@pytest.mark.parametrize(
    ("own", "expected"),
    [(Trend.UP, RiskAppetite.ON), (Trend.NONE, RiskAppetite.NEUTRAL), (Trend.DOWN, RiskAppetite.OFF)],
)
def test_below_ten_symbols_the_benchmarks_trend_decides_alone_and_says_so(
    own: Trend, expected: RiskAppetite
) -> None:
    found, words = read_appetite("BTC/USDT", own, CALM, breadth(0, 0, 9))
    assert found is expected
    word = own.name.lower()
    assert (
        words == f"BTC/USDT's 4h swing trend alone, {word} (4h trends of 9 symbols are known, 10 are needed)"
    )


@given(up=st.integers(0, 60), down=st.integers(0, 60))
def test_the_mirrored_universe_has_the_mirrored_appetite_while_the_benchmark_has_no_trend(
    up: int, down: int
) -> None:
    straight, mirrored = (
        ORDER[appetite(Trend.NONE, breadth(*counts))] for counts in ((up, 0, down), (down, 0, up))
    )
    assert mirrored == -straight


@given(trends=st.lists(TRENDS, min_size=MIN_SYMBOLS, max_size=40), own=TRENDS, place=st.integers(0, 39))
def test_another_rising_symbol_never_lowers_the_appetite(trends: list[Trend], own: Trend, place: int) -> None:
    names = [f"C{number}/USDT" for number in range(len(trends))]
    risen = [Trend.UP if number == place else trend for number, trend in enumerate(trends)]
    before, after = (appetite(own, Breadth(tuple(zip(names, held, strict=True)))) for held in (trends, risen))
    assert ORDER[after] >= ORDER[before]


@given(trends=st.lists(TRENDS, max_size=30), own=TRENDS, state=st.sampled_from(list(RegimeState)))
def test_a_falling_benchmark_is_never_risk_on(trends: list[Trend], own: Trend, state: RegimeState) -> None:
    held = Breadth(tuple((f"C{number}/USDT", trend) for number, trend in enumerate(trends)))
    if own is Trend.DOWN or state is RegimeState.IMPULSE_DOWN:
        assert appetite(own, held, state) is not RiskAppetite.ON


@pytest.mark.parametrize("mood", MOODS)
def test_a_trend_is_the_one_that_the_symbols_own_structure_has(mood: str) -> None:
    series = {f"C{seed}/USDT": market(seed, 700, mood, H4) for seed in range(8)}
    end_ms = max(int(one.close_ms[-1]) for one in series.values())
    found = {
        symbol: breadth_of({symbol: one}, PROFILE, int(one.close_ms[-1])).trends
        for symbol, one in series.items()
    }
    assert found == {
        symbol: ((symbol, read_structure(one, detect(one, PROFILE.smc, 2.0**-10)).swing.trend),)
        for symbol, one in series.items()
    }
    assert breadth_of(series, PROFILE, end_ms).counted >= 1


def test_a_symbol_whose_newest_candle_is_older_than_a_bar_does_not_count() -> None:
    series = {
        "A/USDT": candles(H4),
        "B/USDT": candles(H4, end_ms=AS_OF - H4.ms),
        "C/USDT": candles(H4, end_ms=AS_OF - 2 * H4.ms),
        "D/USDT": Candles.empty(Timeframe.H4),
    }
    assert [symbol for symbol, _ in breadth_of(series, PROFILE, AS_OF).trends] == ["A/USDT", "B/USDT"]


def test_candles_after_the_as_of_time_and_the_order_of_symbols_change_nothing() -> None:
    held = {f"C{seed}/USDT": market(seed, 700, "walk", H4) for seed in range(12)}
    as_of_ms = int(held["C0/USDT"].close_ms[500])
    then = {symbol: one.between(0, as_of_ms) for symbol, one in held.items()}
    backwards = dict(reversed(then.items()))
    off = replace(PROFILE, smc=replace(PROFILE.smc, sessions="new_york"))
    first = breadth_of(then, PROFILE, as_of_ms)
    assert first.counted == 12
    assert len({trend for _, trend in first.trends}) > 1
    assert breadth_of(backwards, off, as_of_ms) == first
    longer = {
        symbol: detect(one, PROFILE.smc, 0.0).trend[1][len(then[symbol]) - 1] for symbol, one in held.items()
    }
    assert {symbol: int(trend) for symbol, trend in first.trends} == {
        symbol: int(trend) for symbol, trend in longer.items()
    }
    assert np.unique(list(longer.values())).size > 1
