"""``verify``: the detectors held to their law, and their base rates to chance, on the user's own candles."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from bot.ui.progress import progress_on
from bot.ui.verification import (
    examined_line,
    left_out_lines,
    null_lines,
    null_tsv,
    repaint_lines,
    repaint_tsv,
    sum_line,
)
from bot.ui.verification_documents import Repaint, null_json, repaint_json
from engine.commands.console import Console
from engine.commands.flags import Checks, Flags, Output
from engine.commands.settings import configure
from engine.commands.stored import known_exchanges, read_series
from engine.hooks import HOOKS
from engine.plugins.loader import register_plugins
from engine.verification.findings import verify_library
from engine.verification.libraries import open_library
from engine.verification.null import verify_null
from engine.verification.repaint import DETECTORS, verify_repaint
from shared.errors import EXIT_FAILED, EXIT_OK
from shared.models.verification import BaseRate, DetectorCheck, Examined


def repaint(flags: Flags, checks: Checks, environ: Mapping[str, str] = os.environ) -> int:
    """Check for repainting and show what was found; 30 if one of our own detectors, or of a plugin's, rewrites the past, else 0."""
    console = Console.of(flags.output, environ)
    settings = configure(flags, environ, known_exchanges(environ, flags)).settings
    register_plugins()
    rules, offered = settings.profile.smc, HOOKS.extensions.detectors
    library = open_library(checks.library, rules.swing_reach) if checks.library else None
    examined = read_series(flags, checks, settings, environ)
    series, cuts, seed = examined.series, checks.cuts, checks.seed
    with progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as report:
        ours = verify_repaint(series, rules, cuts=cuts, seed=seed, offered=offered, progress=report)
        theirs = verify_library(series, library, cuts=cuts, seed=seed, progress=report) if library else None
    found = Repaint(examined, cuts, ours, theirs)
    show_repaint(found, flags.output, console)
    return EXIT_FAILED if found.rewrites else EXIT_OK


def null(flags: Flags, checks: Checks, environ: Mapping[str, str] = os.environ) -> int:
    """Measure base rates beside those of shuffled candles and show them."""
    console = Console.of(flags.output, environ)
    settings = configure(flags, environ, known_exchanges(environ, flags)).settings
    examined = read_series(flags, checks, settings, environ)
    with progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as report:
        rates = verify_null(
            examined.series, settings.profile.smc, shuffles=checks.shuffles, seed=checks.seed, progress=report
        )
    show_null(examined, checks.shuffles, rates, flags.output, console)
    return EXIT_OK


def show_repaint(found: Repaint, output: Output, console: Console) -> None:
    """Tables, one document or tab-separated values; remarks on standard error."""
    heading = examined_line(found.examined, f"{found.cuts} cuts each")
    if console.watched:
        lines = repaint_lines(found.ours, found.library, console.look)
        console.result([console.look.signs(heading), "", *lines])
    else:
        console.result([repaint_json(found)] if output.json else repaint_tsv(found.ours, found.library))
        console.remark([heading])
    console.remark(left_out_lines(found.examined.left_out))
    console.warn(_complaints(found.ours))


def _complaints(checks: tuple[DetectorCheck, ...]) -> list[str]:
    """Who rewrites the past and whose defect that is: ours all together, each plugin's detector by itself."""
    own = tuple(check for check in checks if check.detector in DETECTORS)
    offered = [check for check in checks if check.detector not in DETECTORS and check.rewrites]
    lines = [f"! {sum_line(check.detector, (check,))}. This is a defect of its plugin." for check in offered]
    if not any(check.rewrites for check in own):
        return lines
    return [f"! {sum_line('snipersight', own)}. This is a defect in SniperSight; please report it.", *lines]


def show_null(
    examined: Examined, shuffles: int, rates: tuple[BaseRate, ...], output: Output, console: Console
) -> None:
    """A table, one document or tab-separated values; remarks on standard error."""
    heading = examined_line(examined, f"{shuffles} shuffles each")
    if console.watched:
        console.result([console.look.signs(heading), "", *null_lines(rates, shuffles, console.look)])
    else:
        console.result([null_json(examined, shuffles, rates)] if output.json else null_tsv(rates))
        console.remark([heading])
    console.remark(left_out_lines(examined.left_out))
