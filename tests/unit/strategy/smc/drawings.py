"""Hand-made candles: a quiet warm-up, so that there is an ATR of 1, then the bars a test draws."""

from __future__ import annotations

import numpy as np

from shared.models.data import Candles
from shared.models.events import Event, EventLog, Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from strategy.smc.engine import detect

QUIET = 60
START = 1_700_006_400_000
RULES = SmcRules()
TICK = 0.01

Bar = tuple[float, float, float, float]


def quiet(count: int = QUIET) -> list[Bar]:
    """Bars of range 1 around 100 that go nowhere and make no gap: ATR 1."""
    return [(100.0, 100.5, 99.5, 100.0)] * count


def drawn(bars: list[Bar], *, missing_after: int = -1, untraded: int = -1) -> Candles:
    """Quiet bars, then ``bars`` as (open, high, low, close); one may be missing or untraded."""
    rows = np.asarray([*quiet(), *bars], float)
    times = START + np.arange(len(rows)) * Timeframe.H1.ms
    volume = np.full(len(rows), 10.0)
    if missing_after >= 0:
        times[QUIET + missing_after + 1 :] += Timeframe.H1.ms
    if untraded >= 0:
        volume[QUIET + untraded] = 0.0
    return Candles(Timeframe.H1, times, rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], volume)


def story(log: EventLog, kind: Kind, *events: Event) -> list[tuple[int, str, int]]:
    """(bar counted from the first drawn one, event, side) of a kind, in log order."""
    return [
        (row[0] - QUIET, Event(row[2]).name, row[3])
        for row in log.ints.tolist()
        if row[1] == kind and row[0] >= QUIET and (not events or row[2] in events)
    ]


def look(bars: list[Bar], rules: SmcRules = RULES, **holes: int) -> EventLog:
    """The log of drawn bars."""
    return detect(drawn(bars, **holes), rules, TICK)


def steps(*closes: float, wick: float = 0.25) -> list[Bar]:
    """Bars from close to close with short wicks; the first opens at 100."""
    opens = (100.0, *closes[:-1])
    pairs = zip(opens, closes, strict=True)
    return [(a, max(a, b) + wick, min(a, b) - wick, b) for a, b in pairs]
