"""``data sync``, ``status``, ``verify`` and ``prune`` on the command line; what they do stands in ``sync`` and ``care``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.flags import Past, Prune
from engine.commands.options import Debug, Json, Plain, Quiet, flags_of

Kept = Annotated[str | None, typer.Option("--exchange", "-e", help="Only this exchange of the store.")]
Patterns = Annotated[
    list[str] | None,
    typer.Option("--symbols", "-s", help="Only symbols like these: 'BTC/*','*/USDT'; repeatable."),
]
Pruned = Annotated[
    list[str] | None, typer.Option("--timeframes", "-t", help="Only 5m,15m; repeatable. [all, and books]")
]


def add_store_commands(data: typer.Typer) -> None:
    """Put the commands under ``data``."""
    data.command("sync")(data_sync)
    data.command("status")(data_status)
    data.command("verify")(data_verify)
    data.command("prune")(data_prune)


def data_sync(
    *,
    profile: Annotated[
        str | None, typer.Option("--profile", "-p", help="Whose universe and windows. [balanced]")
    ] = None,
    exchange: Annotated[
        str | None, typer.Option("--exchange", "-e", help="The exchange to ask. [binance]")
    ] = None,
    symbols: Annotated[
        list[str] | None,
        typer.Option("--symbols", "-s", help="BTC/USDT,ETH/USDT or @file; repeatable. [profile's universe]"),
    ] = None,
    timeframes: Annotated[
        list[str] | None,
        typer.Option("--timeframes", "-t", help="15m,1h; repeatable. [what the profile reads]"),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="From this date on, UTC, like 2024-01-01. [what the profile reads]"),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="The last so many days. [as --since]")
    ] = None,
    books: Annotated[
        bool, typer.Option("--books", help="Store each symbol's order book of now too; explain shows it.")
    ] = False,
    top: Annotated[int | None, typer.Option("--top", "-n", min=1, help="This many symbols at most.")] = None,
    config: Annotated[str | None, typer.Option("--config", "-c", help="Another settings file.")] = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Fetch the history a profile reads. What is stored is not asked for again: interrupted, it goes on from there. Exit code 10 if some
    symbols could not be read, 30 if none could."""
    flags = flags_of(locals())
    from engine.commands.sync import sync as run

    return run(flags, Past(timeframes=tuple(timeframes or ()), since=since, days=days or 0, books=books))


def data_status(
    *,
    exchange: Kept = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """What is stored: every series with its span, candles, gaps, size, revised candles and damage."""
    flags = flags_of(locals())
    from engine.commands.care import show_status as run

    return run(flags)


def data_verify(
    *,
    mend: Annotated[
        bool,
        typer.Option("--mend", help="Drop what is damaged, so that it can be fetched or imported again."),
    ] = False,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Hold every stored page, row, book and rule to its seal. Exit code 30 if damage is left."""
    flags = flags_of(locals())
    from engine.commands.care import verify as run

    return run(flags, mend=mend)


def data_prune(
    *,
    older_than: Annotated[
        int | None, typer.Option("--older-than", min=1, help="Only what is older, days.")
    ] = None,
    exchange: Kept = None,
    symbols: Patterns = None,
    timeframes: Pruned = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, say what would go.")] = False,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Remove candles and order books by age, exchange, symbol and timeframe, and give the room back to the disk."""
    flags = flags_of(locals())
    from engine.commands.care import prune as run

    return run(flags, Prune(older_than=older_than or 0, timeframes=tuple(timeframes or ()), yes=yes))
