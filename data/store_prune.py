"""What a store could do without: counted first, removed when somebody says so."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from contracts.data_contract import Pruned
from data.pages import ROW_BYTES
from data.store_file import StoreFile

FOREVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class PruneRule:
    """Which candles and books go: of ``exchange`` and ``timeframes`` (empty: all), of symbols like one of ``symbols`` (``*`` and
    ``?`` stand for anything), and only what ends before ``before_ms``. A page of up to 1,000 candles goes when all of it
    is that old, so that a series stays whole from where it starts.
    """

    before_ms: int = FOREVER
    exchange: str = ""
    symbols: tuple[str, ...] = ()
    timeframes: tuple[str, ...] = ()

    def covers(self, exchange: str, symbol: str, timeframe: str) -> bool:
        """Whether a series may lose candles; books have no timeframe and go when no timeframe is named."""
        return (
            self.exchange in ("", exchange)
            and (not self.symbols or any(fnmatchcase(symbol, pattern) for pattern in self.symbols))
            and (not self.timeframes or timeframe in self.timeframes)
        )


def what_would_go(file: StoreFile, rule: PruneRule) -> tuple[Pruned, ...]:
    """What :func:`prune` would remove now, by exchange, symbol and timeframe."""
    with file.snapshot():
        return _sorted([*_candles(file, rule).values(), *_books(file, rule)])


def prune(file: StoreFile, rule: PruneRule) -> tuple[Pruned, ...]:
    """Remove it, all or none; the room is given back by :meth:`data.store_file.StoreFile.shrink`."""
    with file.transaction():
        candles, books = _candles(file, rule), _books(file, rule)
        for series in candles:
            for table, time in (("page", "last_ms"), ("tail", "open_ms"), ("revision", "open_ms")):
                file.db.execute(f"DELETE FROM {table} WHERE series=? AND {time}<?", (series, rule.before_ms))
        for book in books:
            query = "DELETE FROM book WHERE exchange=? AND symbol=? AND time_ms<?"
            file.db.execute(query, (book.exchange, book.symbol, rule.before_ms))
    return _sorted([*candles.values(), *books])


def _sorted(found: list[Pruned]) -> tuple[Pruned, ...]:
    return tuple(sorted(found, key=lambda one: (one.exchange, one.symbol, one.timeframe)))


def _candles(file: StoreFile, rule: PruneRule) -> dict[int, Pruned]:
    """By series id."""
    rows = file.all(CANDLES, rule.before_ms, rule.before_ms)
    return {series: Pruned(*row) for series, *row in rows if rule.covers(*row[:3])}


def _books(file: StoreFile, rule: PruneRule) -> list[Pruned]:
    return [Pruned(*row) for row in file.all(BOOKS, rule.before_ms) if rule.covers(*row[:3])]


CANDLES: Final = f"""
SELECT kept.series, exchange, symbol, timeframe, min(first), max(last), sum(n), sum(size) FROM (
    SELECT series, min(first_ms) AS first, max(last_ms) AS last, sum(count) AS n, sum(length(body)) AS size
    FROM page WHERE last_ms < ? GROUP BY series
    UNION ALL
    SELECT series, min(open_ms), max(open_ms), count(*), count(*) * {ROW_BYTES}
    FROM tail WHERE open_ms < ? GROUP BY series
) AS kept JOIN series ON series.id = kept.series GROUP BY kept.series
"""
BOOKS: Final = """
SELECT exchange, symbol, '', min(time_ms), max(time_ms), count(*), sum(length(body))
FROM book WHERE time_ms < ? GROUP BY exchange, symbol
"""
