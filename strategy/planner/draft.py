"""What the decision reads, and the ways in that it finds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from shared.errors import ContractError
from shared.models.data import MultiTimeframeData
from shared.models.planner import EntryKind
from shared.models.profile import Profile
from shared.models.smc import DealingRange, Side, SMCSnapshot, TimeframeStructure, ZoneKind
from shared.models.timeframe import Timeframe
from strategy.smc.alignment import bias_layer


@dataclass(frozen=True)
class Reading:
    """One symbol as of one close, with the profile it is read by. What follows from them is looked up once."""

    data: MultiTimeframeData
    snapshot: SMCSnapshot
    settings: Profile

    @cached_property
    def tick(self) -> Decimal:
        """The market's price step."""
        return self.data.market.tick

    @cached_property
    def anchor(self) -> TimeframeStructure:
        """Structure of the timeframe whose zones are traded."""
        return self._structure(self.settings.timeframes.anchor)

    @cached_property
    def trigger(self) -> TimeframeStructure:
        """Structure of the timeframe that times the entry."""
        return self._structure(self.settings.timeframes.trigger)

    @cached_property
    def decided_ms(self) -> int:
        """The last close of the trigger timeframe at the as-of time."""
        return self.settings.timeframes.trigger.floor(self.snapshot.as_of_ms)

    def reached(self, side: Side, since_ms: int) -> float:
        """How far price has got to ``side`` since a close: the extreme of the trigger's candles after it, or where it stands."""
        candles = self.data.candles[self.trigger.timeframe]
        later = int(np.searchsorted(candles.close_ms, since_ms, "right"))
        if later == len(candles):
            return self.trigger.close
        return float(candles.high[later:].max() if side is Side.LONG else candles.low[later:].min())

    @cached_property
    def coarser(self) -> tuple[TimeframeStructure, ...]:
        """Context timeframes above the anchor that are there, finest first."""
        rules = self.settings.timeframes
        above = [
            timeframe
            for timeframe in Timeframe
            if timeframe in rules.context and timeframe.ms > rules.anchor.ms
        ]
        return tuple(self.snapshot.timeframes[name] for name in above if name in self.snapshot.timeframes)

    @cached_property
    def bias_ranges(self) -> tuple[DealingRange, ...]:
        """The dealing range of the next coarser context timeframe: one, or none while it has none."""
        for structure in self.coarser:
            return structure.layer(bias_layer(structure.timeframe)).ranges
        return self.anchor.swing.ranges

    def _structure(self, timeframe: Timeframe) -> TimeframeStructure:
        structure = self.snapshot.timeframes.get(timeframe)
        if structure is None:
            raise ContractError(
                f"{self.data.symbol}: no {timeframe} structure to plan on",
                "Give candles of every required timeframe",
            )
        return structure


def place_in(ranges: tuple[DealingRange, ...], side: Side, price: float) -> float:
    """Where ``price`` lies in the range as ``side`` sees it: 0 the cheapest end, 1 the dearest (also when unknown)."""
    for dealing in ranges:
        if dealing.high > dealing.low:
            paid = price - dealing.low if side is Side.LONG else dealing.high - price
            return paid / (dealing.high - dealing.low)
    return 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way in: the entry zone [``low``, ``high``] and the structure [``guard_low``, ``guard_high``] whose loss proves it
    wrong (the same, unless a block and a gap overlap). ``touched_ms`` and ``trigger_ms`` are 0 for a limit entry.
    """

    side: Side
    kind: EntryKind
    zone_kind: ZoneKind
    object_id: str
    low: float
    high: float
    guard_low: float
    guard_high: float
    price: float
    reach_atr: float
    height_atr: float
    freshness: float
    displacement_atr: float
    range_position: float
    origin_ms: int
    known_ms: int
    touched_ms: int
    trigger_ms: int
    overlap: bool

    @property
    def near(self) -> float:
        """The edge price meets first."""
        return self.high if self.side is Side.LONG else self.low

    @property
    def far(self) -> float:
        """The other edge."""
        return self.low if self.side is Side.LONG else self.high

    @property
    def guard(self) -> float:
        """The price beyond which the structure is lost."""
        return self.guard_low if self.side is Side.LONG else self.guard_high
