"""The hand-made candles of the playbook, one scene a pattern: its tests and its picture are made of the same bars.

Pivots of these scenes take two bars a side (swing layer five), so that a pattern fits into ten candles. Prices are
halves and quarters and the ATR is 1, so that every distance can be checked in the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devtools.hand_made import FIRST_MS, QUIET, TICK, Bar, drawn, quiet, steps
from shared.models.data import Candles
from shared.models.events import Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from strategy.smc.engine import SmcSeries

SMALL: Final = SmcRules(internal_reach=2, swing_reach=5)
DAY_MS: Final = 1_705_968_000_000
"""Tuesday 2024-01-23 00:00 UTC."""
ASIA_MS: Final = 1_705_971_600_000
"""2024-01-23 01:00 UTC, eight in the evening in New York: Asia begins."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Candles and what to show of them: objects of ``kinds``; of the (kind, origin bar) in ``only`` alone, when given.

    ``lead`` quiet candles stand before the drawn ones; ``bands`` shows the dealing range of the last close.
    """

    name: str
    title: str
    bars: tuple[Bar, ...]
    kinds: tuple[Kind, ...]
    only: tuple[tuple[Kind, int], ...] = ()
    bands: bool = False
    lead: int = 3
    timeframe: Timeframe = Timeframe.H1
    first_ms: int = FIRST_MS
    rules: SmcRules = SMALL

    @property
    def candles(self) -> Candles:
        """Warm-up and drawn bars."""
        return drawn(list(self.bars), timeframe=self.timeframe, first_ms=self.first_ms)

    @property
    def first(self) -> int:
        """The first bar of the picture."""
        return QUIET - self.lead

    @property
    def count(self) -> int:
        """Bars of the picture."""
        return self.lead + len(self.bars)

    def bar(self, time_ms: int) -> int:
        """The bar of the picture that opens at a time; a candle's close is the next bar."""
        return (time_ms - self.first_ms) // self.timeframe.ms + self.lead

    def series(self) -> SmcSeries:
        """The candles with their log."""
        return SmcSeries(self.candles, self.rules, TICK)


HILL: Final = tuple(steps(100.5, 101.0, 100.5, 100.0, 100.5))
"""A high of 101.25 at bar 2 that is known at bar 4."""
GAP: Final[tuple[Bar, ...]] = (
    (100.0, 100.5, 99.5, 100.5),
    (100.5, 101.5, 100.5, 101.5),
    (101.5, 102.5, 101.5, 102.5),
)
"""Zone 100.5 to 101.5: the third candle's low above the first one's high."""
GAP_LIFE: Final[tuple[Bar, ...]] = (
    *GAP,
    (102.5, 102.5, 101.25, 102.25),
    (102.25, 102.25, 101.0, 102.0),
    (102.0, 102.0, 100.75, 101.75),
    (101.75, 101.75, 100.5, 101.0),
)
"""The gap comes back a quarter at a time."""
GAP_LOST: Final[tuple[Bar, ...]] = (
    *GAP_LIFE,
    (101.0, 101.25, 100.25, 100.25),
    (100.25, 101.0, 100.0, 100.25),
    (100.25, 100.5, 99.5, 99.75),
)
"""A close below 100.5 at bar 7 turns the gap over; the next candle tests it from below."""
BREAK_UP: Final = (*HILL, *steps(101.0, 101.5, start=100.5))
"""Close of 101.5 at bar 6 above the high of 101.25."""
BLOCK_LIFE: Final[tuple[Bar, ...]] = (
    *BREAK_UP,
    (101.5, 101.5, 100.5, 101.25),
    (101.25, 101.25, 100.25, 101.0),
)
"""The block 99.75 to 100.75 of bar 3 is entered to a quarter, then to the half."""
CRASH: Final[Bar] = (101.5, 101.5, 99.5, 99.625)
RETURN: Final[tuple[Bar, ...]] = ((99.625, 100.25, 99.5, 99.75), (99.75, 99.875, 98.875, 99.0))
BLOCK_LOST: Final = (*BREAK_UP, CRASH, *RETURN)
"""A close below 99.75 at bar 7 ends the block; its leg had swept nothing."""
SWEPT_LEG: Final[tuple[Bar, ...]] = (
    *HILL[:4],
    (100.0, 100.75, 99.25, 100.5),
    *steps(101.0, 101.5, start=100.5),
    (101.5, 101.5, 99.0, 99.125),
    (99.125, 99.75, 98.875, 99.0),
    (99.0, 99.125, 98.125, 98.25),
)
"""Bar 4 dips under the old low of 99.5 and closes back: the leg that breaks at bar 6 has swept a pool."""
TREND: Final = tuple(
    steps(100.5, 101.0, 100.5, 100.0, 100.5, 101.0, 101.5, 102.0, 101.5, 101.0, 101.5, 102.0, 102.5, 102.0, 101.5, 101.0, 100.5)
)  # fmt: skip
"""Break up at 6, on in the trend at 12, against it at 16."""
SHIFT: Final[tuple[Bar, ...]] = (*TREND[:13], *steps(102.0, start=102.5), (102.0, 102.0, 100.125, 100.25))
"""The trend of bars 6 and 12 is turned at bar 14 by a leg of two candles, 2.25 ATR."""
LATE_LOW: Final[tuple[Bar, ...]] = (
    *steps(100.5, 101.0, 100.5, 100.25, 100.0),
    (100.0, 101.75, 99.625, 101.5),
    (101.5, 101.5, 99.5, 99.5625),
)
"""The leg that breaks at bar 5 starts at the low of its own candle, 99.625, and the next candle closes below it."""
FAR_LOW: Final[tuple[Bar, ...]] = (*LATE_LOW, (99.5625, 99.75, 99.0, 99.25))
"""The swing low of 99.5 lies below the protected one; bar 7 closes below it too."""
TWO_LAYERS: Final = tuple(
    steps(100.5, 101.0, 101.5, 102.0, 102.5, 102.0, 101.5, 101.0, 100.5, 100.0, 100.5, 101.0, 101.5, 102.0, 102.5, 103.0)
)  # fmt: skip
"""A high that is one of both layers, and one close that breaks it on both."""
LAYERS: Final = tuple(
    steps(100.5, 101.0, 101.5, 102.0, 102.5, 102.0, 101.5, 101.0, 100.5, 100.0, 100.5, 101.0, 100.5, 100.25, 100.5, 101.0, 101.5, 102.0, 102.5, 103.0)
)  # fmt: skip
"""A lesser high of 101.25 at bar 12 breaks at 16, the swing high of 102.75 at bar 5 breaks at 19."""
TWIN_TOPS: Final = tuple(steps(100.5, 101.0, 100.5, 100.0, 99.75, 100.5, 101.0, 100.5, 100.0, 100.25))
"""Highs of 101.25 at bars 2 and 7."""
TO_THE_HIGH: Final = (*HILL, *steps(101.0, start=100.5))
WICK_OVER: Final[tuple[Bar, ...]] = (
    *TO_THE_HIGH,
    (101.0, 101.75, 100.75, 101.0),
    (101.0, 101.0, 100.0, 100.0),
    (100.0, 100.0, 99.0, 99.0),
)
"""Half an ATR over the high and back inside, then away."""
CLOSE_OVER_AND_BACK: Final[tuple[Bar, ...]] = (
    *TO_THE_HIGH,
    (101.0, 101.625, 100.75, 101.5),
    (101.5, 102.0, 101.0, 101.5),
    (101.5, 101.5, 100.75, 101.0),
)
CLOSE_OVER_AND_STAY: Final[tuple[Bar, ...]] = (
    *TO_THE_HIGH,
    (101.0, 101.625, 100.75, 101.5),
    *[(101.5, 102.0, 101.25, 101.75)] * 3,
)
DAY: Final[tuple[Bar, ...]] = (
    (100.0, 100.5, 99.5, 100.0),
    (100.0, 100.75, 99.75, 100.5),
    (100.5, 101.5, 100.5, 100.75),
    (100.75, 100.75, 99.75, 100.0),
    (100.0, 100.0, 98.75, 99.5),
    (99.5, 100.25, 99.25, 100.0),
    (100.0, 100.5, 99.5, 99.75),
    (99.75, 100.0, 99.25, 99.25),
    (99.25, 99.5, 98.5, 99.25),
    (99.25, 100.75, 99.25, 100.75),
)
"""Six candles of four hours are a day: its low of 98.75 is dipped under in the third candle of the next."""
LONDON_TRAP: Final[tuple[Bar, ...]] = (
    *quiet(12),
    (100.0, 100.75, 99.75, 100.25),
    (100.25, 100.5, 99.5, 99.75),
    (99.75, 100.25, 99.25, 100.0),
    *quiet(9),
    (100.0, 101.25, 100.0, 100.5),
    (100.5, 100.5, 99.5, 99.75),
    (99.75, 99.75, 98.75, 99.0),
)
"""Asia holds 99.25 to 100.75 for sixteen candles; London's first candle looks above and closes back, its third leaves below."""
PULLBACK: Final[tuple[Bar, ...]] = (
    *BREAK_UP,
    *steps(102.0, 102.5, 103.0, 102.5, 102.0, 101.5, 101.0, start=101.5),
)
"""The leg from 99.75 to 103.25 has given back 64 % at the last close."""
SWING, BREAK, GAPS, BLOCK, POOL = Kind.SWING, Kind.BREAK, Kind.FAIR_VALUE_GAP, Kind.ORDER_BLOCK, Kind.POOL
DAY_LEVELS: Final = Scene(
    "day_levels",
    "Yesterday's high and low are pools once the day has closed (4h candles)",
    DAY,
    (POOL,),
    only=((POOL, 2), (POOL, 4)),
    timeframe=Timeframe.H4,
    first_ms=DAY_MS,
    rules=SmcRules(),
)
SESSION_MODEL: Final = Scene(
    "session_model",
    "Accumulation, manipulation, distribution (15m candles, from Asia's first)",
    LONDON_TRAP,
    (Kind.SESSION,),
    lead=0,
    timeframe=Timeframe.M15,
    first_ms=ASIA_MS,
    rules=SmcRules(),
)
SCENES: Final = (
    Scene("known_when", "Drawn where it began, known where it could first be acted on", BREAK_UP, (SWING, BREAK, BLOCK), only=((SWING, 2), (BREAK, 2), (BLOCK, 3))),
    Scene("swings", "Swings are known after the bars on their right", TREND, (SWING,)),
    Scene("breaks", "First break, break of structure, change of character", TREND, (BREAK,)),
    Scene("layers", "The internal structure breaks first (dashed), the swing structure later (solid)", LAYERS, (BREAK,)),
    Scene("structure_shift", "A change of character by a displaced leg: market structure shift", SHIFT, (BREAK, Kind.DISPLACEMENT), only=((BREAK, 10), (Kind.DISPLACEMENT, 13))),
    Scene("protected_break", "The low that made the break gives way first, the swing low below it later", FAR_LOW, (BREAK,), only=((BREAK, 2), (BREAK, 5), (BREAK, -1)), rules=SmcRules(internal_reach=2, swing_reach=10)),
    Scene("displacement", "Displacement: up to three candles of one colour, 1.5 ATR or more", GAP, (Kind.DISPLACEMENT,)),
    Scene("fair_value_gap", "A fair value gap, filled a quarter at a time", GAP_LIFE, (GAPS,)),
    Scene("inverse_gap", "A close beyond turns the gap over", GAP_LOST, (GAPS, Kind.INVERSE_GAP), only=((GAPS, 1), (Kind.INVERSE_GAP, 1))),
    Scene("order_block", "An order block is known at the break, not at its candle", BLOCK_LIFE, (BREAK, BLOCK), only=((BREAK, 2), (BLOCK, 3))),
    Scene("breaker", "The leg had swept the lows: the lost block becomes a breaker", SWEPT_LEG, (BLOCK, Kind.BREAKER), only=((BLOCK, 3), (Kind.BREAKER, 3))),
    Scene("mitigation_block", "Nothing was swept: the lost block becomes a mitigation block", BLOCK_LOST, (BLOCK, Kind.MITIGATION_BLOCK), only=((BLOCK, 3), (Kind.MITIGATION_BLOCK, 3))),
    Scene("equal_highs", "Two swing highs at one price: equal highs", TWIN_TOPS, (POOL,), only=((POOL, 2),)),
    Scene("sweep_wick", "Swept by a wick, then displaced away", WICK_OVER, (POOL,), only=((POOL, 2),)),
    Scene("sweep_reclaim", "Closed beyond and back within three bars: reclaimed", CLOSE_OVER_AND_BACK, (POOL,), only=((POOL, 2),)),
    Scene("pool_broken", "Closed beyond and stayed: broken", CLOSE_OVER_AND_STAY, (POOL,), only=((POOL, 2),)),
    DAY_LEVELS,
    SESSION_MODEL,
    Scene("dealing_range", "Premium, discount and the optimal entry of the last leg", PULLBACK, (BREAK,), bands=True, lead=0),
)  # fmt: skip
"""Every picture of the playbook."""
