"""Base rates counted on hand-made logs, and their null: the same candles in another order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.verification.null import MIN_TRIALS, base_rate, verify_null
from engine.verification.rates import (
    BOS,
    CHOCH,
    HOLD_BARS,
    MEASURES,
    REVERSAL_BARS,
    break_continuations,
    spread_of,
    sweep_reversals,
    wilson,
    zone_holds,
)
from engine.verification.shuffle import BLOCK, shuffled
from shared.models.data import COLUMNS, Candles
from shared.models.events import Event, EventLog, Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from shared.models.verification import Series, Verdict
from strategy.smc.engine import detect
from tests.laws.markets import MOODS, STEP, market
from tests.unit.engine.verification.hand_log import Row, candles_of, log_of

SERIES = (
    Series("A/USDT", market(1, 700, "jumps", Timeframe.M15), STEP),
    Series("B/USDT", market(2, 700, "walk"), STEP),
)


def gap(known: int, side: int, low: float, high: float, touched: int) -> tuple[Row, Row]:
    """A gap of ATR 1, and its first touch."""
    same = (side, -1, known, known - 1)
    return (
        (known, Kind.FAIR_VALUE_GAP, Event.FORMED, *same, (low, high, 1.0)),
        (touched, Kind.FAIR_VALUE_GAP, Event.TOUCHED, *same, (low, high, 0.5)),
    )


@pytest.mark.parametrize(
    ("last_close", "hits"), [(10.0, 1), (9.99, 0)], ids=["on the far edge", "beyond the far edge"]
)
def test_a_gap_holds_while_no_close_lies_beyond_its_far_edge(last_close: float, hits: int) -> None:
    closes = [12.0] * 5 + [10.5] * HOLD_BARS + [last_close, 12.0]
    log = log_of(len(closes), *gap(3, 1, 10.0, 11.0, touched=5))
    assert zone_holds(candles_of(closes), log, Kind.FAIR_VALUE_GAP) == (1, hits)


def test_a_short_gap_is_the_mirror_of_a_long_one() -> None:
    closes = [9.0] * 5 + [10.5] * HOLD_BARS + [11.5, 9.0]
    log = log_of(len(closes), *gap(3, -1, 10.0, 11.0, touched=5))
    assert zone_holds(candles_of(closes), log, Kind.FAIR_VALUE_GAP) == (1, 0)


def test_a_close_after_the_window_counts_no_more_and_an_open_window_is_left_out() -> None:
    closes = [12.0] * 5 + [10.5] * (HOLD_BARS + 1) + [5.0]
    log = log_of(len(closes), *gap(3, 1, 10.0, 11.0, touched=5))
    assert zone_holds(candles_of(closes), log, Kind.FAIR_VALUE_GAP) == (1, 1)
    late = log_of(len(closes), *gap(3, 1, 10.0, 11.0, touched=len(closes) - HOLD_BARS))
    assert zone_holds(candles_of(closes), late, Kind.FAIR_VALUE_GAP) == (0, 0)


def test_only_the_first_touch_is_a_trial_and_sizes_are_kept_apart() -> None:
    small, large = gap(3, 1, 10.0, 10.5, touched=5), gap(4, 1, 10.0, 11.5, touched=6)
    again = (*small[1][:7], (10.0, 10.5, 0.9))
    log = log_of(60, small[0], large[0], small[1], large[1], (9, *again[1:]))  # type: ignore[arg-type]
    candles = candles_of([12.0] * 60)
    assert zone_holds(candles, log, Kind.FAIR_VALUE_GAP) == (2, 2)
    assert zone_holds(candles, log, Kind.FAIR_VALUE_GAP, 0.25, 0.5) == (1, 1)
    assert zone_holds(candles, log, Kind.FAIR_VALUE_GAP, 1.0) == (1, 1)
    assert zone_holds(candles, log, Kind.ORDER_BLOCK) == (0, 0)


def sweep(known: int, side: int, event: Event = Event.SWEPT_WICK) -> Row:
    return (known, Kind.POOL, event, side, 0, known, 1, (10.0, 0.0, 0.3))


@pytest.mark.parametrize(
    ("path", "hits"),
    [
        ([10.4, 11.0], 1),
        ([9.6, 11.0], 1),
        ([9.0, 11.0], 0),
        ([10.4, 10.4], 0),
        ([10.0] * (REVERSAL_BARS - 1) + [11.0], 1),
        ([10.0] * REVERSAL_BARS + [11.0], 0),
    ],
    ids=["up", "down a little, then up", "down first", "nowhere", "at the last bar", "too late"],
)
def test_a_sweep_reverses_when_its_side_is_reached_first(path: list[float], hits: int) -> None:
    closes = [10.0] * 4 + path + [10.0] * 20
    log = log_of(len(closes), sweep(3, 1))
    assert sweep_reversals(candles_of(closes), log, Event.SWEPT_WICK) == (1, hits)
    assert sweep_reversals(candles_of(closes), log, Event.SWEPT_RECLAIM) == (0, 0)


def test_a_candle_that_reaches_both_ways_counts_against() -> None:
    log = log_of(30, sweep(3, -1))
    assert sweep_reversals(candles_of([10.0] * 30, wick=1.0), log, Event.SWEPT_WICK) == (1, 0)


def test_a_break_goes_on_when_the_next_of_its_layer_goes_the_same_way() -> None:
    def broke(bar: int, side: int, layer: int, label: int) -> Row:
        return (bar, Kind.BREAK, Event.FORMED, side, layer, bar, 0, (10.0, 0.0, 0.0, 0.0, float(label)))

    log = log_of(
        30, broke(1, 1, 0, 0), broke(2, 1, 0, BOS), broke(3, -1, 1, CHOCH), broke(4, 1, 0, BOS),
        broke(5, -1, 0, CHOCH), broke(6, -1, 1, BOS), broke(7, -1, 0, BOS),
    )  # fmt: skip
    assert break_continuations(log, 0, BOS) == (2, 1)
    assert break_continuations(log, 0, CHOCH) == (1, 1)
    assert break_continuations(log, 1, CHOCH) == (1, 1)
    assert break_continuations(log, 1, BOS) == (0, 0)


def test_the_interval_is_wilsons() -> None:
    half, none = wilson(100, 50), wilson(10, 0)
    assert (half.value, round(half.low, 4), round(half.high, 4)) == (0.5, 0.4038, 0.5962)
    assert (none.low, round(none.high, 4)) == (0.0, 0.2775)


@pytest.mark.parametrize(
    ("trials", "hits", "null", "verdict"),
    [
        (100, 50, [(100, 40), (100, 60)], Verdict.INSIDE),
        (100, 80, [(100, 40), (100, 60)], Verdict.OUTSIDE),
        (MIN_TRIALS - 1, 20, [(100, 40), (100, 60)], Verdict.INSUFFICIENT),
        (100, 50, [(100, 40), (MIN_TRIALS - 1, 9)], Verdict.INSUFFICIENT),
    ],
)
def test_too_few_trials_have_no_rate(
    trials: int, hits: int, null: list[tuple[int, int]], verdict: Verdict
) -> None:
    found = base_rate(MEASURES[0], (trials, hits), np.array(null))
    assert (found.verdict, found.trials, found.hits) == (verdict, trials, hits)
    assert (found.rate is None) == (trials < MIN_TRIALS)


def test_the_null_is_the_spread_of_the_shuffles() -> None:
    spread = spread_of(np.arange(21) / 20)
    shares = (spread.value, spread.low, spread.high)
    assert [round(share, 6) for share in shares] == [0.5, 0.05, 0.95]


@given(seed=st.integers(0, 1000), mood=st.sampled_from(MOODS), bars=st.integers(100, 700))
def test_a_shuffle_is_the_same_candles_in_blocks_of_another_order(seed: int, mood: str, bars: int) -> None:
    candles = market(seed, bars, mood)
    mixed = shuffled(candles, STEP, np.random.default_rng(seed))
    assert np.array_equal(mixed.open_ms, candles.open_ms)
    assert sorted(mixed.volume.tolist()) == sorted(candles.volume.tolist())
    on_grid = mixed.close / STEP
    assert np.array_equal(on_grid, np.round(on_grid))
    assert abs(np.log(mixed.close[-1] / candles.close[-1])) < 2 * STEP


def test_a_block_keeps_its_candles_in_order_and_their_shape() -> None:
    candles = market(5, 3 * BLOCK, "jumps")
    marked = Candles(
        candles.timeframe,
        candles.open_ms,
        *(getattr(candles, name) for name in COLUMNS[:4]),
        np.arange(3.0 * BLOCK),
    )
    fine = 1e-9
    mixed = shuffled(marked, fine, np.random.default_rng(3))
    order = mixed.volume.astype(int)
    starts = order[::BLOCK]
    assert sorted(starts) == [0, BLOCK, 2 * BLOCK]
    assert starts.tolist() != [0, BLOCK, 2 * BLOCK]
    assert np.array_equal(order, np.concatenate([np.arange(start, start + BLOCK) for start in starts]))
    for name in ("high", "low", "close"):
        wanted = (getattr(candles, name) / candles.open)[order]
        assert np.allclose(getattr(mixed, name) / mixed.open, wanted, rtol=1e-9)
    steps = np.r_[1.0, candles.open[1:] / candles.close[:-1]][order[1:]]
    assert np.allclose(mixed.open[1:] / mixed.close[:-1], steps, rtol=1e-9)


def test_the_same_seed_gives_the_same_rates_and_another_another_null() -> None:
    def rates(seed: int) -> list[object]:
        return list(verify_null(SERIES, SmcRules(), shuffles=5, seed=seed))

    assert rates(4) == rates(4)
    assert rates(4) != rates(5)


def test_a_series_is_shuffled_alike_whatever_stands_beside_it() -> None:
    def trials(*series: Series) -> np.ndarray:
        seen: list[Candles] = []

        def find(candles: Candles, rules: SmcRules, tick: float) -> EventLog:
            seen.append(candles)
            return detect(candles, rules, tick)

        verify_null(series, SmcRules(), shuffles=5, seed=1, find=find)
        return seen[-1].close

    assert np.array_equal(trials(SERIES[1]), trials(*SERIES))


def test_a_measure_is_told_in_words_and_counted_over_every_series() -> None:
    found = {rate.measure: rate for rate in verify_null(SERIES, SmcRules(), shuffles=5, seed=1)}
    assert tuple(found) == tuple(measure.name for measure in MEASURES)
    alone = [verify_null((one,), SmcRules(), shuffles=5, seed=1)[0].trials for one in SERIES]
    assert found["fvg_hold"].trials == sum(alone) > MIN_TRIALS
    parts = [found[name].trials for name in ("fvg_hold_0.25_0.5", "fvg_hold_0.5_1", "fvg_hold_above_1")]
    assert sum(parts) == found["fvg_hold"].trials
    assert "beyond its far edge" in found["fvg_hold"].what
