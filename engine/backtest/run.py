"""A whole backtest: history read, every close of every symbol decided, one pass through risk, and what it comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.backtest.around import read_around
from engine.backtest.desk import Desk, admitted, decide_all
from engine.backtest.flags import flags_of
from engine.backtest.funnel import closes_each, funnel_of
from engine.backtest.history import History, read_history
from engine.backtest.kept import FileShelf
from engine.backtest.market import MarketPast
from engine.backtest.portfolio import Book, Portfolio, equity_points, trade
from engine.backtest.request import BacktestRequest
from engine.edges import Edges, Progress, silent
from engine.hooks import HOOKS, Hooks
from shared.config.digest import config_digest
from shared.models.backtest import Backtest, Coverage
from shared.models.data import Ints
from shared.version import VERSION
from strategy.columns.span import Decisions

NAMED: Final = "the symbols named, chosen with what is known today; coins that died since may be missing"
RANKED: Final = (
    "ranked at every close from the candles stored until then; markets that were never stored are not in it"
)

Reader = Callable[[BacktestRequest, Edges, Progress], History]
"""Where the past comes from."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A backtest with what a report draws and checks: its history, the pass through it, and the desk that decides a close again."""

    backtest: Backtest
    history: History
    book: Book
    desk: Desk


def run_backtest(
    request: BacktestRequest,
    edges: Edges,
    *,
    hooks: Hooks = HOOKS,
    kept: FileShelf | None = None,
    progress: Progress = silent,
    read: Reader = read_history,
) -> Replayed:
    """Replay a period. ``kept`` is where columns of earlier runs are; the work is shared among the workers of the edges' executor. What
    ``read`` gives must be what :func:`engine.backtest.history.read_history` would.

    Raises:
        NotFound: a symbol asked for is not listed.
        DataFault: nothing is stored.
        SniperError: the store as a whole cannot be read or written.
    """
    history = read(request, edges, progress)
    market = MarketPast.of(request, history)
    around = read_around(market)
    desk = Desk(request, history, market, around, hooks)
    decisions, broken = decide_all(desk, edges.executor, kept, progress)
    replayers = {symbol: desk.replayer(symbol) for symbol in decisions}
    taken_through = {symbol: admitted(around, symbol, table) for symbol, table in decisions.items()}
    book = trade(Portfolio(request, history, market, replayers), taken_through, progress)
    book.faults |= broken
    return Replayed(_result(desk, decisions, book), history, book, desk)


def _result(desk: Desk, decisions: Mapping[str, Decisions], book: Book) -> Backtest:
    request, history = desk.request, desk.history
    config, data = config_digest(request.profile, request.account), history_digest(history)
    asked = (request.since_ms, request.until_ms, request.symbols, request.top, request.seed)
    parts = (VERSION, request.exchange, config, data, repr(asked), *desk.hooks.signature())
    stood_for = {
        symbol: closes_each(table.as_of_ms, request.closes_ms) for symbol, table in decisions.items()
    }
    order = sorted(
        (one.trade for one in book.taken),
        key=lambda one: (one.decided_ms, -one.setup.plan.score, one.symbol),
    )
    account = request.account
    return Backtest(
        run_id="b-" + _sha256(parts)[:12],
        profile=request.profile.name,
        exchange=request.exchange,
        universe=NAMED if request.symbols else RANKED,
        symbols=tuple(decisions),
        since_ms=request.since_ms,
        until_ms=request.until_ms,
        base=request.profile.timeframes.base,
        trigger=request.profile.timeframes.trigger,
        capital=account.equity,
        currency=account.currency,
        seed=request.seed,
        config_digest=config,
        data_digest=data,
        version=VERSION,
        decisions=int(sum(weights.sum() for weights in stood_for.values())),
        funnel=funnel_of(desk.around, decisions, stood_for, book),
        trades=tuple(order),
        turned=tuple(
            sorted(book.turned.values(), key=lambda one: (one.decided_ms, one.symbol, one.fingerprint))
        ),
        equity=equity_points(book, request),
        locks=tuple(sorted(book.locks.values(), key=lambda lock: (lock.since_ms, lock.id))),
        coverage=tuple(_coverage(request, history, symbol, stood_for[symbol]) for symbol in decisions),
        faults=tuple(sorted((*history.faults, *book.faults.values()), key=lambda fault: fault.symbol)),
        flags=flags_of(request, history.markets, book.taken),
    )


def _coverage(request: BacktestRequest, history: History, symbol: str, weights: Ints) -> Coverage:
    held = history.candles[symbol][request.profile.timeframes.base].between(
        request.since_ms, request.until_ms
    )
    ends = (int(held.open_ms[0]), int(held.open_ms[-1]) + held.timeframe.ms) if len(held) else (0, 0)
    return Coverage(symbol, *ends, int(weights.sum()), held.gaps())


def history_digest(history: History) -> str:
    """SHA-256 over every symbol's candles, rules and first day, and what could not be read."""
    parts = [repr(fault) for fault in history.faults]
    for symbol in sorted(history.candles):
        series = history.candles[symbol]
        parts += [
            symbol,
            repr(history.markets[symbol]),
            repr([history.begins_ms.get((symbol, name), 0) for name in series]),
        ]
        parts += [f"{name} {series[name].digest()}" for name in series]
    return _sha256(parts)


def _sha256(parts: list[str] | tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
