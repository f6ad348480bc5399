"""The loopback Binance perpetuals and Bybit answer as the recorded ones did, refuse what they refuse and weigh what they weigh."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.binance_usdm import BinanceUsdmServer
from tests.servers.bybit import BybitServer
from tests.servers.clients import get_json
from tests.servers.market import DAY, MINUTE, ServedMarket

MIDNIGHT = 1_722_556_800_000
NOW = MIDNIGHT + (12 * 60 + 7) * 60_000 + 30_000


@pytest.fixture
def usdm(market: ServedMarket) -> Iterator[BinanceUsdmServer]:
    with BinanceUsdmServer(market, NOW) as running:
        yield running


@pytest.fixture
def bybit(market: ServedMarket) -> Iterator[BybitServer]:
    with BybitServer(market, NOW) as running:
        yield running


def shape(document: Any) -> Any:
    """Field names and types, without the values."""
    if isinstance(document, dict):
        return {name: shape(value) for name, value in sorted(document.items())}
    if isinstance(document, list):
        return [shape(document[0])] if document else []
    return type(document).__name__


RECORDED = [
    ("klines", {"symbol": "BTCUSDT", "interval": "1d", "limit": 5}, "klines_0"),
    ("depth", {"symbol": "BTCUSDT", "limit": 5}, "depth_0"),
    ("ticker/24hr", {"symbol": "BTCUSDT"}, "ticker-24hr_1"),
    ("ticker/bookTicker", {"symbol": "BTCUSDT"}, "ticker-bookTicker_0"),
    ("time", {}, "time_0"),
]


@pytest.mark.parametrize(("path", "query", "name"), RECORDED)
def test_perpetual_answers_have_the_recorded_fields(
    usdm: BinanceUsdmServer, market_dir: Path, path: str, query: dict[str, Any], name: str
) -> None:
    kept = market_dir / "payloads" / "binance" / "recorded_gct" / f"fapi-v1_GET_{name}.json"
    ours = get_json(usdm.base_url, f"/fapi/v1/{path}", **query)[2]
    assert shape(ours) == shape(json.loads(kept.read_text())["response"])


def test_the_perpetual_listing_has_the_recorded_fields(usdm: BinanceUsdmServer, market_dir: Path) -> None:
    kept = market_dir / "payloads" / "binance" / "recorded_cryptofeed" / "exchangeInfo_usdm.json"
    theirs = json.loads(kept.read_text())["response"]
    ours = get_json(usdm.base_url, "/fapi/v1/exchangeInfo")[2]
    assert shape(ours) == shape(theirs)


@pytest.mark.parametrize(
    ("path", "query", "weight"),
    [
        ("ping", {}, 1),
        ("exchangeInfo", {}, 1),
        ("klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": 99}, 1),
        ("klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": 499}, 2),
        ("klines", {"symbol": "BTCUSDT", "interval": "5m"}, 5),
        ("klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": 1500}, 10),
        ("ticker/24hr", {}, 40),
        ("ticker/bookTicker", {}, 5),
        ("depth", {"symbol": "BTCUSDT", "limit": 1000}, 20),
    ],
)
def test_every_perpetual_request_weighs_what_it_does_there(
    usdm: BinanceUsdmServer, path: str, query: dict[str, Any], weight: int
) -> None:
    _, headers, _ = get_json(usdm.base_url, f"/fapi/v1/{path}", **query)
    assert headers["X-MBX-USED-WEIGHT-1M"] == str(weight)


def test_a_perpetual_depth_that_is_not_offered_is_refused(usdm: BinanceUsdmServer) -> None:
    status, _, body = get_json(usdm.base_url, "/fapi/v1/depth", symbol="BTCUSDT", limit=7)
    assert (status, body["code"]) == (400, -4021)


@pytest.mark.parametrize(
    ("path", "query", "kept"),
    [
        ("time", {}, "docs_examples/market_time.json"),
        ("tickers", {"category": "spot"}, "docs_examples/market_tickers.json"),
        ("orderbook", {"category": "spot", "symbol": "BTCUSDT"}, "docs_examples/market_orderbook.json"),
        (
            "kline",
            {"category": "spot", "symbol": "BTCUSDT", "interval": "60"},
            "docs_examples/market_kline.json",
        ),
        ("instruments-info", {"category": "spot"}, "docs_examples/market_instrument.json"),
    ],
)
def test_bybit_answers_have_the_documented_fields(
    bybit: BybitServer, market_dir: Path, path: str, query: dict[str, Any], kept: str
) -> None:
    examples = json.loads((market_dir / "payloads" / "bybit" / kept).read_text())["responses"]
    ours = get_json(bybit.base_url, f"/v5/market/{path}", **query)[2]
    assert shape(ours) in [shape(example) for example in examples if "raw" not in example]


def test_a_linear_ticker_has_the_recorded_fields(bybit: BybitServer, market_dir: Path) -> None:
    kept = market_dir / "payloads" / "bybit" / "recorded_gct" / "v5_market_tickers_linear.json"
    theirs = json.loads(kept.read_text())["response"]["result"]["list"][0]
    ours = get_json(bybit.base_url, "/v5/market/tickers", category="linear")[2]["result"]["list"][0]
    assert shape(ours) == shape(theirs)


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("kline", {"symbol": "BTCUSDT", "interval": "5"}, "Category"),
        ("kline", {"category": "spot", "symbol": "NOPEUSDT", "interval": "5"}, "Not supported symbols"),
        ("kline", {"category": "spot", "symbol": "BTCUSDT", "interval": "7"}, "interval"),
        ("kline", {"category": "spot", "symbol": "BTCUSDT", "interval": "5", "limit": "x"}, "limit"),
        ("orderbook", {"category": "spot", "symbol": "BTCUSDT", "limit": 500}, "limit"),
    ],
)
def test_a_wrong_question_to_bybit_gets_status_200_and_a_code(
    bybit: BybitServer, path: str, query: dict[str, Any], message: str
) -> None:
    status, _, body = get_json(bybit.base_url, f"/v5/market/{path}", **query)
    assert (status, body["retCode"]) == (200, 10001)
    assert message in body["retMsg"]


def test_bybit_counts_requests_in_its_window(market: ServedMarket) -> None:
    with BybitServer(market, NOW, weight_limit=2) as server:
        answers = [get_json(server.base_url, "/v5/market/time") for _ in range(3)]
        left = [headers["X-Bapi-Limit-Status"] for _, headers, _ in answers]
        assert left == ["1", "0", "0"]
        assert [body["retCode"] for _, _, body in answers] == [0, 0, 10006]
        assert int(answers[0][1]["X-Bapi-Limit-Reset-Timestamp"]) > NOW
        server.now_ms += 5000
        assert get_json(server.base_url, "/v5/market/time")[2]["retCode"] == 0


def test_bybit_gives_the_newest_of_a_long_span_and_the_first_after_a_start(bybit: BybitServer) -> None:
    query = {"category": "linear", "symbol": "BTCUSDT", "interval": "5", "limit": 3}

    def opens(**span: int) -> list[int]:
        rows = get_json(bybit.base_url, "/v5/market/kline", **query, **span)[2]["result"]["list"]
        return [int(row[0]) for row in rows]

    five = 5 * MINUTE
    assert opens() == [MIDNIGHT + DAY // 2 + step * five for step in (1, 0, -1)]
    assert opens(start=MIDNIGHT) == [MIDNIGHT + step * five for step in (2, 1, 0)]
    assert opens(start=MIDNIGHT, end=MIDNIGHT + 9 * five) == [MIDNIGHT + step * five for step in (9, 8, 7)]


@pytest.mark.parametrize("part", [1, 3])
def test_linear_instruments_come_in_parts(bybit: BybitServer, part: int) -> None:
    bybit.part = part
    found, cursor = [], "0"
    while cursor:
        result = get_json(bybit.base_url, "/v5/market/instruments-info", category="linear", cursor=cursor)[2][
            "result"
        ]
        found += [entry["symbol"] for entry in result["list"]]
        cursor = result["nextPageCursor"]
    assert found == ["BTCUSDT", "ETHUSDT", "PEPEUSDT", "BTC-27SEP24"]
