"""``chart`` on the command line; what it does stands in ``chart``."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.ui.chart_theme import Theme
from engine.commands.options import (
    Account,
    AsOf,
    Config,
    Debug,
    Exchange,
    NoColor,
    Offline,
    Profile,
    Quiet,
    Verbose,
    flags_of,
)

Drawn = Annotated[
    str | None,
    typer.Option("--timeframe", "-t", help="Candles to draw. [the profile's anchor timeframe]"),
]
Paper = Annotated[Theme, typer.Option("--theme", help="Colours.")]
File = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", help="PNG file, replaced if it is there; - for standard output. [BTC-USDT-1h.png]"
    ),
]


def add_chart_commands(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command()(chart)


def chart(
    symbol: Annotated[str, typer.Argument(help="A symbol, like BTC/USDT.")],
    *,
    timeframe: Drawn = None,
    theme: Paper = Theme.LIGHT,
    output: File = None,
    profile: Profile = None,
    exchange: Exchange = None,
    as_of: AsOf = None,
    offline: Offline = False,
    account: Account = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Draw one symbol: its plan with what it cites, else what stands and why there is no plan. Prints the file's name."""
    flags = flags_of(locals())
    from engine.commands.chart import Wanted
    from engine.commands.chart import chart as run

    return run(symbol, flags, Wanted(timeframe, theme, output))
