"""Prices as whole steps of the tick give, to the last bit, what decimals give."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.models.costs import cost_r, net_r
from shared.models.events import object_id, object_numbers
from shared.models.profile import CostRules, Profile
from shared.models.smc import Side, ZoneKind
from strategy.columns.entries import DOUBT, NOTES
from strategy.columns.numbers import (
    EXP2_TABLE,
    TOUCH_TABLE,
    Rates,
    Tick,
    counts_of,
    limits_of,
    power,
    powers,
)  # fmt: skip
from strategy.columns.trades import cost_of, nearest, price_at, reward, to_steps
from strategy.confluence.quality import break_quality
from strategy.planner.ticks import to_tick
from strategy.smc.fold import freshness_of

TICKS: Final = ("0.01", "0.0001", "0.00000001", "0.25", "5", "10", "1E+1", "0.000125")
ticks = st.sampled_from([Decimal(tick) for tick in TICKS])
steps = st.integers(1, 20_000_000)
bps = st.integers(0, 4000).map(lambda hundredths: hundredths / 100)
sides = st.sampled_from([Side.LONG, Side.SHORT])


def numbers(tick: Decimal, costs: CostRules | None = None) -> tuple[np.ndarray, np.ndarray]:
    profile = Profile("p", "", costs=costs or CostRules())
    return limits_of(profile, tick), counts_of(profile, tick, 1, (1, 1, 1), (60, 60))


@given(value=st.floats(-1e9, 1e9) | st.integers(-100, 100).map(lambda half: half / 2))
def test_the_nearest_whole_number_is_that_of_round(value: float) -> None:
    assert nearest(value) == round(value)


@given(tick=ticks, count=steps, off=st.floats(-1.5, 1.5) | st.sampled_from([0.0, 5e-7, -5e-7, 2e-6]))
def test_a_price_is_moved_to_the_step_that_decimals_move_it_to(tick: Decimal, count: int, off: float) -> None:
    limits, counts = numbers(tick)
    price = (count + off) * float(tick)
    for upward, rounding in ((True, "up"), (False, "down")):
        moved = to_steps(price, upward, limits)
        assert moved * tick == to_tick(price, tick, rounding)  # type: ignore[arg-type]
        assert price_at(moved, limits, counts) == float(moved * tick)


@given(
    tick=ticks,
    entry=steps,
    away=st.integers(1, 500_000),
    ahead=st.integers(-500_000, 5_000_000),
    maker=st.integers(-1000, 10_000).map(lambda hundredths: hundredths / 100),
    taker=bps,
    side=sides,
)
def test_what_a_trade_pays_and_costs_is_that_of_decimals(
    tick: Decimal, entry: int, away: int, ahead: int, maker: float, taker: float, side: Side
) -> None:
    costs = CostRules(maker_bps=maker, taker_bps=taker, slippage_bps=2.5)
    stop, target = entry - side * away, entry + side * ahead
    assume(stop > 0 and target > 0)
    _, counts = numbers(tick, costs)
    notes = np.zeros(NOTES, np.int64)
    paid = reward(int(side), entry, stop, target, counts, notes)
    lost = cost_of(entry, stop, counts, notes)
    assume(notes[DOUBT] == 0)
    assert paid == net_r(entry * tick, stop * tick, target * tick, side, costs)
    assert lost == cost_r(entry * tick, stop * tick, costs)


def test_a_divisor_too_large_to_be_sure_of_is_a_doubt() -> None:
    _, counts = numbers(Decimal("0.01"), CostRules(maker_bps=7.25, taker_bps=3.33, slippage_bps=0.01))
    notes = np.zeros(NOTES, np.int64)
    reward(1, 10_000_000, 9_000_000, 12_000_000, counts, notes)
    assert notes[DOUBT] == 1


@given(tick=ticks, maker=bps, taker=bps, slippage=bps)
def test_rates_and_ticks_are_whole_numbers_over_whole_numbers(
    tick: Decimal, maker: float, taker: float, slippage: float
) -> None:
    rates = Rates.of(CostRules(maker_bps=maker, taker_bps=taker, slippage_bps=slippage))
    assert Decimal(rates.maker) / rates.unit == Decimal(str(maker)) / 10_000
    assert Decimal(rates.leaving) / rates.unit == (Decimal(str(taker)) + Decimal(str(slippage))) / 10_000
    assert Decimal(Tick.of(tick).whole) / Tick.of(tick).parts == tick


@given(age=st.integers(0, 59), touches=st.integers(0, 20), bars=st.integers(1, 200))
def test_tables_of_powers_hold_what_freshness_and_recency_are_made_of(
    age: int, touches: int, bars: int
) -> None:
    _, counts = numbers(Decimal("0.01"))
    tables = powers(60, bars)
    for table, half_life in ((0, 50), (1, 25)):
        fresh = power(table, age, counts, tables) * power(TOUCH_TABLE, touches, counts, tables) * (1.0 - 0.3)
        assert fresh == freshness_of(age, touches, 0.3, half_life)
    assert 0.5 * power(EXP2_TABLE, age, counts, tables) + 0.5 * 0.0 == break_quality(age, 0.0, bars)


@given(origin_ms=st.lists(st.integers(0, 2_000_000_000_000), min_size=1, max_size=5), side=sides)
def test_numbers_of_objects_are_their_ids(origin_ms: list[int], side: Side) -> None:
    for kind in ZoneKind:
        found = object_numbers(kind.value, int(side), np.array(origin_ms))
        assert [f"{number:012x}" for number in found] == [
            object_id(kind.value, "", side, instant) for instant in origin_ms
        ]
