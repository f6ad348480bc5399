"""``watch`` and ``doctor`` on the command line; what they do stands beside this module."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.flags import Watching
from engine.commands.options import (
    Account,
    Config,
    Debug,
    Exchange,
    Jobs,
    Journal,
    Json,
    Jsonl,
    LogFormat,
    LogJson,
    NoColor,
    Notify,
    Plain,
    Profile,
    Quiet,
    Symbols,
    Top,
    Verbose,
    flags_of,
)

Slot = Annotated[
    bool,
    typer.Option(
        "--slot",
        help="Only if no other run has decided this close of the trigger timeframe; for cron, whose runs may overlap.",
    ),
]
All = Annotated[bool, typer.Option("--all", help="Show every plan at every close. [what is new or changed]")]
Rounds = Annotated[int, typer.Option("--rounds", min=0, help="End after so many closes. [until stopped]")]

Stream = Annotated[
    bool,
    typer.Option(
        "--stream",
        help="Take candles from the exchange's websockets; what they lack, and one symbol in eight at every close, is asked "
        "for over REST.",
    ),
]


Bot = Annotated[
    bool, typer.Option("--bot", help="Answer commands in Telegram meanwhile, as the command bot does.")
]


def add_live_commands(app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.command()(watch)
    app.command()(doctor)


def watch(
    *,
    profile: Profile = None,
    exchange: Exchange = None,
    symbols: Symbols = None,
    top: Top = None,
    show_all: All = False,
    rounds: Rounds = 0,
    notify: Notify = False,
    stream: Stream = False,
    bot: Bot = False,
    account: Account = None,
    config: Config = None,
    jobs: Jobs = 1,
    jsonl: Jsonl = False,
    plain: Plain = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
    debug: Debug = False,
    log_format: LogFormat = "console",
    log_json: LogJson = None,
    journal: Journal = None,
) -> int:
    """Scan at every close of the profile's trigger timeframe, by the exchange's clock, until stopped; show what is new. Runs
    that overlap decide each close once."""
    flags = flags_of(locals())
    from engine.commands.watch import watch as run

    return run(flags, Watching(all=show_all, rounds=rounds, stream=stream, bot=bot))


def doctor(
    *,
    exchange: Exchange = None,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Check this machine: exchange, clock, request budget, store, disk, libraries, channels, alerts; with what to do about each. Exit code 10
    where something is worth a look, 30 where something is in the way."""
    flags = flags_of(locals())
    from engine.commands.doctor import doctor as run

    return run(flags)
