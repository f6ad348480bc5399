"""``walk-forward`` on the command line; what it does stands in ``walk_forward``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.backtest_app import MakerFee, Resume, Scheduler, Slippage, TakerFee, To
from engine.commands.flags import Forwarding, Replaying
from engine.commands.optimize_app import Folder, SearchedFrom, costs_of
from engine.commands.options import (
    Account,
    Config,
    Debug,
    Jobs,
    Json,
    NoColor,
    Plain,
    Quiet,
    Seed,
    Stored,
    Symbols,
    Top,
    flags_of,
)

OneProfile = Annotated[
    str | None,
    typer.Option("--profile", "-p", help="The only candidate, or the one that --trials and --space vary."),
]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "--profiles",
        help="Candidates, like balanced,trend; repeatable. [every packaged one whose timeframes are stored]",
    ),
]
Drawn = Annotated[
    int,
    typer.Option(
        "--trials",
        min=0,
        max=10_000,
        help="Draw so many configurations about --profile instead. [10 with --space]",
        show_default=False,
    ),
]
DrawnSpace = Annotated[
    str | None,
    typer.Option(
        "--space",
        help="TOML file of the fields they are drawn from. [what 'optimize --print-space' prints]",
    ),
]
TrainDays = Annotated[float, typer.Option("--train-days", min=1, help="Days candidates are compared on.")]
ValidateDays = Annotated[
    float, typer.Option("--validate-days", min=1, help="Days the best three are compared on again.")
]
TestDays = Annotated[float, typer.Option("--test-days", min=1, help="Days the chosen one is traded on.")]
Record = Annotated[
    bool,
    typer.Option(
        "--record",
        help="Keep the tests' trades: alerts and explain may then say what setups like theirs were worth.",
    ),
]
EachRun = Annotated[int, typer.Option("--verbose", "-v", count=True, help="A line a run.")]


def add_walk_forward_commands(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("walk-forward")(walk_forward)


def walk_forward(
    *,
    profile: OneProfile = None,
    profiles: Profiles = None,
    trials: Drawn = 0,
    space: DrawnSpace = None,
    exchange: Stored = None,
    symbols: Symbols = None,
    top: Top = None,
    since: SearchedFrom = None,
    until: To = None,
    train_days: TrainDays = 60,
    validate_days: ValidateDays = 30,
    test_days: TestDays = 30,
    record: Record = False,
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
    verbose: EachRun = 0,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Choose a profile by its past, trade it on the time after, again and again, and say what those trades alone came to: folds, average
    with interval, and the report of a backtest. The longest trade fits between any two parts of a fold. Exit code 10 if some symbols could
    not be read."""
    given = locals()
    from engine.commands.walk_forward import walk_forward as run

    asked = Replaying(
        since=since,
        until=until,
        costs=costs_of(given),
        executor=executor,
        seed=seed,
        output=output,
        resume=resume,
    )
    forward = Forwarding(
        profiles=tuple(profiles or ()),
        trials=trials,
        space=space,
        train_days=train_days,
        validate_days=validate_days,
        test_days=test_days,
        record=record,
    )
    return run(flags_of(given | {"output": None}), asked, forward)
