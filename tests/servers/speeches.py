"""How Binance and Bybit word their streams of candles, field for field as their documentation has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.servers.payloads import number
from tests.servers.streams import Row

BYBIT_INTERVALS = {
    "1": "1m", "3": "3m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "120": "2h", "240": "4h", "360": "6h",
    "720": "12h", "D": "1d", "W": "1w",
}  # fmt: skip
BINANCE_TOPIC = re.compile(r"(\w+)@kline_(\w+)")
BYBIT_TOPIC = re.compile(r"kline\.(\w+)\.(\w+)")


@dataclass(frozen=True)
class BinanceSpeech:
    """Raw streams on addresses under ``path``; ``most`` topics in a request."""

    path: str
    most: int = 200

    def serves(self, path: str) -> bool:
        return re.fullmatch(re.escape(self.path) + r"(/\w+)?", path) is not None

    def market_of(self, topic: str) -> tuple[str, str] | None:
        found = BINANCE_TOPIC.fullmatch(topic)
        return (found[1].upper(), found[2]) if found and topic == topic.lower() else None

    def request(self, document: Any) -> tuple[str, list[str]]:
        assert set(document) == {"method", "params", "id"}
        assert len(document["params"]) <= self.most
        return document["method"].lower(), document["params"]

    def answer(self, document: Any, *, good: bool) -> Any:
        if good:
            return {"result": None, "id": document["id"]}
        return {"error": {"code": 2, "msg": "Invalid request"}, "id": document["id"]}

    def candle(self, topic: str, row: Row, length_ms: int, sent_ms: int, *, closed: bool) -> dict[str, Any]:
        market_id, interval = self.market_of(topic) or ("", "")
        opened, (price, high, low, close, volume) = int(row[0]), map(number, row[1:])
        candle = {
            "t": opened, "T": opened + length_ms - 1, "s": market_id, "i": interval, "f": 100, "L": 200,
            "o": price, "c": close, "h": high, "l": low, "v": volume, "n": 100, "x": closed,
            "q": "1.00000000", "V": "0.50000000", "Q": "0.50000000", "B": "0",
        }  # fmt: skip
        return {"e": "kline", "E": sent_ms, "s": market_id, "k": candle}


@dataclass(frozen=True)
class BybitSpeech:
    """Public topics of ``spot`` and ``linear``."""

    path: str = "/v5/public/"

    def serves(self, path: str) -> bool:
        return path in (f"{self.path}spot", f"{self.path}linear")

    def market_of(self, topic: str) -> tuple[str, str] | None:
        found = BYBIT_TOPIC.fullmatch(topic)
        return (found[2], BYBIT_INTERVALS[found[1]]) if found and found[1] in BYBIT_INTERVALS else None

    def request(self, document: Any) -> tuple[str, list[str]]:
        assert len(document.get("args", ())) <= 100
        return document["op"], document.get("args", [])

    def answer(self, document: Any, *, good: bool) -> Any:
        shared = {"conn_id": "0970e817-426e-429a-a679-ff7f55e0b16a", "req_id": document["req_id"]}
        if document["op"] == "ping":
            return {**shared, "success": True, "ret_msg": "pong", "op": "ping"}
        return {
            **shared,
            "success": good,
            "ret_msg": "" if good else "error:handler not found",
            "op": document["op"],
        }

    def candle(self, topic: str, row: Row, length_ms: int, sent_ms: int, *, closed: bool) -> dict[str, Any]:
        opened, (price, high, low, close, volume) = int(row[0]), map(number, row[1:])
        candle = {
            "start": opened, "end": opened + length_ms - 1, "interval": topic.split(".")[1], "open": price,
            "close": close, "high": high, "low": low, "volume": volume, "turnover": "1.0", "confirm": closed,
            "timestamp": sent_ms,
        }  # fmt: skip
        return {"type": "snapshot", "topic": topic, "data": [candle], "ts": sent_ms}
