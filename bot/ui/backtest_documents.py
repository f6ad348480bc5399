"""A backtest as one JSON document (``snipersight.backtest/1``), and its trades as a file.

Nothing is null: a figure that does not exist says why in its text.
"""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Final

from bot.ui.backtest_reading import interval_text, r_text, sentences
from bot.ui.backtest_trades import TRADE_HEADINGS, trade_cells
from bot.ui.documents import Document, fault_part, funnel_part, plan_document
from shared.models.backtest import Backtest, Coverage, Told, Trade, Turned
from shared.models.fills import Fill, Outcome
from shared.models.profile import CostRules
from shared.models.risk import Lock
from shared.models.statistics import (
    Calibration,
    Decile,
    Drawdown,
    Expectancy,
    Figure,
    Group,
    Insufficient,
    Placebo,
    Statistics,
    Unsaid,
)
from shared.models.timeframe import iso
from shared.models.trades import EquityPoint
from shared.utils.serialization import decimal_text, document_json

BACKTEST: Final = "snipersight.backtest/1"
FIGURES: Final = (
    "median_r", "win_rate", "profit_factor", "payoff", "worst_r", "peak_r", "capture", "hours_held", "exposure", "sharpe", "sortino",
    "probabilistic_sharpe",
)  # fmt: skip
"""Fields of the statistics that are a figure or the reason why there is none."""


def backtest_json(told: Told) -> str:
    """A whole backtest as one JSON document, indented."""
    return document_json(backtest_document(told), indent=2)


def trades_csv(told: Told) -> str:
    """The trades as a file of comma-separated values: a header and one line a trade, each ended by a line feed."""
    kept = io.StringIO()
    writer = csv.writer(kept, lineterminator="\n")
    writer.writerow(TRADE_HEADINGS)
    writer.writerows(trade_cells(trade) for trade in told.backtest.trades)
    return kept.getvalue()


def backtest_document(told: Told) -> Document:
    """What was replayed, what was found, every trade with its plan, and what was turned down."""
    backtest = told.backtest
    return {
        "schema": BACKTEST,
        **_ran(backtest),
        **({"costs": _costs(told.costs)} if isinstance(told.costs, CostRules) else {}),
        "tried": told.tried,
        "reading": list(sentences(told)),
        "notes": list(told.notes),
        "statistics": statistics_part(told.statistics),
        "placebo": _placebo(told.placebo),
        "funnel": [funnel_part(row) for row in backtest.funnel],
        "trades": [trade_part(trade) for trade in backtest.trades],
        "turned_down": [_turned(one) for one in backtest.turned],
        "equity": [_point(point) for point in backtest.equity],
        "locks": [_lock(lock) for lock in backtest.locks],
        "coverage": [_coverage(one) for one in backtest.coverage],
        "faults": [fault_part(fault) for fault in backtest.faults],
        "flags": list(backtest.flags),
    }


def _ran(backtest: Backtest) -> Document:
    return {
        "run_id": backtest.run_id,
        "version": backtest.version,
        "profile": backtest.profile,
        "exchange": backtest.exchange,
        "universe": backtest.universe,
        "symbols": list(backtest.symbols),
        "since": iso(backtest.since_ms),
        "until": iso(backtest.until_ms),
        "base": backtest.base.value,
        "trigger": backtest.trigger.value,
        **_money("capital", backtest.capital),
        "currency": backtest.currency,
        "seed": backtest.seed,
        "config_digest": backtest.config_digest,
        "data_digest": backtest.data_digest,
        "decisions": backtest.decisions,
    }


def _costs(costs: CostRules) -> Document:
    return {name: getattr(costs, name) for name in costs.__slots__}


def statistics_part(statistics: Statistics) -> Document:
    """Everything that is said of the trades, by the names it has in :class:`Statistics`."""
    return {
        "worth": worth_part(statistics.worth),
        "is_resolvable": statistics.resolvable,
        "filled": statistics.filled,
        "finished": statistics.finished,
        **{name: figure_part(getattr(statistics, name)) for name in FIGURES},
        "hit_rates": [figure_part(figure) for figure in statistics.hit_rates],
        "longest_losing_run": statistics.longest_losing_run,
        "endings": [{"ending": name, "count": count} for name, count in statistics.endings],
        "open_trades": statistics.open_trades,
        "open_r": statistics.open_r,
        "ambiguous": statistics.ambiguous,
        "funding_missing": statistics.funding_missing,
        "drawdown": _drawdown(statistics.drawdown),
        "calibration": _calibration(statistics.calibration),
        "groups": [_group(group) for group in statistics.groups],
    }


def worth_part(worth: Expectancy | Insufficient) -> Document:
    """An average with its interval, or how many too few there are."""
    said = {"trades": worth.trades, "days": worth.days, "text": str(worth)}
    if isinstance(worth, Insufficient):
        return said
    numbers = {"mean_r": worth.mean, "low_r": worth.low, "high_r": worth.high, "best_r": worth.best}
    return {**said, **numbers, "ambiguous": worth.ambiguous}


def figure_part(figure: Figure | Unsaid) -> Document:
    """A number and over how many, or why there is none."""
    if isinstance(figure, Unsaid):
        return {"text": str(figure)}
    return {"text": f"{figure.value:z.4g} (N = {figure.n})", "value": figure.value, "n": figure.n}


def _drawdown(drawdown: Drawdown | Unsaid) -> Document:
    if isinstance(drawdown, Unsaid):
        return {"text": str(drawdown)}
    over = "not over" if drawdown.is_open else "made good"
    return {
        "text": f"{drawdown.pct:.2f} % in {drawdown.days:.0f} days, {over}",
        "pct": drawdown.pct,
        "peak_at": iso(drawdown.peak_ms),
        "trough_at": iso(drawdown.trough_ms),
        "days": drawdown.days,
        "is_open": drawdown.is_open,
    }


def _calibration(calibration: Calibration) -> Document:
    figures = ("spearman", "spearman_p", "brier", "base_brier")
    return {
        "deciles": [_decile(decile) for decile in calibration.deciles],
        **{name: figure_part(getattr(calibration, name)) for name in figures},
    }


def _decile(decile: Decile) -> Document:
    numbers = {name: getattr(decile, name) for name in ("low", "high", "trades", "reached")}
    return {**numbers, "worth": worth_part(decile.worth)}


def _group(group: Group) -> Document:
    return {"dimension": group.dimension, "name": group.name, "worth": worth_part(group.worth)}


def _placebo(placebo: Placebo | Unsaid) -> Document:
    if isinstance(placebo, Unsaid):
        return {"text": str(placebo)}
    text = f"mean {r_text(placebo.mean)} {interval_text(placebo.low, placebo.high)}"
    return {"text": text, **{name: getattr(placebo, name) for name in placebo.__slots__}}


def trade_part(trade: Trade) -> Document:
    """One trade: its plan as approved (``snipersight.plan/1``) and what became of it."""
    return {
        "plan": plan_document(trade.setup),
        **_money("atr", trade.atr),
        **_money("risk", trade.risk),
        "result": _outcome(trade.outcome),
    }


def _outcome(outcome: Outcome) -> Document:
    return {
        "ending": outcome.ending.value,
        "is_filled": outcome.filled,
        "is_finished": outcome.filled and not outcome.alive,
        **({"filled_at": iso(outcome.filled_ms)} if outcome.filled else {}),
        "ended_at": iso(outcome.ended_ms),
        **_money("result", outcome.result),
        "result_r": outcome.result_r,
        "best_r": outcome.best_r,
        "is_ambiguous": outcome.ambiguous,
        "worst_r": outcome.worst_r,
        "peak_r": outcome.peak_r,
        "targets_hit": outcome.targets_hit,
        "fills": [_fill(fill) for fill in outcome.fills],
        **_money("funding_paid", outcome.funding.paid),
        "funding_stamps": outcome.funding.stamps,
        "funding_missing": outcome.funding.missing,
    }


def _fill(fill: Fill) -> Document:
    return {
        "leg": fill.leg,
        "bar": iso(fill.bar_ms),
        **_money("price", fill.price),
        **_money("quantity", fill.quantity),
        "liquidity": fill.liquidity,
        **_money("fee", fill.fee),
    }


def _turned(one: Turned) -> Document:
    return {
        "id": one.fingerprint,
        "symbol": one.symbol,
        "side": one.side.word,
        "decided_at": iso(one.decided_ms),
        "score": one.score,
        "code": one.code,
    }


def _point(point: EquityPoint) -> Document:
    return {
        "at": iso(point.time_ms),
        **_money("settled", point.settled),
        **_money("unrealised", point.unrealised),
    }


def _lock(lock: Lock) -> Document:
    said = {
        name: getattr(lock, name) for name in ("scope", "rule", "reason", "measured", "threshold", "unit")
    }
    return {**said, "since": iso(lock.since_ms), "until": iso(lock.until_ms)}


def _coverage(one: Coverage) -> Document:
    return {
        "symbol": one.symbol,
        **({"first": iso(one.first_ms), "last": iso(one.last_ms)} if one.last_ms else {}),
        "decisions": one.decisions,
        "missing": one.missing,
    }


def _money(name: str, amount: Decimal | float) -> Document:
    """A number, and every digit of it as text."""
    whole = amount if isinstance(amount, Decimal) else Decimal(repr(float(amount)))
    return {name: float(amount), f"{name}_text": decimal_text(whole)}
