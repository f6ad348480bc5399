"""The regime's trend at every bar, rebuilt as a snapshot of that bar lets one rebuild it: from the swing breaks that are shown then."""

from __future__ import annotations

import numpy as np

from shared.models.data import Floats, Ints
from shared.models.events import INT_COLUMNS, Event, EventLog, Kind
from shared.utils.kernels import kernel
from strategy.confluence.impulse import next_trend
from strategy.smc.fold_state import BREAKS, RECENT_BARS

KNOWN, KIND, EVENT, SIDE, LAYER = (
    INT_COLUMNS.index(name) for name in ("known", "kind", "event", "side", "layer")
)
SWING = 1


def shown_trends(efficiency: Floats, log: EventLog) -> Ints:
    """Trend with hysteresis at every bar, +1, −1 or 0, shape (n,): what ``trend_states`` ends with over the breaks that a snapshot of
    that bar shows. ``efficiency`` is signed, shape (n,).
    """
    rows = log.ints
    formed = (rows[:, KIND] == Kind.BREAK) & (rows[:, EVENT] == Event.FORMED) & (rows[:, LAYER] == SWING)
    breaks = rows[formed]
    states = np.zeros(efficiency.size, np.int64)
    known, side = breaks[:, KNOWN].astype(np.int64), breaks[:, SIDE].astype(np.int64)
    trends_of_the_shown(efficiency, known, side, max(log.memory_bars, RECENT_BARS), BREAKS, states)
    return states


@kernel
def trends_of_the_shown(
    efficiency: Floats, known: Ints, side: Ints, memory: int, most: int, state_out: Ints
) -> None:
    """Go on bar by bar; when a break is shown no more, start again at the oldest that still is.

    ``known`` and ``side`` shape (m,), by bar; shown are the newest ``most`` of the last ``memory`` bars.
    """
    state, oldest, newest = 0, 0, 0
    for t in range(len(efficiency)):
        while newest < len(known) and known[newest] <= t:
            newest += 1
        forgotten = oldest
        while oldest < newest and (oldest < newest - most or known[oldest] < t - memory):
            oldest += 1
        if oldest > forgotten:
            state = _from_the_oldest(efficiency, known, side, oldest, newest, t)
        else:
            state = next_trend(state, side[newest - 1] if oldest < newest else 0, efficiency[t])
        state_out[t] = state


def _from_the_oldest(efficiency: Floats, known: Ints, side: Ints, oldest: int, newest: int, t: int) -> int:
    """The trend at bar ``t``, as of which breaks ``oldest`` up to, not including, ``newest`` are shown."""
    state = 0
    if oldest < newest:
        at = oldest
        for bar in range(known[oldest], t + 1):
            while at + 1 < newest and known[at + 1] <= bar:
                at += 1
            state = next_trend(state, side[at], efficiency[bar])
    return state
