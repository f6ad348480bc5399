"""``backtest`` on the command line; what it does stands in ``backtest``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.flags import Replaying
from engine.commands.options import (
    Account,
    Config,
    Debug,
    Jobs,
    Json,
    NoColor,
    Plain,
    Profile,
    Quiet,
    Seed,
    Stored,
    Symbols,
    Top,
    flags_of,
)

From = Annotated[
    str | None,
    typer.Option("--from", help="First day, UTC, like 2024-01-01 or 2024-01. [90 days before the last]"),
]
To = Annotated[
    str | None,
    typer.Option("--to", help="Up to this time, like 2024-09-07 or 2024-09. [the newest stored close]"),
]
MakerFee = Annotated[
    float | None, typer.Option("--maker-bps", help="Maker fee. [the profile's costs.maker_bps]")
]
TakerFee = Annotated[
    float | None, typer.Option("--taker-bps", help="Taker fee. [the profile's costs.taker_bps]")
]
Slippage = Annotated[
    float | None,
    typer.Option("--slippage-bps", help="Slippage of a stop. [the profile's costs.slippage_bps]"),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--executor", help="A Dask scheduler instead of worker processes, like tcp://10.0.0.5:8786."
    ),
]
Folder = Annotated[
    str | None,
    typer.Option("--output", "-o", help="Folder of the report, made if it is not there. [reports/RUN-ID]"),
]
Draws = Annotated[
    int,
    typer.Option(
        "--placebo",
        min=0,
        max=10_000,
        help="How often the plans are laid out again at random times, to compare; 0: not at all.",
    ),
]
Resume = Annotated[
    bool,
    typer.Option("--resume/--no-resume", help="Go on from what an earlier run of the same decided, or not."),
]


def add_backtest_commands(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command()(backtest)


def backtest(
    *,
    profile: Profile = None,
    exchange: Stored = None,
    symbols: Symbols = None,
    top: Top = None,
    since: From = None,
    until: To = None,
    account: Account = None,
    maker_bps: MakerFee = None,
    taker_bps: TakerFee = None,
    slippage_bps: Slippage = None,
    jobs: Jobs = 1,
    executor: Scheduler = None,
    seed: Seed = 7,
    placebo: Draws = 200,
    output: Folder = None,
    resume: Resume = True,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Replay stored candles through the same stages, gates and risk as a scan, fill every approved plan on the candles that follow, and say
    what it came to: a summary, and a report as one HTML page. Exit code 10 if some symbols could not be read."""
    given = locals()
    from engine.commands.backtest import backtest as run

    asked = Replaying(
        since=since,
        until=until,
        costs=tuple(
            (name, given[name])
            for name in ("maker_bps", "taker_bps", "slippage_bps")
            if given[name] is not None
        ),
        executor=executor,
        seed=seed,
        placebo=placebo,
        output=output,
        resume=resume,
    )
    return run(flags_of(given | {"output": None}), asked)
