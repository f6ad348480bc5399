"""The trades of a backtest as rows for machines."""

from __future__ import annotations

from typing import Final

from bot.ui.numbers import price_text
from shared.models.backtest import Trade
from shared.models.timeframe import iso

HOUR_MS: Final = 3_600_000
TRADE_HEADINGS: Final = (
    "id", "symbol", "side", "style", "grade", "score", "decided", "entry_low", "entry_high", "entry_price", "stop", "tp1", "tp_last",
    "ending", "result_r", "best_r", "ambiguous", "worst_r", "peak_r", "targets_hit", "filled", "ended", "hours", "risk", "result", "fees",
    "funding",
)  # fmt: skip
"""Columns, in order; later ones may be added at the end."""


def trade_hours(trade: Trade) -> float:
    """Hours from the fill to the end; 0 of what was never filled."""
    outcome = trade.outcome
    return (outcome.ended_ms - outcome.filled_ms) / HOUR_MS if outcome.filled else 0.0


def trade_cells(trade: Trade) -> tuple[str, ...]:
    """One trade's values. Prices have the market's decimals, times are UTC; what never was is empty."""
    plan, outcome = trade.setup.plan, trade.outcome
    low, high = sorted((plan.entry.near, plan.entry.far))
    first, last = plan.targets[0].price, plan.targets[-1].price
    return (
        plan.fingerprint, plan.symbol, plan.side.word, plan.style.value, plan.grade, f"{plan.score:.1f}", iso(plan.decided_ms),
        *(price_text(price, plan.tick) for price in (low, high, plan.entry.price, plan.stop.price, first, last)),
        outcome.ending.value,
        *(f"{value:z.4f}" for value in (outcome.result_r, outcome.best_r)),
        "yes" if outcome.ambiguous else "no",
        *(f"{value:z.4f}" for value in (outcome.worst_r, outcome.peak_r)),
        str(outcome.targets_hit),
        iso(outcome.filled_ms) if outcome.filled else "",
        iso(outcome.ended_ms),
        f"{trade_hours(trade):.2f}",
        f"{trade.risk:f}",
        *(f"{value:z.8f}" for value in (outcome.result, sum(fill.fee for fill in outcome.fills), outcome.funding.paid)),
    )  # fmt: skip
