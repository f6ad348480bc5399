"""How much to trade so that the worst case costs the configured share of equity, and where leverage would end it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shared.models.costs import loss_per_unit
from shared.models.data import Market, OrderBook
from shared.models.planner import TradePlan
from shared.models.profile import CostRules
from shared.models.risk import Account
from shared.models.risk_rules import RiskRules
from shared.models.smc import Side

PERCENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class Size:
    """A quantity on the lot step, in base currency, with what set it. ``risk_amount`` is in quote currency."""

    quantity: Decimal
    notional: Decimal
    risk_amount: Decimal
    limited_by: str


@dataclass(frozen=True, slots=True)
class Room:
    """What the account and the market leave for one more plan, in quote currency: notional open already, 24h volume, and what
    rests in the order book for its stop (no bound where the book is not known)."""

    quote_volume: float
    open_notional: Decimal = Decimal(0)
    book_notional: Decimal = Decimal("Infinity")


def risk_unit(account: Account, rules: RiskRules) -> Decimal:
    """One R in quote currency: the share of equity a stopped plan may cost."""
    return account.equity * Decimal(str(rules.risk_pct)) / PERCENT


def size_position(
    plan: TradePlan, market: Market, account: Account, rules: RiskRules, costs: CostRules, room: Room
) -> Size:
    """The largest quantity within every bound, rounded down to the lot step.

    The plan's one entry leg is taken to be filled whole and then stopped. Bounds: risk per trade, leverage, buying power
    (equity at full leverage, less what is open), notional in one asset, share of the 24h quote volume and of the order book. The
    quantity may come out as 0 or below the market's smallest order; the gates say so.
    """
    price = plan.entry.price
    per_unit = loss_per_unit(price, plan.stop.price, costs)
    whole = account.equity * Decimal(str(rules.max_leverage))
    bounds = {
        "risk per trade": risk_unit(account, rules) / per_unit,
        "leverage": whole / price,
        "buying power": max(Decimal(0), whole - room.open_notional) / price,
        "asset limit": _share(account.equity, rules.max_asset_pct) / price,
        "24h volume": _share(Decimal(str(room.quote_volume)), rules.max_volume_pct) / price,
        "order book": _share(room.book_notional, rules.max_book_pct) / price,
    }
    limited_by = min(bounds, key=lambda name: bounds[name])
    quantity = market.whole_lots(bounds[limited_by])
    return Size(quantity, quantity * price, quantity * per_unit, limited_by)


def _share(amount: Decimal, pct: float) -> Decimal:
    return amount * Decimal(str(pct)) / PERCENT


def resting(book: OrderBook, side: Side) -> Decimal:
    """Quote currency that rests in the book for the stop of a plan: bids for a long, asks for a short."""
    levels = book.bids if side is Side.LONG else book.asks
    return Decimal(str(float((levels[:, 0] * levels[:, 1]).sum())))


def liquidation_price(entry: Decimal, side: Side, leverage: Decimal, maintenance: Decimal) -> Decimal:
    """Price at which an isolated position's margin is down to its maintenance margin.

    At that price the margin put in, ``entry / leverage``, plus the gain or loss since equals ``maintenance`` (a share) of the
    notional there; without fees and funding. Both per unit of base, ``leverage`` at least 1.
    """
    way = int(side)
    return max(Decimal(0), entry * (1 - way / leverage) / (1 - way * maintenance))


def isolated_liquidation(entry: Decimal, side: Side, rules: RiskRules, *, perpetual: bool) -> Decimal:
    """Where an isolated position at the most leverage the rules allow is liquidated; 0 where nothing is borrowed: on spot, or without
    leverage."""
    if not perpetual or rules.max_leverage <= 1:
        return Decimal(0)
    maintenance = Decimal(str(rules.maintenance_margin_pct)) / PERCENT
    return liquidation_price(entry, side, Decimal(str(rules.max_leverage)), maintenance)


def liquidation_distance(plan: TradePlan, market: Market, rules: RiskRules) -> float:
    """Distance from entry to liquidation over that to the stop, at the most leverage the rules allow. On spot nothing is
    borrowed: the whole price lies between."""
    entry = plan.entry.price
    away = entry
    if market.kind == "perpetual":
        leverage = max(Decimal(1), Decimal(str(rules.max_leverage)))
        maintenance = Decimal(str(rules.maintenance_margin_pct)) / PERCENT
        away = (entry - liquidation_price(entry, plan.side, leverage, maintenance)) * int(plan.side)
    return float(away / abs(entry - plan.stop.price))
