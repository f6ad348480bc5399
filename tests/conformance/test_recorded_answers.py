"""Answers the exchanges really gave, read by the readers the scan uses."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from data.adapters.ccxt_binance import BINANCE, BINANCE_USDM
from data.adapters.ccxt_bybit import BYBIT, BYBIT_LINEAR
from data.adapters.venue import Span, Venue
from shared.models.data import Market
from shared.models.timeframe import Timeframe


def recorded(folder: Path, name: str) -> Any:
    raw = (folder / "payloads" / name).read_bytes()
    document = json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)
    return document.get("response", document) if isinstance(document, dict) else document


def market(venue: Venue, market_id: str) -> Market:
    base = market_id.removesuffix("USDT")
    return Market(
        venue.name, f"{base}/USDT", market_id, base, "USDT", venue.kind, Decimal("0.01"), Decimal("0.001"), Decimal(5),
        True, "exchange",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("venue", "name", "least"),
    [
        (BINANCE, "binance/recorded_misc/exchangeInfo_spot_2024-09-08.json.gz", 20),
        (BINANCE, "binance/recorded_cryptofeed/exchangeInfo_spot.json.gz", 20),
        (BINANCE_USDM, "binance/recorded_cryptofeed/exchangeInfo_usdm.json", 100),
    ],
)
def test_listings(market_dir: Path, venue: Venue, name: str, least: int) -> None:
    answer = recorded(market_dir, name)
    markets, rest = venue.dialect.read_markets(answer, venue.name)
    assert not rest
    assert len(markets) >= least
    assert {each.kind for each in markets} == {venue.kind}
    bitcoin = next(each for each in markets if each.market_id == "BTCUSDT")
    assert (bitcoin.base, bitcoin.quote, bitcoin.active) == ("BTC", "USDT", True)
    if venue.kind == "perpetual":
        assert (bitcoin.symbol, bitcoin.onboard_ms, bitcoin.delivery_ms) == (
            "BTC/USDT:USDT",
            1569398400000,
            0,
        )
        assert len(markets) < len(answer["symbols"])


@pytest.mark.parametrize(
    ("venue", "name"),
    [
        (BYBIT, "bybit/recorded_gct/v5_market_tickers_spot.json"),
        (BYBIT_LINEAR, "bybit/recorded_gct/v5_market_tickers_linear.json"),
        (BINANCE_USDM, "binance/recorded_gct/fapi-v1_GET_ticker-24hr_2.json"),
    ],
)
def test_tickers(market_dir: Path, venue: Venue, name: str) -> None:
    answer = recorded(market_dir, name)
    if venue.name.startswith("bybit"):
        answer = {"retCode": 0, **answer}
    rows = answer if isinstance(answer, list) else answer["result"]["list"]
    by_id = {row["symbol"]: market(venue, row["symbol"]) for row in rows if row["symbol"].endswith("USDT")}
    quotes = recorded(market_dir, "binance/recorded_gct/fapi-v1_GET_ticker-bookTicker_1.json")
    answers = [answer, quotes] if venue is BINANCE_USDM else [answer]
    tickers = venue.dialect.read_tickers(answers, by_id)
    assert tickers.keys() == {each.symbol for each in by_id.values()}
    assert all(0 < ticker.low <= ticker.high for ticker in tickers.values())
    assert all(0 < ticker.bid <= ticker.ask for ticker in tickers.values())


@pytest.mark.parametrize(
    ("venue", "name", "timeframe"),
    [
        (BINANCE_USDM, "binance/recorded_gct/fapi-v1_GET_klines_0.json", Timeframe.D1),
        (BYBIT, "bybit/docs_examples/market_kline.json", Timeframe.H1),
    ],
)
def test_candles(market_dir: Path, venue: Venue, name: str, timeframe: Timeframe) -> None:
    answer = recorded(market_dir, name)
    if venue is BYBIT:
        answer = answer["responses"][0]
        answer["result"]["category"] = "spot"
    market_id = "BTCUSD" if venue is BYBIT else "BTCUSDT"
    span = Span(market(venue, market_id), timeframe, 0, 2_000_000_000_000, 1000)
    candles = venue.dialect.read_candles(answer, span)
    assert len(candles) >= 3
    assert candles.gaps() == 0


@pytest.mark.parametrize(
    ("venue", "name", "market_id"),
    [
        (BINANCE, "binance/recorded_gct/api-v3_GET_depth_0.json", "BTCUSDT"),
        (BINANCE_USDM, "binance/recorded_gct/fapi-v1_GET_depth_0.json", "BTCUSDT"),
        (BINANCE_USDM, "binance/recorded_cryptofeed/depth_usdm_0.json", "SUSHIUSDT"),
        (BYBIT, "bybit/testdata_nautilus/http_get_orderbook.json", "BTCUSDT"),
    ],
)
def test_order_books(market_dir: Path, venue: Venue, name: str, market_id: str) -> None:
    asked_ms = 0 if venue.book_is_timed else 1_600_000_000_000
    book = venue.dialect.read_order_book(recorded(market_dir, name), market(venue, market_id), asked_ms)
    assert 0 < book.spread_bps < 50
    assert book.time_ms > 1_500_000_000_000


def test_the_exchange_time(market_dir: Path) -> None:
    (answer,) = recorded(market_dir, "bybit/docs_examples/market_time.json")["responses"]
    assert BYBIT.dialect.read_time(answer) == 1688639403423
    assert BINANCE_USDM.dialect.read_time(
        recorded(market_dir, "binance/recorded_gct/fapi-v1_GET_time_0.json")
    )
