"""The fold: a log's rows known at a bar become the objects a trader would look at.

Objects are made only for what is alive or recent: zones and pools that live, the newest breaks and swings of each
layer, sweeps and displacements of the last fifty bars. All tuples are newest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from shared.models.data import Candles, Ints
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
from strategy.smc.fold_state import FoldState, fold_state
from strategy.smc.order_blocks import HAS_GAP, LEFT_ZONE, SWEPT

RECENT_BARS: Final = 50
BREAKS: Final = 8
SWINGS: Final = 4
SIDES: Final = {1: Side.LONG, -1: Side.SHORT}
LAYERS: Final = (Layer.INTERNAL, Layer.SWING)
LABELS: Final = {0: BreakLabel.INIT, 1: BreakLabel.BOS, -1: BreakLabel.CHOCH}
HALF_LIFE_BARS: Final = {ZoneKind.FAIR_VALUE_GAP: 25, ZoneKind.ORDER_BLOCK: 50}
SWING_WORDS: Final = {
    (Side.SHORT, 1): "HH", (Side.SHORT, -1): "LH", (Side.LONG, 1): "HL", (Side.LONG, -1): "LL",
    (Side.SHORT, 0): "EQ", (Side.LONG, 0): "EQ", (Side.SHORT, 2): "first", (Side.LONG, 2): "first",
}  # fmt: skip
"""A swing high has side SHORT: stops of buyers lie there."""
SWEEPS: Final = {Event.SWEPT_WICK: SweepKind.WICK, Event.SWEPT_RECLAIM: SweepKind.RECLAIM}


def read_structure(candles: Candles, log: EventLog, bar: int = -1) -> TimeframeStructure:
    """The log's fold as of ``bar`` (default: the last)."""
    t = len(candles) - 1 if bar < 0 else bar
    known = log.until(t)
    fold = Fold(candles, known, t, fold_state(known, t + 1))
    atr = float(log.atr[t])
    return TimeframeStructure(
        timeframe=candles.timeframe,
        bars=t + 1,
        close=float(candles.close[t]),
        atr=atr if atr == atr else 0.0,
        closed_ms=int(candles.close_ms[t]),
        extreme_high=float(candles.high[: t + 1].max()),
        extreme_low=float(candles.low[: t + 1].min()),
        internal=fold.layer(0),
        swing=fold.layer(1),
        order_blocks=fold.order_blocks(),
        fair_value_gaps=fold.gaps(),
        pools=fold.pools(),
        sweeps=fold.sweeps(),
        displacements=fold.displacements(),
    )


def freshness_of(age_bars: int, touches: int, fill: float, half_life: int) -> float:
    """2^(−age/h) · 0.6^touches · (1 − fill): never rises."""
    return float(2.0 ** (-age_bars / half_life) * 0.6**touches * (1.0 - fill))


class Row(NamedTuple):
    """One event, read out of the columns: its place in the log, its payload, and what names its object."""

    at: int
    event: int
    side: Side
    layer: int
    thing: int
    values: list[float]
    age_bars: int
    origin_ms: int
    known_ms: int

    def named(self, detector: str, layer: str = "") -> dict[str, Any]:
        """Id, origin and known time of its object."""
        return {
            "object_id": object_id(detector, layer, self.side, self.origin_ms),
            "origin_ms": self.origin_ms,
            "known_ms": self.known_ms,
        }


@dataclass(frozen=True, slots=True)
class Fold:
    """The rows of ``log`` known at bar ``t`` of ``candles``, and the state of the objects that formed there."""

    candles: Candles
    log: EventLog
    t: int
    state: FoldState

    def rows(self, places: Ints) -> list[Row]:
        """The events at ``places``, newest first."""
        newest = places[::-1]
        table = self.log.ints[newest]
        origins = self.candles.open_ms[table[:, 6]].tolist()
        knowns = (self.candles.open_ms[table[:, 0]] + self.candles.timeframe.ms).tolist()
        columns = zip(
            newest.tolist(), table.tolist(), self.log.floats[newest].tolist(), origins, knowns, strict=True
        )
        return [
            Row(at, ints[2], SIDES[ints[3]], ints[4], ints[5], values, self.t - ints[0], origin, known)
            for at, ints, values, origin, known in columns
        ]

    def alive(self, kind: Kind) -> list[Row]:
        """Where the living objects of a kind formed."""
        return self.rows(np.flatnonzero((self.log.ints[:, 1] == kind) & (self.state.alive == 1)))

    def recent(self, kind: Kind, *events: Event) -> list[Row]:
        """A kind's events of the last fifty bars."""
        first = int(np.searchsorted(self.log.ints[:, 0], self.t - RECENT_BARS))
        table = self.log.ints[first:]
        chosen = (table[:, 1] == kind) & np.isin(table[:, 2], events)
        return self.rows(np.flatnonzero(chosen) + first)

    def layer(self, number: int) -> LayerState:
        """Structure of one layer."""
        low, high = float(self.log.range_low[number][self.t]), float(self.log.range_high[number][self.t])
        close = float(self.candles.close[self.t])
        return LayerState(
            layer=LAYERS[number],
            trend=Trend(int(self.log.trend[number][self.t])),
            breaks=tuple(_break(row, LAYERS[number]) for row in self._of_layer(Kind.BREAK, number, BREAKS)),
            swings=tuple(_swing(row, LAYERS[number]) for row in self._of_layer(Kind.SWING, number, SWINGS)),
            ranges=(DealingRange(low, high, (close - low) / (high - low)),) if low < high else (),
        )

    def _of_layer(self, kind: Kind, number: int, most: int) -> list[Row]:
        """A layer's newest breaks or swings."""
        table = self.log.ints
        chosen = (table[:, 1] == kind) & (table[:, 2] == Event.FORMED) & (table[:, 4] == number)
        return self.rows(np.flatnonzero(chosen)[-most:])

    def gaps(self) -> tuple[FairValueGap, ...]:
        """Living fair value gaps."""
        rows = self.alive(Kind.FAIR_VALUE_GAP)
        return tuple(FairValueGap(self._zone(row, ZoneKind.FAIR_VALUE_GAP, "")) for row in rows)

    def order_blocks(self) -> tuple[OrderBlock, ...]:
        """Living order blocks."""
        return tuple(self._block(row) for row in self.alive(Kind.ORDER_BLOCK))

    def _block(self, row: Row) -> OrderBlock:
        _, _, _, displacement, volume, label, flags, life = row.values
        return OrderBlock(
            zone=self._zone(row, ZoneKind.ORDER_BLOCK, LAYERS[row.layer]),
            layers=self._layers(row),
            label=LABELS[int(label)],
            displacement_atr=displacement,
            relative_volume=volume,
            left_zone=bool(int(flags) & LEFT_ZONE),
            has_fvg=bool(int(flags) & HAS_GAP),
            sweep_before=bool(int(flags) & SWEPT),
            touches_before_known=int(life),
        )

    def _layers(self, row: Row) -> tuple[Layer, ...]:
        bits = int(self.state.layers[row.at])
        return tuple(layer for bit, layer in enumerate(LAYERS) if bits & (1 << bit))

    def _zone(self, row: Row, kind: ZoneKind, layer: str) -> Zone:
        low, high, atr, *_, early = row.values
        touches = int(self.state.touches[row.at]) + int(early)
        fill = max(float(self.state.fill[row.at]), 2.0 * (early - int(early)))
        return Zone(
            kind=kind,
            timeframe=self.candles.timeframe,
            side=row.side,
            low=low,
            high=high,
            atr=atr,
            age_bars=row.age_bars,
            touches=touches,
            fill=fill,
            mitigated=fill >= 0.5,
            freshness=freshness_of(row.age_bars, touches, fill, HALF_LIFE_BARS[kind]),
            **row.named(kind, layer),
        )

    def pools(self) -> tuple[Pool, ...]:
        """Living pools; one that was taken is neither swept nor broken yet, and lives."""
        return tuple(
            Pool(
                side=row.side,
                layers=self._layers(row),
                level=float(self.state.level[row.at]),
                count=int(self.state.count[row.at]),
                age_bars=row.age_bars,
                **row.named("pool"),
            )
            for row in self.alive(Kind.POOL)
        )

    def sweeps(self) -> tuple[Sweep, ...]:
        """Sweeps of the last fifty bars. A swept low favours longs, as the pool's side says."""
        return tuple(
            Sweep(
                kind=SWEEPS[Event(row.event)],
                side=row.side,
                level=row.values[0],
                depth_atr=row.values[2],
                bars=int(row.values[3]),
                age_bars=row.age_bars,
                **row.named("pool"),
            )
            for row in self.recent(Kind.POOL, *SWEEPS)
        )

    def displacements(self) -> tuple[Displacement, ...]:
        """Displacements of the last fifty bars."""
        made = {(row.thing, row.side) for row in self.recent(Kind.DISPLACEMENT, Event.MADE_FVG)}
        return tuple(
            Displacement(
                side=row.side,
                size_atr=row.values[2],
                volume_z=row.values[3],
                made_fvg=(row.thing, row.side) in made,
                age_bars=row.age_bars,
                **row.named("displacement"),
            )
            for row in self.recent(Kind.DISPLACEMENT, Event.FORMED)
        )


def _break(row: Row, layer: Layer) -> StructureBreak:
    level, _, margin, leg, label, protected, sweep, bars = row.values
    return StructureBreak(
        side=row.side,
        layer=layer,
        label=LABELS[int(label)],
        level=level,
        margin_atr=margin,
        displacement_atr=leg,
        protected_break=protected > 0,
        sweep_before=sweep > 0,
        bars_from_pivot=int(bars),
        age_bars=row.age_bars,
        **row.named("break", layer),
    )


def _swing(row: Row, layer: Layer) -> Swing:
    price, _, prominence, label, *_ = row.values
    return Swing(
        side=row.side,
        layer=layer,
        label=SWING_WORDS[row.side, int(label)],
        price=price,
        prominence_atr=prominence,
        **row.named("swing", layer),
    )
