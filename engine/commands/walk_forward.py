"""``walk-forward``: profiles chosen by their past again and again, and what their trades in the times after came to."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.ui.numbers import counted
from bot.ui.progress import progress_on
from engine.commands.backtest import FOLDER, backtest_edges, request_of, shelf_of, write_files, write_report
from engine.commands.candidates import candidates_of
from engine.commands.console import Console
from engine.commands.flags import Flags, Forwarding, Replaying
from engine.commands.optimize import deciding
from engine.commands.paths import trial_file
from engine.commands.settings import configure
from engine.commands.stored import known_exchanges
from shared.errors import EXIT_DEGRADED, EXIT_OK
from shared.models.timeframe import iso

if TYPE_CHECKING:
    from bot.ui.look import Look
    from bot.ui.progress import Report
    from engine.backtest.out_of_sample import Tested
    from engine.backtest.request import BacktestRequest
    from engine.backtest.walk_forward import Run
    from shared.models.backtest import Backtest, Told
    from shared.models.profile import Profile
    from shared.models.statistics import Unsaid
    from shared.models.walk_forward import Fold, FoldPlan, WalkForward

USUAL_DAYS: Final = 240
"""Walked through where nothing is said."""
DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk-forward with what its document says besides."""

    request: BacktestRequest
    plan: FoldPlan
    candidates: tuple[Profile, ...]
    found: WalkForward
    tried: int
    recorded: int = 0

    @property
    def id(self) -> str:
        """The same for the same question."""
        from shared.config.digest import config_digest
        from shared.version import VERSION

        asked = replace(self.request, profile=self.candidates[0])
        return "w-" + config_digest(asked, self.candidates, self.plan, VERSION)[:DIGITS]

    @property
    def json(self) -> str:
        """Its document."""
        from bot.ui.walk_forward_documents import walk_forward_json

        request = self.request
        heading = {
            "id": self.id,
            "exchange": request.exchange,
            "symbols": list(request.symbols),
            "since": iso(request.since_ms),
            "until": iso(request.until_ms),
            "seed": request.seed,
            "tried": self.tried,
            "recorded": self.recorded,
        }
        return walk_forward_json(self.found, self.plan, self.candidates, heading)


def walk_forward(
    flags: Flags, asked: Replaying, forward: Forwarding, environ: Mapping[str, str] = os.environ
) -> int:
    """Walk, write what was found, show it, and with ``record`` keep the trades; 10 if some symbols could not be read, else 0."""
    from engine.backtest.out_of_sample import Tested
    from engine.backtest.rerun import Rerun
    from engine.backtest.walk_forward import folds, longest_ms
    from engine.plugins.loader import register_plugins
    from shared.models.walk_forward import FoldPlan

    console = Console.of(flags.output, environ)
    configured = configure(flags, environ, known_exchanges(environ, flags))
    register_plugins()
    with (
        progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as report,
        backtest_edges(configured, flags, asked, environ) as edges,
    ):
        request = request_of(flags, asked, configured, edges, USUAL_DAYS)
        candidates = candidates_of(flags, asked, forward, request, environ)
        hold_ms = longest_ms(candidates)
        plan = FoldPlan(forward.train_days, forward.validate_days, forward.test_days, hold_ms)
        turns = folds(request.since_ms, request.until_ms, plan)
        rerun = Rerun(request, edges, shelf_of(asked, environ), deciding(report))
        tested = Tested(rerun, turns)
        run = _Heard(
            tested, report, console, of=len(turns) * runs_a_fold(candidates), each=flags.output.verbose
        )
        walked = Walked(request, plan, candidates, *_walk(run, candidates, turns, request, environ))
    if forward.record:
        walked = replace(walked, recorded=_record(walked, environ))
    _tell(walked, _told(walked, tested), asked, flags, console)
    if forward.record:
        console.remark([f"on record: {counted(walked.recorded, 'finished trade')} as {walked.id}"])
    return EXIT_DEGRADED if rerun.faults else EXIT_OK


def runs_a_fold(candidates: Sequence[Profile]) -> int:
    """The most runs a fold takes: all in training, the best few in validation, one in the test."""
    from engine.backtest.walk_forward import FEW

    return len(candidates) + min(FEW, len(candidates)) + 1


class _Heard:
    """Runs as they are done: on the bar, and with ``each`` in a line each."""

    def __init__(self, run: Run, report: Report, console: Console, *, of: int, each: int) -> None:
        self._run, self._report, self._console, self._of, self._each = run, report, console, of, each
        self._done = 0

    def __call__(self, profile: Profile, since_ms: int, until_ms: int) -> Backtest:
        done = self._run(profile, since_ms, until_ms)
        self._done += 1
        self._report("runs", self._done, self._of)
        if self._each:
            span = f"{iso(since_ms)[:10]} to {iso(until_ms)[:10]}"
            self._console.remark(
                [f"run {self._done}: {profile.name}, {span}: {counted(len(done.finished), 'finished trade')}"]
            )
        return done


def _walk(
    run: Run,
    candidates: Sequence[Profile],
    turns: Sequence[Fold],
    request: BacktestRequest,
    environ: Mapping[str, str],
) -> tuple[WalkForward, int]:
    """What was found, every configuration that was tried on record, and how many anybody tried on these candles by now."""
    from data.trial_log import SqliteTrialLog
    from engine.backtest.on_record import recorded
    from engine.backtest.walk_forward import best_of, walk_forward
    from shared.models.search import ANY

    with closing(SqliteTrialLog(trial_file(environ))) as log:
        found = walk_forward(recorded(run, log), best_of(candidates), turns)
        symbols = request.symbols or (ANY,)
        return found, log.tried(request.exchange, symbols, request.since_ms, request.until_ms)


def _record(walked: Walked, environ: Mapping[str, str]) -> int:
    """Keep the trades of the tests in the track record, in place of those the same question left there before, and say how many."""
    from engine.backtest.record import rows_of
    from engine.commands.recall import open_track

    rows = rows_of(walked.found)
    with open_track(environ) as store:
        store.keep(walked.id, rows)
    return len(rows)


def _told(walked: Walked, tested: Tested) -> Told | Unsaid:
    """The trades of the tests as a backtest is told."""
    from bot.ui.walk_forward_lines import fold_lines
    from engine.backtest.out_of_sample import told_of

    base, candidates = walked.request.profile, walked.candidates
    notes = (
        f"Out of sample: in each fold one of {len(candidates)} candidates was chosen by the time before the test, and the test "
        "alone is told. Each test has the capital to itself; equity adds them up. A fold that chose nothing traded nothing.",
        *fold_lines(walked.found, candidates[0]),
    )
    return told_of(walked.found, tested, base.costs, walked.tried, notes)


def _tell(walked: Walked, told: Told | Unsaid, asked: Replaying, flags: Flags, console: Console) -> None:
    """Write the files and show a table of the folds, one document, or the folds as tab-separated values. Where the files are goes to
    standard error."""
    from bot.ui.walk_forward_lines import walk_forward_tsv
    from shared.models.backtest import Told

    folder, base = Path(asked.output or Path(FOLDER) / walked.id), walked.candidates[0]
    files = write_files({"walk_forward.json": walked.json}, folder)
    if isinstance(told, Told):
        files += write_report(told, folder)
    if console.watched:
        console.result(_summary(walked, told, tuple(str(file) for file in files), console.look))
        return
    console.result([walked.json] if flags.output.json else walk_forward_tsv(walked.found, base))
    console.remark([f"kept: {file}" for file in files])


def _summary(walked: Walked, told: Told | Unsaid, files: tuple[str, ...], look: Look) -> list[str]:
    """The folds, then the trades of all tests as those of a backtest."""
    from bot.ui.backtest_terminal import summary_lines
    from bot.ui.walk_forward_lines import title_lines, walk_forward_lines
    from shared.models.backtest import Told

    request, candidates = walked.request, walked.candidates
    lines = title_lines(walked.id, request.exchange, len(candidates), walked.plan, look)
    lines += ["", *walk_forward_lines(walked.found, candidates[0], look), ""]
    if not isinstance(told, Told):
        return [*lines, *(line for file in files for line in look.wrap(look.signs(file)))]
    return lines + summary_lines(replace(told, notes=told.notes[:1]), files, look)
