"""Log lines, events and what must not be in them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.telemetry.events import NAMES, StageTimed, SymbolFailed, emit, events_of
from bot.telemetry.logging import ROOT, configure_logging, get_logger, logging_to
from bot.telemetry.redaction import redact, secrets_of
from shared.errors import StorageFault
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


@pytest.mark.parametrize("form", ["console", "json"])
def test_secrets_with_signs_that_a_line_escapes_are_hidden(form: str, stream: io.StringIO) -> None:
    secret = "canary\"quoted'\\back"
    configure_logging(stream, 2, form, secrets_of({"MY_PASSWORD": secret}))  # type: ignore[arg-type]
    emit(SymbolFailed("r-1", "BTC/USDT", "data", "DataFault", f"refused {secret}"), get_logger("scan"))
    get_logger("scan").warning("refused %s", secret)
    assert "canary" not in stream.getvalue()
    assert stream.getvalue().count("[hidden]") == 2


def test_every_event_goes_to_a_file_whatever_the_verbosity(stream: io.StringIO, tmp_path: Path) -> None:
    configure_logging(stream)
    path = tmp_path / "deep" / "log.jsonl"
    for _ in range(2):
        with logging_to(path) as file:
            for event in events_of(SCAN):
                emit(event, get_logger("scan"))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines[:13]] == [line["event"] for line in lines[13:]]
    assert len(lines) == 26
    assert (stream.getvalue(), file.problem) == ("", "")


def test_a_log_that_takes_nothing_more_never_ends_a_run_and_says_so(stream: io.StringIO) -> None:
    configure_logging(stream)
    with logging_to(Path("/dev/full")) as file:
        for event in events_of(SCAN):
            emit(event, get_logger("scan"))
    assert file.problem == "log lines are lost: [Errno 28] No space left on device"
    assert stream.getvalue() == ""


def test_a_log_file_that_cannot_be_opened_is_named(stream: io.StringIO, tmp_path: Path) -> None:
    configure_logging(stream)
    (tmp_path / "taken").write_text("")
    with (
        pytest.raises(StorageFault, match=r"log file .*taken/log cannot be opened"),
        logging_to(tmp_path / "taken" / "log"),
    ):
        pass
