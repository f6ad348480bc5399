"""Scenarios of the account: what risk allows of a plan that passed everything else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from devtools.scenarios.feed import EXCHANGE
from devtools.scenarios.scenario import AS_OF_MS, HOUR_MS, USUAL, Scenario
from devtools.scenarios.setups import FRESH
from devtools.scenarios.shapes import BTC, SWEPT, coin, flipped
from risk.protections import locks_in_force
from shared.models.risk import Account, Lock, Position
from shared.models.risk_rules import ProtectionRules
from shared.models.smc import Side
from shared.models.trades import ClosedTrade, EquityPoint, History

PAIR: Final = (BTC, FRESH)
SEVEN: Final = (
    BTC,
    *(coin(SWEPT, seed, base) for base, seed in zip("ABCDEF", (100, 600, 1400, 1500, 500, 700), strict=True)),
)
"""Six coins that each have a plan."""


def held(
    symbol: str,
    side: Side = Side.LONG,
    quantity: str = "10",
    entry: str = "100",
    stop: str = "95",
    risk_r: float = 1.0,
    exchange: str = EXCHANGE,
) -> Position:
    """An open position."""
    return Position(exchange, symbol, side, Decimal(quantity), Decimal(entry), Decimal(stop), risk_r)


def holding(*positions: Position, equity: str = "10000") -> Account:
    """An account with open positions."""
    return Account(Decimal(equity), "USDT", positions)


def locked(*trades: ClosedTrade, equity: tuple[EquityPoint, ...] = ()) -> Account:
    """An account under the locks that its history has set."""
    return replace(USUAL, locks=locks_in_force(History(AS_OF_MS, trades, equity), ProtectionRules()))


def stopped(symbol: str, hours_ago: float, result_r: float = -1.0) -> ClosedTrade:
    """A long that was stopped."""
    return ClosedTrade(symbol, Side.LONG, AS_OF_MS - round(hours_ago * HOUR_MS), result_r, "stop")


def equity_at(hours_ago: float, total: int) -> EquityPoint:
    """Equity at a time, open positions included."""
    return EquityPoint(AS_OF_MS - round(hours_ago * HOUR_MS), Decimal(total), Decimal(0))


BY_HAND: Final = Lock(
    "SOL/USDT",
    "by hand",
    "unlock of tokens tomorrow",
    AS_OF_MS - HOUR_MS,
    AS_OF_MS + 24 * HOUR_MS,
    0.0,
    0.0,
    "",
)

RISK: Final = (
    Scenario("kill-switch", "The kill switch is set: no plan is approved.", "risk.kill_switch", PAIR, account=replace(USUAL, killed=True)),
    Scenario("locked-symbol", "Somebody locked the symbol by hand for a day.", "risk.locked", PAIR, account=replace(USUAL, locks=(BY_HAND,))),
    Scenario("locked-other-side", "Shorts are locked, the plan is long.", "long limit A", PAIR, account=replace(USUAL, locks=(replace(BY_HAND, scope="short"),))),
    Scenario("cool-down", "A loss on it five hours ago: the symbol rests.", "risk.locked", PAIR, account=locked(stopped("SOL/USDT", 5))),
    Scenario("stop-guard", "Three stops within a day lock everything.", "risk.locked", PAIR, account=locked(*(stopped(f"{base}/USDT", hours) for base, hours in zip("ABC", (20, 9, 3), strict=True)))),
    Scenario("daily-loss", "Equity has lost 2.5 % since the day began.", "risk.locked", PAIR, account=locked(equity=(equity_at(20, 10_000), equity_at(2, 9_750)))),
    Scenario("drawdown", "Equity is 12 % below its peak of the month.", "risk.locked", PAIR, account=locked(equity=(equity_at(200, 11_400), equity_at(30, 10_000)))),
    Scenario("spot-short", "A short on a spot market: there is nothing to sell.", "risk.spot_short", (BTC, replace(flipped(FRESH), kind="spot"))),
    Scenario("spot-short-information", "The same, wanted as information.", "short limit A", (BTC, replace(flipped(FRESH), kind="spot")), changes={"risk": {"allow_spot_shorts": "information"}}),
    Scenario("spot-only", "A perpetual where only spot may be traded.", "risk.spot_only", PAIR, changes={"risk": {"spot_only": True}}),
    Scenario("not-allowed", "Only BTC and ETH may be traded.", "risk.allow", PAIR, changes={"risk": {"allow": ["BTC", "ETH"]}}),
    Scenario("denied", "The symbol is on the deny list.", "risk.deny", PAIR, changes={"risk": {"deny": ["SOL"]}}),
    Scenario("outside-hours", "It is 16:00 UTC and plans may be taken from 20:00.", "risk.hours", PAIR, changes={"risk": {"trading_hours": ["20:00-23:00"]}}),
    Scenario("weekend-only", "It is Wednesday and plans may be taken on weekends.", "risk.hours", PAIR, changes={"risk": {"trading_days": ["sat", "sun"]}}),
    Scenario("outlives-its-market", "The market ends in ten days' time, before the plan would be over.", "risk.delisting", (BTC, replace(FRESH, delivered_in_days=10)), changes={"plan": {"hold_bars": 300}}),
    Scenario("already-open", "A position in the symbol is open.", "risk.conflict", PAIR, account=holding(held("SOL/USDT"))),
    Scenario("against-itself", "A short of the same asset is open elsewhere.", "risk.conflict", PAIR, account=holding(held("SOL/USDC", Side.SHORT))),
    Scenario("lot-too-big", "One lot is 100 coins: half a percent of equity buys none.", "risk.quantity", (BTC, replace(FRESH, lot="100"))),
    Scenario("order-too-small", "An account of 20 USDT cannot place the smallest order.", "risk.notional", PAIR, account=holding(equity="20"), changes={"risk": {"risk_pct": 0.1}}),
    Scenario("liquidated-first", "At fifty times leverage the liquidation comes before the stop.", "risk.liquidation", PAIR, changes={"risk": {"max_leverage": 50}}),
    Scenario("five-open", "Five positions are open, more are not allowed.", "risk.positions", PAIR, account=holding(*(held(f"{base}/USDT", (Side.LONG, Side.SHORT)[place % 2], risk_r=0.1) for place, base in enumerate("ABCDE")))),
    Scenario("three-longs-open", "Three longs are open, a fourth is not allowed.", "risk.same_side", PAIR, account=holding(*(held(f"{base}/USDT", risk_r=0.1) for base in "ABC"))),
    Scenario("too-hot", "Open risk is 2.5 R, one more would be 3.5.", "risk.heat", PAIR, account=holding(held("ETH/USDT", risk_r=2.5))),
    Scenario("one-bet-unknown", "1.5 R are open in a coin nobody looked at: taken for the same bet.", "risk.cluster", PAIR, account=holding(held("ETH/USDT", risk_r=1.5))),
    Scenario("one-bet-known", "1.5 R are open in a coin that moves as this one does.", "risk.cluster", (*PAIR, replace(FRESH, base="ETH")), symbols=("SOL/USDT", "ETH/USDT"), account=holding(held("ETH/USDT", risk_r=1.5))),
    Scenario("two-bets", "1.5 R are open in a coin that moves on its own.", "long limit A", PAIR, symbols=("SOL/USDT", "BTC/USDT"), account=holding(held("BTC/USDT", quantity="0.01", entry="60000", stop="58000", risk_r=1.5))),
    Scenario("asset-full", "No more than a fifth of equity in one asset.", "long limit A", PAIR, changes={"risk": {"max_asset_pct": 20}}),
    Scenario("exchange-full", "Positions worth 190 % of equity are open on the exchange.", "risk.total", PAIR, account=holding(held("ETH/USDT", quantity="170", risk_r=0.5)), changes={"risk": {"max_leverage": 3}}),
    Scenario("all-exchanges-full", "Positions worth 170 % of equity are open on another exchange.", "risk.aggregate", PAIR, account=holding(held("ETH/USDT", quantity="170", risk_r=0.5, exchange="bybit")), changes={"risk": {"max_leverage": 3}}),
    Scenario("no-buying-power", "Everything is invested: nothing is left to buy with.", "risk.quantity", PAIR, account=holding(held("ETH/USDT", quantity="100", risk_r=0.5))),
    Scenario("small-share-of-volume", "The order may be no more than a ten-thousandth of a percent of the day's volume.", "long limit A", PAIR, changes={"risk": {"max_volume_pct": 0.001}}),
    Scenario("six-plans-at-once", "Six coins have plans at once: the best are taken until nothing is left to buy with.", "risk.quantity", SEVEN, symbols=()),
)  # fmt: skip
