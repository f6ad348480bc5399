"""The fold: a log's rows known at a bar become the objects a trader would look at.

Objects are made only for what is alive or recent: zones and pools that live, the newest breaks and swings of each
layer, sweeps and displacements of the last fifty bars. All tuples are newest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.models.events import Event, EventLog, Kind, object_id
from shared.models.market import Candles
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
BREAKS: Final = 12
SWINGS: Final = 6
LAYERS: Final = (Layer.INTERNAL, Layer.SWING)
LABELS: Final = {0: BreakLabel.INIT, 1: BreakLabel.BOS, -1: BreakLabel.CHOCH}
HALF_LIFE_BARS: Final = {ZoneKind.FAIR_VALUE_GAP: 25, ZoneKind.ORDER_BLOCK: 50}
SWING_WORDS: Final = {
    (Side.SHORT, 1): "HH", (Side.SHORT, -1): "LH", (Side.LONG, 1): "HL", (Side.LONG, -1): "LL",
    (Side.SHORT, 0): "EQ", (Side.LONG, 0): "EQ", (Side.SHORT, 2): "first", (Side.LONG, 2): "first",
}  # fmt: skip
"""A swing high has side SHORT: stops of buyers lie there."""


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


@dataclass(frozen=True, slots=True)
class Fold:
    """The rows of ``log`` known at bar ``t`` of ``candles``, and the state of the objects that formed there."""

    candles: Candles
    log: EventLog
    t: int
    state: FoldState

    def formed(self, kind: Kind) -> list[int]:
        """Rows at which the living objects of a kind formed, newest first."""
        rows: list[int] = np.flatnonzero((self.log.ints[:, 1] == kind) & (self.state.alive == 1))[
            ::-1
        ].tolist()
        return rows

    def recent(self, kind: Kind, *events: Event) -> list[int]:
        """Row numbers of a kind's events of the last fifty bars, newest first."""
        first = int(np.searchsorted(self.log.ints[:, 0], self.t - RECENT_BARS))
        wanted = set(events)
        table = self.log.ints[first:, 1:3].tolist()
        return [
            first + at
            for at in range(len(table) - 1, -1, -1)
            if table[at][0] == kind and table[at][1] in wanted
        ]

    def identity(self, row: int, detector: str, layer: str = "") -> dict[str, object]:
        """Id, origin and known time of the object that formed at ``row``."""
        known, _, _, side, _, _, origin = self.log.ints[row].tolist()
        origin_ms = int(self.candles.open_ms[origin])
        return {
            "object_id": object_id(detector, layer, side, origin_ms),
            "origin_ms": origin_ms,
            "known_ms": int(self.candles.open_ms[known]) + self.candles.timeframe.ms,
        }

    def age(self, row: int) -> int:
        """Closed bars since the row became known."""
        return self.t - int(self.log.ints[row, 0])

    def layer(self, number: int) -> LayerState:
        """Structure of one layer."""
        low, high = float(self.log.range_low[number][self.t]), float(self.log.range_high[number][self.t])
        close = float(self.candles.close[self.t])
        breaks, swings = (
            self._of_layer(Kind.BREAK, number, BREAKS),
            self._of_layer(Kind.SWING, number, SWINGS),
        )
        return LayerState(
            layer=LAYERS[number],
            trend=Trend(int(self.log.trend[number][self.t])),
            breaks=tuple(self._break(row, LAYERS[number]) for row in breaks),
            swings=tuple(self._swing(row, LAYERS[number]) for row in swings),
            ranges=(DealingRange(low, high, (close - low) / (high - low)),) if low < high else (),
        )

    def _of_layer(self, kind: Kind, number: int, most: int) -> list[int]:
        """Rows of a layer's newest breaks or swings."""
        table = self.log.ints
        chosen = (table[:, 1] == kind) & (table[:, 2] == Event.FORMED) & (table[:, 4] == number)
        rows: list[int] = np.flatnonzero(chosen)[-most:][::-1].tolist()
        return rows

    def _break(self, row: int, layer: Layer) -> StructureBreak:
        low, _, margin, leg, label, protected, sweep, bars = self.log.floats[row].tolist()
        return StructureBreak(
            side=Side(int(self.log.ints[row, 3])),
            layer=layer,
            label=LABELS[int(label)],
            level=low,
            margin_atr=margin,
            displacement_atr=leg,
            protected_break=protected > 0,
            sweep_before=sweep > 0,
            bars_from_pivot=int(bars),
            age_bars=self.age(row),
            **self.identity(row, "break", layer),  # type: ignore[arg-type]
        )

    def _swing(self, row: int, layer: Layer) -> Swing:
        price, _, prominence, label, *_ = self.log.floats[row].tolist()
        side = Side(int(self.log.ints[row, 3]))
        return Swing(
            side=side,
            layer=layer,
            label=SWING_WORDS[side, int(label)],
            price=price,
            prominence_atr=prominence,
            **self.identity(row, "swing", layer),  # type: ignore[arg-type]
        )

    def gaps(self) -> tuple[FairValueGap, ...]:
        """Living fair value gaps."""
        rows = self.formed(Kind.FAIR_VALUE_GAP)
        return tuple(FairValueGap(self._zone(row, ZoneKind.FAIR_VALUE_GAP)) for row in rows)

    def order_blocks(self) -> tuple[OrderBlock, ...]:
        """Living order blocks."""
        return tuple(self._block(row) for row in self.formed(Kind.ORDER_BLOCK))

    def _block(self, row: int) -> OrderBlock:
        _, _, _, displacement, volume, label, flags, life = self.log.floats[row].tolist()
        return OrderBlock(
            zone=self._zone(row, ZoneKind.ORDER_BLOCK),
            layers=self._layers(row),
            label=LABELS[int(label)],
            displacement_atr=displacement,
            relative_volume=volume,
            left_zone=bool(int(flags) & LEFT_ZONE),
            has_fvg=bool(int(flags) & HAS_GAP),
            sweep_before=bool(int(flags) & SWEPT),
            touches_before_known=int(life),
        )

    def _layers(self, row: int) -> tuple[Layer, ...]:
        bits = int(self.state.layers[row])
        return tuple(layer for bit, layer in enumerate(LAYERS) if bits & (1 << bit))

    def _zone(self, row: int, kind: ZoneKind) -> Zone:
        low, high, atr, *_, early = self.log.floats[row].tolist()
        age = self.age(row)
        touches = int(self.state.touches[row]) + int(early)
        fill = max(float(self.state.fill[row]), 2.0 * (early - int(early)))
        layer = LAYERS[int(self.log.ints[row, 4])] if kind is ZoneKind.ORDER_BLOCK else ""
        return Zone(
            kind=kind,
            timeframe=self.candles.timeframe,
            side=Side(int(self.log.ints[row, 3])),
            low=low,
            high=high,
            atr=atr,
            age_bars=age,
            touches=touches,
            fill=fill,
            mitigated=fill >= 0.5,
            freshness=freshness_of(age, touches, fill, HALF_LIFE_BARS[kind]),
            **self.identity(row, kind, layer),  # type: ignore[arg-type]
        )

    def pools(self) -> tuple[Pool, ...]:
        """Living pools; one that was taken is neither swept nor broken yet, and lives."""
        return tuple(
            Pool(
                side=Side(int(self.log.ints[row, 3])),
                layers=self._layers(row),
                level=float(self.state.level[row]),
                count=int(self.state.count[row]),
                age_bars=self.age(row),
                **self.identity(row, "pool"),  # type: ignore[arg-type]
            )
            for row in self.formed(Kind.POOL)
        )

    def sweeps(self) -> tuple[Sweep, ...]:
        """Sweeps of the last fifty bars. A swept low favours longs, as the pool's side says."""
        kinds = {Event.SWEPT_WICK: SweepKind.WICK, Event.SWEPT_RECLAIM: SweepKind.RECLAIM}
        return tuple(
            Sweep(
                kind=kinds[Event(int(self.log.ints[row, 2]))],
                side=Side(int(self.log.ints[row, 3])),
                level=float(self.log.floats[row, 0]),
                depth_atr=float(self.log.floats[row, 2]),
                bars=int(self.log.floats[row, 3]),
                age_bars=self.age(row),
                **self.identity(row, "pool"),  # type: ignore[arg-type]
            )
            for row in self.recent(Kind.POOL, *kinds)
        )

    def displacements(self) -> tuple[Displacement, ...]:
        """Displacements of the last fifty bars."""
        made = {
            (int(self.log.ints[row, 5]), int(self.log.ints[row, 3]))
            for row in self.recent(Kind.DISPLACEMENT, Event.MADE_FVG)
        }
        return tuple(
            Displacement(
                side=Side(int(self.log.ints[row, 3])),
                size_atr=float(self.log.floats[row, 2]),
                volume_z=float(self.log.floats[row, 3]),
                made_fvg=(int(self.log.ints[row, 5]), int(self.log.ints[row, 3])) in made,
                age_bars=self.age(row),
                **self.identity(row, "displacement"),  # type: ignore[arg-type]
            )
            for row in self.recent(Kind.DISPLACEMENT, Event.FORMED)
        )
