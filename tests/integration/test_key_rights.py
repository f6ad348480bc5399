"""What a key may do, asked through real ccxt of loopback exchanges that check the signature; and the key, told to nobody."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pickle
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from bot.telemetry.logging import ROOT
from data.adapters.budget_ledger import MemoryLedger
from data.adapters.key_check import KeyClient
from data.adapters.venue import KeyRights
from data.adapters.venues import VENUES
from engine.commands.app import run
from shared.config.secret import Secret
from shared.config.settings import ExchangeSettings
from shared.errors import ContractError, KeyRefused, RateLimited, SecurityFault, SniperError
from shared.utils.serialization import canonical_json
from tests.conformance.stands import SERVERS, plenty
from tests.servers.exchange import LoopbackExchange
from tests.servers.faults import OF_ANY
from tests.servers.market import DAY, ServedMarket
from tests.servers.signing import ServedKey
from tests.servers.ticking import PunctualBinance
from tests.servers.wire import Reply, Request

CANARY: Final = "canary"
KEY, SECRET = "canaryKEYcanaryKEYcanaryKEY", "canarySECRETcanarySECRET+/="
PATHS: Final = {"binance": "apiRestrictions", "bybit": "query-api"}
SIGNED: Final = tuple(VENUES)
PUBLIC: Final = (
    ["scan", "--slot", "-s", "BTC", "--journal", "-vv", "--log-json", "log.jsonl"],
    ["universe", "--json"],
    ["explain", "BTC"],
    ["data", "sync", "-s", "BTC", "-vv"],
    ["config", "show", "--origin"],
    ["audit", "show"],
    ["doctor"],
)
"""Every way to the exchange, and what is shown of settings and records; doctor alone asks about the key."""
UNREADABLE_AS_OTHER: Final = {"emptied"}
"""A list of rights that came empty is what a key without rights has."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def served(name: str, make: Callable[[ServedMarket, int], Any] | None = None) -> Iterator[LoopbackExchange]:
    """The venue's loopback exchange now, having given out one key that may trade."""
    now, opened = now_ms(), make or SERVERS[name]
    with opened(ServedMarket.synthetic(["BTC/USDT", "ETH/USDT"], now - DAY, now + DAY), now) as server:
        server.keys[KEY] = ServedKey(SECRET, trades=True, ip_bound=True)
        yield server


@contextmanager
def client_of(
    name: str, server: LoopbackExchange, timeout_s: float = 5.0, **more: Any
) -> Iterator[Callable[[], KeyRights]]:
    """Questions without repeats; what the venue asked for in one is not held against the next."""
    settings = ExchangeSettings(
        base_url=server.base_url, timeout_s=timeout_s, key=Secret(KEY), secret=Secret(SECRET)
    )
    ledger = MemoryLedger()

    async def opened() -> KeyClient:
        return KeyClient(VENUES[name], replace(settings, **more), plenty(VENUES[name], ledger))

    with asyncio.Runner() as runner:
        client = runner.run(opened())

        def ask() -> KeyRights:
            ledger._kept.clear()
            return runner.run(client.rights())

        try:
            yield ask
        finally:
            runner.run(client.close())


def asked(name: str, server: LoopbackExchange, **more: Any) -> KeyRights:
    """One question."""
    with client_of(name, server, **more) as ask:
        return ask()


@pytest.mark.parametrize("name", SIGNED)
def test_a_signed_question_says_what_the_key_may_do(name: str) -> None:
    with served(name) as server, client_of(name, server) as ask:
        for trades, withdraws in product((True, False), repeat=2):
            server.now_ms = now_ms()
            server.keys[KEY] = ServedKey(SECRET, trades=trades, withdraws=withdraws, ip_bound=trades)
            assert ask() == KeyRights(True, trades, withdraws, trades)
        assert len(server.keyed) == 4


def _unknown(server: LoopbackExchange) -> None:
    server.keys.clear()


def _other_secret(server: LoopbackExchange) -> None:
    server.keys[KEY].secret = "another"


def _elsewhere(server: LoopbackExchange) -> None:
    server.keys[KEY].from_here = False


def _late(server: LoopbackExchange) -> None:
    server.now_ms += 60_000


def _early(server: LoopbackExchange) -> None:
    server.now_ms -= 60_000


def _expired(server: LoopbackExchange) -> None:
    server.keys[KEY].expired = True


SPOILS: Final = (
    (_unknown, "does not know this key"),
    (_other_secret, "does not belong to this key"),
    (_elsewhere, "address"),
    (_late, "by the exchange's clock"),
    (_early, "by the exchange's clock"),
    (_expired, "key"),
)


@pytest.mark.parametrize("name", ["binance", "bybit"])
def test_a_key_that_is_not_taken_is_refused_with_the_reason_and_a_fix(name: str) -> None:
    with served(name) as server, client_of(name, server) as ask:
        for spoil, words in SPOILS:
            server.now_ms = now_ms()
            server.keys[KEY] = ServedKey(SECRET)
            spoil(server)
            with pytest.raises(KeyRefused) as caught:
                ask()
            assert words in caught.value.problem
            assert caught.value.action


def told(fault: BaseException) -> str:
    """Everything a fault could tell, causes and contexts too."""
    texts, seen = [], [fault]
    while seen:
        one = seen.pop()
        texts += [str(one), repr(one), repr(vars(one)), "".join(traceback.format_exception(one))]
        seen += [more for more in (one.__cause__, one.__context__) if more is not None]
    return "\n".join(texts)


def outcome_of(ask: Callable[[], KeyRights]) -> KeyRights | SniperError:
    """The answer, or the typed fault in its place."""
    try:
        return ask()
    except SniperError as fault:
        return fault


@pytest.mark.parametrize("name", ["binance", "bybit"])
def test_every_fault_of_the_answer_ends_typed_and_tells_neither_key_nor_secret(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    right = KeyRights(True, True, False, True)
    with served(name) as server, client_of(name, server, timeout_s=0.3) as ask:
        for kind in OF_ANY:
            server.now_ms = now_ms()
            server.fault(PATHS[name], kind)
            began = time.monotonic()
            outcome = outcome_of(ask)
            if isinstance(outcome, KeyRights):
                assert outcome == right or kind in UNREADABLE_AS_OTHER, kind
            else:
                assert CANARY not in told(outcome), kind
            assert time.monotonic() - began < 3, kind
    out, err = capfd.readouterr()
    assert CANARY not in caplog.text + out + err
    assert all(CANARY not in str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("name", ["binance", "bybit"])
def test_an_error_that_quotes_the_key_is_not_passed_on(name: str) -> None:
    body = json.dumps({"code": -9999, "retCode": 99999, "msg": f"key {KEY} {SECRET}", "retMsg": KEY}).encode()
    with served(name) as server, client_of(name, server) as ask:
        for status in (200, 400, 401, 500):
            server.answer = partial(_replied, Reply(status, body))  # type: ignore[method-assign]
            with pytest.raises(SniperError) as caught:
                ask()
            assert CANARY not in told(caught.value)


def _replied(reply: Reply, request: Request) -> Reply:
    return reply


def test_a_wait_the_exchange_asks_for_is_kept() -> None:
    with served("binance") as server:
        server.fault("apiRestrictions", "http_429")
        with pytest.raises(RateLimited):
            asked("binance", server)


def test_the_key_is_sent_to_no_host_in_the_clear_and_to_no_network_that_cannot_be_asked() -> None:
    with served("binance") as server:
        for more, kind in (
            ({"base_url": "http://mirror.example.net"}, SecurityFault),
            ({"base_url": "", "testnet": True}, KeyRefused),
        ):
            with pytest.raises(kind):
                asked("binance", server, **more)
        assert server.requests == []


def test_a_secret_is_shown_in_no_form() -> None:
    secret = Secret(SECRET)
    settings = ExchangeSettings(key=Secret(KEY), secret=secret)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", repr(settings), repr([secret])]
    assert CANARY not in "".join(shown)
    for write in (pickle.dumps, json.dumps, canonical_json):
        with pytest.raises((SecurityFault, TypeError, ContractError)) as caught:
            write(settings if write is not json.dumps else secret)
        assert CANARY not in told(caught.value)
    assert (secret == Secret(SECRET), secret == Secret("else"), bool(Secret())) == (True, False, False)


@pytest.fixture
def keyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackExchange]:
    """A loopback Binance whose clock goes, and a key in the environment."""
    monkeypatch.chdir(tmp_path)
    with served("binance", PunctualBinance) as server:
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", server.base_url)
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__KEY", KEY)
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__SECRET", SECRET)
        yield server
    logging.getLogger(ROOT).handlers = []
    logging.getLogger(ROOT).setLevel(logging.NOTSET)


def keys_row(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    run(["doctor", "--json"])
    out, err = capsys.readouterr()
    assert CANARY not in out + err
    rows: list[dict[str, Any]] = json.loads(out)["findings"]
    return next(row for row in rows if row["name"] == "keys")


@pytest.mark.parametrize(
    ("key", "verdict", "words"),
    [
        (ServedKey(SECRET), "ok", "read only, from any address"),
        (ServedKey(SECRET, trades=True, ip_bound=True), "ok", "read and trade, not withdraw, from listed"),
        (ServedKey(SECRET, withdraws=True), "fail", "may withdraw: refused for trading"),
        (ServedKey(SECRET, from_here=False), "fail", "from an address it is not for"),
        (ServedKey("another"), "fail", "does not belong to this key"),
    ],
)
def test_doctor_says_what_the_key_may_do(
    keyed: LoopbackExchange, capsys: pytest.CaptureFixture[str], key: ServedKey, verdict: str, words: str
) -> None:
    keyed.keys[KEY] = key
    row = keys_row(capsys)
    assert (row["verdict"], words in row["measured"]) == (verdict, True), row
    assert bool(row["advice"]) == (verdict != "ok")


def test_doctor_finds_no_fault_in_a_key_that_is_not_set(
    keyed: LoopbackExchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("KEY", "SECRET"):
        monkeypatch.delenv(f"SNIPERSIGHT_EXCHANGES__BINANCE__{part}")
    assert keys_row(capsys)["measured"] == "not set: public data only"
    assert keyed.keyed == []


def test_an_exchange_that_takes_no_key_is_warned_of(
    keyed: LoopbackExchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part, text in (("KEY", KEY), ("SECRET", SECRET)):
        monkeypatch.setenv(f"SNIPERSIGHT_EXCHANGES__BINANCE_LITE__{part}", text)
    monkeypatch.setenv("SNIPERSIGHT_EXCHANGE", "binance-lite")
    monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE_LITE__BASE_URL", keyed.base_url)
    assert keys_row(capsys)["verdict"] == "warn"
    assert keyed.keyed == []


def test_public_commands_send_no_key_and_write_it_nowhere(
    keyed: LoopbackExchange, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for command in PUBLIC:
        run(command)
    out, err = capfd.readouterr()
    assert "[hidden]  # environment" in out
    assert CANARY not in out + err
    assert {path.rpartition("/")[2] for path in keyed.keyed} == {"apiRestrictions"}
    assert keyed.count("klines") > 0
    homes = (tmp_path, Path(os.environ["SNIPERSIGHT_HOME"]))
    written = [file for home in homes for file in home.rglob("*") if file.is_file()]
    assert len(written) > 3
    assert [file for file in written if CANARY.encode() in file.read_bytes()] == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_key_in_a_file_that_others_may_read_is_refused(
    keyed: LoopbackExchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("KEY", "SECRET"):
        monkeypatch.delenv(f"SNIPERSIGHT_EXCHANGES__BINANCE__{part}")
    file = Path("keys.toml")
    file.write_text(f'[exchanges.binance]\nkey = "{KEY}"\nsecret = "{SECRET}"\n')
    for mode, code in ((0o644, 20), (0o640, 20), (0o602, 20), (0o600, 0), (0o400, 0)):
        file.chmod(mode)
        assert run(["config", "show", "-c", "keys.toml"]) == code
        out, err = capsys.readouterr()
        assert CANARY not in out + err
        assert ("chmod 600" in err) == (code == 20)


@pytest.mark.parametrize(
    "text",
    [
        f'[exchanges.binance]\nkey = "{KEY}"',
        f'[exchanges.binance]\nsecret = "{SECRET}"',
        f'[exchanges.binance]\nkey = ["{KEY}"]\nsecret = "{SECRET}"',
        f'[exchanges.binance]\nkey = "{KEY}\\u0000"\nsecret = "{SECRET}"',
        f'[exchanges.binance.key]\nx = "{KEY}"',
    ],
)
def test_a_key_that_is_wrongly_written_is_refused_without_being_quoted(
    keyed: LoopbackExchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    for part in ("KEY", "SECRET"):
        monkeypatch.delenv(f"SNIPERSIGHT_EXCHANGES__BINANCE__{part}")
    Path("keys.toml").write_text(text)
    Path("keys.toml").chmod(0o600)
    assert run(["config", "show", "-c", "keys.toml", "--debug"]) == 2
    out, err = capsys.readouterr()
    assert CANARY not in out + err


def test_half_of_a_key_set_through_a_value_of_the_other_kind_is_not_quoted(
    keyed: LoopbackExchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__KEY__OF", "x")
    assert run(["config", "show"]) == 2
    out, err = capsys.readouterr()
    assert CANARY not in out + err
