"""``doctor``: measure this machine and the way to the exchange, have it judged, show it. Nothing is changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.commands import doctor_files, doctor_machine, doctor_telling, doctor_venue
from engine.commands.console import Console
from engine.commands.edges import exchange_names
from engine.commands.flags import Flags
from engine.commands.settings import configure
from shared.models.health import Diagnosis, Finding

if TYPE_CHECKING:
    from shared.config.settings import Settings

Probe = Callable[["Settings", Mapping[str, str]], tuple[Finding, ...]]

PROBES: Final[tuple[Probe, ...]] = (
    doctor_machine.python,
    doctor_machine.libraries,
    doctor_machine.kernels,
    doctor_machine.zones,
    doctor_machine.plugins,
    doctor_machine.folders,
    doctor_machine.room,
    doctor_machine.store,
    doctor_files.files,
    doctor_venue.exchange,
    doctor_venue.keys,
    doctor_venue.budget,
    doctor_telling.telegram,
    doctor_telling.webhook,
    doctor_telling.alerts,
)
"""In the order shown. The budget comes after what asks the exchange: a ban may have just begun."""


def doctor(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Look at everything; 0, 10 or 30."""
    from bot.telemetry.logging import configure_logging
    from bot.telemetry.redaction import secrets_of
    from bot.ui.health import health_json, health_lines, health_tsv

    console = Console.of(flags.output, environ)
    settings = configure(flags, environ, exchange_names()).settings
    configure_logging(sys.stderr, 0, "console", secrets_of(environ, settings.secrets))
    found = Diagnosis(tuple(_findings(settings, environ)))
    if flags.output.json:
        console.result([health_json(found)])
    elif console.watched:
        console.result(health_lines(found, console.look, quiet=flags.output.quiet))
    else:
        console.result(health_tsv(found, quiet=flags.output.quiet))
    return found.exit_code


def _findings(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Every finding, nothing secret in it."""
    from bot.telemetry.redaction import redact, secrets_of

    secrets = secrets_of(environ, settings.secrets)
    for probe in PROBES:
        for one in probe(settings, environ):
            yield replace(one, measured=redact(one.measured, secrets), advice=redact(one.advice, secrets))
