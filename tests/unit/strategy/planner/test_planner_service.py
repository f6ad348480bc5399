"""From both directions to one plan, or to the reason why there is none."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from contracts.hook_point import MARK
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.scan import SideReview
from shared.models.smc import Alignment, Layer, Side, SMCSnapshot, Trend
from shared.utils.error_policy import validate_no_nulls
from strategy.confluence.scorer import score
from strategy.planner.planner_service import plan_trade, review_side
from tests.unit.strategy.planner.hand_market import (
    H1,
    PROFILE,
    anchor,
    block,
    broke,
    data,
    gap,
    indicators,
    layer,
    leg,
    pool,
    regime,
    snapshot,
    structure,
    sweep,
)


def planned(
    shot: SMCSnapshot | None = None, settings: Any = PROFILE, **climate: Any
) -> TradePlan | Rejection:
    shot, now = shot or snapshot(), regime(**climate)
    breakdown = score(data(), indicators(), shot, now, settings)
    return plan_trade(data(), indicators(), shot, now, breakdown, settings)


def reviewed(side: Side, shot: SMCSnapshot | None = None) -> SideReview:
    shot = shot or snapshot()
    breakdown = score(data(), indicators(), shot, regime(), PROFILE)
    return review_side(side, data(), indicators(), shot, regime(), breakdown, PROFILE)


def a_plan(shot: SMCSnapshot | None = None, **climate: Any) -> TradePlan:
    plan = planned(shot, **climate)
    assert isinstance(plan, TradePlan), plan
    return plan


def a_rejection(shot: SMCSnapshot | None = None, **climate: Any) -> Rejection:
    plan = planned(shot, **climate)
    assert isinstance(plan, Rejection), plan
    return plan


def both_ways() -> SMCSnapshot:
    """A market in the middle of nowhere, the same seen from either side."""
    flat = layer(Layer.SWING, Trend.NONE, (), ())
    events = (broke(Side.LONG), broke(Side.SHORT))
    h1 = structure(
        H1,
        swing=flat,
        internal=layer(Layer.INTERNAL, Trend.UP, events),
        order_blocks=(block(96.0, 98.0), block(102.0, 104.0, Side.SHORT)),
        pools=(pool(91.0, Side.LONG), pool(109.0, Side.SHORT)),
        sweeps=(sweep(Side.LONG), sweep(Side.SHORT)),
        displacements=(leg(Side.LONG), leg(Side.SHORT)),
    )
    shot = snapshot(h1=h1, h4=structure(snapshot_h4(), swing=flat))
    return replace(shot, alignment=Alignment(0.0, 1.0, shot.alignment.parts))


def snapshot_h4() -> Any:
    return next(name for name in snapshot().timeframes if name.value == "4h")


def test_the_stage_is_marked_and_reads_context_fields() -> None:
    assert getattr(plan_trade, MARK).name == "plan"
    assert getattr(plan_trade, MARK).gives == "plan"


def test_a_good_long_becomes_a_complete_plan() -> None:
    plan = a_plan()
    validate_no_nulls(plan, "plan")
    assert (plan.side, plan.grade, plan.decided_ms) == (Side.LONG, "A", snapshot().as_of_ms)
    assert (plan.entry.price, plan.stop.price) == (Decimal("97.00"), Decimal("95.75"))
    assert all(gate.passed for gate in plan.gates)
    assert len(plan.fingerprint) == 12


def test_the_fingerprint_stays_while_the_zone_lives_and_changes_with_zone_side_or_profile() -> None:
    first = a_plan().fingerprint
    assert a_plan(snapshot(h1=anchor(close=99.5))).fingerprint == first
    other = anchor(order_blocks=(block(96.0, 97.9),))
    renamed = planned(settings=replace(PROFILE, name="mine"))
    assert isinstance(renamed, TradePlan)
    assert len({first, a_plan(snapshot(h1=other)).fingerprint, renamed.fingerprint}) == 3


def test_every_section_of_the_rationale_carries_its_numbers() -> None:
    plan = a_plan()
    text = plan.rationale
    assert "agreement +1.00" in text.bias
    assert "97.00" in text.entry
    assert text.stop.startswith("95.75")
    assert all(f"{target.price:f}" in text.targets for target in plan.targets)
    assert "96.00" in text.invalidation
    assert "fair value gap is weak (no gap at the entry)" in text.against


def test_what_speaks_against_it_is_never_empty() -> None:
    h1 = anchor(
        fair_value_gaps=(gap(96.0, 98.0),), sweeps=(sweep(age=9), sweep(kind=sweep().kind.WICK, age=9))
    )
    text = a_plan(snapshot(h1=h1)).rationale.against
    assert text.startswith("Nothing found: checked 13 factors")


def test_the_break_even_rule_pays_all_costs() -> None:
    assert (
        a_plan().break_even
        == "once 101.00 is reached, the stop of the rest moves to 97.22, which pays all costs"
    )


def test_a_side_that_fails_says_why_with_its_numbers() -> None:
    found = a_rejection(snapshot(alignment=0.25))
    assert (found.stage, found.code) == ("smc", "smc.alignment")
    assert (found.measured, found.threshold, found.distance) == (0.25, 0.5, 0.25)
    assert found.reason == "long: higher-timeframe agreement with the side 0.25 score, needs >= 0.5"
    validate_no_nulls(found, "plan")


def test_the_direction_that_came_further_speaks_for_the_symbol() -> None:
    found = a_rejection(snapshot(h1=anchor(order_blocks=(block(96.0, 98.0, freshness=0.1),))))
    assert found.code == "smc.freshness"
    assert found.reason.startswith("long")


def test_a_veto_gives_its_reason() -> None:
    found = a_rejection(vetoes=((Side.LONG, "BTC/USDT is in impulse down and beta is 1.20"),))
    assert found.code == "regime.btc"
    assert "BTC/USDT is in impulse down" in found.reason


def test_review_evaluates_every_gate_of_a_failed_side() -> None:
    review = reviewed(Side.LONG, snapshot(alignment=-1.0))
    assert isinstance(review.outcome, Rejection)
    assert review.outcome.code == "smc.alignment"
    assert review.gates[-1].code == "plan.rationale"


def test_review_and_plan_agree() -> None:
    assert reviewed(Side.LONG).outcome == planned()


def open_profile() -> Any:
    gates = replace(
        PROFILE.gates,
        min_alignment=-1.0,
        min_score=0.0,
        max_range_position=1.0,
        max_cost_r=1.0,
        max_conflict=100.0,
    )
    costs = replace(PROFILE.costs, maker_bps=0.0, taker_bps=0.0, slippage_bps=0.0)
    return replace(PROFILE, gates=gates, costs=costs)


def in_balance(**long: float) -> TradePlan | Rejection:
    settings, shot, now = open_profile(), both_ways(), regime()
    breakdown = score(data(), indicators(), shot, now, settings)
    even = replace(breakdown, short=replace(breakdown.long, side=Side.SHORT))
    even = even.adjusted(Side.SHORT, long.get("short", 0.0))
    return plan_trade(data(), indicators(), shot, now, even, settings)


def test_two_directions_with_the_same_score_have_no_winner() -> None:
    found = in_balance()
    assert isinstance(found, Rejection)
    assert (found.code, found.distance) == ("confluence.tie", 0.1)
    assert "neither is better" in found.reason


def test_of_two_directions_that_pass_the_better_scoring_one_wins() -> None:
    short, long = in_balance(short=0.1), in_balance(short=-0.1)
    assert isinstance(short, TradePlan)
    assert isinstance(long, TradePlan)
    assert (short.side, long.side) == (Side.SHORT, Side.LONG)
