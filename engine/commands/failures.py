"""How a run that failed ends: one line that says what is wrong and what to do, and the exit code."""

from __future__ import annotations

import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bot.telemetry.redaction import redact, secrets_of
from engine.commands.console import silence
from engine.commands.paths import log_folder
from shared.errors import EXIT_FAILED, EXIT_INTERRUPTED, SniperError


def quiet_on_interrupt() -> None:
    """From Ctrl-C on, say nothing of what is torn down half-way: the run ends because somebody wanted it to."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        hush()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


def hush() -> None:
    """Say nothing from now on of what is torn down half-way."""
    sys.unraisablehook = _unheard
    warnings.simplefilter("ignore")


def _unheard(_: object) -> None:
    """An error in a finalizer that nobody could handle."""


def wants_traceback(arguments: list[str], environ: Mapping[str, str]) -> bool:
    """Whether tracebacks were asked for by ``--debug`` or ``SNIPERSIGHT_DEBUG``."""
    return "--debug" in arguments or environ.get("SNIPERSIGHT_DEBUG", "") not in ("", "0")


def report_fault(error: SniperError, environ: Mapping[str, str], *, debug: bool) -> int:
    """One line for a fault of ours; its exit code."""
    sentence = error.problem.rstrip(".") + "."
    if error.action:
        sentence += f" {error.action.rstrip('.')}" + ("" if error.action.endswith("?") else ".")
    _line(sentence, environ)
    if debug:
        _traceback(error, environ)
    return error.exit_code


def report_crash(error: Exception, environ: Mapping[str, str], *, debug: bool) -> int:
    """One line for a defect of ours, its traceback shown or saved to a file whose path is named; exit code 30."""
    what = f"unexpected {type(error).__name__}: {error}".splitlines()[0].rstrip(".")
    if debug:
        _line(f"{what}. This is a defect in SniperSight; please report it.", environ)
        _traceback(error, environ)
    else:
        saved = _saved(error, environ)
        _line(f"{what}. This is a defect in SniperSight; please report it with {saved}.", environ)
    return EXIT_FAILED


def report_interrupt() -> int:
    """One line for a run that somebody ended; its exit code."""
    _say("interrupted; nothing half-written\n")
    return EXIT_INTERRUPTED


def _line(sentence: str, environ: Mapping[str, str]) -> None:
    _say(f"error: {redact(' '.join(sentence.split()), secrets_of(environ))}\n")


def _traceback(error: Exception, environ: Mapping[str, str]) -> None:
    _say(redact("".join(traceback.format_exception(error)), secrets_of(environ)))


def _say(text: str) -> None:
    """Write to standard error; where it takes nothing, the exit code has to say it all."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def _saved(error: Exception, environ: Mapping[str, str]) -> str:
    """Save the traceback, without values of variables, in the log folder or else in the temporary one."""
    text = redact("".join(traceback.format_exception(error)), secrets_of(environ))
    name = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"
    for folder in (log_folder(environ), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        except OSError:
            continue
        return str(folder / name)
    return "the output of --debug"
