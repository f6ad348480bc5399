"""What a symbol's structure did last, as facts to be told in words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.models.events import StructureEvent
from shared.models.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class Happening:
    """One noteworthy event of a series and what it is about.

    ``low`` and ``high`` are the edges of the zone, equal for a level; quote currency, on the market's ``tick``. ``sources`` are those of a pool at that
    time (``internal``, ``swing``, ``day``, ``week``, ``session``) and ``members`` its count; empty and 0 for anything else.
    """

    timeframe: Timeframe
    event: StructureEvent
    low: float
    high: float
    sources: tuple[str, ...]
    members: int
    tick: Decimal
