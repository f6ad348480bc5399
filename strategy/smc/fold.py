"""The fold: a log's rows known at a bar become the objects a trader would look at.

Objects are made only for what is alive or recent: zones and pools that live, the newest breaks and swings of each
layer, sweeps and displacements of the last fifty bars. All tuples are newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from shared.models.data import Candles
from shared.models.events import Event, EventLog, Kind, object_id
from shared.models.smc import (
    BreakLabel,
    DealingRange,
    Displacement,
    FairValueGap,
    Layer,
    LayerState,
    OrderBlock,
    Pool,
    PoolSource,
    SessionPhase,
    SessionRange,
    Side,
    StructureBreak,
    Sweep,
    SweepKind,
    Swing,
    TimeframeStructure,
    Trend,
    Zone,
    ZoneKind,
)
from shared.models.timeframe import Timeframe
from strategy.smc.fold_state import FILL, KNOWN, LEVEL, ORIGIN, pick
from strategy.smc.order_blocks import HAS_GAP, LEFT_ZONE, SWEPT

SIDES: Final = {1: Side.LONG, -1: Side.SHORT}
LAYERS: Final = (Layer.INTERNAL, Layer.SWING)
SOURCES: Final = tuple(PoolSource)
PHASES: Final = tuple(SessionPhase)
LABELS: Final = {0: BreakLabel.INIT, 1: BreakLabel.BOS, -1: BreakLabel.CHOCH}
HALF_LIFE_BARS: Final = {
    ZoneKind.FAIR_VALUE_GAP: 25,
    ZoneKind.INVERSE_GAP: 25,
    ZoneKind.ORDER_BLOCK: 50,
    ZoneKind.BREAKER: 50,
    ZoneKind.MITIGATION_BLOCK: 50,
}
POOL_HALF_LIFE_BARS: Final = 200
MITIGATED: Final = 0.5
SWING_WORDS: Final = {
    (Side.SHORT, 1): "HH", (Side.SHORT, -1): "LH", (Side.LONG, 1): "HL", (Side.LONG, -1): "LL",
    (Side.SHORT, 0): "EQ", (Side.LONG, 0): "EQ", (Side.SHORT, 2): "first", (Side.LONG, 2): "first",
}  # fmt: skip
"""A swing high has side SHORT: stops of buyers lie there."""
SWEEPS: Final = {Event.SWEPT_WICK: SweepKind.WICK, Event.SWEPT_RECLAIM: SweepKind.RECLAIM}


class Found(NamedTuple):
    """One living object or recent event, read out of the columns. ``bits`` are layers or sources, ``values`` the payload of its row,
    ``fill`` the deepest share filled (of a sweep the displacement away), ``mark`` what happened to it besides."""

    timeframe: Timeframe
    event: int
    side: int
    layer: int
    age_bars: int
    origin_ms: int
    known_ms: int
    touches: int
    bits: int
    members: int
    mark: int
    values: list[float]

    @property
    def fill(self) -> float:
        """Deepest share filled; of a sweep the displacement away."""
        return self.values[FILL]

    @property
    def level(self) -> float:
        """Newest level of a pool."""
        return self.values[LEVEL]

    def named(self, detector: str, layer: str = "") -> str:
        """Id of an object, by where it is drawn."""
        return object_id(detector, layer, self.side, self.origin_ms)

    def dated(self, detector: str, layer: str = "") -> str:
        """Id of what happens once, by when it became known."""
        return object_id(detector, layer, self.side, self.known_ms)


def read_structure(candles: Candles, log: EventLog, bar: int = -1) -> TimeframeStructure:
    """The log's fold as of ``bar`` (default: the last)."""
    t = len(candles) - 1 if bar < 0 else bar
    shelves: dict[str, list[Any]] = {name: [] for name in SHELVES}
    for kind, found in _found(candles, log, t):
        shelf, made = MAKERS[kind, found.event in SWEEPS](found)
        shelves[shelf].append(made)
    tuples: dict[str, Any] = {name: tuple(shelves[name]) for name in SHELVES if name not in LAYER_SHELVES}
    atr = float(log.atr[t])
    return TimeframeStructure(
        timeframe=candles.timeframe,
        bars=t + 1,
        close=float(candles.close[t]),
        atr=atr if atr == atr else 0.0,
        closed_ms=int(candles.open_ms[t]) + candles.timeframe.ms,
        internal=_layer(candles, log, t, 0, shelves),
        swing=_layer(candles, log, t, 1, shelves),
        **tuples,
    )


def _found(candles: Candles, log: EventLog, t: int) -> Iterator[tuple[int, Found]]:
    ints, floats = pick(log, t)
    timeframe, length_ms = candles.timeframe, candles.timeframe.ms
    origins = candles.open_ms[ints[:, ORIGIN]].tolist()
    knowns = (candles.open_ms[ints[:, KNOWN]] + length_ms).tolist()
    for row, values, origin_ms, known_ms in zip(ints.tolist(), floats.tolist(), origins, knowns, strict=True):
        kind, event, side, layer, known, _, touches, bits, count, mark = row
        yield (
            kind,
            Found(
                timeframe,
                event,
                side,
                layer,
                t - known,
                origin_ms,
                known_ms,
                touches,
                bits,
                count,
                mark,
                values,
            ),
        )


def _layer(candles: Candles, log: EventLog, t: int, number: int, shelves: dict[str, list[Any]]) -> LayerState:
    """Structure of one layer."""
    low, high = float(log.range_low[number][t]), float(log.range_high[number][t])
    layer = LAYERS[number]
    return LayerState(
        layer=layer,
        trend=Trend(int(log.trend[number][t])),
        breaks=tuple(found for found in shelves["breaks"] if found.layer is layer),
        swings=tuple(found for found in shelves["swings"] if found.layer is layer),
        ranges=(DealingRange(low, high, (float(candles.close[t]) - low) / (high - low)),)
        if low < high
        else (),
    )


def freshness_of(age_bars: int, touches: int, fill: float, half_life: int) -> float:
    """2^(−age/h) · 0.6^touches · (1 − fill): never rises."""
    return float(2.0 ** (-age_bars / half_life) * 0.6**touches * (1.0 - fill))


def _zone(found: Found, kind: ZoneKind, early_touches: int = 0, early_fill: float = 0.0) -> Zone:
    low, high, atr, *_ = found.values
    touches, fill = found.touches + early_touches, max(found.fill, early_fill)
    return Zone(
        kind=kind,
        timeframe=found.timeframe,
        side=SIDES[found.side],
        low=low,
        high=high,
        atr=atr,
        touches=touches,
        fill=fill,
        mitigated=fill >= MITIGATED,
        freshness=freshness_of(found.age_bars, touches, fill, HALF_LIFE_BARS[kind]),
        object_id=found.named(kind.value),
        origin_ms=found.origin_ms,
        known_ms=found.known_ms,
        age_bars=found.age_bars,
    )


def _gap(found: Found) -> tuple[str, FairValueGap]:
    return "fair_value_gaps", FairValueGap(_zone(found, ZoneKind.FAIR_VALUE_GAP))


def _block(found: Found) -> tuple[str, OrderBlock]:
    _, _, _, displacement, volume, label, flags, early, *_ = found.values
    touches = int(early)
    block = OrderBlock(
        zone=_zone(found, ZoneKind.ORDER_BLOCK, touches, 2.0 * (early - touches)),
        layers=tuple(layer for bit, layer in enumerate(LAYERS) if found.bits & (1 << bit)),
        label=LABELS[int(label)],
        displacement_atr=displacement,
        relative_volume=volume,
        left_zone=bool(int(flags) & LEFT_ZONE),
        has_fvg=bool(int(flags) & HAS_GAP),
        sweep_before=bool(int(flags) & SWEPT),
        touches_before_known=touches,
    )
    return "order_blocks", block


def _heir(kind: ZoneKind, shelf: str) -> Maker:
    return lambda found: (shelf, _zone(found, kind))


def _pool(found: Found) -> tuple[str, Pool]:
    pool = Pool(
        side=SIDES[found.side],
        sources=tuple(source for bit, source in enumerate(SOURCES) if found.bits & (1 << bit)),
        level=found.level,
        count=found.members,
        taken=found.mark > 0,
        freshness=freshness_of(found.age_bars, 0, 0.0, POOL_HALF_LIFE_BARS),
        object_id=found.named("pool"),
        origin_ms=found.origin_ms,
        known_ms=found.known_ms,
        age_bars=found.age_bars,
    )
    return "pools", pool


def _sweep(found: Found) -> tuple[str, Sweep]:
    level, _, depth, bars, wick, volume, *_ = found.values
    sweep = Sweep(
        kind=SWEEPS[Event(found.event)],
        side=SIDES[found.side],
        level=level,
        depth_atr=depth,
        bars=int(bars),
        wick_share=wick,
        relative_volume=volume,
        displaced_atr=found.fill,
        object_id=found.named("pool"),
        origin_ms=found.origin_ms,
        known_ms=found.known_ms,
        age_bars=found.age_bars,
    )
    return "sweeps", sweep


def _leg(found: Found) -> tuple[str, Displacement]:
    leg = Displacement(
        side=SIDES[found.side],
        size_atr=found.values[2],
        volume_z=found.values[3],
        made_fvg=found.mark > 0,
        object_id=found.dated("displacement"),
        origin_ms=found.origin_ms,
        known_ms=found.known_ms,
        age_bars=found.age_bars,
    )
    return "displacements", leg


def _break(found: Found) -> tuple[str, StructureBreak]:
    level, _, margin, leg, label, protected, sweep, bars, *_ = found.values
    broken = StructureBreak(
        side=SIDES[found.side],
        layer=LAYERS[found.layer],
        label=LABELS[int(label)],
        level=level,
        margin_atr=margin,
        displacement_atr=leg,
        protected_break=protected > 0,
        sweep_before=sweep > 0,
        bars_from_pivot=int(bars),
        object_id=found.dated("break", LAYERS[found.layer]),
        origin_ms=found.origin_ms,
        known_ms=found.known_ms,
        age_bars=found.age_bars,
    )
    return "breaks", broken


def _swing(found: Found) -> tuple[str, Swing]:
    price, _, prominence, label, *_ = found.values
    layer, side = LAYERS[found.layer], SIDES[found.side]
    swing = Swing(
        object_id=found.named("swing", layer),
        side=side,
        layer=layer,
        label=SWING_WORDS[side, int(label)],
        price=price,
        prominence_atr=prominence,
        origin_ms=found.origin_ms,
        known_ms=found.known_ms,
    )
    return "swings", swing


def _session(found: Found) -> tuple[str, SessionRange]:
    session = SessionRange(
        phase=PHASES[found.mark],
        sides=(SIDES[found.touches],) if found.mark else (),
        low=found.values[0],
        high=found.values[1],
        object_id=found.named("session"),
        origin_ms=found.origin_ms,
        known_ms=found.known_ms,
        age_bars=found.age_bars,
    )
    return "sessions", session


Maker = Callable[[Found], tuple[str, Any]]
LAYER_SHELVES: Final = ("breaks", "swings")
SHELVES: Final = (
    *("order_blocks", "fair_value_gaps", "pools", "sweeps", "displacements"),
    *("inverse_gaps", "breakers", "mitigation_blocks", "sessions", *LAYER_SHELVES),
)
MAKERS: Final[dict[tuple[int, bool], Maker]] = {
    (Kind.FAIR_VALUE_GAP, False): _gap,
    (Kind.ORDER_BLOCK, False): _block,
    (Kind.INVERSE_GAP, False): _heir(ZoneKind.INVERSE_GAP, "inverse_gaps"),
    (Kind.BREAKER, False): _heir(ZoneKind.BREAKER, "breakers"),
    (Kind.MITIGATION_BLOCK, False): _heir(ZoneKind.MITIGATION_BLOCK, "mitigation_blocks"),
    (Kind.POOL, False): _pool,
    (Kind.POOL, True): _sweep,
    (Kind.DISPLACEMENT, False): _leg,
    (Kind.BREAK, False): _break,
    (Kind.SWING, False): _swing,
    (Kind.SESSION, False): _session,
}
"""(kind, whether it is a sweep) to what is made of it and the shelf it goes on."""
