"""Deliveries of ``watch`` end in time for the next close, wait for nothing after a fault, and stop when the run does."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from engine.commands import posting
from engine.commands.console import Console
from engine.commands.flags import Output
from engine.commands.posting import Posted, Postman
from engine.commands.stopping import Stop
from shared.config.settings import build_settings
from shared.models.timeframe import Timeframe
from shared.models.watching import Missed, Overlapped, Scanned, Troubled, WatchEvent
from tests.fixtures.hand_scan import EMPTY

CLOSE = 1_722_600_000_000


@pytest.fixture
def stop() -> Stop:
    return Stop()


@pytest.fixture
def postman(tmp_path: Path, stop: Stop, monkeypatch: pytest.MonkeyPatch) -> Postman:
    environ = {
        "SNIPERSIGHT_HOME": str(tmp_path),
        "TELEGRAM_BOT_TOKEN": "4821:x",
        "SNIPERSIGHT_APPRISE_URLS": "ntfy://topic",
    }
    settings = build_settings((), ("binance",))
    monkeypatch.setattr(posting.SystemClock, "now_ms", lambda _: CLOSE + 60_000)
    return Postman(settings, environ, Timeframe.M15, Console.of(Output(), environ), stop)


def patience(postman: Postman, monkeypatch: pytest.MonkeyPatch, event: WatchEvent) -> list[float]:
    asked: list[float] = []

    def post(settings: object, environ: object, patience_s: float, ends: object) -> Posted:
        asked.append(patience_s)
        return Posted(0, {}, 0)

    monkeypatch.setattr(posting, "post", post)
    postman.told(event)
    return asked


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Scanned(CLOSE, EMPTY, 5.0, 4.0), [20.0]),
        (Scanned(CLOSE, EMPTY, 5.0, 850.0), [15.0]),
        (Scanned(CLOSE, EMPTY, 5.0, 870.0), []),
        (Scanned(CLOSE, EMPTY, 5.0, 2_000.0), []),
        (Troubled(CLOSE, "no answer", "", 5.0), [0.0]),
        (Overlapped(CLOSE, "r-1"), [0.0]),
        (Missed(CLOSE, CLOSE, 1, "slept"), []),
    ],
)
def test_no_delivery_lasts_into_the_next_close(
    postman: Postman, monkeypatch: pytest.MonkeyPatch, event: WatchEvent, expected: list[float]
) -> None:
    assert patience(postman, monkeypatch, event) == pytest.approx(expected, abs=0.5)


def test_a_delivery_ends_when_the_run_is_asked_to(
    postman: Postman, stop: Stop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post(settings: object, environ: object, patience_s: float, ends: posting.Ends) -> Posted:
        async def work() -> None:
            ending = asyncio.Event()
            looking = asyncio.create_task(ends(ending))  # type: ignore[arg-type]
            await ending.wait()
            await looking

        asyncio.run(work())
        return Posted(0, {}, 0)

    monkeypatch.setattr(posting, "post", post)
    threading.Timer(0.2, setattr, (stop, "signal", 15)).start()
    began_s = time.monotonic()
    postman.told(Scanned(CLOSE, EMPTY, 5.0, 4.0))
    assert time.monotonic() - began_s < 3
    assert patience(postman, monkeypatch, Scanned(CLOSE, EMPTY, 5.0, 4.0)) == []
