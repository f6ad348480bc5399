"""Shapes of Bybit v5's public answers, field for field as recorded ones or the examples of its documentation."""

from __future__ import annotations

from typing import Any

from tests.servers import payloads
from tests.servers.market import DAY, Rows, ServedMarket
from tests.servers.rules import SymbolRules


def plain(text: str) -> str:
    """A number as the venue writes it: without trailing zeros."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(value: float) -> str:
    """The same, of a float."""
    return plain(payloads.number(value))


def envelope(result: dict[str, Any], now_ms: int) -> dict[str, Any]:
    """What every answer is wrapped in."""
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": now_ms}


def spot_entry(symbol: str, rules: SymbolRules, status: str) -> dict[str, Any]:
    """A spot market in instruments-info."""
    base, quote = symbol.split("/")
    lots = {
        "basePrecision": plain(rules.step),
        "quotePrecision": "0.0000001",
        "minOrderQty": plain(rules.step),
        "maxOrderQty": "83",
        "minOrderAmt": plain(rules.min_notional),
        "maxOrderAmt": "8000000",
        "maxLimitOrderQty": "83",
        "maxMarketOrderQty": "41.5",
        "postOnlyMaxLimitOrderSize": "60000",
    }
    return {
        "symbolId": 9,
        "symbol": base + quote,
        "baseCoin": base,
        "quoteCoin": quote,
        "innovation": "0",
        "status": status,
        "marginTrading": "utaOnly",
        "stTag": "0",
        "lotSizeFilter": lots,
        "priceFilter": {"tickSize": plain(rules.tick)},
        "riskParameters": {"priceLimitRatioX": "0.005", "priceLimitRatioY": "0.01"},
        "symbolType": "",
    }


def linear_entry(
    symbol: str, rules: SymbolRules, status: str, onboard_ms: int, delivery_ms: int
) -> dict[str, Any]:
    """A perpetual in instruments-info."""
    base, quote = symbol.split("/")
    lots = {
        "maxOrderQty": "1190",
        "minOrderQty": plain(rules.step),
        "qtyStep": plain(rules.step),
        "postOnlyMaxOrderQty": "1190",
        "maxMktOrderQty": "500",
        "minNotionalValue": plain(rules.min_notional),
    }
    tick = plain(rules.tick)
    return {
        "symbol": base + quote,
        "symbolId": 5,
        "contractType": "LinearPerpetual",
        "status": status,
        "baseCoin": base,
        "quoteCoin": quote,
        "launchTime": str(onboard_ms),
        "deliveryTime": str(delivery_ms),
        "deliveryFeeRate": "",
        "priceScale": "2",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": tick, "maxPrice": "1999999.80", "tickSize": tick},
        "lotSizeFilter": lots,
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": quote,
        "copyTrading": "both",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
        "symbolType": "",
    }


def dated_entry(symbol: str, rules: SymbolRules, now_ms: int) -> dict[str, Any]:
    """A contract with a delivery date of its kind."""
    entry = linear_entry(symbol, rules, "Trading", now_ms - 60 * DAY, now_ms + 30 * DAY)
    return entry | {"symbol": f"{entry['baseCoin']}-27SEP24", "contractType": "LinearFutures"}


def klines(rows: Rows) -> list[list[str]]:
    """Seven texts a candle, newest first."""
    return [
        [str(int(row[0])), *(number(cell) for cell in row[1:]), number(row[5] * sum(row[2:5]) / 3)]
        for row in rows[::-1].tolist()
    ]


def ticker(
    market: ServedMarket, symbol: str, rules: SymbolRules, now_ms: int, category: str
) -> dict[str, Any]:
    """The last 24 hours of a symbol."""
    spot = payloads.ticker(market, symbol, rules, now_ms)
    last, first = float(spot["lastPrice"]), float(spot["openPrice"])
    shared = {
        "symbol": spot["symbol"],
        "lastPrice": plain(spot["lastPrice"]),
        "prevPrice24h": plain(spot["openPrice"]),
        "price24hPcnt": f"{last / first - 1:.4f}",
        "highPrice24h": plain(spot["highPrice"]),
        "lowPrice24h": plain(spot["lowPrice"]),
        "turnover24h": plain(spot["quoteVolume"]),
        "volume24h": plain(spot["volume"]),
        "bid1Price": plain(spot["bidPrice"]),
        "bid1Size": plain(spot["bidQty"]),
        "ask1Price": plain(spot["askPrice"]),
        "ask1Size": plain(spot["askQty"]),
    }
    return shared | (
        _contract(shared, now_ms) if category == "linear" else {"usdIndexPrice": shared["lastPrice"]}
    )


def _contract(shared: dict[str, Any], now_ms: int) -> dict[str, Any]:
    price = shared["lastPrice"]
    return {
        **dict.fromkeys(("indexPrice", "markPrice", "prevPrice1h"), price),
        **dict.fromkeys(("basis", "basisRate", "deliveryFeeRate", "predictedDeliveryPrice"), ""),
        "deliveryTime": "0",
        "fundingRate": "0.0001",
        "nextFundingTime": str(now_ms + DAY // 3),
        "openInterest": "1000",
        "openInterestValue": number(float(price) * 1000),
    }


def depth(last: float, rules: SymbolRules, limit: int, now_ms: int, market_id: str) -> dict[str, Any]:
    """A book one tick wide around the last price."""
    book = payloads.depth(last, rules, limit, now_ms)
    sides = {
        short: [[plain(cell) for cell in level] for level in book[name]]
        for short, name in (("b", "bids"), ("a", "asks"))
    }
    return {"s": market_id, **sides, "ts": now_ms, "u": 230704, "seq": 1432604333, "cts": now_ms - 126}
