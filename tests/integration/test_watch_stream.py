"""``watch --stream`` on the command line, by a clock that goes as the loop waits: what it shows and stores is what REST alone gives."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from data.cache import SqliteCandleStore
from engine.commands.app import run
from engine.commands.paths import candle_file
from engine.exchange_time import Reading
from engine.watching import loop
from shared.models.watching import Scanned, WatchEvent
from tests.servers.binance import BinanceServer
from tests.servers.market import DAY, ServedMarket
from tests.unit.engine.watching.virtual_world import VirtualTimes

CLOSE = 1_722_600_000_000
SYMBOLS = ["BTC/USDT", "ETH/USDT"]
SOON_S = 10.0


@dataclass
class ByWaiting:
    """The loop's world, its time the exchange's, which goes where somebody waits."""

    server: BinanceServer
    topics: int
    times: VirtualTimes = field(default_factory=lambda: VirtualTimes(CLOSE + 6_000))
    asked: list[list[str]] = field(default_factory=list)
    seen: int = 0

    def world(
        self, times: object, read: object, turn: object, wait: object, *rest: Callable[..., object]
    ) -> loop.World:
        tell, draw = rest
        return self.real(self.times, self.read_time, turn, self.wait, self.told(tell), draw)

    real: Callable[..., loop.World] = loop.World

    def read_time(self) -> Reading:
        return Reading(self.times.wall_ms, self.times.wall_ms, self.times.passed_s, 0.0)

    def told(self, tell: Callable[..., object]) -> Callable[[WatchEvent], None]:
        def one(event: WatchEvent) -> None:
            tell(event)
            if isinstance(event, Scanned):
                new = self.server.requests[self.seen :]
                self.seen = len(self.server.requests)
                self.asked.append([q["symbol"] for _, q in new if q.get("interval") == "5m"])

        return one

    def wait(self, seconds: float) -> bool:
        self.until(lambda: len(self.server.streams.topics()) == self.topics)
        self.times.go(seconds)
        self.server.now_ms = self.times.wall_ms
        self.until(lambda: self.server.streams.is_read(self.server.now_ms))
        return False

    def until(self, done: Callable[[], bool]) -> None:
        ends = time.monotonic() + SOON_S
        while not done() and time.monotonic() < ends:
            time.sleep(0.003)
        assert done()


@pytest.fixture(scope="module")
def market() -> ServedMarket:
    return ServedMarket.synthetic(SYMBOLS, CLOSE - 400 * DAY, CLOSE + DAY)


def watched(
    market: ServedMarket, home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> list[list[str]]:
    """Four closes; what was asked for at each."""
    with BinanceServer(market, CLOSE + 6_000) as server:
        waits = ByWaiting(server, len(SYMBOLS) if "--stream" in arguments else 0)
        monkeypatch.setattr(loop, "World", waits.world)
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", server.base_url)
        monkeypatch.setenv("SNIPERSIGHT_HOME", str(home))
        which = ("-s", ",".join(SYMBOLS), "--rounds", "4", "--jsonl", "--all")
        assert run(["watch", *which, *arguments]) == 0
        return waits.asked


def test_it_shows_what_rest_alone_shows_and_asks_for_the_symbol_in_turn_alone(
    market: ServedMarket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = watched(market, tmp_path / "plain", monkeypatch)
    expected, _ = capsys.readouterr()
    asked = watched(market, tmp_path / "streamed", monkeypatch, "--stream")
    shown, told = capsys.readouterr()
    assert shown == expected
    assert [len(symbols) for symbols in plain[1:]] == [2, 2, 2]
    assert [len(symbols) for symbols in asked[1:]] == [2, 1, 1]
    assert "stream" not in told
    stores = [
        SqliteCandleStore(candle_file({"SNIPERSIGHT_HOME": str(tmp_path / side)}))
        for side in ("plain", "streamed")
    ]
    held = [
        {
            (i.symbol, i.timeframe): s.read("binance", i.symbol, i.timeframe, 0, CLOSE + DAY).digest()
            for i in s.series()
        }
        for s in stores
    ]
    for store in stores:
        store.close()
    assert held[0] == held[1]
    assert held[0]
