"""``doctor`` on the command line; what it does stands beside this module."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import Debug, Json, Plain, Quiet, flags_of

Reached = Annotated[
    str | None,
    typer.Option(
        "--exchange", "-e", help="binance, binance-usdm, bybit, bybit-linear, binance-lite or demo."
    ),
]
Settings = Annotated[str | None, typer.Option("--config", "-c", help="Another settings file.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colour.")]


def add_live_commands(app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.command()(doctor)


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
