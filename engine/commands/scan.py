"""``scan``, ``demo`` and ``explain``: flags to a request, a request to a result, a result to the streams."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.commands.console import Console
from engine.commands.edges import DEMO, SystemClock, exchange_names, open_edges, open_journal
from engine.commands.flags import Flags, Output
from engine.commands.gallery import Gallery, hung_lines
from engine.commands.locks import under_locks
from engine.commands.recall import with_past
from engine.commands.request import one_symbol, request_of
from engine.commands.settings import configure
from shared.errors import EXIT_USAGE, ConfigFault, SniperError
from shared.models.scan import RunStatus

if TYPE_CHECKING:
    from bot.telemetry.events import Event
    from contracts.journal_contract import Journal
    from engine.edges import Edges, Progress, ScanRequest
    from engine.telling import Telling
    from shared.config.settings import Settings
    from shared.models.journal import Appended
    from shared.models.scan import Explanation, ScanResult

NEXT_STEPS: Final = (
    ("snipersight explain {symbol} -e demo", "why this plan, in words"),
    ("snipersight chart {symbol} -e demo", "the same as a picture"),
    ("snipersight scan --profile balanced", "the real market (Binance public data, no key)"),
    ("snipersight profiles list", "other ways to trade"),
)
STEP_WIDTH: Final = 41
BESIDE: Final = 92
"""Columns from which the words stand beside the commands."""


def scan(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Scan and show the result; the exit code. In a slot, only if no other run has decided it. With ``notify``, send what is
    open then, of earlier runs too; also where the scan failed."""
    try:
        code = _scan(flags, environ)
    except SniperError as fault:
        if flags.notify and fault.exit_code != EXIT_USAGE:
            _deliver(flags, environ)
        raise
    if not flags.notify:
        return code
    told_code = _deliver(flags, environ)
    return code or told_code


def _scan(flags: Flags, environ: Mapping[str, str]) -> int:
    if flags.slot:
        from engine.commands.slotted import scan_in_slot

        return scan_in_slot(flags, environ)
    return scanned(flags, environ).status.exit_code


def _deliver(flags: Flags, environ: Mapping[str, str]) -> int:
    from engine.commands.posting import deliver

    settings = configure(flags, environ, exchange_names()).settings
    return deliver(settings, environ, Console.of(flags.output, environ))


def scanned(flags: Flags, environ: Mapping[str, str]) -> ScanResult:
    """Scan, record and show the result."""
    from bot.telemetry.events import ScanStarted, events_of
    from bot.ui.progress import progress_on
    from engine.plugins.loader import register_plugins

    configured = configure(flags, environ, exchange_names())
    settings = configured.settings
    request = request_of(flags, configured)
    shown = not flags.output.quiet and not flags.output.verbose
    with start(flags.output, settings, environ) as console:
        register_plugins()
        log(ScanStarted(request.profile.name, request.exchange))
        with (
            progress_on(sys.stderr, shown=shown, colour=console.error_look.colour) as report,
            scan_edges(settings, request, flags, environ) as edges,
        ):
            result = decided(request, edges, flags, environ, report)
        now_ms = SystemClock().now_ms() if request.as_of_ms is None and request.exchange != DEMO else None
        log(*events_of(result))
        show_scan(result, flags.output, console, now_ms)
        console.remark(hung_lines(flags.chart, result))
    return result


@contextmanager
def scan_edges(
    settings: Settings, request: ScanRequest, flags: Flags, environ: Mapping[str, str]
) -> Iterator[Edges]:
    """Edges for one scan that records where scans are recorded: those of ``scan`` and of every turn of ``watch``."""
    with open_edges(settings, request, environ, flags.jobs) as edges:
        edges = told(edges, partial(open_journal, environ) if journaled(flags, settings) else None)
        yield replace(edges, telling=_telling(settings, request, flags, environ)) if flags.notify else edges


def decided(
    request: ScanRequest, edges: Edges, flags: Flags, environ: Mapping[str, str], progress: Progress
) -> ScanResult:
    """One scan under the locks in force, drawn where charts are asked for: the way of ``scan`` and of every turn of ``watch``."""
    from engine.edges import timed
    from engine.orchestrator import run_scan

    gallery = Gallery.of(flags.chart)
    with timed(edges.on_stage, "scan"):
        result = run_scan(under_locks(request, environ), gallery.watching(edges), progress=progress)
    if edges.telling:
        from engine.commands.following import followed

        result = followed(result, request, edges, environ)
    return gallery.hung(result)


def _telling(settings: Settings, request: ScanRequest, flags: Flags, environ: Mapping[str, str]) -> Telling:
    """Who is told.

    Raises:
        ConfigFault: nobody, or in a way that another flag forbids.
    """
    from engine.commands.notify import STDOUT, telling_of

    if flags.journal is False:
        raise ConfigFault("--notify records the scan, --no-journal does not", "Leave one out")
    if flags.output.json and settings.notify.file == STDOUT:
        raise ConfigFault(
            "--json and notify.file = '-' both want standard output", "Name a file, or leave --json out"
        )
    return telling_of(settings, request.profile.name, environ)


def told(edges: Edges, journal: Callable[[], AbstractContextManager[Journal]] | None) -> Edges:
    """Edges that record in ``journal`` and log how long each stage took and what was recorded."""
    from bot.telemetry.events import ScanJournaled, StageTimed

    def on_record(run_id: str, done: Appended) -> None:
        log(ScanJournaled(run_id, done.added, done.head.seq, done.head.hash.hex()))

    return replace(
        edges,
        open_journal=journal,
        on_stage=lambda stage, seconds: log(StageTimed(stage, seconds)),
        on_record=on_record,
    )


def journaled(flags: Flags, settings: Settings) -> bool:
    """Whether this scan is recorded: as asked, else as the settings say; of the made-up market only when asked."""
    if flags.journal is not None:
        return flags.journal
    return settings.journal.enabled and settings.exchange != DEMO


def demo(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Scan the made-up market; a person is told what to do next."""
    result = scanned(flags, environ)
    console = Console.of(flags.output, environ)
    if console.watched and not flags.output.quiet:
        symbol = result.setups[0].plan.symbol if result.setups else "BTC/USDT"
        console.result(["", "These prices are invented. Next:", *next_steps(symbol, console.look.columns)])
    return result.status.exit_code


def next_steps(symbol: str, columns: int) -> Iterator[str]:
    """What to try after the demo, the words beside the commands where the terminal is wide enough."""
    for command, words in NEXT_STEPS:
        step = command.format(symbol=symbol)
        if columns >= BESIDE:
            yield f"  {step:<{STEP_WIDTH}} {words}"
        else:
            yield from (f"  {step}", f"    {words}")


def explain(symbol: str, flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Explain one symbol; the exit code of its scan."""
    from engine.explanation import explain_symbol
    from engine.plugins.loader import register_plugins

    configured = configure(flags, environ, exchange_names())
    wanted = one_symbol(symbol, configured)
    request = under_locks(request_of(flags, configured), environ)
    with start(flags.output, configured.settings, environ) as console:
        register_plugins()
        with open_edges(configured.settings, request, environ) as edges:
            explanation, missing = with_past(explain_symbol(request, wanted, edges), environ)
        show_explanation(explanation, flags.output, console)
        console.warn(f"! {flag}" for flag in missing)
    return explanation.scan.status.exit_code


@contextmanager
def start(output: Output, settings: Settings, environ: Mapping[str, str]) -> Iterator[Console]:
    """The console of this run, with log lines going to standard error, and to the file of JSON lines if there is one.

    Raises:
        StorageFault: that file cannot be opened.
    """
    from bot.telemetry.logging import configure_logging, logging_to
    from bot.telemetry.redaction import secrets_of

    path = settings.log.json_file if output.log_json is None else output.log_json
    secrets = secrets_of(environ, settings.secrets)
    configure_logging(sys.stderr, output.verbose, output.log_format, secrets)
    console = Console.of(output, environ)
    with ExitStack() as stack:
        file = stack.enter_context(logging_to(Path(path), secrets)) if path else None
        yield console
    if file and file.problem:
        console.warn([f"! {file.problem}"])


def log(*events: Event) -> None:
    """Log events of the run."""
    from bot.telemetry.events import emit
    from bot.telemetry.logging import get_logger

    for event in events:
        emit(event, get_logger("scan"))


def show_scan(result: ScanResult, output: Output, console: Console, now_ms: int | None) -> None:
    """Results on standard output in the form asked for; what a person wants to know besides on standard error."""
    from bot.ui.documents import plan_json, scan_json
    from bot.ui.terminal import closing_lines, heading, scan_lines, tsv_lines
    from bot.ui.terminal_funnel import fault_lines, refusal_lines

    if console.watched:
        console.result(scan_lines(result, console.look, now_ms))
        return
    if output.json:
        console.result([scan_json(result)])
    elif output.jsonl:
        console.result(plan_json(setup) for setup in result.setups)
    elif result.setups or not output.quiet:
        console.result(tsv_lines(result.setups))
    console.remark([heading(result, console.error_look, now_ms), *closing_lines(result, console.error_look)])
    if output.quiet:
        flags = () if result.status is RunStatus.OK else result.flags
        console.warn([*fault_lines(result), *refusal_lines(result), *(f"! {flag}" for flag in flags)])


def show_explanation(explanation: Explanation, output: Output, console: Console) -> None:
    """The explanation as words or as one document."""
    from bot.ui.explain_document import explain_json
    from bot.ui.terminal_explain import explain_lines

    lines = [explain_json(explanation)] if output.json else explain_lines(explanation, console.look)
    console.result(lines)
