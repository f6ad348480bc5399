"""Unmodified ccxt, sync and async, takes the loopback server for Binance spot."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import ccxt
import ccxt.async_support
import numpy as np
import pytest

from tests.servers.binance import BinanceServer
from tests.servers.clients import get_json, pointed_at
from tests.servers.market import BASE_MS, DAY, MINUTE, ServedMarket
from tests.servers.rules import RULES, SymbolRules

MIDNIGHT = 1_722_556_800_000
NOW = MIDNIGHT + 12 * 60 * MINUTE + 7 * MINUTE + 30_000
SINCE = MIDNIGHT - 10 * DAY
BTC, PEPE, LATE = "BTC/USDT", "PEPE/USDT", "DOGS/USDT"
LISTED = [BTC, "ETH/USDT", PEPE]
FEW = ["BTCUSDT", "ETHUSDT"]


def in_async(server: BinanceServer, work: Callable[[Any], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        options = {"enableRateLimit": False, "timeout": 1000}
        async with pointed_at(server.base_url, ccxt.async_support.binance(options)) as made:
            return await work(made)

    return asyncio.run(run())


def shape(document: Any) -> Any:
    """Field names and types, without the values."""
    if isinstance(document, dict):
        return {name: shape(value) for name, value in sorted(document.items())}
    if isinstance(document, list):
        return [shape(document[0])] if document else []
    return type(document).__name__


class TestMarkets:
    def test_ccxt_loads_spot_and_finds_no_contracts(self, server: BinanceServer, client: Any) -> None:
        markets = client.load_markets()
        assert sorted(markets) == sorted(LISTED)
        assert {path for path, _ in server.requests} == {
            "/api/v3/exchangeInfo",
            "/fapi/v1/exchangeInfo",
            "/dapi/v1/exchangeInfo",
        }
        for symbol, entry in markets.items():
            rules = RULES[symbol]
            assert (entry["spot"], entry["active"], entry["type"]) == (True, True, "spot")
            assert entry["precision"]["price"] == float(rules.tick)
            assert entry["precision"]["amount"] == float(rules.step)
            assert entry["limits"]["cost"]["min"] == float(rules.min_notional)

    def test_the_async_client_loads_the_same(self, server: BinanceServer) -> None:
        assert sorted(in_async(server, lambda made: made.load_markets())) == sorted(LISTED)

    def test_a_symbol_appears_with_its_first_candle(self, server: BinanceServer, client: Any) -> None:
        assert (
            get_json(server.base_url, "/api/v3/klines", symbol="DOGSUSDT", interval="5m")[2]["code"] == -1121
        )
        server.now_ms = MIDNIGHT + DAY + 1
        assert LATE in client.load_markets()

    def test_status_and_rules_can_change(self, server: BinanceServer, client: Any) -> None:
        server.status[BTC] = "BREAK"
        server.rules[PEPE] = SymbolRules("0.00000010", "10.00", "1.00000000", 1e-5)
        markets = client.load_markets()
        assert markets[BTC]["active"] is False
        assert markets[PEPE]["precision"]["price"] == 1e-7

    def test_answers_have_the_recorded_fields(self, server: BinanceServer, market_dir: Path) -> None:
        recorded = market_dir / "payloads" / "binance"
        listing = recorded / "recorded_misc" / "exchangeInfo_spot_2024-09-08.json.gz"
        theirs = json.loads(gzip.decompress(listing.read_bytes()))
        ours = get_json(server.base_url, "/api/v3/exchangeInfo")[2]
        bitcoin = next(entry for entry in theirs["symbols"] if entry["symbol"] == "BTCUSDT")
        assert shape({**ours, "symbols": []}) == shape({**theirs, "symbols": []})
        assert shape(ours["symbols"][0]) == shape(bitcoin)
        assert [shape(each) for each in ours["symbols"][0]["filters"]] == [
            shape(each) for each in bitcoin["filters"]
        ]
        for name, path, query in (
            ("ticker-24hr", "/api/v3/ticker/24hr", {"symbol": "BTCUSDT"}),
            ("klines", "/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1m"}),
            ("depth", "/api/v3/depth", {"symbol": "BTCUSDT"}),
        ):
            kept = json.loads((recorded / "recorded_gct" / f"api-v3_GET_{name}_0.json").read_text())[
                "response"
            ]
            answer = get_json(server.base_url, path, **query)[2]
            assert shape(answer) == shape(kept)
            if name == "klines":
                assert [type(cell) for cell in answer[0]] == [type(cell) for cell in kept[0]]


class TestCandles:
    def test_pages_join_without_a_seam_and_end_in_the_forming_candle(
        self, server: BinanceServer, market: ServedMarket
    ) -> None:
        async def walk(made: Any) -> list[list[float]]:
            rows: list[list[float]] = []
            since = SINCE
            while True:
                page = await made.fetch_ohlcv(BTC, "5m", since=since, limit=1000)
                rows += page
                if len(page) < 1000:
                    return rows
                since = int(page[-1][0]) + BASE_MS

        rows = np.array(in_async(server, walk))
        assert server.count("/klines") == 4
        assert np.all(np.diff(rows[:, 0]) == BASE_MS)
        closed = market.base[BTC][: len(rows) - 1]
        assert np.array_equal(rows[:-1, :5], closed[:, :5])
        assert np.allclose(rows[:-1, 5], closed[:, 5], rtol=0, atol=1e-8)
        assert rows[-1, 0] == NOW - NOW % BASE_MS
        assert rows[-1, 5] < market.base[BTC][len(rows) - 1, 5]

    def test_the_forming_candle_changes_until_it_closes(self, server: BinanceServer, client: Any) -> None:
        forming = client.fetch_ohlcv(BTC, "1h", limit=1)[0]
        server.now_ms = MIDNIGHT + 13 * 60 * MINUTE
        closed = client.fetch_ohlcv(BTC, "1h", limit=1)[0]
        server.now_ms += 1
        assert forming[0] == closed[0] == MIDNIGHT + 12 * 60 * MINUTE
        assert forming[5] < closed[5]
        assert client.fetch_ohlcv(BTC, "1h", limit=2)[0] == closed

    @pytest.mark.parametrize(("asked", "given"), [(None, 500), (3, 3), (1000, 1000), (5000, 1000)])
    def test_limits(self, server: BinanceServer, asked: int | None, given: int) -> None:
        query = {"symbol": "BTCUSDT", "interval": "1m"} | ({"limit": asked} if asked else {})
        _, _, rows = get_json(server.base_url, "/api/v3/klines", **query)
        assert len(rows) == given
        assert rows[-1][0] == NOW - NOW % MINUTE
        assert rows[-1][6] == rows[-1][0] + MINUTE - 1

    def test_both_ends_count_and_the_start_leads(self, server: BinanceServer) -> None:
        span = {"symbol": "BTCUSDT", "interval": "15m"}
        quarter = 15 * MINUTE

        def opened(**query: int) -> list[int]:
            return [row[0] for row in get_json(server.base_url, "/api/v3/klines", **span, **query)[2]]

        assert opened(startTime=MIDNIGHT, endTime=MIDNIGHT + quarter) == [MIDNIGHT, MIDNIGHT + quarter]
        assert opened(startTime=MIDNIGHT + 1, limit=1) == [MIDNIGHT + quarter]
        assert opened(endTime=MIDNIGHT, limit=2) == [MIDNIGHT - quarter, MIDNIGHT]
        assert opened(startTime=0, limit=1) == [SINCE]
        assert opened(startTime=NOW) == []
        assert opened(startTime=MIDNIGHT, endTime=MIDNIGHT - 1) == []

    def test_a_recording_gap_shortens_nothing(self, market: ServedMarket) -> None:
        rows = market.base[BTC]
        with BinanceServer(ServedMarket({BTC: np.r_[rows[:500], rows[900:1000]]}), NOW) as server:
            assert (
                len(
                    get_json(server.base_url, "/api/v3/klines", symbol="BTCUSDT", interval="5m", limit=300)[2]
                )
                == 300
            )

    def test_weeks_open_on_monday(self, client: Any) -> None:
        for row in client.fetch_ohlcv(BTC, "1w"):
            assert time.gmtime(row[0] / 1000).tm_wday == 0


class TestOtherReads:
    def test_the_clock_is_ours(self, server: BinanceServer, client: Any) -> None:
        assert client.fetch_time() == NOW
        server.now_ms += 1
        assert client.fetch_time() == NOW + 1

    def test_tickers_are_made_from_the_day(self, server: BinanceServer, market: ServedMarket) -> None:
        tickers = in_async(server, lambda made: made.fetch_tickers())
        assert sorted(tickers) == sorted(LISTED)
        day = market.candles(BTC, "5m", NOW - DAY, NOW)
        ticker = tickers[BTC]
        assert (ticker["last"], ticker["high"], ticker["low"]) == (
            day[-1, 4],
            day[:, 2].max(),
            day[:, 3].min(),
        )
        assert ticker["quoteVolume"] == pytest.approx((day[:, 5] * day[:, 4]).sum(), rel=0.01)
        assert ticker["low"] <= ticker["vwap"] <= ticker["high"]
        assert ticker["bid"] == pytest.approx(ticker["last"])
        assert ticker["ask"] == pytest.approx(ticker["last"] + 0.01)

    def test_a_few_tickers_can_be_asked_for(self, server: BinanceServer, client: Any) -> None:
        assert sorted(client.fetch_tickers([BTC, PEPE])) == [BTC, PEPE]
        assert json.loads(server.requests[-1][1]["symbols"]) == ["BTCUSDT", "PEPEUSDT"]
        assert client.fetch_ticker(PEPE)["symbol"] == PEPE

    @pytest.mark.parametrize("symbol", LISTED)
    def test_the_book_is_sorted_on_tick_and_not_crossed(self, client: Any, symbol: str) -> None:
        book = client.fetch_order_book(symbol, 50)
        bids, asks = np.array(book["bids"]), np.array(book["asks"])
        assert bids.shape == asks.shape == (50, 2)
        assert np.all(np.diff(bids[:, 0]) < 0)
        assert np.all(np.diff(asks[:, 0]) > 0)
        assert asks[0, 0] - bids[0, 0] == pytest.approx(float(RULES[symbol].tick))
        assert np.all(bids > 0)

    def test_ping(self, server: BinanceServer) -> None:
        assert get_json(server.base_url, "/api/v3/ping")[2] == {}


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "query", "code"),
        [
            ("klines", {"symbol": "NOPEUSDT", "interval": "5m"}, -1121),
            ("klines", {"symbol": "btcusdt", "interval": "5m"}, -1100),
            ("klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
            ("klines", {"symbol": "BTCUSDT"}, -1102),
            ("klines", {"interval": "5m"}, -1102),
            ("klines", {"symbol": "", "interval": "5m"}, -1102),
            ("klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": "many"}, -1100),
            ("klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": "0"}, -1130),
            ("klines", {"symbol": "BTCUSDT", "interval": "5m", "startTime": "-1"}, -1100),
            ("klines", {"symbol": "BTCUSDT", "interval": "5m", "since": "1"}, -1104),
            ("depth", {"limit": "5"}, -1102),
            ("ticker/24hr", {"symbol": "BTCUSDT", "symbols": "[]"}, -1128),
            ("ticker/24hr", {"symbols": "BTCUSDT"}, -1100),
            ("ticker/24hr", {"symbols": '["BTCUSDT","BTCUSDT"]'}, -1151),
            ("exchangeInfo", {"symbol": "NOPEUSDT"}, -1121),
        ],
    )
    def test_a_wrong_question_gets_the_venue_own_error(
        self, server: BinanceServer, path: str, query: dict[str, str], code: int
    ) -> None:
        status, _, body = get_json(server.base_url, f"/api/v3/{path}", **query)
        assert (status, body["code"]) == (400, code)
        assert body["msg"]

    def test_ccxt_knows_the_errors(self, server: BinanceServer, client: Any) -> None:
        client.load_markets()
        with pytest.raises(ccxt.BadSymbol):
            client.public_get_klines({"symbol": "NOPEUSDT", "interval": "5m"})
        with pytest.raises(ccxt.BadRequest):
            client.public_get_klines({"symbol": "BTCUSDT", "interval": "7m"})

    def test_an_unknown_address_is_not_found(self, server: BinanceServer) -> None:
        status, _, body = get_json(server.base_url, "/api/v3/nothing")
        assert (status, body["code"]) == (404, -5000)


class TestWeights:
    @pytest.mark.parametrize(
        ("path", "query", "weight"),
        [
            ("ping", {}, 1),
            ("time", {}, 1),
            ("exchangeInfo", {}, 20),
            ("klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": 1000}, 2),
            ("ticker/24hr", {}, 80),
            ("ticker/24hr", {"symbol": "BTCUSDT"}, 2),
            ("ticker/24hr", {"symbols": json.dumps(FEW)}, 2),
            ("ticker/24hr", {"symbols": json.dumps([str(number) for number in range(21)])}, 40),
            ("ticker/24hr", {"symbols": json.dumps([str(number) for number in range(101)])}, 80),
            ("depth", {"symbol": "BTCUSDT"}, 5),
            ("depth", {"symbol": "BTCUSDT", "limit": 101}, 25),
            ("depth", {"symbol": "BTCUSDT", "limit": 1000}, 50),
            ("depth", {"symbol": "BTCUSDT", "limit": 9999}, 250),
        ],
    )
    def test_every_request_weighs_what_it_does_there(
        self, server: BinanceServer, path: str, query: dict[str, Any], weight: int
    ) -> None:
        _, headers, _ = get_json(server.base_url, f"/api/v3/{path}", **query)
        assert headers["X-MBX-USED-WEIGHT-1M"] == str(weight)

    def test_too_much_in_a_minute_is_refused_until_the_next(self, market: ServedMarket) -> None:
        with BinanceServer(market, NOW, weight_limit=44) as server:
            client = pointed_at(server.base_url, ccxt.binance({"enableRateLimit": False}))
            client.load_markets()
            for _ in range(11):
                client.fetch_ohlcv(BTC, "5m", limit=1)
            with pytest.raises(ccxt.DDoSProtection, match="-1003"):
                client.fetch_ohlcv(BTC, "5m", limit=1)
            assert client.last_response_headers["x-mbx-used-weight-1m"] == "46"
            assert 0 < int(client.last_response_headers["Retry-After"]) <= 60
            server.now_ms += MINUTE
            assert client.fetch_ohlcv(BTC, "5m", limit=1)
            client.close()
