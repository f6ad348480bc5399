"""``backtest``: what was said to a request, the replay, its statistics and placebo, and the files of the report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.ui.progress import progress_on
from engine.commands.console import Console
from engine.commands.edges import DEMO, open_edges
from engine.commands.flags import Flags, Output, Replaying
from engine.commands.paths import backtest_folder
from engine.commands.reading import parse_day, parse_symbols
from engine.commands.settings import Configured, configure
from engine.commands.stored import known_exchanges
from shared.errors import EXIT_DEGRADED, EXIT_OK, ConfigFault, DataFault, StorageFault
from shared.models.timeframe import DAY_MS, iso

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from engine.backtest.kept import FileShelf
    from engine.backtest.request import BacktestRequest
    from engine.edges import Edges
    from shared.models.backtest import Told
    from shared.models.profile import Profile
    from shared.models.walk_forward import Window

USUAL_DAYS: Final = 90
"""Replayed where nothing is said."""
FOLDER: Final = "reports"
ANSWERS_S: Final = 4
"""A Dask scheduler that is there answers within this."""


def backtest(flags: Flags, asked: Replaying, environ: Mapping[str, str] = os.environ) -> int:
    """Replay, write the report and show its summary; 10 if some symbols could not be read, else 0."""
    from engine.backtest.telling import tell
    from engine.commands.trials import note_trial
    from engine.plugins.loader import register_plugins

    console = Console.of(flags.output, environ)
    configured = configure(flags, environ, known_exchanges(environ, flags))
    if asked.output:
        make_folder(Path(asked.output))
    register_plugins()
    with (
        progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as report,
        backtest_edges(configured, flags, asked, environ) as edges,
    ):
        request = request_of(flags, asked, configured, edges)
        told = tell(
            request,
            edges,
            kept=shelf_of(asked, environ),
            draws=asked.placebo,
            tried=note_trial(request, environ),
            progress=report,
        )
    folder = Path(asked.output or Path(FOLDER) / told.backtest.run_id)
    files = write_report(told, folder)
    show(told, files, flags.output, console)
    return EXIT_DEGRADED if told.backtest.faults else EXIT_OK


@contextmanager
def backtest_edges(
    configured: Configured, flags: Flags, asked: Replaying, environ: Mapping[str, str]
) -> Iterator[Edges]:
    """The store (or the made-up market), nothing to fetch from, and who does the work."""
    from engine.edges import ScanRequest

    settings = configured.settings
    looked = ScanRequest(settings.profile, settings.exchange, configured.account, offline=True)
    with open_edges(settings, looked, environ, 1 if asked.executor else flags.jobs) as edges:
        if asked.executor is None:
            yield edges
            return
        with dask_executor(asked.executor) as executor:
            yield replace(edges, executor=executor)


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The workers of a Dask cluster.

    Raises:
        ConfigFault: ``distributed`` is not installed, or nobody answers at the address.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigFault("--executor needs Dask", 'Run: pip install "dask[distributed]"') from error
    try:
        client = Client(address, timeout=ANSWERS_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ConfigFault(
            f"--executor: no Dask scheduler at {address!r}", "Write it like tcp://10.0.0.5:8786"
        ) from error
    with client:
        yield client.get_executor()  # type: ignore[no-untyped-call]


def request_of(
    flags: Flags, asked: Replaying, configured: Configured, edges: Edges, usual_days: int = USUAL_DAYS
) -> BacktestRequest:
    """The request that the flags and settings make; nothing said of the time means the last days of what is stored.

    Raises:
        ConfigFault: a time or symbol that is none, a period that is empty or of which nothing is stored, or another currency than the
            profile trades in.
        DataFault: nothing is stored.
    """
    from engine.backtest.request import BacktestRequest

    settings = configured.settings
    stored = stored_span(settings.exchange, settings.profile, edges)
    until_ms = (
        parse_day(asked.until, "until" if flags.in_python else "--to") if asked.until else stored.until_ms
    )
    since_ms = (
        parse_day(asked.since, "since" if flags.in_python else "--from")
        if asked.since
        else min(until_ms, stored.until_ms) - usual_days * DAY_MS
    )
    if since_ms >= stored.until_ms or until_ms <= stored.since_ms:
        period = f"from {iso(since_ms)} on" if not asked.until else f"from {iso(since_ms)} to {iso(until_ms)}"
        raise ConfigFault(
            f"no {settings.profile.timeframes.base} candle of {settings.exchange} is stored {period}: "
            f"they run from {iso(stored.since_ms)} to {iso(stored.until_ms)}",
            "Name a period among them, or fetch more with 'data sync'",
        )
    return BacktestRequest(
        profile=with_costs(settings.profile, asked),
        exchange=settings.exchange,
        account=configured.account,
        since_ms=since_ms,
        until_ms=min(until_ms, stored.until_ms),
        symbols=parse_symbols(flags.symbols, settings.profile.universe.quote, flags.called("symbols")),
        top=flags.top or 0,
        seed=asked.seed,
    )


def stored_span(exchange: str, profile: Profile, edges: Edges) -> Window:
    """From the oldest stored open of the base timeframe to the newest close; the made-up market ends at its usual instant.

    Raises:
        DataFault: nothing is stored.
    """
    from data.adapters.demo import DEMO_AS_OF_MS, START_MS
    from shared.models.walk_forward import Window

    if exchange == DEMO or edges.store is None:
        return Window(START_MS, DEMO_AS_OF_MS)
    base = profile.timeframes.base
    series = [info for info in edges.store.series(exchange) if info.timeframe is base]
    if not series:
        raise DataFault(
            f"no {base} candles of {exchange} are stored, and orders are filled on them",
            "Import some with 'data import PATH', or fetch them with 'data sync --since 2024-01-01 -t 5m'",
        )
    return Window(min(info.first_ms for info in series), max(info.last_ms for info in series) + base.ms)


def with_costs(profile: Profile, asked: Replaying) -> Profile:
    """The profile with the costs that were said."""
    return replace(profile, costs=replace(profile.costs, **dict(asked.costs))) if asked.costs else profile


def shelf_of(asked: Replaying, environ: Mapping[str, str]) -> FileShelf | None:
    """Where an earlier run of the same kept what it decided; nowhere if everything is to be decided anew."""
    from engine.backtest.kept import FileShelf

    return FileShelf(backtest_folder(environ)) if asked.resume else None


def make_folder(folder: Path) -> None:
    """The folder of the report, before anything is replayed for it.

    Raises:
        StorageFault: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> StorageFault:
    return StorageFault(
        f"the report cannot be written to {folder}: {error.strerror}", "Name another folder with --output"
    )


def write_report(told: Told, folder: Path) -> tuple[Path, ...]:
    """The report's files, written into ``folder``: the page, the document and the table of trades.

    Raises:
        StorageFault: they cannot be written.
    """
    from bot.ui.backtest_documents import backtest_json, trades_csv
    from bot.ui.backtest_report import report_html

    made = {
        "report.html": report_html(told),
        "backtest.json": backtest_json(told),
        "trades.csv": trades_csv(told),
    }
    return write_files(made, folder)


def write_files(made: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Texts by name, written into ``folder``, which is made if it is not there.

    Raises:
        StorageFault: they cannot be written.
    """
    make_folder(folder)
    try:
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from error
    return tuple(folder / name for name in made)


def show(told: Told, files: tuple[Path, ...], output: Output, console: Console) -> None:
    """A summary, one document or the trades as tab-separated values; where the files are goes to standard error."""
    from bot.ui.backtest_documents import backtest_json
    from bot.ui.backtest_terminal import summary_lines, trades_tsv

    names = tuple(str(file) for file in files)
    if console.watched:
        console.result(summary_lines(told, names, console.look))
        return
    console.result([backtest_json(told)] if output.json else trades_tsv(told))
    console.remark([f"report: {names[0]}"])
