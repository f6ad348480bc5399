"""Shapes of Binance spot's public answers, field for field as recorded ones; numbers are strings of eight decimals."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from tests.servers.market import DAY, INTERVAL_MS, Rows, ServedMarket
from tests.servers.rules import SymbolRules

WEIGHT_PER_MINUTE = 6000
MEAN_TRADE = 500.0
"""Quote units a trade moves on average: made up, as the numbers of trades made from it are."""
BOOK_NOTIONAL = 2000
BOOK_STEP = 2e-5
LEVELS = 1000


def number(value: float) -> str:
    """A number as the venue writes it."""
    return f"{value:.8f}"


def general(now_ms: int, weight_limit: int) -> dict[str, Any]:
    """exchangeInfo but for its symbols."""
    limits = (
        ("REQUEST_WEIGHT", "MINUTE", 1, weight_limit),
        ("ORDERS", "SECOND", 10, 100),
        ("ORDERS", "DAY", 1, 200_000),
        ("RAW_REQUESTS", "MINUTE", 5, 61_000),
    )
    names = ("rateLimitType", "interval", "intervalNum", "limit")
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": [dict(zip(names, limit, strict=True)) for limit in limits],
        "exchangeFilters": [],
    }


def symbol_entry(symbol: str, rules: SymbolRules, status: str) -> dict[str, Any]:
    """One symbol of exchangeInfo."""
    base, quote = symbol.split("/")
    precisions = ("baseAssetPrecision", "quotePrecision", "quoteAssetPrecision")
    commissions = ("baseCommissionPrecision", "quoteCommissionPrecision")
    allowed = (
        "icebergAllowed",
        "ocoAllowed",
        "otoAllowed",
        "quoteOrderQtyMarketAllowed",
        "allowTrailingStop",
    )
    return {
        "symbol": base + quote,
        "status": status,
        "baseAsset": base,
        "quoteAsset": quote,
        **dict.fromkeys(precisions + commissions, 8),
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
        **dict.fromkeys(allowed, True),
        "cancelReplaceAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(rules),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def _filters(rules: SymbolRules) -> list[dict[str, Any]]:
    sides = {
        f"{side}Multiplier{way}": value
        for side in ("bid", "ask")
        for way, value in (("Up", "5"), ("Down", "0.2"))
    }
    deltas = {
        f"{end}Trailing{way}Delta": value
        for end, value in (("min", 10), ("max", 2000))
        for way in ("Above", "Below")
    }
    notional = {
        "minNotional": rules.min_notional,
        "applyMinToMarket": True,
        "maxNotional": "9000000.00000000",
    }
    most = "9000000.00000000"
    return [
        {"filterType": "PRICE_FILTER", "minPrice": rules.tick, "maxPrice": "1000000.00000000", "tickSize": rules.tick},
        {"filterType": "LOT_SIZE", "minQty": rules.step, "maxQty": most, "stepSize": rules.step},
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {"filterType": "MARKET_LOT_SIZE", "minQty": number(0), "maxQty": most, "stepSize": number(0)},
        {"filterType": "TRAILING_DELTA", **deltas},
        {"filterType": "PERCENT_PRICE_BY_SIDE", **sides, "avgPriceMins": 5},
        {"filterType": "NOTIONAL", **notional, "applyMaxToMarket": False, "avgPriceMins": 5},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    ]  # fmt: skip


def klines(rows: Rows, interval: str) -> list[list[Any]]:
    """Twelve fields a candle."""
    return [_kline(row, INTERVAL_MS[interval]) for row in rows.tolist()]


def _kline(row: list[float], length: int) -> list[Any]:
    opened, price, high, low, close, volume = row
    turnover = volume * (high + low + close) / 3
    trades = math.ceil(turnover / MEAN_TRADE)
    cells = [number(value) for value in (price, high, low, close, volume)]
    taken = [number(volume / 2), number(turnover / 2)]
    return [int(opened), *cells, int(opened) + length - 1, number(turnover), trades, *taken, "0"]


def ticker(market: ServedMarket, symbol: str, rules: SymbolRules, now_ms: int) -> dict[str, Any]:
    """The last 24 hours of a symbol; zeros where it did not trade."""
    rows = market.candles(symbol, "5m", now_ms - DAY, now_ms)
    last = market.last_price(symbol, now_ms)
    first = float(rows[0, 1]) if len(rows) else last
    volume = float(rows[:, 5].sum())
    turnover = float((rows[:, 2:5].mean(axis=1) * rows[:, 5]).sum()) if len(rows) else 0.0
    trades = math.ceil(turnover / MEAN_TRADE)
    book = depth(last, rules, 1, now_ms)
    (bid, bid_size), (ask, ask_size) = book["bids"][0], book["asks"][0]
    return {
        "symbol": symbol.replace("/", ""),
        "priceChange": number(last - first),
        "priceChangePercent": f"{(last / first - 1) * 100:.3f}",
        "weightedAvgPrice": number(turnover / volume if volume else 0.0),
        "prevClosePrice": number(first),
        "lastPrice": number(last),
        "lastQty": rules.step,
        "bidPrice": bid,
        "bidQty": bid_size,
        "askPrice": ask,
        "askQty": ask_size,
        "openPrice": number(first),
        "highPrice": number(rows[:, 2].max() if len(rows) else last),
        "lowPrice": number(rows[:, 3].min() if len(rows) else last),
        "volume": number(volume),
        "quoteVolume": number(turnover),
        "openTime": now_ms - DAY,
        "closeTime": now_ms,
        "firstId": 1 if trades else -1,
        "lastId": trades or -1,
        "count": trades,
    }


def depth(last: float, rules: SymbolRules, limit: int, now_ms: int) -> dict[str, Any]:
    """A book one tick wide around the last price, thicker further out."""
    tick, step = Decimal(rules.tick), Decimal(rules.step)
    best = Decimal(number(last)) // tick
    gap = max(1, int(last * BOOK_STEP / float(tick)))
    levels = range(min(limit, LEVELS))
    bids = [best - level * gap for level in levels if best - level * gap > 0]
    asks = [best + 1 + level * gap for level in levels]

    def rungs(side: list[Decimal]) -> list[list[str]]:
        sizes = (
            BOOK_NOTIONAL * (1 + level % 7 + level // 10) / (price * tick) for level, price in enumerate(side)
        )
        return [
            [f"{price * tick:.8f}", f"{(size // step + 1) * step:.8f}"]
            for price, size in zip(side, sizes, strict=True)
        ]

    return {"lastUpdateId": now_ms, "bids": rungs(bids), "asks": rungs(asks)}
