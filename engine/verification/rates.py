"""Base rates: how often a pattern was followed by what it is said to announce. Each is a count of trials and hits over one log.

A trial whose outcome lies beyond the last candle is left out, so that the newest candles favour neither side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from shared.models.data import Candles, Floats, Ints
from shared.models.events import Event, EventLog, Kind
from shared.models.verification import Interval

HOLD_BARS: Final = 20
REVERSAL_BARS: Final = 10
REVERSAL_ATR: Final = 1.0
BOS, CHOCH = 1, -1
Z95: Final = 1.959963984540054
"""Standard deviations that hold 95 % of a normal distribution."""

Count = tuple[int, int]
"""Trials and hits."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One base rate: its name, what it counts in words, and the count."""

    name: str
    what: str
    count: Callable[[Candles, EventLog], Count]


def zone_holds(
    candles: Candles, log: EventLog, kind: Kind, above_atr: float = 0.0, upto_atr: float = inf
) -> Count:
    """Zones of a kind, higher than ``above_atr`` and at most ``upto_atr`` ATR, after their first touch: a hit is no close beyond the
    far edge on the touching candle nor the :data:`HOLD_BARS` after it."""
    births, bars = _first_touches(log, kind)
    low, high, atr = (log.column(name)[births] for name in ("low", "high", "a"))
    height = (high - low) / atr
    kept = (bars + HOLD_BARS < len(candles)) & (height > above_atr) & (height <= upto_atr)
    if not kept.any():
        return 0, 0
    side = log.column("side")[births[kept]]
    far = np.where(side > 0, low[kept], high[kept])
    closes = sliding_window_view(candles.close, HOLD_BARS + 1)[bars[kept]]
    broken = (side[:, None] * (closes - far[:, None]) < 0).any(axis=1)
    return int(kept.sum()), int((~broken).sum())


def _first_touches(log: EventLog, kind: Kind) -> tuple[Ints, Ints]:
    """Row at which each touched zone formed, and the bar of its first touch."""
    rows = np.flatnonzero((log.column("kind") == kind) & (log.column("event") == Event.TOUCHED))
    births, first = np.unique(log.formed[rows], return_index=True)
    return births, log.ints[rows[first], 0]


def sweep_reversals(candles: Candles, log: EventLog, event: Event) -> Count:
    """Sweeps of one kind: a hit is a move of :data:`REVERSAL_ATR` from the close in the favoured direction within
    :data:`REVERSAL_BARS` candles, and before as much against it. A candle that reaches both counts against."""
    rows = np.flatnonzero((log.column("kind") == Kind.POOL) & (log.column("event") == event))
    bars = log.ints[rows, 0]
    kept = (bars + REVERSAL_BARS < len(candles)) & (log.atr[bars] > 0)
    if not kept.any():
        return 0, 0
    bars, up = bars[kept], (log.column("side")[rows[kept]] > 0)[:, None]
    close, reach = candles.close[bars, None], REVERSAL_ATR * log.atr[bars, None]
    rise = sliding_window_view(candles.high, REVERSAL_BARS)[bars + 1] - close
    fall = close - sliding_window_view(candles.low, REVERSAL_BARS)[bars + 1]
    with_it, against = (
        _first_at(np.where(up, rise, fall) >= reach),
        _first_at(np.where(up, fall, rise) >= reach),
    )
    return len(bars), int((with_it < against).sum())


def _first_at(reached: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Ints:
    """Per row the place of the first True, or the row's length."""
    return np.asarray(np.where(reached.any(axis=1), reached.argmax(axis=1), reached.shape[1]), np.int64)


def break_continuations(log: EventLog, layer: int, label: int) -> Count:
    """Breaks of a layer with a label: a hit is a next break of that layer to the same side."""
    rows = np.flatnonzero((log.column("kind") == Kind.BREAK) & (log.column("layer") == layer))
    sides, labels = log.column("side")[rows], log.column("c")[rows]
    tried = labels[:-1] == label
    return int(tried.sum()), int((tried & (sides[1:] == sides[:-1])).sum())


def _gaps(name: str, words: str, above_atr: float = 0.0, upto_atr: float = inf) -> Measure:
    what = f"fair value gap{words}: no close beyond its far edge within {HOLD_BARS} bars of the first touch"
    return Measure(
        name, what, lambda candles, log: zone_holds(candles, log, Kind.FAIR_VALUE_GAP, above_atr, upto_atr)
    )


def _sweeps(name: str, words: str, event: Event) -> Measure:
    what = f"{words}: {REVERSAL_ATR:g} ATR in its favour before {REVERSAL_ATR:g} ATR against, within {REVERSAL_BARS} bars"
    return Measure(name, what, lambda candles, log: sweep_reversals(candles, log, event))


def _breaks(name: str, words: str, layer: int, label: int) -> Measure:
    what = f"{words}: the layer's next break goes the same way"
    return Measure(name, what, lambda _, log: break_continuations(log, layer, label))


MEASURES: Final = (
    _gaps("fvg_hold", ""),
    _gaps("fvg_hold_0.25_0.5", " of 0.25 to 0.5 ATR", 0.25, 0.5),
    _gaps("fvg_hold_0.5_1", " of 0.5 to 1 ATR", 0.5, 1.0),
    _gaps("fvg_hold_above_1", " above 1 ATR", 1.0),
    Measure(
        "order_block_hold",
        f"order block: no close beyond its far edge within {HOLD_BARS} bars of the first touch",
        lambda candles, log: zone_holds(candles, log, Kind.ORDER_BLOCK),
    ),
    _sweeps("swept_wick_reversal", "pool swept by a wick", Event.SWEPT_WICK),
    _sweeps("swept_reclaim_reversal", "pool swept and reclaimed", Event.SWEPT_RECLAIM),
    _breaks("bos_internal", "internal BOS", 0, BOS),
    _breaks("bos_swing", "swing BOS", 1, BOS),
    _breaks("choch_internal", "internal CHoCH", 0, CHOCH),
    _breaks("choch_swing", "swing CHoCH", 1, CHOCH),
)
"""Every base rate there is."""


def wilson(trials: int, hits: int) -> Interval:
    """The share of hits with its 95 % Wilson interval; ``trials`` is above 0."""
    share, spread = hits / trials, Z95**2 / trials
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * sqrt(share * (1 - share) / trials + spread / trials / 4) / (1 + spread)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def spread_of(shares: Floats) -> Interval:
    """Mean, 5th and 95th percentile of the shuffles' shares."""
    low, high = np.quantile(shares, (0.05, 0.95))
    return Interval(float(shares.mean()), float(low), float(high))
