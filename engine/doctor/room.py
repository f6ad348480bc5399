"""Is there room on the disks that are written?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.models.health import Finding, Verdict

GIGABYTE: Final = 1_000_000_000
LOW_BYTES: Final = GIGABYTE
"""A first scan of 500 symbols stores about a fifth of this."""
FULL_BYTES: Final = GIGABYTE // 20
MAKE_ROOM: Final = (
    "Make room: 'snipersight data prune --older-than DAYS' removes old candles; or move with SNIPERSIGHT_HOME"
)


def judge_room(free_bytes: Mapping[str, int]) -> Finding:
    """``free_bytes`` by what is kept there; the fullest decides."""
    kind, free = min(free_bytes.items(), key=lambda item: item[1])
    limits = ((FULL_BYTES, Verdict.FAIL), (LOW_BYTES, Verdict.WARN), (free + 1, Verdict.OK))
    verdict = next(verdict for limit, verdict in limits if free < limit)
    measured = f"{free / GIGABYTE:,.2f} GB free for {kind}"
    return Finding("disk", verdict, measured, "" if verdict is Verdict.OK else MAKE_ROOM)
