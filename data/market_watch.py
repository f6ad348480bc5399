"""Trading rules as the exchange gives them, held against those of the last run and kept for offline ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Final

from data.source import Source
from shared.errors import StorageFault
from shared.models.data import Market

WATCHED: Final = ("market_id", "tick", "lot_step", "min_notional", "contract_size", "settle", "kind")
"""Rules on which sizes and prices depend."""


def watch_rules(markets: Mapping[str, Market], source: Source) -> tuple[str, ...]:
    """Keep the rules of ``markets``; a remark for each one that changed since they were kept last. Rules that were read off recorded
    candles give way without one, and a store that takes none is a remark."""
    if source.feed is None or source.store is None or not markets:
        return ()
    before = source.stored_markets(source.feed.exchange)
    changed = {symbol: market for symbol, market in markets.items() if before.get(symbol) != market}
    if not changed:
        return ()
    flags = [
        flag for symbol in changed if symbol in before for flag in _changes(before[symbol], changed[symbol])
    ]
    try:
        source.store.save_markets(changed)
    except StorageFault as fault:
        flags.append(f"rules_not_kept: {fault.problem}")
    return tuple(flags)


def _changes(before: Market, now: Market) -> Iterator[str]:
    if before.source == "inferred":
        return
    for name in (field.name for field in fields(Market) if field.name in WATCHED):
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            yield f"rules_changed: {now.symbol} {name} {old} -> {new}"
