"""Structured log lines on a stream: ``key=value`` for people, one JSON object a line for machines. Secrets are hidden."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from bot.telemetry.redaction import redact
from shared.errors import StorageFault

ROOT: Final = "snipersight"
FIELDS: Final = "snipersight_fields"
"""Attribute of a log record that holds its fields."""

LogFormat = Literal["console", "json"]
NOTHING: Final = logging.CRITICAL + 1
LEVELS: Final = (logging.WARNING, logging.INFO, logging.DEBUG)


class _Lines(logging.Formatter):
    """Time, level, event, then fields in the order given. Secrets are hidden before signs in them are escaped, and after."""

    def __init__(self, form: LogFormat, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._form = form
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        head = {"time": moment, "level": record.levelname.lower(), "event": record.getMessage()}
        fields = {**head, **getattr(record, FIELDS, {})}
        fields = {
            key: redact(value, self._secrets) if isinstance(value, str) else value
            for key, value in fields.items()
        }
        line = json.dumps(fields, default=str) if self._form == "json" else _key_values(fields)
        return redact(line, self._secrets)


def _key_values(fields: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={_value(value)}" for key, value in fields.items())


def _value(value: object) -> str:
    text = str(value)
    return (
        json.dumps(text, ensure_ascii=False)
        if not text or any(sign in text for sign in ' "=\n\r\t')
        else text
    )


def get_logger(name: str) -> logging.Logger:
    """A logger below ours; silent until :func:`configure_logging` gives it somewhere to write."""
    return logging.getLogger(f"{ROOT}.{name}")


class _Sink(logging.StreamHandler[TextIO]):
    """A stream that may come to take nothing more: a run never ends because of its log."""

    problem = ""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - the library calls it so
        """Remember it, and write no more."""
        self.problem = f"log lines are lost: {sys.exception()}"
        self.setLevel(NOTHING)


def configure_logging(
    stream: TextIO, verbosity: int = 0, form: LogFormat = "console", secrets: tuple[str, ...] = ()
) -> None:
    """Write our log lines to ``stream``: warnings, with ``verbosity`` 1 information too, with 2 everything.

    Other libraries' loggers are left alone: some of them print keys.
    """
    root = logging.getLogger(ROOT)
    root.handlers = [_sink(stream, form, secrets, LEVELS[min(max(verbosity, 0), 2)])]
    root.setLevel(root.handlers[0].level)
    root.propagate = False


@contextmanager
def logging_to(path: Path, secrets: tuple[str, ...] = ()) -> Iterator[_Sink]:
    """Append every event to a file too, whatever the verbosity, as one JSON object a line. What is yielded has a ``problem`` as
    soon as a line could not be written.

    Raises:
        StorageFault: the file cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise StorageFault(
            f"log file {path} cannot be opened: {error.strerror}", "Name another one with --log-json"
        ) from error
    root = logging.getLogger(ROOT)
    level, sink = root.level, _sink(file, "json", secrets, logging.DEBUG)
    root.addHandler(sink)
    root.setLevel(logging.DEBUG)
    try:
        yield sink
    finally:
        root.removeHandler(sink)
        root.setLevel(level)
        with suppress(OSError):
            file.close()


def _sink(stream: TextIO, form: LogFormat, secrets: tuple[str, ...], level: int) -> _Sink:
    sink = _Sink(stream)
    sink.setFormatter(_Lines(form, secrets))
    sink.setLevel(level)
    return sink
