"""Plans, markets and positions a trader would write by hand."""

from __future__ import annotations

from decimal import Decimal

from shared.models.data import Market
from shared.models.planner import EntryKind, EntryZone, Rationale, Stop, Style, Target, TradePlan
from shared.models.profile import CostRules, Profile
from shared.models.risk import Account, Position
from shared.models.smc import Side, ZoneKind
from shared.models.timeframe import Timeframe

BALANCED = Profile("balanced", "for tests")
ACCOUNT = Account(Decimal(10_000), "USDT")
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
FREE = CostRules(maker_bps=0.0, taker_bps=0.0, slippage_bps=0.0)


def market(symbol: str = "BTC/USDT", lot: str = "0.00001", smallest: str = "5", kind: str = "spot") -> Market:
    base, quote = symbol.split("/")
    return Market(
        "binance",
        symbol,
        base + quote,
        base,
        quote,
        kind,
        Decimal("0.01"),
        Decimal(lot),
        Decimal(smallest),
        True,
        "exchange",
    )  # type: ignore[arg-type]


def plan(
    symbol: str = "BTC/USDT",
    side: Side = Side.LONG,
    score: float = 80.0,
    entry: str = "100",
    stop: str = "98",
) -> TradePlan:
    price, away = Decimal(entry), Decimal(stop)
    target = price + (price - away) * 2
    zone = EntryZone(
        EntryKind.LIMIT, ZoneKind.ORDER_BLOCK, "z", price, price, price, 1000, away, 1.0, "fresh block"
    )
    words = Rationale("up", "block", "middle", "below", "pool", "close below", "nothing found")
    return TradePlan(
        f"{symbol}-{side.word}", "binance", symbol, "balanced", side, Style.INTRADAY, Timeframe.H1, Timeframe.M15,
        (Timeframe.H4,), 0, price, score, "A", zone, Stop(away, 1.0, 2.0, 0.1, "structure"),
        (Target(target, Decimal(1), 2.0, "pool", "equal highs"),), "to entry after the first target", 72,
        Decimal("0.01"), words, (),
    )  # fmt: skip


def position(
    symbol: str,
    side: Side = Side.LONG,
    quantity: str = "1",
    entry: str = "100",
    risk_r: float = 1.0,
    exchange: str = "binance",
) -> Position:
    price = Decimal(entry)
    return Position(exchange, symbol, side, Decimal(quantity), price, price - int(side), risk_r)
