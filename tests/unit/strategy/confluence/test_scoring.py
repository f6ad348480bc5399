"""Factors, rules and the score that adds them up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import ConfigFault, IncompleteIndicatorError
from shared.models.indicators import IndicatorSet
from shared.models.profile import ConfluenceRules
from shared.models.regime import RegimeState, RiskAppetite
from shared.models.scoring import SideScore
from shared.models.smc import BreakLabel, Layer, Side, SweepKind, Trend
from shared.utils.error_policy import validate_no_nulls
from strategy.confluence.evidence import Evidence, read_evidence
from strategy.confluence.factors import BY_NAME, FACTORS
from strategy.confluence.rules import CONFLICTS, SYNERGIES
from strategy.confluence.scorer import score, score_side
from tests.unit.strategy.planner.hand_market import (
    D1,
    H1,
    H4,
    PROFILE,
    anchor,
    block,
    broke,
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
)


def row(side: Side = Side.LONG, *, last: dict[str, float] | None = None, **frames: Any) -> Evidence:
    climate = frames.pop("climate", regime())
    return read_evidence(side, reading(snapshot(**frames)), indicators(**(last or {})), climate)


def value(name: str, evidence: Evidence) -> float:
    return BY_NAME[name].value(evidence, PROFILE)


def applied(scored: SideScore) -> set[str]:
    return {rule.name for rule in (*scored.synergies, *scored.conflicts)}


def test_the_profile_weighs_exactly_the_factors_there_are() -> None:
    assert set(ConfluenceRules().weights) == set(BY_NAME)
    assert set(ConfluenceRules().synergies) == {rule.name for rule in SYNERGIES}
    assert set(ConfluenceRules().conflicts) == {rule.name for rule in CONFLICTS}


def test_a_profile_that_names_an_unknown_factor_is_refused() -> None:
    weights = dict(PROFILE.confluence.weights)
    weights["astrology"] = weights.pop("btc")
    odd = replace(PROFILE, confluence=replace(PROFILE.confluence, weights=weights))
    with pytest.raises(ConfigFault, match="astrology"):
        score(data(), indicators(), snapshot(), regime(), odd)


def test_both_sides_are_scored_and_every_part_adds_up() -> None:
    breakdown = score(data(), indicators(), snapshot(), regime(), PROFILE)
    assert [factor.name for factor in breakdown.long.factors] == [factor.name for factor in FACTORS]
    assert sum(factor.weight_tenths for factor in breakdown.long.factors) == 1000
    rules = (*breakdown.long.synergies, *breakdown.long.conflicts)
    parts = [part.points_tenths for part in breakdown.long.factors] + [rule.points_tenths for rule in rules]
    assert sum(parts) == breakdown.long.total_tenths
    assert breakdown.long.score > 80 > 20 > breakdown.short.score
    validate_no_nulls(breakdown, "breakdown")


def test_weight_without_a_trend_is_not_made_up_for() -> None:
    assert value("alignment", row(weight=1.0)) == 1.0
    assert value("alignment", row(weight=0.4)) == pytest.approx(0.4)
    assert value("alignment", row(alignment=-1.0)) == 0.0


def test_a_timeframe_outside_the_profiles_context_is_not_missed() -> None:
    frames = replace(PROFILE.timeframes, context=(D1, H4))
    two = reading(snapshot(weight=0.8), replace(PROFILE, timeframes=frames))
    assert read_evidence(Side.LONG, two, indicators(), regime()).alignment_weight == 1.0
    assert row(weight=0.8).alignment_weight == 0.8


def test_without_a_zone_all_zone_factors_are_nothing() -> None:
    bare = row(h1=anchor(order_blocks=()))
    names = ("order_block", "fair_value_gap", "range_position")
    assert [value(name, bare) for name in names] == [0.0, 0.0, 0.0]


def test_a_gap_beside_the_entry_zone_supports_it_and_one_far_away_does_not() -> None:
    far = row(h1=anchor(fair_value_gaps=(gap(90.0, 91.0),)))
    near = row(h1=anchor(fair_value_gaps=(gap(98.5, 99.2, touches=3),)))
    assert value("fair_value_gap", far) == 0.0
    assert value("fair_value_gap", near) > 0.6


def test_structure_fades_with_the_age_of_the_break() -> None:
    ages = [
        row(h1=anchor(internal=layer(Layer.INTERNAL, Trend.UP, (broke(age=age),)))) for age in (0, 24, 240)
    ]
    values = [value("structure", evidence) for evidence in ages]
    assert values[0] - values[1] == pytest.approx(0.15)
    assert values[0] > values[1] > values[2] >= 0.4


def test_wick_sweeps_and_reclaims_are_scored_apart() -> None:
    wick = row(h1=anchor(sweeps=(sweep(kind=SweepKind.WICK),)))
    assert value("sweep_wick", wick) > 0.6
    assert value("sweep_reclaim", wick) == 0.0
    assert value("sweep_wick", row(Side.SHORT, h1=anchor(sweeps=(sweep(kind=SweepKind.WICK),)))) == 0.0


def test_oscillators_are_mirrored_for_shorts() -> None:
    hot = {
        "rsi": 80.0,
        "mfi": 90.0,
        "stoch_rsi_k": 90.0,
        "stoch_rsi_d": 99.0,
        "bb_percent": 1.1,
        "zscore": 2.2,
    }
    long, short = row(last=hot), row(Side.SHORT, last=hot)
    assert value("momentum", long) == pytest.approx(0.05 / 3)
    assert value("stretch", long) == 0.0
    assert value("momentum", short) > 0.9
    assert value("stretch", short) == 1.0


def test_an_unknown_regime_or_benchmark_earns_nothing() -> None:
    lost = regime(state=RegimeState.UNKNOWN, market=context(RegimeState.UNKNOWN, RiskAppetite.OFF))
    for side in Side:
        assert value("btc", row(side, climate=lost)) == 0.0
    assert value("regime", row(climate=lost)) == 0.0


def test_a_symbol_that_ignores_the_benchmark_is_neutral_to_it() -> None:
    assert value("btc", row(climate=regime(beta=0.0))) == 0.5
    assert value("btc", row(climate=regime(beta=-1.0))) == 0.0


def test_volatility_is_best_in_the_middle() -> None:
    ranks = (0.0, 10.0, 20.0, 80.0, 90.0, 100.0)
    values = [value("volatility", row(climate=regime(atr_percentile=rank))) for rank in ranks]
    assert values == pytest.approx([0.5, 0.75, 1.0, 1.0, 0.5, 0.0])


def test_sweep_then_change_of_character_then_block_is_a_synergy_only_in_that_order() -> None:
    def found(sweep_age: int, turn: int, label: BreakLabel = BreakLabel.CHOCH) -> bool:
        breaks = (broke(age=turn, label=label),)
        h1 = anchor(sweeps=(sweep(age=sweep_age),), internal=layer(Layer.INTERNAL, Trend.UP, breaks))
        return "sweep_choch_block" in applied(score_side(row(h1=h1), PROFILE))

    assert found(sweep_age=10, turn=8)
    assert not found(sweep_age=7, turn=8)
    assert not found(sweep_age=10, turn=7)
    assert not found(sweep_age=33, turn=8)
    assert not found(sweep_age=10, turn=8, label=BreakLabel.BOS)


def test_block_and_gap_must_overlap_to_be_a_synergy() -> None:
    over = anchor(fair_value_gaps=(gap(97.0, 99.0),))
    above = anchor(fair_value_gaps=(gap(98.0, 99.0),))
    assert "block_and_gap" in applied(score_side(row(h1=over), PROFILE))
    assert "block_and_gap" not in applied(score_side(row(h1=above), PROFILE))


def test_conflicts_take_their_points() -> None:
    supply = structure(
        H4, swing=snapshot().timeframes[H4].swing, order_blocks=(block(97.5, 102.0, Side.SHORT),)
    )
    h1 = anchor(swing=layer(Layer.SWING, Trend.DOWN))
    scored = score_side(row(h1=h1, h4=supply, last={"rsi": 78.0}), PROFILE)
    assert [rule.name for rule in scored.conflicts] == [rule.name for rule in CONFLICTS]
    assert scored.conflict == 19.0
    assert scored.conflicts[0].why == "1 fresh opposing higher-timeframe block before the first target"


def test_an_opposing_zone_beyond_the_first_target_is_no_conflict() -> None:
    supply = structure(
        H4, swing=snapshot().timeframes[H4].swing, order_blocks=(block(101.5, 103.0, Side.SHORT),)
    )
    assert "opposing_htf_zone" not in applied(score_side(row(h4=supply), PROFILE))


def test_a_missing_indicator_is_a_fault_that_names_it() -> None:
    sets = {name: IndicatorSet(name, {"rsi": held.columns["rsi"]}) for name, held in indicators().items()}
    with pytest.raises(IncompleteIndicatorError, match="stoch_rsi_k"):
        read_evidence(Side.LONG, reading(), sets, regime())


def test_evidence_holds_finite_numbers_and_texts_only() -> None:
    for found in (one for side in Side for one in (row(side), row(side, h1=structure(H1)))):
        validate_no_nulls(replace(found, drafts=()), "evidence")
        for draft in found.drafts:
            validate_no_nulls((draft.candidate, draft.entry, draft.stop, draft.targets), "draft")


FAVOURABLE: dict[str, dict[str, Any]] = {
    "a gap in the zone": {"fair_value_gaps": (gap(97.0, 98.5),)},
    "a wick sweep too": {"sweeps": (sweep(), sweep(kind=SweepKind.WICK))},
    "a deeper reclaim": {"sweeps": (sweep(depth=0.9),)},
    "a fresher block": {"order_blocks": (block(96.0, 98.0, freshness=1.0),)},
    "a stronger leg": {"order_blocks": (block(96.0, 98.0, displacement=4.0),)},
    "a newer break": {"internal": layer(Layer.INTERNAL, Trend.UP, (broke(age=8, displacement_atr=4.0),))},
    "more volume": {"displacements": (replace(leg(), volume_z=2.5),)},
    "a pool further up": {"pools": (*anchor().pools, pool(109.0, Side.SHORT))},
}


@pytest.mark.parametrize("changes", FAVOURABLE.values(), ids=FAVOURABLE.keys())
def test_adding_something_favourable_never_lowers_the_score(changes: dict[str, Any]) -> None:
    assert score_side(row(h1=anchor(**changes)), PROFILE).score >= score_side(row(), PROFILE).score
