"""``verify lookahead``: columns, detectors and whole decisions held to the laws that forbid to know the future."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from bot.ui.lookahead import cases_line, effort_text, lookahead_lines, lookahead_tsv
from bot.ui.lookahead_document import lookahead_json
from bot.ui.progress import progress_on
from bot.ui.verification import OURS, examined_line, left_out_lines
from engine.commands.console import Console
from engine.commands.flags import Checks, Flags, Output
from engine.commands.settings import configure
from engine.commands.stored import known_exchanges, read_evidence
from engine.hooks import HOOKS
from engine.plugins.loader import register_plugins
from engine.scan_decision import ScanDecision
from engine.verification.lookahead import Effort, verify_lookahead
from engine.verification.suspects import Suspects
from shared.errors import EXIT_FAILED, EXIT_OK
from shared.models.lookahead import Lookahead, SubjectKind
from shared.models.verification import Examined

NOT_DECIDED: Final = "- no decision was checked: no symbol has candles of every timeframe that the profile needs, for long enough"
DEFECT: Final = "This is a defect in SniperSight; please report it."
UNSURE: Final = (
    "This is a defect in SniperSight or of a plugin; please report it if it stays without plugins."
)


def lookahead(flags: Flags, checks: Checks, environ: Mapping[str, str] = os.environ) -> int:
    """Check for look-ahead and show what was found; 30 if anything of ours, or of a plugin's, looks ahead, else 0."""
    console = Console.of(flags.output, environ)
    configured = configure(flags, environ, known_exchanges(environ, flags))
    register_plugins()
    settings, profile = configured.settings, configured.settings.profile
    examined, evidence = read_evidence(flags, checks, settings, environ)
    decide = ScanDecision(profile, configured.account, HOOKS)
    suspects = Suspects(profile.smc, decide, offered=HOOKS.extensions)
    effort = Effort(checks.cuts, checks.seed)
    with progress_on(sys.stderr, shown=not console.quiet, colour=console.error_look.colour) as report:
        found = verify_lookahead(evidence, profile, suspects, effort, report)
    show_lookahead(examined, found, flags.output, console)
    return EXIT_FAILED if found.differing else EXIT_OK


def show_lookahead(examined: Examined, found: Lookahead, output: Output, console: Console) -> None:
    """Tables, one document or tab-separated values; remarks on standard error."""
    heading = examined_line(examined, effort_text(found))
    if console.watched:
        console.result([console.look.signs(heading), "", *lookahead_lines(found, console.look)])
    else:
        console.result([lookahead_json(examined, found)] if output.json else lookahead_tsv(found))
        console.remark([heading])
    console.remark(left_out_lines(examined.left_out))
    if not found.planned + found.unplanned:
        console.remark([NOT_DECIDED])
    console.warn(_complaints(found))


def _complaints(found: Lookahead) -> Iterator[str]:
    """What looks ahead and whose defect that is: ours all together, each thing of a plugin by itself. Decisions alone may be
    misled by a plugin, where one is installed."""
    own = [check for check in found.checks if check.subject.is_ours]
    kinds = {check.subject.kind for check in own if check.differing}
    if kinds:
        unsure = kinds == {SubjectKind.DECISION} and HOOKS.signature()
        yield f"! {cases_line(OURS, own)}. {UNSURE if unsure else DEFECT}"
    for name in dict.fromkeys(check.subject.name for check in found.checks if not check.subject.is_ours):
        its = [check for check in found.checks if check.subject.name == name and not check.subject.is_ours]
        if any(check.differing for check in its):
            yield f"! {cases_line(name, its)}. This is a defect of its plugin."
