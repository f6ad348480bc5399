"""One drawn example for every fill rule: what the documentation shows and the tests hold the paper broker to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np

from bot.executor.paper_broker import play
from bot.executor.terms import Leg, Terms
from shared.models.data import Candles
from shared.models.fills import Outcome
from shared.models.orders import OrderKind
from shared.models.profile import CostRules
from shared.models.smc import Side
from shared.models.timeframe import Timeframe

LIVE_MS: Final = 1_722_852_000_000
"""2024-08-05 10:00 UTC: when the orders of every example go live."""
VOLUME: Final = 1e9
"""So much is traded that one unit has no impact."""


@dataclass(frozen=True, slots=True)
class Example:
    """``candles``: open, high, low, close of 5m candles from LIVE_MS on, commas between them; ``finer`` the parts of the candle
    numbered ``inside``. ``expected`` is what :func:`told` says of the outcome."""

    rule: str
    candles: str
    expected: str
    kind: OrderKind = OrderKind.LIMIT
    expires_bars: int = 100
    hold_bars: int = 1000
    liquidation: str = "0"
    parts: str = ""
    inside: int = 0


EXAMPLES: Final = (
    Example(
        "A resting limit is filled at its price on trade-through",
        "102 103 101 102, 102 102 99.9 101",
        "entry 100 maker; open",
    ),
    Example("Touching a limit is not enough", "102 103 101 102, 102 102 100 101", "pending"),
    Example(
        "A first open at or below the limit fills there and takes liquidity",
        "99.5 101 99 100.5",
        "entry 99.5 taker; open",
    ),
    Example("A first open at or below the stop ends the plan", "94 96 93 95", "invalidated_before_fill"),
    Example(
        "A later open below the resting limit fills at the limit",
        "102 103 101 102, 99 101 98 100.5",
        "entry 100 maker; open",
    ),
    Example(
        "A later open below limit and stop fills at the limit and is stopped at the open",
        "102 103 101 102, 94 96 93 95",
        "entry 100 maker; stop 93.75 taker; gap_stop",
    ),
    Example(
        "A plan that is not filled by its expiry ends",
        "102 103 101 102, 102 103 101 102, 102 103 99 100",
        "expired",
        expires_bars=2,
    ),
    Example(
        "A close of the anchor candle beyond the invalidation ends a pending plan",
        "99.8 99.9 99.6 99.7, " * 11 + "99.7 99.8 99 99.2, 101 102 100 101",
        "invalidated",
        kind=OrderKind.STOP,
    ),
    Example(
        "The first target before the entry ends the plan",
        "102 105 101 104, 104 104 99 100",
        "ran_away",
    ),
    Example(
        "The candle that dips to the limit and on to the stop is a loss",
        "102 102 94.5 96",
        "entry 100 maker; stop 94.525 taker; stop",
    ),
    Example(
        "A target in the candle that dips to the limit is not credited: it may have come first",
        "102 105.1 99 104, 104 104 103 104",
        "entry 100 maker; open; ambiguous",
    ),
    Example(
        "Finer candles prove that the target came after the dip",
        "102 105.1 99 104",
        "entry 100 maker; target-1 105 maker; open",
        parts="102 102 99 100, 100 105.1 100 104",
    ),
    Example(
        "A confirmed entry is bought at the next open, slippage on top",
        "101 102 100.5 101.5",
        "entry 101.1 taker; open",
        kind=OrderKind.MARKET,
    ),
    Example(
        "A confirmed entry whose first open is beyond the first target is left",
        "105 106 104 105",
        "ran_away",
        kind=OrderKind.MARKET,
    ),
    Example(
        "A confirmed entry whose first open is beyond the stop is left",
        "95 96 94 95",
        "invalidated_before_fill",
        kind=OrderKind.MARKET,
    ),
    Example(
        "A stop entry fills at its price, slippage on top",
        "99 101 98.5 100.5",
        "entry 100.1 taker; open",
        kind=OrderKind.STOP,
    ),
    Example(
        "A stop entry that is jumped over fills at the open",
        "99 99.5 98.5 99, 101 102 100.5 101.5",
        "entry 101.1 taker; open",
        kind=OrderKind.STOP,
    ),
    Example(
        "A stop entry whose candle closes at or below the stop is a loss",
        "99 101 94.5 94.8",
        "entry 100.1 taker; stop 94.575 taker; stop",
        kind=OrderKind.STOP,
    ),
    Example(
        "A stop entry whose candle only touched the stop may have touched it before: stopped, and marked",
        "99 101 94.5 100.5",
        "entry 100.1 taker; stop 94.575 taker; stop; ambiguous",
        kind=OrderKind.STOP,
    ),
    Example(
        "An open at or below the stop takes all out at the open",
        "102 102 99.9 101, 93 96 92 95",
        "entry 100 maker; stop 92.7 taker; gap_stop",
    ),
    Example(
        "A target needs a trade beyond it",
        "102 102 99.9 101, 101 105 101 104",
        "entry 100 maker; open",
    ),
    Example(
        "A target that is traded through fills at its price",
        "102 102 99.9 101, 101 105.1 101 104",
        "entry 100 maker; target-1 105 maker; open",
    ),
    Example(
        "An open beyond a target fills it before anything else",
        "102 102 99.9 101, 106 107 94 96",
        "entry 100 maker; target-1 105 maker; stop 94.25 taker; stop",
    ),
    Example(
        "A touched stop fills below its price, within the candle",
        "102 102 99.9 101, 101 101 95 96",
        "entry 100 maker; stop 95 taker; stop",
    ),
    Example(
        "Stop and target in one candle: the stop comes first, and the result is marked",
        "102 102 99.9 101, 101 105.1 94 100",
        "entry 100 maker; stop 94.345 taker; stop; ambiguous",
    ),
    Example(
        "Finer candles show which came first",
        "102 102 99.9 101, 101 105.1 94 100",
        "entry 100 maker; target-1 105 maker; stop 94.345 taker; stop",
        parts="101 105.1 101 105, 105 105.1 94 100",
        inside=1,
    ),
    Example(
        "Several targets and no stop fill in the order of their prices",
        "102 102 99.9 101, 101 111 101 108",
        "entry 100 maker; target-1 105 maker; target-2 110 maker; target",
    ),
    Example(
        "After the first target the stop pays for the trade, from the next candle on",
        "102 102 99.9 101, 101 105.1 99 104, 104 104 99 100",
        "entry 100 maker; target-1 105 maker; stop 99.65 taker; break_even",
    ),
    Example(
        "A position is closed at the first open after its holding time",
        "102 102 99.9 101, 101 102 100 101, 101.5 103 101 102",
        "entry 100 maker; time 101.4 taker; time",
        hold_bars=2,
    ),
    Example(
        "A liquidation nearer than the stop comes first",
        "102 102 99.9 101, 101 101 95.5 96",
        "entry 100 maker; stop 95.625 taker; liquidated",
        liquidation="96",
    ),
    Example(
        "An open beyond the liquidation is a liquidation, not a stop",
        "102 102 99.9 101, 91 92 90 91",
        "entry 100 maker; stop 90.8 taker; liquidated",
        liquidation="92",
    ),
    Example(
        "What is open when the candles end is marked to the last close",
        "102 102 99.9 101, 101 103 100.5 102.5",
        "entry 100 maker; open",
    ),
)


def terms_for(example: Example) -> Terms:
    """A long of 1 at 100 with its stop at 95 and a half each for 105 and 110; tick 0.1, no fees, half a spread of one tick."""
    half = Decimal("0.5")
    return Terms(
        fingerprint="example",
        side=Side.LONG,
        kind=example.kind,
        entry=Decimal(100),
        stop=Decimal(95),
        legs=(Leg(1, Decimal(105), half), Leg(2, Decimal(110), half)),
        quantity=Decimal(1),
        tick=Decimal("0.1"),
        live_ms=LIVE_MS,
        expires_ms=LIVE_MS + example.expires_bars * Timeframe.M5.ms,
        anchor=Timeframe.H1,
        invalidation=Decimal("99.5"),
        hold_ms=example.hold_bars * Timeframe.M5.ms,
        break_even=Decimal(100),
        liquidation=Decimal(example.liquidation),
        costs=replace(CostRules(), maker_bps=0.0, taker_bps=0.0, slippage_bps=0.0),
        perpetual=False,
    )


def candles_of(text: str, start_ms: int = LIVE_MS, step_ms: int = Timeframe.M5.ms) -> Candles:
    """Candles from a text like ``102 103 101 102, …``; ``step_ms`` under five minutes makes parts of a candle."""
    rows = np.array([[float(price) for price in row.split()] for row in text.split(",")])
    times = start_ms + step_ms * np.arange(len(rows), dtype=np.int64)
    columns = [times, *(np.ascontiguousarray(rows[:, place]) for place in range(4))]
    return Candles.known(Timeframe.M5, [*columns, np.full(len(rows), VOLUME)])


def outcome_of(example: Example) -> Outcome:
    """Play an example."""
    count = max(1, example.parts.count(",") + 1)
    start = LIVE_MS + example.inside * Timeframe.M5.ms
    finer = candles_of(example.parts, start, Timeframe.M5.ms // count) if example.parts else None
    return play(terms_for(example), candles_of(example.candles), finer)


def told(outcome: Outcome) -> str:
    """Fills and ending in a line."""
    fills = [f"{fill.leg} {round(fill.price, 4):g} {fill.liquidity}" for fill in outcome.fills]
    return "; ".join([*fills, outcome.ending.value, *(["ambiguous"] if outcome.ambiguous else [])])


def fill_table() -> str:
    """Every rule with its example as a Markdown table."""
    lines = ["| rule | candles (open high low close) | what happens |", "|---|---|---|"]
    for example in EXAMPLES:
        inside = f"; candle {example.inside + 1} in parts: {example.parts}" if example.parts else ""
        lines.append(f"| {example.rule} | {_shortened(example.candles)}{inside} | {example.expected} |")
    return "\n".join(lines)


def _shortened(candles: str) -> str:
    rows = candles.split(", ")
    same = next((n for n, row in enumerate(rows) if row != rows[0]), len(rows))
    return ", ".join([f"{same} times {rows[0]}", *rows[same:]] if same > 2 else rows)
