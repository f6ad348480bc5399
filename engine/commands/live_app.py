"""``watch`` and ``doctor`` on the command line; what they do stands beside this module."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.flags import LogForm, Watching
from engine.commands.options import Debug, Json, Plain, Quiet, flags_of

Reached = Annotated[
    str | None,
    typer.Option(
        "--exchange", "-e", help="binance, binance-usdm, bybit, bybit-linear, binance-lite or demo."
    ),
]
Settings = Annotated[str | None, typer.Option("--config", "-c", help="Another settings file.")]
Slot = Annotated[
    bool,
    typer.Option(
        "--slot",
        help="Only if no other run has decided this close of the trigger timeframe; for cron, whose runs may overlap.",
    ),
]
Profile = Annotated[
    str | None, typer.Option("--profile", "-p", help="balanced, trend, range, aggressive or mobile.")
]
Symbols = Annotated[
    list[str] | None,
    typer.Option("--symbols", "-s", help="BTC/USDT,ETH/USDT or @file; repeatable. [profile's universe]"),
]
Top = Annotated[int | None, typer.Option("--top", "-n", min=1, help="Look at this many symbols at most.")]
Account = Annotated[
    str | None, typer.Option("--account", help="Equity like 10000USDT, or a TOML or JSON file.")
]
Jobs = Annotated[int, typer.Option("--jobs", min=1, max=64, help="Worker processes.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="One plan a line, as JSON.")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Log what happens; twice for everything.")
]
LogFormat = Annotated[LogForm, typer.Option("--log-format", help="Form of log lines.")]
All = Annotated[bool, typer.Option("--all", help="Show every plan at every close. [what is new or changed]")]
Rounds = Annotated[int, typer.Option("--rounds", min=0, help="End after so many closes. [until stopped]")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colour.")]


def add_live_commands(app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.command()(watch)
    app.command()(doctor)


def watch(
    *,
    profile: Profile = None,
    exchange: Reached = None,
    symbols: Symbols = None,
    top: Top = None,
    show_all: All = False,
    rounds: Rounds = 0,
    account: Account = None,
    config: Settings = None,
    jobs: Jobs = 1,
    jsonl: Jsonl = False,
    plain: Plain = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
    debug: Debug = False,
    log_format: LogFormat = "console",
) -> int:
    """Scan at every close of the profile's trigger timeframe, by the exchange's clock, until stopped; show what is new. Runs
    that overlap decide each close once."""
    flags = flags_of(locals())
    from engine.commands.watch import watch as run

    return run(flags, Watching(all=show_all, rounds=rounds))


def doctor(
    *,
    exchange: Reached = None,
    config: Settings = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Check this machine: exchange, clock, request budget, store, disk, libraries; with what to do about each. Exit code 10
    where something is worth a look, 30 where something is in the way."""
    flags = flags_of(locals())
    from engine.commands.doctor import doctor as run

    return run(flags)
