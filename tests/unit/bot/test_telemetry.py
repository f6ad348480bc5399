"""Log lines, events and what must not be in them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot.telemetry.events import NAMES, StageTimed, emit, events_of
from bot.telemetry.logging import ROOT, configure_logging, get_logger
from bot.telemetry.redaction import redact, secrets_of
from tests.fixtures.hand_scan import SCAN

BOT_TOKEN = "7000000001:AAcanaryAAcanaryAAcanaryAAcanaryAAc"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where our log lines go during a test."""
    yield io.StringIO()
    logging.getLogger(ROOT).handlers = []
    logging.getLogger(ROOT).setLevel(logging.NOTSET)


def test_events_are_lines_of_keys_and_values(stream: io.StringIO) -> None:
    configure_logging(stream, 1)
    emit(StageTimed("fetch candles", 1.25), get_logger("scan"))
    _, _, rest = stream.getvalue().partition(" ")
    assert rest == 'level=info event=stage_timed stage="fetch candles" seconds=1.25\n'


def test_every_end_of_a_scan_is_an_event(stream: io.StringIO) -> None:
    configure_logging(stream, 2, "json")
    for event in events_of(SCAN):
        emit(event, get_logger("scan"))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["setup_generated"] * 2 + ["setup_rejected"] * 3 + [
        "symbol_failed", *["stage_passed"] * 6, "scan_finished",
    ]  # fmt: skip
    assert {line["run_id"] for line in lines} == {SCAN.run_id}
    assert lines[-1]["plans"] == 2
    assert len(NAMES) == 9


def test_nothing_is_said_unless_asked(stream: io.StringIO) -> None:
    configure_logging(stream)
    for event in events_of(SCAN):
        emit(event, get_logger("scan"))
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    "text",
    [
        f"https://api.telegram.org/bot{BOT_TOKEN}/getMe",
        f"token {BOT_TOKEN} refused",
        "https://me:canary-password@host/path",
        "apiKey=canary123456&signature=canary654321",
        "{'secret': 'canary123456', 'password': \"canary7890\"}",
        "Authorization: Bearer canary.123456",
        "value canary-from-env here",
    ],
)
def test_secrets_are_hidden(text: str, stream: io.StringIO) -> None:
    secrets = secrets_of({"EXCHANGE_API_KEY": "canary-from-env", "HOME": "/root", "X_TOKEN": "abc"})
    assert "canary" not in redact(text, secrets)
    configure_logging(stream, 0, secrets=secrets)
    get_logger("x").warning(text)
    assert "canary" not in stream.getvalue()


def test_ordinary_text_is_left_alone() -> None:
    text = "binance: 12 of 48 symbols at https://api.binance.com/api/v3/klines?symbol=BTCUSDT, tokens: none"
    assert redact(text) == text
