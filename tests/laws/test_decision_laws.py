"""Laws of the decision, over generated markets: sums, mirror, scale, order, ticks, nothing missing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devtools.plan_laws import broken_laws
from shared.models.gates import Rejection
from shared.models.indicators import IndicatorSets
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.regime import Regime, RegimeState, RiskAppetite
from shared.models.scan import SideReview
from shared.models.scoring import ConfluenceBreakdown, SideScore
from shared.models.smc import (
    Alignment,
    BreakLabel,
    DealingRange,
    Layer,
    LayerState,
    Side,
    SMCSnapshot,
    SweepKind,
    TimeframeStructure,
    Trend,
    Zone,
    ZoneKind,
)
from shared.utils.error_policy import validate_no_nulls
from strategy.confluence.evidence import read_evidence
from strategy.confluence.factors import FACTORS
from strategy.confluence.scorer import score, score_side
from strategy.planner.planner_service import plan_trade, review_side
from strategy.planner.stops_targets import Draft
from tests.unit.strategy.planner.hand_market import (
    AS_OF,
    H1,
    H4,
    M15,
    MARKET,
    PROFILE,
    block,
    broke,
    candles,
    context,
    data,
    gap,
    indicators,
    layer,
    leg,
    pool,
    reading,
    regime,
    snapshot,
    structure,
    sweep,
    zone,
)

MIRROR: Final = 256.0
GRID: Final = 64
TICK: Final = Decimal(1) / GRID
OPEN: Final[Profile] = replace(
    PROFILE,
    gates=replace(
        PROFILE.gates,
        min_alignment=-1.0,
        min_alignment_weight=0.0,
        min_score=0.0,
        max_conflict=100.0,
        min_displacement_atr=0.0,
        min_freshness=0.0,
        max_zone_height_atr=20.0,
        max_reach_atr=20.0,
        max_range_position=1.0,
        min_net_rr_first=0.5,
        min_net_rr_last=0.6,
        max_cost_r=1.0,
    ),
)
"""Gates wide open, so that many generated markets give a plan."""
FREE: Final = replace(OPEN, costs=replace(OPEN.costs, maker_bps=0.0, taker_bps=0.0, slippage_bps=0.0))
"""Costs are a share of the price, which a mirror changes."""

SIDES = st.sampled_from(list(Side))
SHARES = st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75, 0.875, 1.0])
AGES = st.integers(0, 60)


def prices(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(int(low * GRID), int(high * GRID)).map(lambda steps: steps / GRID)


@st.composite
def zones(draw: st.DrawFn) -> dict[str, Any]:
    side = draw(SIDES)
    near = 128.0 - side * draw(prices(-1.0, 12.0))
    far = near - side * draw(prices(0.125, 4.0))
    born = draw(AGES)
    return {
        "low": min(near, far),
        "high": max(near, far),
        "side": side,
        "touches": draw(st.integers(0, 2)),
        "freshness": draw(SHARES),
        "origin_ms": AS_OF - (born + 4) * H1.ms,
        "known_ms": AS_OF - born * H1.ms,
    }


def events(make: Any, **fields: Any) -> Any:
    return st.lists(st.builds(make, SIDES, age=AGES, **fields), max_size=4).map(tuple)


@st.composite
def layers(draw: st.DrawFn, which: Layer) -> LayerState:
    sizes = st.sampled_from([0.0, 1.0, 2.5])
    breaks = draw(
        events(broke, label=st.sampled_from(list(BreakLabel)), displacement_atr=sizes, layer=st.just(which))
    )
    low, high = draw(prices(112.0, 127.0)), draw(prices(129.0, 144.0))
    ranges = draw(st.sampled_from([(), (DealingRange(low, high, (128.0 - low) / (high - low)),)]))
    return layer(which, draw(st.sampled_from(list(Trend))), breaks, ranges)


@st.composite
def frames(draw: st.DrawFn, timeframe: Any) -> TimeframeStructure:
    blocks = draw(st.lists(zones(), max_size=4))
    gaps = draw(st.lists(zones(), max_size=4))
    pools = draw(st.lists(st.tuples(SIDES, prices(0.0, 14.0)), max_size=10))
    return structure(
        timeframe,
        close=128.0,
        atr=draw(st.sampled_from([0.5, 1.0, 2.0])),
        internal=draw(layers(Layer.INTERNAL)),
        swing=draw(layers(Layer.SWING)),
        order_blocks=tuple(block(displacement=draw(st.sampled_from([0.5, 2.0])), **kept) for kept in blocks),
        fair_value_gaps=tuple(gap(**kept) for kept in gaps),
        breakers=tuple(zone(kind=ZoneKind.BREAKER, **kept) for kept in draw(st.lists(zones(), max_size=2))),
        inverse_gaps=tuple(
            zone(kind=ZoneKind.INVERSE_GAP, **kept) for kept in draw(st.lists(zones(), max_size=2))
        ),
        mitigation_blocks=tuple(
            zone(kind=ZoneKind.MITIGATION_BLOCK, **kept) for kept in draw(st.lists(zones(), max_size=1))
        ),
        pools=tuple(pool(128.0 - side * away, side) for side, away in pools),
        sweeps=draw(events(sweep, kind=st.sampled_from(list(SweepKind)), depth=SHARES)),
        displacements=draw(events(leg, size=st.sampled_from([1.5, 3.0]))),
    )


TRIGGER_CLOSES: Final = [128.0 + (bar * 37 % 128 - 64) / 16 for bar in range(299)] + [128.0]


@st.composite
def markets(draw: st.DrawFn) -> tuple[Any, IndicatorSets, SMCSnapshot, Regime]:
    """Data, indicators, snapshot and regime whose numbers are all dyadic, so that mirror and scale are exact."""
    last: dict[str, float] = {
        name: float(draw(st.integers(0, 100))) for name in ("rsi", "stoch_rsi_k", "stoch_rsi_d", "mfi")
    }
    last["bb_percent"] = draw(SHARES)
    last |= {"zscore": draw(st.integers(-12, 12)) / 4, "obv_slope": draw(st.integers(-2, 2)) / 4}
    trigger = replace(draw(frames(M15)), close=128.0)
    shot = snapshot(m15=trigger, h1=draw(frames(H1)), h4=draw(frames(H4)))
    now = regime(
        state=draw(st.sampled_from(list(RegimeState))),
        beta=draw(st.integers(-8, 8)) / 4,
        atr_percentile=float(draw(st.integers(0, 100))),
        market=context(draw(st.sampled_from(list(RegimeState))), draw(st.sampled_from(list(RiskAppetite)))),
    )
    shot = replace(
        shot, alignment=Alignment(draw(st.integers(-4, 4)) / 4, draw(SHARES), shot.alignment.parts)
    )
    held = data({M15: candles(M15, TRIGGER_CLOSES)}, replace(MARKET, tick=TICK))
    return held, indicators(**last), shot, now


def broken_down(market: Any, profile: Profile) -> ConfluenceBreakdown:
    held, sets, shot, now = market
    return score(held, sets, shot, now, profile)


def planned(market: Any, profile: Profile) -> TradePlan | Rejection:
    held, sets, shot, now = market
    return plan_trade(held, sets, shot, now, broken_down(market, profile), profile)


def reviewed(side: Side, market: Any, profile: Profile) -> SideReview:
    held, sets, shot, now = market
    return review_side(side, held, sets, shot, now, broken_down(market, profile), profile)


def drafts(market: Any, profile: Profile) -> list[Draft]:
    held, sets, shot, now = market
    return [
        draft
        for side in Side
        for draft in read_evidence(side, reading(shot, profile, held), sets, now).drafts
    ]


def plans(market: Any, profile: Profile) -> list[TradePlan]:
    outcomes = [reviewed(side, market, profile).outcome for side in Side]
    return [outcome for outcome in outcomes if isinstance(outcome, TradePlan)]


laws = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@laws
@given(market=markets())
def test_parts_add_up_exactly_and_every_value_is_a_share(market: Any) -> None:
    breakdown = broken_down(market, PROFILE)
    for scored in (breakdown.long, breakdown.short):
        assert [factor.name for factor in scored.factors] == [factor.name for factor in FACTORS]
        assert all(0.0 <= factor.value <= 1.0 for factor in scored.factors)
        assert all(0 <= factor.points_tenths <= factor.weight_tenths for factor in scored.factors)
        rules = (*scored.synergies, *scored.conflicts)
        total = sum(part.points_tenths for part in scored.factors) + sum(rule.points_tenths for rule in rules)
        assert scored.total_tenths == min(1000, max(0, total))
        assert scored.score * 10 == scored.total_tenths
    validate_no_nulls(breakdown, "breakdown")


@laws
@given(market=markets())
def test_nothing_is_missing_in_a_plan_a_rejection_or_a_gate(market: Any) -> None:
    for profile in (PROFILE, OPEN):
        outcome = planned(market, profile)
        validate_no_nulls(outcome, "plan")
        assert planned(market, profile) == outcome
        for side in Side:
            gates = reviewed(side, market, profile).gates
            assert all(isfinite(gate.measured) and isfinite(gate.threshold) for gate in gates)


@laws
@given(market=markets())
def test_a_plan_keeps_every_law_of_plans(market: Any) -> None:
    for plan in plans(market, OPEN):
        assert list(broken_laws(plan, OPEN)) == []


@laws
@given(market=markets())
def test_a_stop_is_never_inside_a_zone_nor_at_a_pool(market: Any) -> None:
    anchor = market[2].timeframes[H1]
    clearance = max(OPEN.plan.pool_clearance_atr * anchor.atr, float(TICK))
    for draft in drafts(market, OPEN):
        stop = float(draft.stop.price)
        assert draft.stop_zones == 0
        held = (*anchor.zones, *anchor.breakers, *anchor.inverse_gaps, *anchor.mitigation_blocks)
        assert not any(one.low <= stop <= one.high for one in held)
        side = draft.candidate.side
        assert all(abs(held.level - stop) >= clearance for held in anchor.pools if held.side is side)


@laws
@given(market=markets())
def test_r_recomputes_from_the_printed_prices(market: Any) -> None:
    for plan in plans(market, OPEN):
        entry, stop = plan.entry.price, plan.stop.price
        maker, taker = Decimal("0.001"), Decimal("0.0012")
        loss = abs(entry - stop) + entry * maker + stop * taker
        assert abs(plan.stop.cost_r - float((loss - abs(entry - stop)) / abs(entry - stop))) < 1e-12
        gain = abs(plan.targets[0].price - entry) - (entry + plan.targets[0].price) * maker
        assert abs(plan.targets[0].net_r - float(gain / loss)) < 1e-12


@laws
@given(market=markets())
def test_the_mirrored_market_gives_the_mirrored_decision(market: Any) -> None:
    straight, mirrored = broken_down(market, FREE), broken_down(mirror(market), FREE)
    assert _parts(straight.long) == _parts(mirrored.short)
    assert _parts(straight.short) == _parts(mirrored.long)
    there, back = plans(market, FREE), plans(mirror(market), FREE)
    assert [_prices(plan) for plan in there] == [
        [Decimal(int(MIRROR)) - price for price in _prices(plan)] for plan in reversed(back)
    ]


@laws
@given(market=markets(), power=st.sampled_from([-3, 1, 4]))
def test_scaling_prices_and_tick_by_a_power_of_two_scales_the_decision(market: Any, power: int) -> None:
    factor = 2.0**power
    scaled = scale(market, factor)
    for side in Side:
        assert _parts(broken_down(market, OPEN).on(side)) == _parts(broken_down(scaled, OPEN).on(side))
    small, large = plans(market, OPEN), plans(scaled, OPEN)
    assert [_prices(plan) for plan in large] == [
        [price * Decimal(factor) for price in _prices(plan)] for plan in small
    ]
    assert [[target.net_r for target in plan.targets] for plan in small] == [
        [target.net_r for target in plan.targets] for plan in large
    ]


@laws
@given(market=markets(), side=SIDES, kind=st.sampled_from(list(SweepKind)), age=AGES, size=SHARES)
def test_adding_a_sweep_or_a_break_or_agreement_never_lowers_the_score(
    market: Any, side: Side, kind: SweepKind, age: int, size: float
) -> None:
    held, sets, shot, now = market
    anchor = shot.timeframes[H1]
    better = replace(
        anchor,
        sweeps=(*anchor.sweeps, sweep(side, kind, age, size)),
        displacements=(*anchor.displacements, leg(side, age=age)),
        internal=replace(
            anchor.internal, breaks=(*anchor.internal.breaks, broke(side, age, displacement_atr=size * 4))
        ),
    )
    agreed = max(-1.0, min(1.0, shot.alignment.score + size * side))
    improved = replace(
        shot,
        timeframes={**shot.timeframes, H1: better},
        alignment=replace(shot.alignment, score=agreed),
    )
    before, after = (
        score_side(read_evidence(side, reading(which, OPEN, held), sets, now), OPEN)
        for which in (shot, improved)
    )
    assert after.total_tenths >= before.total_tenths


@laws
@given(market=markets(), most=st.integers(1, 3))
def test_opposing_blocks_are_those_that_stand_between_the_entry_and_the_first_target(
    market: Any, most: int
) -> None:
    held, sets, shot, now = market
    profile = replace(OPEN, plan=replace(OPEN.plan, max_targets=most))
    for side in Side:
        row = read_evidence(side, reading(shot, profile, held), sets, now)
        crossed = [
            one.zone
            for draft in row.drafts
            for target in draft.targets[:1]
            for one in shot.timeframes[H4].order_blocks
            if one.zone.side is side.opposite and one.zone.freshness >= profile.gates.min_freshness
            if min(one.zone.low * side, one.zone.high * side) < float(target.price) * side
            if max(one.zone.low * side, one.zone.high * side) > float(draft.entry.price) * side
        ]
        assert row.opposing_blocks == len(crossed)


@laws
@given(market=markets())
def test_asking_no_gate_after_the_first_that_fails_decides_as_asking_all_does(market: Any) -> None:
    for profile in (PROFILE, OPEN):
        reviews = [reviewed(side, market, profile) for side in Side]
        assert all(review.gates[-1].code == "plan.rationale" or not _passes(review) for review in reviews)
        outcome = planned(market, profile)
        passed = [review.outcome for review in reviews if _passes(review)]
        if isinstance(outcome, TradePlan) or not passed:
            assert outcome in (passed or [review.outcome for review in reviews])
        else:
            assert len({plan.score for plan in passed if isinstance(plan, TradePlan)}) == 1


def _passes(review: SideReview) -> bool:
    return all(gate.passed for gate in review.gates)


def test_generated_markets_do_give_plans() -> None:
    found: list[int] = []

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(market=markets())
    def count(market: Any) -> None:
        found.append(len(plans(market, OPEN)))

    count()
    assert sum(found) > 10


def _parts(scored: SideScore) -> list[tuple[str, float, int]]:
    factors = [(part.name, part.value, part.points_tenths) for part in scored.factors]
    return factors + [(part.name, 0.0, part.points_tenths) for part in (*scored.synergies, *scored.conflicts)]


def _prices(plan: TradePlan) -> list[Decimal]:
    ladder = (plan.entry.near, plan.entry.far, plan.entry.price, plan.entry.invalidation, plan.stop.price)
    return [*ladder, *(target.price for target in plan.targets)]


STATES: Final = {
    RegimeState.TREND_UP: RegimeState.TREND_DOWN,
    RegimeState.TREND_DOWN: RegimeState.TREND_UP,
    RegimeState.IMPULSE_UP: RegimeState.IMPULSE_DOWN,
    RegimeState.IMPULSE_DOWN: RegimeState.IMPULSE_UP,
}
APPETITES: Final = {RiskAppetite.ON: RiskAppetite.OFF, RiskAppetite.OFF: RiskAppetite.ON}


def mirror(market: Any) -> Any:
    """The market C − p: highs become lows, up becomes down."""
    held, sets, shot, now = market
    series = held.candles[M15]
    turned = type(series)(
        M15,
        series.open_ms,
        *(MIRROR - part for part in (series.open, series.low, series.high, series.close)),
        series.volume,
    )
    last = {name: float(column[-1]) for name, column in sets[H1].columns.items()}
    last |= {name: 100.0 - last[name] for name in ("rsi", "stoch_rsi_k", "stoch_rsi_d", "mfi")}
    last |= {
        "bb_percent": 1.0 - last["bb_percent"],
        "zscore": -last["zscore"],
        "obv_slope": -last["obv_slope"],
    }
    benchmark = replace(
        now.market,
        state=STATES.get(now.market.state, now.market.state),
        risk_appetite=APPETITES.get(now.market.risk_appetite, now.market.risk_appetite),
    )
    flipped = replace(now, state=STATES.get(now.state, now.state), market=benchmark)
    return (
        replace(held, candles={**held.candles, M15: turned}),
        indicators(**last),
        _mirror_shot(shot),
        flipped,
    )


def _mirror_shot(shot: SMCSnapshot) -> SMCSnapshot:
    turned = {name: _mirror_frame(frame) for name, frame in shot.timeframes.items()}
    return replace(shot, timeframes=turned, alignment=replace(shot.alignment, score=-shot.alignment.score))


def _mirror_frame(frame: TimeframeStructure) -> TimeframeStructure:
    def zone(held: Zone) -> Zone:
        return replace(held, low=MIRROR - held.high, high=MIRROR - held.low, side=held.side.opposite)

    def turned(state: LayerState) -> LayerState:
        return replace(
            state,
            trend=Trend(-state.trend),
            breaks=tuple(replace(event, side=event.side.opposite) for event in state.breaks),
            ranges=tuple(
                DealingRange(MIRROR - r.high, MIRROR - r.low, 1.0 - r.position) for r in state.ranges
            ),
        )

    return replace(
        frame,
        close=MIRROR - frame.close,
        internal=turned(frame.internal),
        swing=turned(frame.swing),
        order_blocks=tuple(replace(held, zone=zone(held.zone)) for held in frame.order_blocks),
        fair_value_gaps=tuple(replace(held, zone=zone(held.zone)) for held in frame.fair_value_gaps),
        breakers=tuple(map(zone, frame.breakers)),
        inverse_gaps=tuple(map(zone, frame.inverse_gaps)),
        mitigation_blocks=tuple(map(zone, frame.mitigation_blocks)),
        pools=tuple(
            replace(held, level=MIRROR - held.level, side=held.side.opposite) for held in frame.pools
        ),
        sweeps=tuple(replace(held, side=held.side.opposite) for held in frame.sweeps),
        displacements=tuple(replace(held, side=held.side.opposite) for held in frame.displacements),
    )


def scale(market: Any, factor: float) -> Any:
    """The market times ``factor``, tick included."""
    held, sets, shot, now = market
    series = held.candles[M15]
    larger = type(series)(
        M15,
        series.open_ms,
        *(part * factor for part in (series.open, series.high, series.low, series.close)),
        series.volume,
    )
    rules = replace(held.market, tick=held.market.tick * Decimal(factor))
    grown = {name: _scale_frame(frame, factor) for name, frame in shot.timeframes.items()}
    kept = replace(held, market=rules, candles={**held.candles, M15: larger})
    return kept, sets, replace(shot, timeframes=grown), now


def _scale_frame(frame: TimeframeStructure, factor: float) -> TimeframeStructure:
    def zone(held: Zone) -> Zone:
        return replace(held, low=held.low * factor, high=held.high * factor, atr=held.atr * factor)

    def grown(state: LayerState) -> LayerState:
        return replace(
            state,
            ranges=tuple(DealingRange(r.low * factor, r.high * factor, r.position) for r in state.ranges),
        )

    return replace(
        frame,
        close=frame.close * factor,
        atr=frame.atr * factor,
        internal=grown(frame.internal),
        swing=grown(frame.swing),
        order_blocks=tuple(replace(held, zone=zone(held.zone)) for held in frame.order_blocks),
        fair_value_gaps=tuple(replace(held, zone=zone(held.zone)) for held in frame.fair_value_gaps),
        breakers=tuple(map(zone, frame.breakers)),
        inverse_gaps=tuple(map(zone, frame.inverse_gaps)),
        mitigation_blocks=tuple(map(zone, frame.mitigation_blocks)),
        pools=tuple(replace(held, level=held.level * factor) for held in frame.pools),
    )
