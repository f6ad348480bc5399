"""The trade a side would take: of the zones that keep most of the profile's limits, if there are several, each is drawn, and the
best of the drawn trades is kept.
"""

from __future__ import annotations

from shared.models.smc import Side
from strategy.planner.draft import Candidate, Reading
from strategy.planner.entry import find_entries
from strategy.planner.stops_targets import Draft, Ground


def draw_best(reading: Reading, side: Side) -> tuple[tuple[Draft, ...], int]:
    """The best trade (one, or none without a zone) and how many zones offer an entry."""
    entries = find_entries(reading, side)
    if not entries:
        return (), 0
    kept = [zone_limits_kept(reading, entry) for entry in entries]
    most, ground = max(kept), Ground(reading, side)
    drafts = [
        Draft(reading, entry, ground) for entry, count in zip(entries, kept, strict=True) if count == most
    ]
    best = drafts[0] if len(drafts) == 1 else _best(reading, drafts)
    return (best,), len({entry.object_id for entry in entries})


def _best(reading: Reading, drafts: list[Draft]) -> Draft:
    kinds = reading.settings.plan.entry_kinds
    return min(
        drafts,
        key=lambda draft: (
            -plan_limits_kept(reading, draft),
            not draft.candidate.overlap,
            kinds.index(draft.candidate.kind.value),
            draft.candidate.reach_atr,
            -draft.candidate.known_ms,
            draft.candidate.object_id,
        ),
    )


def zone_limits_kept(reading: Reading, entry: Candidate) -> int:
    """How many of the profile's limits on a zone it keeps."""
    gates = reading.settings.gates
    return sum(
        (
            entry.freshness >= gates.min_freshness,
            entry.displacement_atr >= gates.min_displacement_atr,
            entry.height_atr <= gates.max_zone_height_atr,
            entry.reach_atr <= gates.max_reach_atr,
            entry.range_position <= gates.max_range_position,
        )
    )


def plan_limits_kept(reading: Reading, draft: Draft) -> int:
    """How many of the limits that the plan's gates will ask about it keeps."""
    gates, rules = reading.settings.gates, reading.settings.plan
    rewards, distance = draft.rewards or (0.0,), draft.stop_distance_atr
    return sum(
        (
            distance >= rules.min_stop_atr,
            distance <= rules.max_stop_atr,
            not draft.stop_zones,
            draft.cost_r <= gates.max_cost_r,
            bool(draft.rewards),
            rewards[0] >= gates.min_net_rr_first,
            rewards[-1] >= gates.min_net_rr_last,
        )
    )
