"""``optimize``: a parameter search over backtests of stored candles, what it found, and the settings it chose."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.ui.progress import progress_on
from engine.commands.backtest import FOLDER, backtest_edges, request_of, shelf_of, write_files
from engine.commands.console import Console
from engine.commands.flags import Flags, Replaying, Searching
from engine.commands.paths import trial_file
from engine.commands.reading import read_text
from engine.commands.settings import configure
from engine.commands.stored import known_exchanges
from shared.errors import EXIT_DEGRADED, EXIT_OK
from shared.models.timeframe import iso

if TYPE_CHECKING:
    from bot.ui.progress import Report
    from engine.backtest.request import BacktestRequest
    from engine.edges import Edges, Progress
    from shared.models.search import Ground, Search, SearchPlan, Trial

USUAL_DAYS: Final = 240
"""Searched where nothing is said."""
DIGITS: Final = 12
SHOWN_STAGE: Final = "decide"


def optimize(
    flags: Flags, asked: Replaying, searching: Searching, environ: Mapping[str, str] = os.environ
) -> int:
    """Search, keep what was found and show it; 10 if some symbols could not be read, else 0."""
    from data.trial_log import SqliteTrialLog
    from engine.backtest.rerun import Rerun
    from engine.backtest.search import search
    from engine.backtest.space import space_of
    from engine.plugins.loader import register_plugins
    from shared.models.search import SearchPlan

    console = Console.of(flags.output, environ)
    values = space_values(searching.space)
    plan = SearchPlan(space_of(values), searching.trials, asked.seed, searching.held_back)
    if searching.print_space:
        return print_space(values, console)
    configured = configure(flags, environ, known_exchanges(environ, flags))
    register_plugins()
    with (
        progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as report,
        backtest_edges(configured, flags, asked, environ) as edges,
        closing(SqliteTrialLog(trial_file(environ))) as log,
    ):
        request = request_of(flags, asked, configured, edges, USUAL_DAYS)
        run = Rerun(request, edges, shelf_of(asked, environ), deciding(report))
        ground = ground_of(request, edges)
        heard = _hearing(console, report, plan, verbose=flags.output.verbose)
        found = search(run, request.profile, ground, plan, log, on_trial=heard)
    name = search_id(found, request)
    files = _write(found, request, name, asked)
    _show(found, name, files, flags, console)
    return EXIT_DEGRADED if run.faults else EXIT_OK


def space_values(file: str | None) -> Mapping[str, object]:
    """What is varied: a file's table, or the usual fields.

    Raises:
        ConfigFault: the file cannot be read, or is not such a table.
    """
    from engine.backtest.space import USUAL, read_space

    return USUAL if file is None else read_space(read_text(Path(file), "--space"), file)


def print_space(values: Mapping[str, object], console: Console) -> int:
    """What is varied, as a file for ``--space``."""
    from bot.ui.search_toml import space_toml
    from engine.backtest.space import specs_of

    console.result(space_toml(specs_of(values)))
    return EXIT_OK


def ground_of(request: BacktestRequest, edges: Edges) -> Ground:
    """What is searched on. Its digest is over the candles and whatever else a result depends on: the account, how many symbols are
    looked at, the code.

    Raises:
        SniperError: as :func:`engine.backtest.history.read_history`.
    """
    from engine.backtest.history import read_history
    from engine.backtest.run import history_digest
    from engine.code import code_digest
    from engine.edges import silent
    from engine.hooks import HOOKS
    from shared.config.digest import config_digest
    from shared.models.search import ANY, Ground

    candles = history_digest(read_history(request, edges, silent))
    return Ground(
        request.exchange,
        request.symbols or (ANY,),
        request.since_ms,
        request.until_ms,
        config_digest(candles, request.account, request.top, code_digest(HOOKS)),
    )


def deciding(report: Report) -> Progress:
    """Of a run inside a longer work, its symbols as they are decided."""

    def told(stage: str, done: int, total: int) -> None:
        if stage == SHOWN_STAGE:
            report(stage, done, total)

    return told


def _hearing(console: Console, report: Report, plan: SearchPlan, *, verbose: int) -> Callable[[Trial], None]:
    """Trials as they are done: on the bar, and with ``verbose`` in a line each."""
    from bot.ui.search_lines import trial_line

    def heard(trial: Trial) -> None:
        report("trials", trial.number + 1, plan.trials)
        if verbose:
            console.remark([trial_line(trial, plan.trials)])

    return heard


def search_id(found: Search, request: BacktestRequest) -> str:
    """The same for the same search of as many trials."""
    from shared.config.digest import config_digest

    return "o-" + config_digest(request.profile, found.plan, found.ground)[:DIGITS]


def _write(found: Search, request: BacktestRequest, name: str, asked: Replaying) -> tuple[Path, ...]:
    """The document, the trials, and the settings that were chosen, if any were."""
    from bot.ui.search_documents import search_json
    from bot.ui.search_lines import search_tsv, verdict_lines
    from bot.ui.search_toml import chosen_toml
    from shared.models.search import Trial

    made = {"optimize.json": search_json(found, name), "trials.tsv": "\n".join(search_tsv(found)) + "\n"}
    if isinstance(found.best, Trial):
        span = f"{iso(found.ground.since_ms)[:10]} to {iso(found.ground.until_ms)[:10]}"
        remarks = (
            f"{name}: {found.profile} on {found.ground.exchange}, {span}.",
            *verdict_lines(found),
            "For ./snipersight.toml, or --config.",
        )
        made["chosen.toml"] = chosen_toml(request.profile, (*_costs(asked), *found.best.changes), remarks)
    return write_files(made, Path(asked.output or Path(FOLDER) / name))


def _costs(asked: Replaying) -> tuple[tuple[str, float], ...]:
    return tuple((f"costs.{name}", value) for name, value in asked.costs)


def _show(found: Search, name: str, files: tuple[Path, ...], flags: Flags, console: Console) -> None:
    """A report, one document, or the trials as tab-separated values; where the files are goes to standard error."""
    from bot.ui.search_documents import search_json
    from bot.ui.search_lines import search_lines, search_tsv

    if console.watched:
        console.result(search_lines(found, console.look))
    else:
        console.result([search_json(found, name)] if flags.output.json else search_tsv(found))
    console.remark([f"kept: {file}" for file in files])
