"""The trade a side would take: every way in is drawn whole, and the best by the profile's own limits is kept."""

from __future__ import annotations

from shared.models.smc import Side
from strategy.planner.draft import Draft, Reading
from strategy.planner.entry import find_entries
from strategy.planner.stops_targets import draw


def draw_all(reading: Reading, side: Side) -> tuple[Draft, ...]:
    """Every way in with its stop and targets, best first: by limits kept, then overlap, kind, nearness and youth."""
    kinds = reading.settings.plan.entry_kinds
    return tuple(
        sorted(
            (draw(reading, entry) for entry in find_entries(reading, side)),
            key=lambda draft: (
                -limits_kept(reading, draft),
                not draft.candidate.overlap,
                kinds.index(draft.candidate.kind.value),
                draft.candidate.reach_atr,
                -draft.candidate.known_ms,
                draft.candidate.object_id,
            ),
        )
    )


def limits_kept(reading: Reading, draft: Draft) -> int:
    """How many of the profile's limits on a zone and on a plan it keeps."""
    gates, entry = reading.settings.gates, draft.candidate
    rewards = [target.net_r for target in draft.targets] or [0.0]
    return sum(
        (
            entry.freshness >= gates.min_freshness,
            entry.displacement_atr >= gates.min_displacement_atr,
            entry.height_atr <= gates.max_zone_height_atr,
            entry.reach_atr <= gates.max_reach_atr,
            entry.range_position <= gates.max_range_position,
            draft.stop.cost_r <= gates.max_cost_r,
            rewards[0] >= gates.min_net_rr_first,
            rewards[-1] >= gates.min_net_rr_last,
        )
    )
