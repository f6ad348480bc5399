"""The fold: a log's rows known at a bar become the objects a trader would look at.

Objects are made only for what is alive or recent: zones and pools that live, the newest breaks and swings of each
layer, sweeps and displacements of the last fifty bars. All tuples are newest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.models.events import Event, EventLog, Kind, object_id
from shared.models.market import Candles, Ints
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
from strategy.smc.order_blocks import HAS_GAP, LEFT_ZONE, SWEPT

RECENT_BARS: Final = 50
NEWEST: Final = 20
LAYERS: Final = (Layer.INTERNAL, Layer.SWING)
LABELS: Final = {0: BreakLabel.INIT, 1: BreakLabel.BOS, -1: BreakLabel.CHOCH}
HALF_LIFE_BARS: Final = {ZoneKind.FAIR_VALUE_GAP: 25, ZoneKind.ORDER_BLOCK: 50}
SWING_WORDS: Final = {
    (Side.SHORT, 1): "HH", (Side.SHORT, -1): "LH", (Side.LONG, 1): "HL", (Side.LONG, -1): "LL",
    (Side.SHORT, 0): "EQ", (Side.LONG, 0): "EQ", (Side.SHORT, 2): "first", (Side.LONG, 2): "first",
}  # fmt: skip
"""A swing high has side SHORT: stops of buyers lie there."""
ENDS: Final = (Event.INVALIDATED, Event.EXPIRED, Event.SWEPT_WICK, Event.SWEPT_RECLAIM, Event.BROKEN)


def read_structure(candles: Candles, log: EventLog, bar: int = -1) -> TimeframeStructure:
    """The log's fold as of ``bar`` (default: the last)."""
    t = len(candles) - 1 if bar < 0 else bar
    fold = Fold(candles, log.until(t), t)
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
    """The rows of ``log`` known at bar ``t`` of ``candles``."""

    candles: Candles
    log: EventLog
    t: int

    def rows(self, kind: Kind, *events: Event, since: int = 0) -> Ints:
        """Row numbers of a kind's events since a bar, newest first."""
        first = int(np.searchsorted(self.log.ints[:, 0], since))
        table = self.log.ints[first:]
        chosen = table[:, 1] == kind
        if events:
            chosen &= np.isin(table[:, 2], events)
        return np.flatnonzero(chosen)[::-1] + first

    def alive(self, kind: Kind) -> Ints:
        """Rows at which the living objects of a kind formed, newest first."""
        formed, ended = self.rows(kind, Event.FORMED), self.rows(kind, *ENDS)
        things = self.log.ints[:, 5]
        return formed[~np.isin(things[formed], things[ended])]

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
        breaks, swings = (self._newest_of_layer(kind, number) for kind in (Kind.BREAK, Kind.SWING))
        return LayerState(
            layer=LAYERS[number],
            trend=Trend(int(self.log.trend[number][self.t])),
            breaks=tuple(self._break(row, LAYERS[number]) for row in breaks),
            swings=tuple(self._swing(row, LAYERS[number]) for row in swings),
            ranges=(DealingRange(low, high, (close - low) / (high - low)),) if low < high else (),
        )

    def _newest_of_layer(self, kind: Kind, number: int) -> list[int]:
        rows = self.rows(kind, Event.FORMED)
        newest: list[int] = rows[self.log.ints[rows, 4] == number][:NEWEST].tolist()
        return newest

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
        kind = ZoneKind.FAIR_VALUE_GAP
        return tuple(FairValueGap(zone) for _, zone in self._zones(Kind.FAIR_VALUE_GAP, kind))

    def order_blocks(self) -> tuple[OrderBlock, ...]:
        """Living order blocks."""
        confirmed = self.rows(Kind.ORDER_BLOCK, Event.CONFIRMED_BY)
        by_thing: dict[int, list[int]] = {}
        for row in confirmed.tolist():
            by_thing.setdefault(int(self.log.ints[row, 5]), []).append(int(self.log.ints[row, 4]))
        return tuple(
            self._block(row, zone, by_thing.get(int(self.log.ints[row, 5]), []))
            for row, zone in self._zones(Kind.ORDER_BLOCK, ZoneKind.ORDER_BLOCK)
        )

    def _block(self, row: int, zone: Zone, confirmed: list[int]) -> OrderBlock:
        _, _, _, displacement, volume, label, flags, life = self.log.floats[row].tolist()
        layers = {int(self.log.ints[row, 4]), *confirmed}
        return OrderBlock(
            zone=zone,
            layers=tuple(LAYERS[number] for number in sorted(layers)),
            label=LABELS[int(label)],
            displacement_atr=displacement,
            relative_volume=volume,
            left_zone=bool(int(flags) & LEFT_ZONE),
            has_fvg=bool(int(flags) & HAS_GAP),
            sweep_before=bool(int(flags) & SWEPT),
            touches_before_known=int(life),
        )

    def _zones(self, kind: Kind, zone_kind: ZoneKind) -> list[tuple[int, Zone]]:
        """Living zones with the rows at which they formed."""
        alive = self.alive(kind).tolist()
        things = {int(self.log.ints[row, 5]) for row in alive}
        life = self.rows(
            kind, Event.TOUCHED, Event.FILLED_25, Event.FILLED_50, Event.FILLED_75, Event.FILLED_100
        )
        touches = dict.fromkeys(things, 0)
        fills = dict.fromkeys(things, 0.0)
        for row in life[np.isin(self.log.ints[life, 5], list(things))].tolist():
            thing = int(self.log.ints[row, 5])
            touches[thing] += int(self.log.ints[row, 2] == Event.TOUCHED)
            fills[thing] = max(fills[thing], float(self.log.floats[row, 2]))
        return [(row, self._zone(row, zone_kind, touches, fills)) for row in alive]

    def _zone(self, row: int, kind: ZoneKind, touches: dict[int, int], fills: dict[int, float]) -> Zone:
        low, high, atr, *_, early = self.log.floats[row].tolist()
        thing, age = int(self.log.ints[row, 5]), self.age(row)
        touched = touches[thing] + int(early)
        fill = max(fills[thing], 2.0 * (early - int(early)))
        layer = LAYERS[int(self.log.ints[row, 4])] if kind is ZoneKind.ORDER_BLOCK else ""
        return Zone(
            kind=kind,
            timeframe=self.candles.timeframe,
            side=Side(int(self.log.ints[row, 3])),
            low=low,
            high=high,
            atr=atr,
            age_bars=age,
            touches=touched,
            fill=fill,
            mitigated=fill >= 0.5,
            freshness=freshness_of(age, touched, fill, HALF_LIFE_BARS[kind]),
            **self.identity(row, kind, layer),  # type: ignore[arg-type]
        )

    def pools(self) -> tuple[Pool, ...]:
        """Living pools; one that was taken is neither swept nor broken yet, and lives."""
        alive = self.alive(Kind.POOL).tolist()
        changes = self.rows(Kind.POOL, Event.JOINED, Event.CONFIRMED_BY)[::-1]
        things = [int(self.log.ints[row, 5]) for row in alive]
        level = {thing: (float(self.log.floats[row, 0]), 1) for thing, row in zip(things, alive, strict=True)}
        layers = {thing: {0} for thing in things}
        for row in changes[np.isin(self.log.ints[changes, 5], things)].tolist():
            thing = int(self.log.ints[row, 5])
            if self.log.ints[row, 2] == Event.JOINED:
                level[thing] = float(self.log.floats[row, 0]), int(self.log.floats[row, 2])
            else:
                layers[thing].add(1)
        return tuple(
            Pool(
                side=Side(int(self.log.ints[row, 3])),
                layers=tuple(LAYERS[number] for number in sorted(layers[thing])),
                level=level[thing][0],
                count=level[thing][1],
                age_bars=self.age(row),
                **self.identity(row, "pool"),  # type: ignore[arg-type]
            )
            for thing, row in zip(things, alive, strict=True)
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
            for row in self.rows(Kind.POOL, *kinds, since=self.t - RECENT_BARS).tolist()
        )

    def displacements(self) -> tuple[Displacement, ...]:
        """Displacements of the last fifty bars."""
        since = self.t - RECENT_BARS
        made = {
            (int(self.log.ints[row, 5]), int(self.log.ints[row, 3]))
            for row in self.rows(Kind.DISPLACEMENT, Event.MADE_FVG, since=since).tolist()
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
            for row in self.rows(Kind.DISPLACEMENT, Event.FORMED, since=since).tolist()
        )
