"""What the structure room gives: the market as a trader would read it at the close of the as-of bar.

Every finding has ``origin_ms`` (where it is drawn: the open of its first bar) and ``known_ms`` (the close at which it
could first be acted on). Distances are in ATR, ages in closed bars of the finding's own timeframe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from shared.models.timeframe import Timeframe


class Side(IntEnum):
    """Direction of a trade or of a finding that favours it."""

    LONG = 1
    SHORT = -1

    @property
    def word(self) -> str:
        """``long`` or ``short``."""
        return self.name.lower()

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side(-self)


class Trend(IntEnum):
    """Direction of structure; NONE before the first break."""

    UP = 1
    NONE = 0
    DOWN = -1


class Layer(StrEnum):
    """Structure layer: internal swings (5, 5), swing ones (20, 20)."""

    INTERNAL = "internal"
    SWING = "swing"


class BreakLabel(StrEnum):
    """First break, break with the trend, break against it."""

    INIT = "INIT"
    BOS = "BOS"
    CHOCH = "CHoCH"


class ZoneKind(StrEnum):
    """What made a zone."""

    ORDER_BLOCK = "order_block"
    FAIR_VALUE_GAP = "fair_value_gap"
    INVERSE_GAP = "inverse_gap"
    BREAKER = "breaker"
    MITIGATION_BLOCK = "mitigation_block"


class PoolSource(StrEnum):
    """What rests stops at a level: a pivot of a layer, or the extreme of the last day, week or session."""

    INTERNAL = "internal"
    SWING = "swing"
    DAY = "day"
    WEEK = "week"
    SESSION = "session"


class SessionPhase(StrEnum):
    """How far the session model has got: Asia's range, its sweep in London, the close beyond its other side."""

    ACCUMULATED = "accumulated"
    MANIPULATED = "manipulated"
    DISTRIBUTED = "distributed"


class RangeSide(StrEnum):
    """Where a price stands in a dealing range."""

    DISCOUNT = "discount"
    EQUILIBRIUM = "equilibrium"
    PREMIUM = "premium"


class SweepKind(StrEnum):
    """Wick beyond with the close back inside, or a close back inside within some bars."""

    WICK = "swept_wick"
    RECLAIM = "swept_reclaim"


@dataclass(frozen=True, slots=True)
class Swing:
    """A confirmed pivot. ``side`` LONG is a low, SHORT is a high; ``prominence_atr`` to the last opposite pivot."""

    object_id: str
    side: Side
    layer: Layer
    label: str
    price: float
    prominence_atr: float
    origin_ms: int
    known_ms: int


SHIFT_ATR: Final = 1.5
"""Displacement from which a change of character is a market structure shift (MSS)."""


@dataclass(frozen=True, slots=True)
class StructureBreak:
    """A close beyond a swing. ``side`` is the direction broken to; ``displacement_atr`` the leg's largest displacement."""

    object_id: str
    side: Side
    layer: Layer
    label: BreakLabel
    level: float
    margin_atr: float
    displacement_atr: float
    protected_break: bool
    sweep_before: bool
    bars_from_pivot: int
    origin_ms: int
    known_ms: int
    age_bars: int

    @property
    def structure_shift(self) -> bool:
        """Whether it is a market structure shift (MSS): a change of character by a leg of at least 1.5 ATR."""
        return self.label is BreakLabel.CHOCH and self.displacement_atr >= SHIFT_ATR


@dataclass(frozen=True, slots=True)
class Displacement:
    """A leg of one to three same-colour closes of at least 1.5 ATR."""

    object_id: str
    side: Side
    size_atr: float
    volume_z: float
    made_fvg: bool
    origin_ms: int
    known_ms: int
    age_bars: int


@dataclass(frozen=True, slots=True)
class Zone:
    """A price zone with its life so far. ``side`` LONG is demand.

    ``fill`` is the deepest share of the height reached from the near edge (0–1), ``touches`` counts entries after a
    close outside, ``freshness`` is 2^(−age/h)·0.6^touches·(1−fill). ``atr`` is frozen at creation.
    """

    object_id: str
    kind: ZoneKind
    timeframe: Timeframe
    side: Side
    low: float
    high: float
    atr: float
    origin_ms: int
    known_ms: int
    age_bars: int
    touches: int
    fill: float
    mitigated: bool
    freshness: float

    @property
    def middle(self) -> float:
        """Middle of the zone: consequent encroachment of a gap, mean threshold of a block."""
        return (self.low + self.high) / 2

    @property
    def height_atr(self) -> float:
        """Height in ATR at creation."""
        return (self.high - self.low) / self.atr


@dataclass(frozen=True, slots=True)
class FairValueGap:
    """Three candles whose outer two leave a gap."""

    zone: Zone


@dataclass(frozen=True, slots=True)
class OrderBlock:
    """The last opposing candle before a leg that broke structure; ``layers`` are those whose break confirmed it."""

    zone: Zone
    layers: tuple[Layer, ...]
    label: BreakLabel
    displacement_atr: float
    relative_volume: float
    left_zone: bool
    has_fvg: bool
    sweep_before: bool
    touches_before_known: int


@dataclass(frozen=True, slots=True)
class Pool:
    """A live pool of resting liquidity. ``side`` SHORT lies above price (highs), LONG below (lows). ``count`` ≥ 2 of pivots makes equal
    highs or lows. A ``taken`` pool was passed by a wick and is neither swept nor broken yet."""

    object_id: str
    side: Side
    sources: tuple[PoolSource, ...]
    level: float
    count: int
    taken: bool
    freshness: float
    origin_ms: int
    known_ms: int
    age_bars: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """A pool taken and refused. ``side`` is the direction it favours: a swept low is LONG. ``wick_share`` is the sweeping wick over the
    bar's range, ``displaced_atr`` the displacement away within three bars, 0 without one."""

    object_id: str
    kind: SweepKind
    side: Side
    level: float
    depth_atr: float
    bars: int
    wick_share: float
    relative_volume: float
    displaced_atr: float
    origin_ms: int
    known_ms: int
    age_bars: int


@dataclass(frozen=True, slots=True)
class SessionRange:
    """Asia's range of the newest trading day and what came of it. ``sides`` holds the side favoured, or none before the sweep."""

    object_id: str
    phase: SessionPhase
    sides: tuple[Side, ...]
    low: float
    high: float
    origin_ms: int
    known_ms: int
    age_bars: int


OTE: Final = (0.62, 0.705, 0.79)
"""Retracements of the optimal trade entry: its shallow edge, its sweet spot, its deep edge."""
EQUILIBRIUM: Final = (0.45, 0.55)


@dataclass(frozen=True, slots=True)
class DealingRange:
    """The range price deals in; ``position`` 0 at the low, 1 at the high, beyond either outside."""

    low: float
    high: float
    position: float

    @property
    def side(self) -> RangeSide:
        """Discount below 0.45, premium above 0.55, equilibrium between."""
        if self.position < EQUILIBRIUM[0]:
            return RangeSide.DISCOUNT
        return RangeSide.PREMIUM if self.position > EQUILIBRIUM[1] else RangeSide.EQUILIBRIUM

    def retracement(self, side: Side) -> float:
        """How much of the leg in the direction of ``side`` has been given back, 0 to 1 inside the range."""
        return 1.0 - self.position if side is Side.LONG else self.position

    def ote(self, side: Side) -> tuple[float, float, float]:
        """Prices of the optimal trade entry of a leg to ``side``: shallow edge, sweet spot, deep edge."""
        start, span = (
            (self.high, self.low - self.high) if side is Side.LONG else (self.low, self.high - self.low)
        )
        shallow, sweet, deep = (start + share * span for share in OTE)
        return shallow, sweet, deep


@dataclass(frozen=True, slots=True)
class LayerState:
    """Structure of one layer. ``breaks``, newest first, and ``swings``, newest first, may be empty; ``ranges`` holds the
    one dealing range, or none before the first pair of swings."""

    layer: Layer
    trend: Trend
    breaks: tuple[StructureBreak, ...]
    swings: tuple[Swing, ...]
    ranges: tuple[DealingRange, ...]


@dataclass(frozen=True, slots=True)
class PluginEvent:
    """What a detector of an installed plugin found. ``side`` is the direction it favours; ``strength`` in [0, 1]."""

    detector: str
    side: Side
    price: float
    strength: float
    origin_ms: int
    known_ms: int


@dataclass(frozen=True, slots=True)
class TimeframeStructure:
    """One timeframe as of its last closed bar; tuples are newest first.

    ``atr`` and ``close`` are those of the last closed bar. ``sessions`` holds the session model's range, or none.
    ``plugin_events`` are what the detectors of installed plugins found.
    """

    timeframe: Timeframe
    bars: int
    close: float
    atr: float
    closed_ms: int
    internal: LayerState
    swing: LayerState
    order_blocks: tuple[OrderBlock, ...]
    fair_value_gaps: tuple[FairValueGap, ...]
    pools: tuple[Pool, ...]
    sweeps: tuple[Sweep, ...]
    displacements: tuple[Displacement, ...]
    inverse_gaps: tuple[Zone, ...] = ()
    breakers: tuple[Zone, ...] = ()
    mitigation_blocks: tuple[Zone, ...] = ()
    sessions: tuple[SessionRange, ...] = ()
    plugin_events: tuple[PluginEvent, ...] = ()

    def layer(self, layer: Layer) -> LayerState:
        """State of one layer."""
        return self.swing if layer is Layer.SWING else self.internal

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Every active zone that formed by itself: order blocks, then gaps."""
        return (
            *(block.zone for block in self.order_blocks),
            *(gap.zone for gap in self.fair_value_gaps),
        )

    @property
    def heirs(self) -> tuple[Zone, ...]:
        """Every active zone that another left behind: inverse gaps, breakers, mitigation blocks."""
        return (*self.inverse_gaps, *self.breakers, *self.mitigation_blocks)

    def inside(self, price: float) -> tuple[Zone, ...]:
        """Active zones, heirs included, that hold ``price``."""
        return tuple(zone for zone in (*self.zones, *self.heirs) if zone.low <= price <= zone.high)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Weighted trend of the context timeframes: ``score`` in [−1, 1], + is up; ``weight`` in [0, 1] is how much of the
    declared weight had a trend to read. ``parts`` gives (timeframe, layer, trend, weight)."""

    score: float
    weight: float
    parts: tuple[tuple[Timeframe, Layer, Trend, float], ...]

    def along(self, side: Side) -> float:
        """The score seen from ``side``: 1 is full agreement."""
        return self.score * side


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a timeframe's last close stands: ``inside`` which active zones of coarser timeframes, where in their dealing ``ranges``, and
    whether at a ``weekend``. Coarser timeframes come finest first; their ranges are those that count for the bias."""

    timeframe: Timeframe
    inside: tuple[Zone, ...]
    ranges: tuple[tuple[Timeframe, DealingRange], ...]
    weekend: bool


@dataclass(frozen=True, slots=True)
class SMCSnapshot:
    """Structure of every timeframe of a symbol, joined by close time. ``weekend``: the as-of instant is a Saturday or Sunday on the
    sessions' clock, by UTC where no timeframe is fine enough for sessions."""

    as_of_ms: int
    timeframes: Mapping[Timeframe, TimeframeStructure]
    alignment: Alignment
    weekend: bool = False
