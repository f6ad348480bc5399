"""The guard at the HTTP border against a loopback server: what is no well-formed answer of an allowed host ends typed."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import json
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from data.adapters.budget_ledger import Ledger, MemoryLedger, SqliteLedger
from data.adapters.http_guard import MAX_BYTES, Answer, Guard, StrayPages, budget_key, reading
from data.adapters.request_budget import RequestBudget
from data.adapters.spending import Allowance
from shared.errors import RateLimited, SecurityFault, SniperError, TransportFault, VenueDown, VenueRefusal
from tests.servers.binance import BinanceServer
from tests.servers.clients import get
from tests.servers.market import DAY, ServedMarket
from tests.servers.wire import Loopback, Reply, Request, drip, hang, reset

NOW: Final = 1_722_600_000_000
PLENTY: Final = Allowance(60_000, 1_000)
HTML: Final = b"<html><body>Sign in to this network</body></html>"
GOOD: Final = json.dumps([[1, "2.5"]] * 300).encode()
BOMB_BYTES: Final = 256 << 20


class Server:
    """Gives the same reply to everybody and remembers what was asked."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.asked: list[Request] = []

    def answer(self, request: Request) -> tuple[Reply, Mapping[str, str]]:
        self.asked.append(request)
        return self.reply, {}


@contextmanager
def serving(reply: Reply) -> Iterator[tuple[Server, str]]:
    server = Server(reply)
    with Loopback(server.answer) as wire:
        yield server, wire.base_url


def guard_for(
    base_url: str,
    ledger: Ledger | None = None,
    *,
    exchange: str = "example",
    deadline_s: float = 5.0,
    allowance: Allowance = PLENTY,
    patience_s: float = 90.0,
) -> Guard:
    budget = RequestBudget(exchange, allowance, ledger or MemoryLedger(), patience_s=patience_s)
    return Guard(exchange, frozenset({base_url.split("//")[1]}), deadline_s, budget, StrayPages())


def asking(guard: Guard, url: str, weight: int = 1, **session: Any) -> Answer:
    async def work() -> Answer:
        async with aiohttp.ClientSession(**session) as opened:
            return await sent(guard, opened, url, weight)

    return asyncio.run(work())


async def sent(guard: Guard, session: aiohttp.ClientSession, url: str, weight: int = 1) -> Answer:
    """One request, paid for and sent, as a client does."""
    await guard.budget.spend(budget_key(url, ""), weight)
    return await guard.get(session, url, {"Accept-Encoding": "gzip, deflate"}, "")


def packed(body: bytes) -> Reply:
    return Reply(200, body, {"Content-Encoding": "gzip"})


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, GOOD),
        packed(gzip.compress(GOOD)),
        Reply(200, zlib.compress(GOOD), {"Content-Encoding": "deflate"}),
    ],
)
def test_a_good_answer_passes_plain_or_packed(reply: Reply) -> None:
    with serving(reply) as (_, url):
        answer = asking(guard_for(url), url)
    assert answer.document == json.loads(GOOD)
    assert answer.text == GOOD.decode()


@pytest.mark.parametrize(
    ("reply", "fault", "words"),
    [
        (Reply(200, HTML), TransportFault, "an HTML page"),
        (Reply(200, b""), TransportFault, "no whole JSON"),
        (Reply(200, b"null"), TransportFault, "not an object or list"),
        (Reply(200, b"[NaN]"), TransportFault, "no whole JSON"),
        (Reply(200, b"[" * 33 + b"]" * 33), TransportFault, "at most 32 levels"),
        (Reply(200, b"[" * 100_000 + b"]" * 100_000), TransportFault, "no whole JSON"),
        (Reply(200, b"[" + b" " * MAX_BYTES + b"]"), TransportFault, "larger than 32 MiB"),
        (Reply(200, GOOD, claimed_length=len(GOOD) + 1), TransportFault, r"could not be read|no whole answer"),
        (Reply(200, GOOD, send=reset), TransportFault, "could not be read"),
        (packed(b"not packed"), TransportFault, "cannot be unpacked"),
        (packed(gzip.compress(GOOD)[:-40]), TransportFault, "no whole JSON"),
        (Reply(200, GOOD, {"Content-Encoding": "br"}), TransportFault, "packed as 'br'"),
        (Reply(502, HTML), TransportFault, "HTTP 502"),
        (Reply(503, HTML), TransportFault, "HTTP 503"),
        (Reply(503, HTML, {"Retry-After": "600"}), VenueDown, r"maintenance until .* \(HTTP 503\)"),
        (Reply(451, HTML), VenueRefusal, "HTTP 451"),
        (Reply(403, HTML), VenueRefusal, "HTTP 403"),
        (Reply(403, b"403, Access too frequent."), RateLimited, r"banned until .*Wait 600 s"),
        (Reply(429, b"{}"), RateLimited, r"Wait 30 s"),
        (Reply(418, b"{}"), RateLimited, r"banned until .*Wait 120 s"),
        (Reply(429, b"{}", {"Retry-After": "soon"}), RateLimited, r"Wait 30 s"),
    ],
)  # fmt: skip
def test_anything_else_ends_typed_in_one_line(reply: Reply, fault: type[SniperError], words: str) -> None:
    with serving(reply) as (_, url), pytest.raises(fault, match=words) as caught:
        asking(guard_for(url, deadline_s=1.0), url)
    assert type(caught.value) is fault
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("inside", [b"", b"1", b'{}, {"a": {"b": [1, 2]}}', b'"' + b"[" * 40 + b'"'])
def test_32_levels_are_not_too_deep(inside: bytes) -> None:
    levels = 29
    with serving(Reply(200, b"[" * levels + inside + b"]" * levels)) as (_, url):
        asking(guard_for(url), url)


def test_a_33rd_level_is_too_deep_wherever_it_is() -> None:
    body = b'[1, "[", {"a": ' + b'{"b": ' * 30 + b"[2]" + b"}" * 30 + b"}]"
    with serving(Reply(200, body)) as (_, url), pytest.raises(TransportFault, match="at most 32 levels"):
        asking(guard_for(url), url)


@pytest.mark.parametrize("send", [drip, hang])
def test_the_deadline_bounds_the_whole_answer_however_slowly_it_drips(send: Any) -> None:
    with serving(Reply(200, GOOD, send=send)) as (_, url):
        began = time.monotonic()
        with pytest.raises(TransportFault, match=r"no whole answer within 0\.3 s"):
            asking(guard_for(url, deadline_s=0.3), url)
        assert time.monotonic() - began < 1.5


def test_a_redirect_is_refused_and_never_followed() -> None:
    with serving(Reply(200, GOOD)) as (elsewhere, there):
        redirect = pytest.raises(TransportFault, match="a redirect, which is never followed")
        with serving(Reply(302, b"", {"Location": there})) as (_, url), redirect:
            asking(guard_for(url), url)
        assert elsewhere.asked == []


def test_a_host_off_the_list_is_never_spoken_to() -> None:
    with serving(Reply(200, GOOD)) as (server, url):
        with pytest.raises(SecurityFault, match="not an allowed host"):
            asking(guard_for("http://127.0.0.1:9"), url)
        assert server.asked == []


def test_a_packed_bomb_is_unpacked_no_further_than_is_allowed() -> None:
    packer = zlib.compressobj(1, wbits=31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(BOMB_BYTES >> 20)), packer.flush()])
    with serving(packed(bomb)) as (_, url):
        tracemalloc.start()
        try:
            with pytest.raises(TransportFault, match="larger than 32 MiB"):
                asking(guard_for(url), url)
            assert tracemalloc.get_traced_memory()[1] < BOMB_BYTES / 2
        finally:
            tracemalloc.stop()


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's side of a certificate that nobody vouches for."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    own = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = own.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = dated.add_extension(names, critical=False).sign(key, hashes.SHA256())
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
    await writer.drain()
    writer.close()


def with_a_session_told_not_to_check(
    server_side: ssl.SSLContext, ask: Callable[[aiohttp.ClientSession, str], Coroutine[Any, Any, Any]]
) -> None:
    async def work() -> None:
        server = await asyncio.start_server(answers, "127.0.0.1", 0, ssl=server_side)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session:
            await ask(session, url)

    asyncio.run(work())


def test_certificates_are_checked_even_where_the_session_was_told_not_to(tmp_path: Path) -> None:
    server_side = self_signed(tmp_path)

    async def plainly(session: aiohttp.ClientSession, url: str) -> None:
        async with session.get(url) as response:
            assert response.status == 200

    async def guarded(session: aiohttp.ClientSession, url: str) -> None:
        with pytest.raises(SecurityFault, match=r"certificate of 127\.0\.0\.1.* is not in order"):
            await guard_for(url).get(session, url, {}, "")

    with_a_session_told_not_to_check(server_side, plainly)
    with_a_session_told_not_to_check(server_side, guarded)


def test_the_same_page_from_several_exchanges_is_said_to_come_from_in_between() -> None:
    with serving(Reply(200, HTML)) as (_, url):
        one, other = guard_for(url, exchange="one"), guard_for(url, exchange="other")
        other = Guard("other", other.hosts, 5.0, other.budget, one.strays)
        with pytest.raises(TransportFault, match=r"^one: .*characters\)\. A proxy or portal may"):
            asking(one, url)
        with pytest.raises(
            TransportFault, match=r"the same as from one\. A proxy or sign-in page answers for all"
        ):
            asking(other, url)


@pytest.mark.parametrize(("status", "kind"), [(418, RateLimited), (429, RateLimited), (503, VenueDown)])
def test_a_venue_that_asks_to_wait_long_is_left_alone_also_by_the_next_process(
    tmp_path: Path, status: int, kind: type[RateLimited]
) -> None:
    def run_once(url: str) -> None:
        ledger = SqliteLedger(tmp_path / "requests.sqlite3")
        with pytest.raises(kind) as caught:
            asking(guard_for(url, ledger), url)
        assert 590 < caught.value.wait_s <= 600
        ledger.close()

    with serving(Reply(status, b"{}", {"Retry-After": "600"})) as (server, url):
        for _ in range(3):
            run_once(url)
        assert len(server.asked) == 1


def test_a_wait_given_as_a_date_is_understood() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    reply = Reply(429, b"{}", {"Retry-After": until})
    with serving(reply) as (_, url), pytest.raises(RateLimited) as caught:
        asking(guard_for(url), url)
    assert 290 < caught.value.wait_s <= 300


@pytest.fixture
def binance() -> Iterator[BinanceServer]:
    with BinanceServer(ServedMarket.synthetic(["BTC/USDT"], NOW - DAY, NOW), NOW, weight_limit=100) as server:
        yield server


def test_a_short_wait_is_waited_out_by_every_request_there_is(binance: BinanceServer) -> None:
    binance.fault("/ping", "http_429")
    url, ledger = binance.base_url + "/api/v3/ping", MemoryLedger()
    guards = [guard_for(binance.base_url, ledger) for _ in range(2)]
    began = time.monotonic()
    with pytest.raises(RateLimited, match="too many requests"):
        asking(guards[0], url)
    asking(guards[1], url)
    assert time.monotonic() - began >= 1.0


def test_a_read_that_met_the_limit_is_repeated_after_the_wait(binance: BinanceServer) -> None:
    binance.fault("/ping", "http_429")
    guard = guard_for(binance.base_url)

    async def work() -> Answer:
        async with aiohttp.ClientSession() as session:
            return await reading(lambda: sent(guard, session, binance.base_url + "/api/v3/ping"))

    began = time.monotonic()
    assert asyncio.run(work()).document == {}
    assert time.monotonic() - began >= 1.0


def test_we_stop_short_of_the_limit_that_another_program_has_nearly_used_up(binance: BinanceServer) -> None:
    for _ in range(45):
        get(binance.base_url, "/api/v3/klines", symbol="BTCUSDT", interval="5m", limit=1)
    guard = guard_for(binance.base_url, allowance=Allowance(60_000, 94), patience_s=1.0)
    ping = binance.base_url + "/api/v3/ping"
    asking(guard, ping)
    for _ in range(3):
        asking(guard, ping)
    with pytest.raises(RateLimited, match="the request budget is used up"):
        asking(guard, ping)
    assert binance.count("/ping") == 4


def test_an_exact_budget_never_meets_the_limit_of_the_venue(binance: BinanceServer) -> None:
    """Thirty requests at once of weight 20 where five fit: the rest is refused by us, none by the venue."""
    guard = guard_for(binance.base_url, allowance=Allowance(60_000, 100), patience_s=0.0)

    async def work() -> list[Answer | BaseException]:
        async with aiohttp.ClientSession() as session:
            url = binance.base_url + "/api/v3/exchangeInfo"
            return await asyncio.gather(
                *(sent(guard, session, url, 20) for _ in range(30)), return_exceptions=True
            )

    ends = asyncio.run(work())
    assert sum(isinstance(end, Answer) for end in ends) == 5
    assert all("the request budget is used up" in str(end) for end in ends if not isinstance(end, Answer))
    assert binance.count("/exchangeInfo") == 5
