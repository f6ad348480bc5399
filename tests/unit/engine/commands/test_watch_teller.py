"""What ``watch`` shows of a close on standard error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.commands.console import Console
from engine.commands.flags import Output
from engine.commands.watch import Teller
from shared.models.scan import RunStatus
from shared.models.timeframe import Timeframe
from shared.models.watching import Scanned
from tests.fixtures.hand_scan import AS_OF_MS, EMPTY

FAILED = replace(EMPTY, status=RunStatus.DEGRADED, flags=("journal_failed: the disk is full",))


def test_why_a_close_is_degraded_is_said_once_until_it_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(quiet=True)
    teller = Teller(Console.of(output, {}), output, Timeframe.M15, show_all=False)
    said = []
    for result in (EMPTY, FAILED, FAILED, EMPTY, FAILED):
        teller.tell(Scanned(AS_OF_MS, result, 5.0, 1.0))
        said.append(capsys.readouterr().err)
    told = "! journal_failed: the disk is full\n"
    assert said == ["", told, "", "", told]
