"""The score: both sides, every part kept, in integer tenths so that the parts add up exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.hook_point import hook_point
from shared.errors import ConfigFault
from shared.models.data import MultiTimeframeData
from shared.models.extensions import NOTHING, Extensions, FactorView, OfferedFactor
from shared.models.indicators import IndicatorSets
from shared.models.profile import Profile
from shared.models.regime import Regime
from shared.models.scoring import ConfluenceBreakdown, FactorScore, RuleScore, SideScore
from shared.models.smc import Side, SMCSnapshot
from shared.utils.suggest import suggest
from strategy.confluence.evidence import Evidence, read_evidence
from strategy.confluence.factors import BY_NAME, FACTORS
from strategy.confluence.plugins import Factor, Rule
from strategy.confluence.rules import CONFLICTS, SYNERGIES
from strategy.planner.draft import Reading

TENTHS: Final = 10


@hook_point("confluence", gives="confluence_breakdown")
def score(
    multi_tf_data: MultiTimeframeData,
    multi_tf_indicators: IndicatorSets,
    smc_snapshot: SMCSnapshot,
    regime: Regime,
    settings: Profile,
    extensions: Extensions = NOTHING,
) -> ConfluenceBreakdown:
    """Both directions, each scored on its own evidence; after our own factors those that plugins offer.

    Raises:
        ConfigFault: the profile weighs, adds or takes points for a name that does not exist, or leaves one out.

    """
    check_names(settings)
    check_plugin_weights(settings, extensions)
    reading = Reading(multi_tf_data, smc_snapshot, settings)
    long, short = (
        score_side(
            read_evidence(side, reading, multi_tf_indicators, regime),
            settings,
            tuple(
                _offered(
                    factor,
                    FactorView(side, multi_tf_data, multi_tf_indicators, smc_snapshot, regime, settings),
                )
                for factor in extensions.factors
            ),
        )
        for side in (Side.LONG, Side.SHORT)
    )
    return ConfluenceBreakdown(long, short)


def score_side(row: Evidence, settings: Profile, offered: tuple[FactorScore, ...] = ()) -> SideScore:
    """One direction's parts, ``offered`` after our own. Absent evidence scores 0; nothing is renormalised."""
    rules = settings.confluence
    return SideScore(
        side=row.side,
        factors=(*(_factor(factor, row, settings) for factor in FACTORS), *offered),
        synergies=_applied(SYNERGIES, rules.synergies, 1, row, settings),
        conflicts=_applied(CONFLICTS, rules.conflicts, -1, row, settings),
    )


def check_names(settings: Profile) -> None:
    """Refuse a profile whose tables do not name exactly the factors and rules there are."""
    rules = settings.confluence
    tables = (
        ("weights", rules.weights, set(BY_NAME)),
        ("synergies", rules.synergies, {rule.name for rule in SYNERGIES}),
        ("conflicts", rules.conflicts, {rule.name for rule in CONFLICTS}),
    )
    for table, given, known in tables:
        if set(given) != known:
            odd = ", ".join(sorted(set(given) ^ known))
            raise ConfigFault(
                f"confluence.{table} must name exactly {', '.join(sorted(known))}; it differs in {odd}",
                "Give a weight of 0 to what should not count",
            )


def check_plugin_weights(settings: Profile, extensions: Extensions) -> None:
    """Refuse a profile that weighs a factor which no installed plugin offers.

    Raises:
        ConfigFault: with the nearest name that one does.
    """
    offered = [factor.name for factor in extensions.factors]
    for name in settings.confluence.plugin_weights:
        if name not in offered:
            hint = (
                suggest(name, offered) if offered else "Install the plugin that does, or take the weight out"
            )
            raise ConfigFault(
                f"confluence.plugin_weights.{name}: no installed plugin offers a factor of that name", hint
            )


def _offered(factor: OfferedFactor, view: FactorView) -> FactorScore:
    """A plugin's factor; one that the profile does not weigh is shown and counts nothing."""
    value = factor.value(view)
    weight = round(view.settings.confluence.plugin_weights.get(factor.name, 0.0) * TENTHS)
    return FactorScore(factor.name, value, weight, round(value * weight), factor.why(view))


def _factor(factor: Factor, row: Evidence, settings: Profile) -> FactorScore:
    value = factor.value(row, settings)
    weight = round(settings.confluence.weights[factor.name] * TENTHS)
    return FactorScore(factor.name, value, weight, round(value * weight), factor.why(row, settings))


def _applied(
    table: tuple[Rule, ...], points: Mapping[str, float], sign: int, row: Evidence, settings: Profile
) -> tuple[RuleScore, ...]:
    return tuple(
        RuleScore(rule.name, sign * round(points[rule.name] * TENTHS), rule.why(row, settings))
        for rule in table
        if rule.applies(row, settings)
    )
