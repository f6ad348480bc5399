"""``parity`` on the command line; what it does stands in ``parity``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import (
    Account,
    Config,
    Debug,
    Jobs,
    Json,
    NoColor,
    Plain,
    Quiet,
    flags_of,
)

OfExchange = Annotated[
    str | None, typer.Option("--exchange", "-e", help="Scans of this exchange. [every one]")
]
OfProfile = Annotated[
    str | None, typer.Option("--profile", "-p", help="Scans under this profile. [every one]")
]
Days = Annotated[float, typer.Option("--days", help="Scans of the last days.")]
Resume = Annotated[
    bool,
    typer.Option("--resume/--no-resume", help="Go on from what an earlier backtest of the same decided."),
]


def add_parity_commands(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command()(parity)


def parity(
    *,
    profile: OfProfile = None,
    exchange: OfExchange = None,
    days: Days = 30,
    account: Account = None,
    jobs: Jobs = 1,
    resume: Resume = True,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Hold what live scans approved against the backtest of the same closes on the candles stored now: setup by setup the same, or why
    not; and what the backtest takes that no scan approved. Exit code 10 if anything differs."""
    flags = flags_of(locals())
    from engine.commands.parity import parity as run

    return run(flags, days, resume=resume)
