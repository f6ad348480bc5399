"""What the log of a market becomes when its prices are scaled or mirrored: every column, every payload, every state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.models.data import Candles, Floats
from shared.models.events import FLOAT_COLUMNS, INT_COLUMNS, Event, EventLog, Kind

LOW, HIGH, A, B = (FLOAT_COLUMNS.index(name) for name in ("low", "high", "a", "b"))
KNOWN, KIND, EVENT, SIDE, LAYER, ORIGIN = (
    INT_COLUMNS.index(name) for name in ("known", "kind", "event", "side", "layer", "origin")
)
ZONES = (Kind.FAIR_VALUE_GAP, Kind.ORDER_BLOCK, Kind.INVERSE_GAP, Kind.BREAKER, Kind.MITIGATION_BLOCK)
EDGED = (*ZONES, Kind.SESSION)
LEVELLED = (Kind.SWING, Kind.BREAK, Kind.POOL)
HIGHER, LOWER = 1.0, -1.0
"""Labels of a swing against the one before on its side."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A log without its numbering: ``rows`` sorted, columns known, kind, event, side, layer, origin and the payload; ``bars`` holds per
    bar ATR, both trends, both ranges."""

    rows: Floats
    bars: Floats

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Reading)
            and np.array_equal(self.rows, other.rows)
            and np.array_equal(self.bars, other.bars, equal_nan=True)
        )


def read(log: EventLog) -> Reading:
    """The log as it is."""
    return _reading(log.ints[:, SIDE], log, log.floats, _bars(log))


def scaled_reading(log: EventLog, factor: float) -> Reading:
    """What the log of the same market at ``factor`` times its prices has to say."""
    payload, bars = log.floats.copy(), _bars(log)
    payload[:, [LOW, HIGH]] *= factor
    born = np.isin(log.ints[:, KIND], ZONES) & (log.ints[:, EVENT] == Event.FORMED)
    payload[born, A] *= factor
    bars[:, [0, 3, 4, 5, 6]] *= factor
    return _reading(log.ints[:, SIDE], log, payload, bars)


def mirrored_reading(log: EventLog, around: float) -> Reading:
    """What the log of the market ``around`` − p has to say."""
    kind, payload = log.ints[:, KIND], log.floats.copy()
    priced = payload[:, LOW] != 0.0
    levels, edges = np.isin(kind, LEVELLED) & priced, np.isin(kind, EDGED) & priced
    payload[levels, LOW] = around - payload[levels, LOW]
    payload[edges, LOW], payload[edges, HIGH] = around - payload[edges, HIGH], around - payload[edges, LOW]
    turned = (kind == Kind.SWING) & np.isin(payload[:, B], (HIGHER, LOWER))
    payload[turned, B] *= -1.0
    atr, inner, outer, inner_low, outer_low, inner_high, outer_high = _bars(log).T
    bars = np.column_stack(
        [
            atr,
            0.0 - inner,
            0.0 - outer,
            around - inner_high,
            around - outer_high,
            around - inner_low,
            around - outer_low,
        ]
    )
    return _reading(-log.ints[:, SIDE], log, payload, bars)


def _bars(log: EventLog) -> Floats:
    return np.column_stack([log.atr, *log.trend, *log.range_low, *log.range_high]).astype(float)


def _reading(side: np.ndarray, log: EventLog, payload: Floats, bars: Floats) -> Reading:  # type: ignore[type-arg]
    keys = log.ints[:, [KNOWN, KIND, EVENT, LAYER, ORIGIN]]
    rows = np.column_stack([keys, side, payload]).astype(float)
    return Reading(rows[np.lexsort(rows.T[::-1])], bars)


def on_a_binary_grid(candles: Candles) -> tuple[Candles, float]:
    """The candles with prices rounded to a power of two, some 2^40 of which make the highest, and a C for which C − p is exact."""
    exponent = int(np.ceil(np.log2(candles.high.max())))
    step = 2.0 ** (exponent - 40)
    prices = (np.rint(getattr(candles, name) / step) * step for name in ("open", "high", "low", "close"))
    return Candles(candles.timeframe, candles.open_ms, *prices, candles.volume), 2.0 ** (exponent + 1)
