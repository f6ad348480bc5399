"""What happens once, in the order in which it became known: breaks of the trigger, and breaks, sweeps and legs of the anchor."""

from __future__ import annotations

from shared.models.data import Ints
from strategy.smc.fold_state import BREAKS as SHOWN_BREAKS

HAPPENED = 5
WHEN, SIDE_OF, SORT, DETAIL, WHEN_MS = 0, 1, 2, 3, 4
"""Bar, side; ``SORT``: a break's layer, 1 for a reclaim; ``DETAIL``: a break's label, the bar at which a swept pool formed, the
opening time of a leg; close time of the bar."""
STRENGTHS = 2
SIZE_ATR, VOLUME_Z = 0, 1
"""A break's leg, a sweep's depth, a leg's size; a leg's volume."""
TRIGGER_SECTION, BREAK_SECTION, SWEEP_SECTION, LEG_SECTION = 0, 1, 2, 3
CHOCH = -1


def is_shown(at: int, outer: int, inner: int, events: Ints) -> bool:
    """Whether a break is among those the fold shows, after ``outer`` newer ones of the swing layer and ``inner`` of the internal."""
    return (outer if events[at * HAPPENED + SORT] > 0 else inner) < SHOWN_BREAKS
