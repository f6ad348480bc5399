"""Rows of the reference log, and the numbers by which kinds, events and layers go."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

Row = tuple[
    int, int, int, int, int, int, int, float, float, float, float, float, float, float, float
]  # fmt: skip
"""known, kind, event, side, layer, object, origin, low, high, a, b, c, d, e, f."""

FAIR_VALUE_GAP: Final = 1
ORDER_BLOCK: Final = 2
POOL: Final = 3
SWING: Final = 4
DISPLACEMENT: Final = 5
BREAK: Final = 6
INVERSE_GAP: Final = 7
BREAKER: Final = 8
MITIGATION_BLOCK: Final = 9
SESSION: Final = 10
KINDS: Final = {
    1: "FAIR_VALUE_GAP", 2: "ORDER_BLOCK", 3: "POOL", 4: "SWING", 5: "DISPLACEMENT", 6: "BREAK",
    7: "INVERSE_GAP", 8: "BREAKER", 9: "MITIGATION_BLOCK", 10: "SESSION",
}  # fmt: skip

FORMED: Final = 1
CONFIRMED_BY: Final = 2
SUPERSEDED: Final = 3
JOINED: Final = 4
MADE_FVG: Final = 5
TOUCHED: Final = 6
FILLED: Final = {0.25: 7, 0.5: 8, 0.75: 9, 1.0: 10}
"""Event of each mark."""
INVALIDATED: Final = 11
EXPIRED: Final = 12
TAKEN: Final = 13
SWEPT_WICK: Final = 14
SWEPT_RECLAIM: Final = 15
BROKEN: Final = 16
DISPLACED_AWAY: Final = 17
ACCUMULATED: Final = 18
MANIPULATED: Final = 19
DISTRIBUTED: Final = 20
LAYER_ADDED: Final = 21
EVENTS: Final = {
    1: "FORMED", 2: "CONFIRMED_BY", 3: "SUPERSEDED", 4: "JOINED", 5: "MADE_FVG", 6: "TOUCHED", 7: "FILLED_25",
    8: "FILLED_50", 9: "FILLED_75", 10: "FILLED_100", 11: "INVALIDATED", 12: "EXPIRED", 13: "TAKEN",
    14: "SWEPT_WICK", 15: "SWEPT_RECLAIM", 16: "BROKEN", 17: "DISPLACED_AWAY", 18: "ACCUMULATED",
    19: "MANIPULATED", 20: "DISTRIBUTED", 21: "LAYER_ADDED",
}  # fmt: skip

INTERNAL: Final = 0
SWING_LAYER: Final = 1
DAY: Final = 2
WEEK: Final = 3
SESSION_LAYER: Final = 4
NO_LAYER: Final = -1


@dataclass(frozen=True)
class Options:
    """Every option of the rules with its default."""

    internal_reach: int = 5
    swing_reach: int = 20
    break_on: Literal["close", "wick"] = "close"
    break_buffer_atr: float = 0.0
    min_gap_atr: float = 0.25
    displacement_atr: float = 1.5
    reclaim_bars: int = 3
    equal_atr: float = 0.1
    zone_expiry_bars: int = 500
    spawn_expiry_bars: int = 200
    pool_expiry_bars: int = 1000
    zone_body_only: bool = False
    block_candle: Literal["last_opposite", "extreme"] = "last_opposite"
    invalidate_on: Literal["close", "wick"] = "close"
    sessions: Literal["New York", "UTC"] = "New York"

    @classmethod
    def of(cls, options: Any) -> Options:
        """The options of any object that has attributes of these names."""
        return cls(**{spec.name: getattr(options, spec.name) for spec in fields(cls)})


@dataclass
class Log:
    """The rows so far, in the order in which they became known."""

    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        known: int,
        kind: int,
        event: int,
        *,
        side: int,
        layer: int,
        object: int,
        origin: int,
        low: float = 0.0,
        high: float = 0.0,
        a: float = 0.0,
        b: float = 0.0,
        c: float = 0.0,
        d: float = 0.0,
        e: float = 0.0,
        f: float = 0.0,
    ) -> None:
        """Write one row; cells that an event does not use are 0."""
        payload = (float(low), float(high), float(a), float(b), float(c), float(d), float(e), float(f))
        self.rows.append((known, kind, event, side, layer, object, origin, *payload))
