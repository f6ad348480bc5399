"""All symbols decided: each one's work handed to an executor, or found among what an earlier run kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data.universe_history import IN
from engine.backtest.around import Around, instants
from engine.backtest.deciding import decide_with_objects
from engine.backtest.frames import Shelves
from engine.backtest.funnel import drops_at
from engine.backtest.history import History, Series
from engine.backtest.kept import FileShelf
from engine.backtest.market import MarketPast
from engine.backtest.replayer import Replayer
from engine.backtest.request import BacktestRequest
from engine.backtest.work import SymbolWork, decide_symbol
from engine.code import code_digest
from engine.edges import Progress
from engine.hooks import Hooks
from engine.symbols import fault_of
from shared.config.digest import config_digest
from shared.errors import SniperError
from shared.models.data import Ints
from shared.models.scan import SymbolFault
from strategy.columns.span import Decisions


@dataclass(frozen=True, eq=False)
class Desk:
    """What every symbol's work is made of."""

    request: BacktestRequest
    history: History
    market: MarketPast
    around: Around
    hooks: Hooks

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols that can be decided: those of the universe on whose candles orders can be filled."""
        return tuple(symbol for symbol in self._looked_at if not self._cannot_fill(symbol))

    @property
    def unfillable(self) -> dict[str, SymbolFault]:
        """Symbols of the universe that have candles to decide on, but none of the base timeframe."""
        base = self.request.profile.timeframes.base
        return {
            symbol: SymbolFault(
                symbol,
                "data",
                "DataFault",
                f"{symbol} has no {base} candles in this time, and orders are filled on them",
                "Import or sync them, or leave it out",
            )
            for symbol in self._looked_at
            if self._cannot_fill(symbol)
        }

    @property
    def _looked_at(self) -> Iterator[str]:
        """Those asked for, or that were ever in the universe, whose candles could be read."""
        universe = self.around.universe
        ever = (universe.dropped == IN).any(axis=1)
        for symbol, seated in zip(universe.symbols, ever, strict=True):
            if symbol in self.history.candles and (seated or self.request.symbols):
                yield symbol

    def _cannot_fill(self, symbol: str) -> bool:
        series, frames = self.history.candles[symbol], self.request.profile.timeframes
        return not len(series[frames.base]) and any(len(series[name]) for name in frames.needed)

    @cached_property
    def as_of_ms(self) -> Ints:
        """The instants at which a decision can differ from the one before."""
        frames = self.request.profile.timeframes
        return instants(self.around, (frames.needed[0],))

    def work(self, symbol: str) -> SymbolWork:
        """A symbol's work."""
        profile, as_of_ms = self.request.profile, self.as_of_ms
        places = np.searchsorted(self.around.closes_ms, as_of_ms)
        return SymbolWork(
            profile,
            self.history.markets[symbol],
            self._series(symbol),
            as_of_ms,
            self.around.columns.at(places),
        )

    def _series(self, symbol: str) -> Series:
        """A symbol's candles of every timeframe the profile reads."""
        held = self.history.candles[symbol]
        return {name: held[name] for name in self.request.profile.timeframes.needed}

    def replayer(self, symbol: str) -> Replayer:
        """The symbol with objects."""
        profile = self.request.profile
        shelves = Shelves.of(
            self.history.markets[symbol], self._series(symbol), profile.smc, profile.data.history_bars
        )
        return Replayer(profile, shelves, self.hooks, self.request.until_ms)


def decide_all(
    desk: Desk, executor: Executor | None, kept: FileShelf | None, progress: Progress
) -> tuple[dict[str, Decisions], dict[str, SymbolFault]]:
    """Decisions and faults by symbol, in the order of symbols; one symbol's fault never stops the others.

    Raises:
        StorageFault: columns cannot be kept.
    """
    symbols, found, broken = desk.symbols, dict[str, Decisions](), desk.unfillable
    ends = _with_objects(desk) if desk.hooks.signature() else _as_columns(desk, executor, kept)
    for done, (symbol, end) in enumerate(ends, 1):
        if isinstance(end, SymbolFault):
            broken[symbol] = end
        else:
            found[symbol] = end
        progress("decide", done, len(symbols))
    return {symbol: found[symbol] for symbol in symbols if symbol in found}, broken


def _with_objects(desk: Desk) -> Iterator[tuple[str, Decisions | SymbolFault]]:
    """Where a hook or plugin takes part, only objects show what it does."""
    for symbol in desk.symbols:
        try:
            yield symbol, decide_with_objects(desk.replayer(symbol), desk.as_of_ms, desk.market.context)
        except SniperError as error:
            yield symbol, fault_of(symbol, error)


def _as_columns(
    desk: Desk, executor: Executor | None, kept: FileShelf | None
) -> Iterator[tuple[str, Decisions | SymbolFault]]:
    waiting: dict[Future[Decisions | SymbolFault], tuple[str, str]] = {}
    for symbol in desk.symbols:
        work = desk.work(symbol)
        key = work_key(work, desk.hooks) if kept else ""
        held = kept.get(key) if kept else ()
        if held:
            yield symbol, held[0]
        elif executor:
            waiting[executor.submit(decide_or_fault, work)] = symbol, key
        else:
            yield symbol, _keep(kept, key, decide_or_fault(work))
    for future in as_completed(waiting):
        symbol, key = waiting[future]
        yield symbol, _keep(kept, key, future.result())


def _keep(kept: FileShelf | None, key: str, end: Decisions | SymbolFault) -> Decisions | SymbolFault:
    if kept and isinstance(end, Decisions):
        kept.put(key, end)
    return end


def decide_or_fault(work: SymbolWork) -> Decisions | SymbolFault:
    """A symbol's end, in whatever process."""
    try:
        return decide_symbol(work)
    except SniperError as error:
        return fault_of(work.market.symbol, error)


def work_key(work: SymbolWork, hooks: Hooks) -> str:
    """SHA-256 over everything the columns of a symbol depend on, as 64 hex digits."""
    sha = hashlib.sha256(
        "\n".join((code_digest(hooks), config_digest(work.profile), repr(work.market))).encode()
    )
    for name, candles in work.candles.items():
        sha.update(f"{name} {candles.digest()}".encode())
    around = work.around
    for column in (
        work.as_of_ms, around.state, around.appetite, around.returns_after_ms, around.returns_until_ms,
        around.hour_ms, around.hour_returns,
    ):  # fmt: skip
        sha.update(np.ascontiguousarray(column).tobytes())
    return sha.hexdigest()


def admitted(around: Around, symbol: str, table: Decisions) -> Decisions:
    """The rows at which the symbol is in the universe."""
    rows = np.flatnonzero(drops_at(around, symbol, table.as_of_ms) == IN)
    return table.at(rows)
