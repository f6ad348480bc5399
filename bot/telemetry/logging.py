"""Structured log lines on a stream: ``key=value`` for people, one JSON object a line for machines. Secrets are hidden."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any, Final, Literal, TextIO

from bot.telemetry.redaction import redact

ROOT: Final = "snipersight"
FIELDS: Final = "snipersight_fields"
"""Attribute of a log record that holds its fields."""

LogFormat = Literal["console", "json"]
LEVELS: Final = (logging.WARNING, logging.INFO, logging.DEBUG)


class _Lines(logging.Formatter):
    """Time, level, event, then fields in the order given."""

    def __init__(self, form: LogFormat, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._form = form
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        head = {"time": moment, "level": record.levelname.lower(), "event": record.getMessage()}
        fields = {**head, **getattr(record, FIELDS, {})}
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


def configure_logging(
    stream: TextIO, verbosity: int = 0, form: LogFormat = "console", secrets: tuple[str, ...] = ()
) -> None:
    """Write our log lines to ``stream``: warnings, with ``verbosity`` 1 information too, with 2 everything.

    Other libraries' loggers are left alone: some of them print keys.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines(form, secrets))
    root = logging.getLogger(ROOT)
    root.handlers = [handler]
    root.setLevel(LEVELS[min(max(verbosity, 0), 2)])
    root.propagate = False
