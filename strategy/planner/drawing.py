"""The trade a side would take: of the zones that keep most of the profile's limits each is drawn whole, and the best of
the drawn trades is kept.
"""

from __future__ import annotations

from shared.models.smc import Side
from strategy.planner.draft import Candidate, Draft, Reading
from strategy.planner.entry import find_entries
from strategy.planner.stops_targets import Ground, draw


def draw_best(reading: Reading, side: Side) -> tuple[tuple[Draft, ...], int]:
    """The best trade (one, or none without a zone) and how many zones offer an entry."""
    entries = find_entries(reading, side)
    if not entries:
        return (), 0
    kept = [zone_limits_kept(reading, entry) for entry in entries]
    ground = Ground.of(reading, side)
    drafts = [
        draw(reading, entry, ground) for entry, count in zip(entries, kept, strict=True) if count == max(kept)
    ]
    kinds = reading.settings.plan.entry_kinds
    best = min(
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
    return (best,), len({entry.object_id for entry in entries})


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
    rewards = [target.net_r for target in draft.targets] or [0.0]
    return sum(
        (
            draft.stop.distance_atr >= rules.min_stop_atr,
            draft.stop.distance_atr <= rules.max_stop_atr,
            not draft.stop_zones,
            draft.stop.cost_r <= gates.max_cost_r,
            bool(draft.targets),
            rewards[0] >= gates.min_net_rr_first,
            rewards[-1] >= gates.min_net_rr_last,
        )
    )
