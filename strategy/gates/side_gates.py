"""Gates on one direction: structure, regime, confluence and the drawn plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.models.gates import Gate, GateResult
from shared.models.profile import Profile
from shared.models.regime import Regime
from shared.models.scoring import ConfluenceBreakdown
from strategy.confluence.evidence import Evidence

NO_SWEEP_BARS: Final = 1000.0
"""Age measured when there is no sweep at all: as old as the oldest pool."""
SECTIONS: Final = 7


@dataclass(frozen=True, slots=True)
class Question:
    """What a gate on a direction may look at. ``sections`` counts the rationale's written sections, which are written for it."""

    row: Evidence
    breakdown: ConfluenceBreakdown
    regime: Regime
    settings: Profile
    sections: Callable[[], int]


Measure = Callable[[Question], float]
Asked = Callable[[Question], bool]


def _always(_: Question) -> bool:
    return True


def _with_zone(question: Question) -> bool:
    return question.row.zones > 0


def _with_targets(question: Question) -> bool:
    return question.row.targets > 0


def _when_swept(question: Question) -> bool:
    return question.settings.gates.require_sweep_bars > 0


def _sweep_age(question: Question) -> float:
    return question.row.sweep_age if question.row.sweep_found else NO_SWEEP_BARS


def _vetoes(question: Question) -> float:
    return sum(side is question.row.side for side, _ in question.regime.vetoes)


SIDE_GATES: Final[tuple[tuple[Gate, Asked, Measure], ...]] = (
    (
        Gate(
            "smc",
            "smc.context",
            "share of the context's weight with a trend",
            "share",
            ">=",
            "gates.min_alignment_weight",
        ),
        _always,
        lambda asked: asked.row.alignment_weight,
    ),
    (
        Gate(
            "smc",
            "smc.alignment",
            "higher-timeframe agreement with the side",
            "score",
            ">=",
            "gates.min_alignment",
        ),
        _always,
        lambda asked: asked.row.alignment,
    ),
    (
        Gate("smc", "smc.zone", "anchor zones that offer an entry", "zones", ">=", "1"),
        _always,
        lambda asked: asked.row.zones,
    ),
    (
        Gate("smc", "smc.freshness", "freshness of the entry zone", "share", ">=", "gates.min_freshness"),
        _with_zone,
        lambda asked: asked.row.freshness,
    ),
    (
        Gate(
            "smc",
            "smc.displacement",
            "displacement behind the entry zone",
            "ATR",
            ">=",
            "gates.min_displacement_atr",
        ),
        _with_zone,
        lambda asked: asked.row.displacement_atr,
    ),
    (
        Gate("smc", "smc.zone_height", "height of the entry zone", "ATR", "<=", "gates.max_zone_height_atr"),
        _with_zone,
        lambda asked: asked.row.zone_height_atr,
    ),
    (
        Gate("smc", "smc.reach", "distance from price to the entry", "ATR", "<=", "gates.max_reach_atr"),
        _with_zone,
        lambda asked: asked.row.reach_atr,
    ),
    (
        Gate(
            "smc",
            "smc.range_position",
            "entry's place in the higher range from its cheap end",
            "share",
            "<=",
            "gates.max_range_position",
        ),
        _with_zone,
        lambda asked: asked.row.range_position,
    ),
    (
        Gate("smc", "smc.sweep", "age of the last sweep in favour", "bars", "<=", "gates.require_sweep_bars"),
        _when_swept,
        _sweep_age,
    ),
    (
        Gate("regime", "regime.efficiency", "4h efficiency ratio", "ratio", "<=", "gates.max_efficiency"),
        _always,
        lambda asked: asked.row.efficiency,
    ),
    (
        Gate("regime", "regime.btc", "benchmark vetoes against the side", "vetoes", "<=", "0"),
        _always,
        _vetoes,
    ),
    (
        Gate("confluence", "confluence.score", "confluence", "points", ">=", "gates.min_score"),
        _always,
        lambda asked: asked.breakdown.on(asked.row.side).score,
    ),
    (
        Gate(
            "confluence",
            "confluence.conflict",
            "points lost to conflicts",
            "points",
            "<=",
            "gates.max_conflict",
        ),
        _always,
        lambda asked: asked.breakdown.on(asked.row.side).conflict,
    ),
    (
        Gate(
            "plan",
            "plan.stop_distance",
            "distance of the stop from the entry",
            "ATR",
            ">=",
            "plan.min_stop_atr",
        ),
        _with_zone,
        lambda asked: asked.row.stop_distance_atr,
    ),
    (
        Gate(
            "plan", "plan.stop_far", "distance of the stop from the entry", "ATR", "<=", "plan.max_stop_atr"
        ),
        _with_zone,
        lambda asked: asked.row.stop_distance_atr,
    ),
    (
        Gate("plan", "plan.stop_zone", "active anchor zones that contain the stop", "zones", "<=", "0"),
        _with_zone,
        lambda asked: asked.row.stop_zones,
    ),
    (
        Gate("plan", "plan.cost", "round-trip cost over the stop distance", "R", "<=", "gates.max_cost_r"),
        _with_zone,
        lambda asked: asked.row.cost_r,
    ),
    (
        Gate(
            "plan", "plan.targets", "targets at structure that pay the first target's R", "targets", ">=", "1"
        ),
        _with_zone,
        lambda asked: asked.row.targets,
    ),
    (
        Gate(
            "plan", "plan.net_rr_first", "net reward of the first target", "R", ">=", "gates.min_net_rr_first"
        ),
        _with_targets,
        lambda asked: asked.row.net_rr_first,
    ),
    (
        Gate("plan", "plan.net_rr_last", "net reward of the last target", "R", ">=", "gates.min_net_rr_last"),
        _with_targets,
        lambda asked: asked.row.net_rr_last,
    ),
    (
        Gate(
            "plan",
            "plan.rationale",
            "sections of the rationale that are written",
            "sections",
            ">=",
            str(SECTIONS),
        ),
        _with_targets,
        lambda asked: asked.sections(),
    ),
)
"""(gate, whether its inputs exist, what it measures), in the order in which a setup must pass."""


def check_side(
    evidence: Evidence,
    breakdown: ConfluenceBreakdown,
    regime: Regime,
    settings: Profile,
    sections: Callable[[], int],
) -> Iterator[GateResult]:
    """Every gate on ``evidence.side`` whose inputs exist, in order, also after the first that fails; each is asked when it is
    taken, so that whoever stops early has nothing drawn or written for the later ones.

    ``sections`` says how many sections of the rationale are written.
    """
    question = Question(evidence, breakdown, regime, settings, sections)
    for gate, asked, measure in SIDE_GATES:
        if asked(question):
            yield gate.result(measure(question), settings)
