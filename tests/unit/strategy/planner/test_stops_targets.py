"""Where the stop goes, and where the targets are."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.models.planner import Style
from shared.models.smc import DealingRange, Layer, PoolSource, Side, Trend
from strategy.planner.drawing import draw_best
from strategy.planner.levels import levels_ahead, pool_words
from strategy.planner.stops_targets import Draft, split
from strategy.planner.style_classifier import classify_style, expected_hours
from tests.unit.strategy.planner.hand_market import (
    AS_OF,
    H1,
    H4,
    M15,
    PROFILE,
    anchor,
    block,
    candles,
    data,
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
    assert "at 95.00 and the fair value gap that ends at 94.00 and a 1h low at 93.95" in stop.why


def test_a_shorts_stop_lies_above() -> None:
    draft = drawn(
        side=Side.SHORT, order_blocks=(block(102.0, 104.0, Side.SHORT),), pools=(pool(99.0, Side.LONG),)
    )
    assert draft.stop.price == Decimal("104.25")
    assert draft.targets[0].price == Decimal("99.00")


NEAR = (block(98.5, 100.0),)
"""Entry 99.25, stop 98.25: 1 R is 1."""


def test_targets_are_the_first_that_pays_one_r_then_one_that_pays_two() -> None:
    levels = tuple(pool(level, Side.SHORT) for level in (100.1, 100.35, 100.8, 101.1, 101.3, 101.4))
    draft = drawn(FREE, order_blocks=NEAR, pools=levels, h4=structure(H4))
    assert [target.price for target in draft.targets] == [Decimal("100.35"), Decimal("101.30")]
    assert [target.net_r for target in draft.targets] == pytest.approx([1.1, 2.05])


def test_if_nothing_pays_the_last_r_the_furthest_level_is_shown_so_that_the_gate_can_say_how_far_it_is() -> (
    None
):
    levels = (pool(100.35, Side.SHORT), pool(100.9, Side.SHORT))
    draft = drawn(FREE, order_blocks=NEAR, pools=levels, h4=structure(H4))
    assert [target.price for target in draft.targets] == [Decimal("100.35"), Decimal("100.90")]


def test_levels_that_fall_on_one_price_are_one_target() -> None:
    """Two pools less than a tick apart, and nothing further: a plan with one target, not a broken one."""
    levels = (pool(100.9012, Side.SHORT), pool(100.9034, Side.SHORT))
    draft = drawn(FREE, order_blocks=NEAR, pools=levels, h4=structure(H4))
    assert [(target.price, target.fraction) for target in draft.targets] == [(Decimal("100.90"), Decimal(1))]


def ahead(side: Side = Side.LONG, held: Any = None, h4: Any = None, **changes: Any) -> list[float]:
    """Prices of the levels ahead, with the block alone besides ``changes``."""
    frames = {"h1": anchor(**{"pools": (), **changes}), "h4": h4 or structure(H4)}
    return [level.price for level in levels_ahead(reading(snapshot(**frames), held=held), side)]


def test_liquidity_that_is_taken_is_no_target() -> None:
    resting, taken = pool(106.0, Side.SHORT), replace(pool(101.0, Side.SHORT), taken=True)
    assert ahead(pools=(taken, resting)) == [106.0]
    assert ahead(h4=structure(H4, pools=(taken, resting))) == [106.0]


def test_a_level_that_price_stands_beyond_is_no_target() -> None:
    behind = {
        "pools": (pool(99.9, Side.SHORT),),
        "order_blocks": (block(99.5, 103.0, Side.SHORT),),
        "swing": layer(Layer.SWING, Trend.UP, (), (DealingRange(90.0, 99.8, 1.1),)),
    }
    above_the_middle = layer(Layer.SWING, Trend.UP, (), (DealingRange(90.0, 109.0, 0.5),))
    assert ahead(h4=structure(H4, swing=above_the_middle), **behind) == [109.0]


@pytest.mark.parametrize(("closed_bars_ago", "found"), [(1, [103.0]), (0, [101.0, 103.0])])
def test_a_coarser_timeframes_level_that_was_reached_since_its_last_close_is_no_target(
    closed_bars_ago: int, found: list[float]
) -> None:
    spike = candles(M15, [100.0] * 298 + [101.0, 100.0])
    older = structure(
        H4,
        closed_ms=AS_OF - closed_bars_ago * M15.ms,
        pools=(pool(101.0, Side.SHORT), pool(103.0, Side.SHORT)),
    )
    assert ahead(held=data({M15: spike}), h4=older) == found


YESTERDAY = AS_OF - 3 * H1.ms
LONG_AGO = AS_OF - 240 * H1.ms


@pytest.mark.parametrize(
    ("sources", "count", "origin_ms", "words"),
    [
        (["internal"], 1, YESTERDAY, "a 1h high"),
        (["internal", "swing"], 3, YESTERDAY, "3 equal 1h highs"),
        (["day"], 1, YESTERDAY, "the previous day's high"),
        (["day"], 1, LONG_AGO, "a past day's high"),
        (["week"], 1, YESTERDAY, "the previous week's high"),
        (["session"], 1, YESTERDAY, "a session's high"),
        (
            ["internal", "day", "week"],
            1,
            YESTERDAY,
            "the previous day's high and the previous week's high",
        ),
        (["internal", "day"], 2, LONG_AGO, "2 equal 1h highs with a past day's high among them"),
    ],
)
def test_a_pool_is_called_what_it_is(sources: list[str], count: int, origin_ms: int, words: str) -> None:
    named = replace(
        pool(106.0, Side.SHORT, count),
        sources=tuple(PoolSource(source) for source in sources),
        origin_ms=origin_ms,
    )
    assert pool_words(named, H1, AS_OF) == words
    assert drawn(FREE, pools=(named,), h4=structure(H4)).targets[0].why.startswith(f"liquidity of {words} at")


def test_the_pool_a_stop_is_moved_beyond_is_called_what_it_is() -> None:
    named = replace(pool(95.7, Side.LONG), sources=(PoolSource.WEEK,), origin_ms=YESTERDAY)
    assert "moved beyond the previous week's low at 95.70" in drawn(pools=(named,)).stop.why


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
    levels = (pool(100.5, Side.SHORT), pool(101.9, Side.SHORT))
    draft = drawn(one, order_blocks=NEAR, pools=levels, h4=structure(H4))
    assert [(target.price, target.fraction) for target in draft.targets] == [(Decimal("101.90"), Decimal(1))]


def test_two_levels_on_one_tick_are_one_target_where_none_pays_the_last_r() -> None:
    far = replace(FREE, gates=replace(FREE.gates, min_net_rr_last=50.0))
    levels = (pool(101.9, Side.SHORT), pool(101.9004, Side.SHORT))
    draft = drawn(far, order_blocks=NEAR, pools=levels, h4=structure(H4))
    assert [(target.price, target.fraction) for target in draft.targets] == [(Decimal("101.90"), Decimal(1))]


def test_of_two_zones_the_one_whose_stop_is_not_too_far_is_traded_though_the_other_is_nearer() -> None:
    nearer, farther, in_the_way = block(98.6, 99.6), block(95.8, 97.1), gap(95.5, 98.2, touches=2)
    ground = {"fair_value_gaps": (in_the_way,), "pools": (pool(110.0, Side.SHORT),)}
    strict = replace(FREE, plan=replace(FREE.plan, max_stop_atr=3.0))
    assert drawn(strict, order_blocks=(nearer,), **ground).stop.distance_atr > strict.plan.max_stop_atr
    draft = drawn(strict, order_blocks=(nearer, farther), **ground)
    assert draft.candidate.object_id == farther.zone.object_id
    assert draft.stop.distance_atr < strict.plan.max_stop_atr
    chosen = drawn(FREE, order_blocks=(nearer, farther), **ground).candidate
    assert chosen.object_id == nearer.zone.object_id


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
