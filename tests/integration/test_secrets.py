"""Six secrets planted where they could be told, and calls that fail in every way: not one of them is told."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from bot.telemetry.events import emit, events_of
from bot.telemetry.logging import ROOT, configure_logging, get_logger, logging_to
from bot.telemetry.redaction import secrets_of
from bot.ui.audit import record_json
from bot.ui.documents import scan_json
from bot.ui.look import Look
from bot.ui.terminal import closing_lines, scan_lines
from data.adapters.budget_ledger import MemoryLedger
from data.adapters.demo import DemoFeed
from data.adapters.http_guard import Guard
from data.adapters.request_budget import Allowance, RequestBudget
from engine.commands.app import run
from engine.commands.edges import open_journal
from engine.edges import Edges, ScanRequest
from engine.hooks import Hooks
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.errors import DataFault, RateLimited, SniperError, StorageFault, TransportFault, VenueRefusal
from shared.models.context import SniperContext
from shared.models.data import Candles
from shared.models.risk import Account
from shared.models.timeframe import Timeframe

CANARY: Final = "canary"
PLANTED: Final = {
    "TELEGRAM_BOT_TOKEN": "7000000001:AAcanary-bot-token-canary-0123456789",
    "BINANCE_API_KEY": "canaryKEYcanaryKEYcanaryKEYcanaryKEY",
    "BINANCE_API_SECRET": "canarySECRET/canary+SECRET==",
    "EXCHANGE_PASSPHRASE": "canary pass phrase",
    "DASHBOARD_PASSWORD": "canary\"quoted'\\back",
    "WALLET_PRIVATE": "0xcanarycanarycanarycanary",
}
"""Variable to secret: plain, with signs of base64, with spaces, with signs that JSON and repr escape."""
SHAPES: Final = (
    "refused {}",
    "apiKey={}&timestamp=1",
    '{{"secret": "{}"}}',
    "Invalid key '{}' (-2014)",
    "GET https://host/path?signature={}",
    "Authorization: Bearer {}",
    "https://me:{}@proxy:8080 did not answer",
)
KINDS: Final = (DataFault, TransportFault, RateLimited, VenueRefusal, StorageFault)
MORE = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
CALLS = 2400 if MORE else 240


@pytest.fixture(autouse=True)
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, secret in PLANTED.items():
        monkeypatch.setenv(name, secret)
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    logging.getLogger(ROOT).handlers = []
    logging.getLogger(ROOT).setLevel(logging.NOTSET)


def told(text: str) -> list[str]:
    """Lines in which a canary stands."""
    return [line for line in text.splitlines() if CANARY in line]


def faults() -> Iterator[SniperError]:
    """Every kind of fault quoting every secret in every shape, round and round."""
    for kind, secret, shape in itertools.cycle(itertools.product(KINDS, PLANTED.values(), SHAPES)):
        yield kind(f"demo: {shape.format(secret)}", f"Check {secret}")


class Echoing(DemoFeed):
    """An exchange whose every answer of candles is a fault that quotes a secret."""

    def __init__(self, source: Iterator[SniperError], calls: list[int]) -> None:
        super().__init__()
        self._faults = source
        self._calls = calls

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        self._calls.append(1)
        raise next(self._faults)


class Clock:
    def now_ms(self) -> int:
        return 4_000_000_000_000


def edges_of(feed: Callable[[], DemoFeed], path: Path) -> Edges:
    return Edges(
        feed, None, Clock(), open_journal=partial(open_journal, {"SNIPERSIGHT_HOME": str(path)}),
        secrets=secrets_of(os.environ),
    )  # fmt: skip


def request() -> ScanRequest:
    from decimal import Decimal

    return ScanRequest(load_profile("balanced"), "demo", Account(Decimal(10_000), "USDT"))


def test_no_scan_log_record_document_or_repr_tells_what_a_failing_exchange_quotes(
    planted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, calls, seen = faults(), [], []
    secrets = secrets_of(os.environ)
    with (planted / "err").open("w") as stream, logging_to(planted / "log.jsonl", secrets):
        configure_logging(stream, 2, "console", secrets)
        while len(calls) < CALLS:
            edges = edges_of(lambda: Echoing(source, calls), planted)
            result = run_scan(request(), edges)
            for event in events_of(result):
                emit(event, get_logger("scan"))
            look = Look(120)
            shown = [*scan_lines(result, look, None), *closing_lines(result, look)]
            seen += [scan_json(result), repr(result), repr(edges), *shown]
    with open_journal({"SNIPERSIGHT_HOME": str(planted)}) as journal:
        seen += [record_json(record) for record in journal.records()]
    seen += [(planted / name).read_text() for name in ("err", "log.jsonl")]
    assert len(calls) >= CALLS
    assert "[hidden]" in "".join(seen)
    assert [told(text) for text in seen if told(text)] == []


def test_no_hook_that_breaks_over_a_secret_tells_it(planted: Path) -> None:
    hooks = Hooks()

    def leaks(context: SniperContext) -> SniperContext:
        raise ValueError(f"cannot sign with {PLANTED['BINANCE_API_SECRET']}")

    hooks.register("after_data", leaks)
    result = run_scan(request(), edges_of(DemoFeed, planted), hooks=hooks)
    assert (
        len(result.faults)
        == len([row for row in result.faults if "cannot sign with [hidden]" in row.problem])
        > 20
    )
    with open_journal({"SNIPERSIGHT_HOME": str(planted)}) as journal:
        assert told("\n".join(record_json(record) for record in journal.records())) == []


def answers() -> list[bytes]:
    """Answers of a server that hold a secret: in the body, in a header, in a redirect, in the reason, cut, as an error of the venue's."""
    made = []
    for secret, shape in itertools.product(PLANTED.values(), SHAPES):
        text = shape.format(secret)
        body = json.dumps({"code": -2014, "msg": text}).encode()
        for status, content, more in (
            ("200 OK", f"<html>{text}</html>".encode(), ""),
            (f"418 {secret}", body, f"Retry-After: 1\r\nX-Key: {secret}\r\n"),
            (f"451 {secret}", body, ""),
            ("302 Found", b"", f"Location: /elsewhere?key={secret}\r\n"),
            ("503 Busy", body, ""),
            ("200 OK", body[: len(body) // 2], ""),
            (f"200 {secret}\x00\x01", body, f"Set-Cookie: {secret}\x00=\r\n"),
        ):
            length = f"Content-Length: {len(content)}\r\nConnection: close\r\n"
            made.append(f"HTTP/1.1 {status}\r\n{length}{more}\r\n".encode("latin-1") + content)
    return made


def test_no_fault_of_the_guard_tells_what_an_answer_held(planted: Path) -> None:
    made = answers()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        number = int(head.split(b" ")[1].strip(b"/").partition(b"?")[0])
        writer.write(made[number % len(made)])
        await writer.drain()
        writer.close()

    async def ask() -> list[str]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        budget = RequestBudget("demo", Allowance(1000, 1_000_000), MemoryLedger())
        guard, texts = Guard("demo", frozenset({f"127.0.0.1:{port}"}), 5.0, budget), []
        async with server, aiohttp.ClientSession() as session:
            for number in range(CALLS):
                secret = list(PLANTED.values())[number % len(PLANTED)]
                headers = {"X-MBX-APIKEY": secret}
                with pytest.raises(SniperError) as caught:
                    await guard.get(session, f"http://127.0.0.1:{port}/{number}", headers, "")
                texts += [str(caught.value), repr(caught.value), caught.value.action]
        return texts

    texts = asyncio.run(ask())
    assert len(texts) == 3 * CALLS
    assert [told(text) for text in texts if told(text)] == []


def test_no_command_tells_a_secret_of_its_environment_or_settings(
    planted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = PLANTED["BINANCE_API_KEY"]
    (planted / "typo.toml").write_text(f'[exchanges.binance]\napi_key = "{secret}"')
    (planted / "url.toml").write_text(f'[exchanges.binance]\nbase_url = "https://me:{secret}@host"')
    (planted / "proxy.toml").write_text(f'[exchanges.binance]\nproxy = "http://me:{secret}@host:1"')
    commands = [
        ["scan", "-c", "typo.toml"], ["scan", "-c", "url.toml", "--debug"], ["scan", "-c", "proxy.toml", "--debug"],
        ["config", "show", "--origin"], ["demo", "-s", "BTC", "--json", "-vv"], ["scan", "-s", secret, "-e", "demo"],
        ["scan", "--account", f"{secret}.toml", "-e", "demo", "--debug"],
        ["scan", "-e", "demo", "-s", "BTC", "--journal", "-vv", "--log-json", "log.jsonl"], ["audit", "export"],
    ]  # fmt: skip
    codes = [run(command) for command in commands]
    captured = capsys.readouterr()
    assert codes == [2, 2, 2, 0, 0, 2, 2, 0, 0]
    text = captured.out + captured.err + (planted / "log.jsonl").read_text()
    assert told(text) == []
