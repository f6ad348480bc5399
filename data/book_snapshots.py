"""Order books of now, taken and kept with their time. Nothing stored stands for a book of another time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contracts.data_contract import BookStore
from data.source import Source
from shared.errors import SniperError

LEVELS: Final = 50
"""A side: what the venues give for their smallest weight."""
AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Taken:
    """How many books were stored, and a flag for each symbol whose could not be."""

    books: int = 0
    flags: tuple[str, ...] = ()


NOTHING_TAKEN: Final = Taken()


async def take_books(symbols: Iterable[str], source: Source) -> Taken:
    """Ask for each symbol's order book and store it; one symbol's fault stops only itself."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(symbol: str) -> str:
        async with gate:
            return await _take(symbol, source)

    flags = await asyncio.gather(*(one(symbol) for symbol in symbols))
    return Taken(flags.count(""), tuple(flag for flag in flags if flag))


async def _take(symbol: str, source: Source) -> str:
    """Empty once it is stored, else why it is not."""
    if source.feed is None or not isinstance(source.store, BookStore):
        return f"book_not_taken: {symbol}: nobody to ask, or a store that keeps none"
    try:
        source.store.save_book(await source.feed.order_book(symbol, LEVELS))
    except SniperError as fault:
        return f"book_not_taken: {symbol}: {fault.problem}"
    return ""
