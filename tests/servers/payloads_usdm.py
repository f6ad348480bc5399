"""Shapes of Binance USDT-M's public answers where they differ from spot's, field for field as recorded ones."""

from __future__ import annotations

from typing import Any

from tests.servers import payloads
from tests.servers.market import DAY, ServedMarket
from tests.servers.rules import SymbolRules

WEIGHT_PER_MINUTE = 2400
NEVER_MS = 4_133_404_800_000
"""Delivery of a contract that has none."""
ONLY_SPOT = ("prevClosePrice", "bidPrice", "bidQty", "askPrice", "askQty")


def general(now_ms: int, weight_limit: int) -> dict[str, Any]:
    """exchangeInfo but for its symbols."""
    limits = (
        ("REQUEST_WEIGHT", "MINUTE", 1, weight_limit),
        ("ORDERS", "MINUTE", 1, 1200),
        ("ORDERS", "SECOND", 10, 300),
    )
    names = ("rateLimitType", "interval", "intervalNum", "limit")
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [dict(zip(names, limit, strict=True)) for limit in limits],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
    }


def symbol_entry(
    symbol: str, rules: SymbolRules, status: str, onboard_ms: int, delivery_ms: int
) -> dict[str, Any]:
    """A perpetual in exchangeInfo."""
    base, quote = symbol.split("/")
    return {
        "symbol": base + quote,
        "pair": base + quote,
        "contractType": "PERPETUAL",
        "deliveryDate": delivery_ms,
        "onboardDate": onboard_ms,
        "status": status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": base,
        "quoteAsset": quote,
        "marginAsset": quote,
        "pricePrecision": 8,
        "quantityPrecision": 8,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012000",
        "marketTakeBound": "0.30",
        "filters": _filters(rules),
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def quarterly_entry(symbol: str, rules: SymbolRules, now_ms: int) -> dict[str, Any]:
    """A contract with a delivery date of its kind."""
    entry = symbol_entry(symbol, rules, "TRADING", now_ms - 60 * DAY, now_ms + 30 * DAY)
    return entry | {"symbol": f"{entry['pair']}_240927", "contractType": "CURRENT_QUARTER"}


def _filters(rules: SymbolRules) -> list[dict[str, Any]]:
    return [
        {"filterType": "PRICE_FILTER", "minPrice": rules.tick, "maxPrice": "1000000", "tickSize": rules.tick},
        {"filterType": "LOT_SIZE", "minQty": rules.step, "maxQty": "1000", "stepSize": rules.step},
        {"filterType": "MARKET_LOT_SIZE", "minQty": rules.step, "maxQty": "1000", "stepSize": rules.step},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
        {"filterType": "MIN_NOTIONAL", "notional": rules.min_notional},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierDown": "0.8500",
            "multiplierUp": "1.1500",
            "multiplierDecimal": "4",
        },
    ]


def ticker(market: ServedMarket, symbol: str, rules: SymbolRules, now_ms: int) -> dict[str, Any]:
    """The last 24 hours: spot's without bid and ask."""
    whole = payloads.ticker(market, symbol, rules, now_ms)
    return {name: value for name, value in whole.items() if name not in ONLY_SPOT}


def quote(market: ServedMarket, symbol: str, rules: SymbolRules, now_ms: int) -> dict[str, Any]:
    """Best bid and ask."""
    book = payloads.depth(market.last_price(symbol, now_ms), rules, 1, now_ms)
    (bid, bid_size), (ask, ask_size) = book["bids"][0], book["asks"][0]
    prices = {"bidPrice": bid, "bidQty": bid_size, "askPrice": ask, "askQty": ask_size}
    return {"symbol": symbol.replace("/", ""), **prices, "time": now_ms}
