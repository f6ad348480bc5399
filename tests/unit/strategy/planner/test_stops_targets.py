"""Where the stop goes, and where the targets are."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.models.planner import Style
from shared.models.smc import DealingRange, Layer, Side, Trend
from strategy.planner.draft import Draft
from strategy.planner.drawing import draw_best
from strategy.planner.stops_targets import split
from strategy.planner.style_classifier import classify_style, expected_hours
from tests.unit.strategy.planner.hand_market import (
    H1,
    H4,
    PROFILE,
    anchor,
    block,
    gap,
    layer,
    pool,
    reading,
    snapshot,
    structure,
)

FREE = replace(PROFILE, costs=replace(PROFILE.costs, maker_bps=0.0, taker_bps=0.0, slippage_bps=0.0))


def drawn(settings: Any = PROFILE, side: Side = Side.LONG, h4: Any = None, **changes: Any) -> Draft:
    frames = {"h1": anchor(**changes), **({"h4": h4} if h4 else {})}
    shot = reading(snapshot(**frames), settings)
    return draw_best(shot, side)[0][0]


def test_the_stop_lies_a_quarter_atr_beyond_the_structure() -> None:
    assert drawn(pools=()).stop.price == Decimal("95.75")


def test_the_stop_is_at_least_one_atr_from_the_entry() -> None:
    stop = drawn(order_blocks=(block(97.5, 98.0),), pools=()).stop
    assert stop.price == Decimal("96.75")
    assert stop.distance_atr == 1.0
    assert "1 ATR away or more" in stop.why


def test_a_stop_that_would_rest_in_a_zone_is_moved_beyond_it() -> None:
    stop = drawn(fair_value_gaps=(gap(95.0, 95.8, touches=2),), pools=()).stop
    assert stop.price == Decimal("94.90")
    assert "moved beyond the fair value gap that ends at 95.00" in stop.why


def test_a_stop_at_a_pool_is_moved_beyond_it() -> None:
    for level, expected in ((95.7, "95.60"), (95.80, "95.70"), (95.86, "95.75"), (95.64, "95.75")):
        assert drawn(pools=(pool(level, Side.LONG),)).stop.price == Decimal(expected)


def test_obstacles_behind_one_another_are_all_passed() -> None:
    stop = drawn(
        fair_value_gaps=(gap(95.0, 95.8, touches=2), gap(94.0, 94.95, touches=2)),
        pools=(pool(93.95, Side.LONG),),
    ).stop
    assert stop.price == Decimal("93.85")
    assert stop.why.count("and the") == 2


def test_a_shorts_stop_lies_above() -> None:
    draft = drawn(
        side=Side.SHORT, order_blocks=(block(102.0, 104.0, Side.SHORT),), pools=(pool(99.0, Side.LONG),)
    )
    assert draft.stop.price == Decimal("104.25")
    assert draft.targets[0].price == Decimal("99.00")


def test_targets_are_the_first_that_pays_one_r_then_one_that_pays_two() -> None:
    levels = tuple(pool(level, Side.SHORT) for level in (97.6, 98.3, 98.9, 99.0, 99.7, 99.8))
    draft = drawn(FREE, pools=levels, h4=structure(H4))
    assert [target.price for target in draft.targets] == [Decimal("98.30"), Decimal("99.70")]
    assert [target.net_r for target in draft.targets] == pytest.approx([1.04, 2.16])


def test_if_nothing_pays_the_last_r_the_furthest_level_is_shown_so_that_the_gate_can_say_how_far_it_is() -> (
    None
):
    draft = drawn(FREE, pools=(pool(98.3, Side.SHORT), pool(98.9, Side.SHORT)), h4=structure(H4))
    assert [target.price for target in draft.targets] == [Decimal("98.30"), Decimal("98.90")]


def test_levels_are_pools_zones_the_running_extreme_and_the_middle_of_the_higher_range() -> None:
    h4 = structure(H4, swing=layer(Layer.SWING, Trend.UP, (), (DealingRange(90.0, 110.0, 0.5),)))
    supply = (block(96.0, 98.0), block(103.0, 104.0, Side.SHORT))
    five = replace(FREE, plan=replace(FREE.plan, max_targets=5))
    draft = drawn(five, order_blocks=supply, pools=(pool(106.0, Side.SHORT),), h4=h4)
    assert [(target.basis, target.price) for target in draft.targets] == [
        ("range middle", Decimal("100.00")),
        ("zone", Decimal("103.00")),
        ("pool", Decimal("106.00")),
        ("extreme", Decimal("110.00")),
    ]


def test_a_stale_opposing_zone_is_no_target() -> None:
    supply = (block(96.0, 98.0), block(103.0, 104.0, Side.SHORT, freshness=0.19))
    assert drawn(FREE, order_blocks=supply, pools=(), h4=structure(H4)).targets == ()


def test_one_target_only_must_pay_the_last_r() -> None:
    one = replace(FREE, plan=replace(FREE.plan, max_targets=1))
    draft = drawn(one, pools=(pool(98.5, Side.SHORT), pool(99.9, Side.SHORT)), h4=structure(H4))
    assert [(target.price, target.fraction) for target in draft.targets] == [(Decimal("99.90"), Decimal(1))]


@pytest.mark.parametrize(
    ("first", "count", "shares"),
    [
        ("0.5", 0, []),
        ("0.5", 1, ["1"]),
        ("0.5", 2, ["0.5", "0.5"]),
        ("0.5", 3, ["0.5", "0.25", "0.25"]),
        ("0.5", 4, ["0.5", "0.17", "0.17", "0.16"]),
    ],
)
def test_shares_add_up_to_one(first: str, count: int, shares: list[str]) -> None:
    assert split(Decimal(first), count) == tuple(Decimal(share) for share in shares)


def test_style_follows_the_expected_holding_time_and_the_stop() -> None:
    assert expected_hours(H1, 2.0, 72) == 4.0
    assert expected_hours(H4, 9.0, 60) == 240.0
    assert classify_style(H1, 1.2, 1.9, 72) is Style.SCALP
    assert classify_style(H1, 2.0, 1.9, 72) is Style.INTRADAY
    assert classify_style(H1, 1.2, 8.0, 72) is Style.SWING
    assert classify_style(H4, 1.0, 2.0, 60) is Style.INTRADAY
