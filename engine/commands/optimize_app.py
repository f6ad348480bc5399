"""``optimize`` on the command line; what it does stands in ``optimize``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.backtest_app import MakerFee, Resume, Scheduler, Slippage, TakerFee, To
from engine.commands.flags import Replaying, Searching
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

SearchedFrom = Annotated[
    str | None,
    typer.Option("--from", help="First day, UTC, like 2024-01-01 or 2024-01. [240 days before the last]"),
]
Trials = Annotated[
    int, typer.Option("--trials", min=1, max=100_000, help="Configurations in all, those on record counted.")
]
HeldBack = Annotated[
    float,
    typer.Option(
        "--held-back", min=0.01, max=0.9, help="Share of the period, at its end, that no trial sees."
    ),
]
Space = Annotated[
    str | None,
    typer.Option("--space", help="TOML file of the fields to vary. [what --print-space prints]"),
]
PrintSpace = Annotated[
    bool, typer.Option("--print-space", help="Print what is varied, as a file for --space, and stop.")
]
Folder = Annotated[
    str | None,
    typer.Option("--output", "-o", help="Folder of what was found, made if it is not there. [reports/ID]"),
]
EachTrial = Annotated[int, typer.Option("--verbose", "-v", count=True, help="A line a trial.")]


def add_optimize_commands(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command()(optimize)


def costs_of(given: dict[str, object]) -> tuple[tuple[str, float], ...]:
    """The costs that were said among a command's parameters."""
    names = ("maker_bps", "taker_bps", "slippage_bps")
    return tuple((name, value) for name in names if isinstance(value := given[name], int | float))


def optimize(
    *,
    profile: Profile = None,
    exchange: Stored = None,
    symbols: Symbols = None,
    top: Top = None,
    since: SearchedFrom = None,
    until: To = None,
    trials: Trials = 50,
    held_back: HeldBack = 0.25,
    space: Space = None,
    print_space: PrintSpace = False,
    account: Account = None,
    maker_bps: MakerFee = None,
    taker_bps: TakerFee = None,
    slippage_bps: Slippage = None,
    jobs: Jobs = 1,
    executor: Scheduler = None,
    seed: Seed = 7,
    output: Folder = None,
    resume: Resume = True,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    verbose: EachTrial = 0,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Vary fields of a profile over backtests of stored candles, choose the one whose average is surest, and try that once on the time held
    back. Every trial is on record: stopped, the same command goes on. Writes optimize.json, trials.tsv and, if any configuration had
    enough trades, chosen.toml. Exit code 10 if some symbols could not be read."""
    given = locals()
    from engine.commands.optimize import optimize as run

    asked = Replaying(
        since=since,
        until=until,
        costs=costs_of(given),
        executor=executor,
        seed=seed,
        output=output,
        resume=resume,
    )
    searching = Searching(trials=trials, held_back=held_back, space=space, print_space=print_space)
    return run(flags_of(given | {"output": None}), asked, searching)
