"""What may be traded at all, and when, whatever its size."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Final

from shared.models.data import Market
from shared.models.planner import TradePlan
from shared.models.risk import Account, Lock
from shared.models.risk_rules import DAYS, RiskRules
from shared.models.smc import Side

HOUR_MS: Final = 3_600_000
MIDNIGHT: Final = "00:00"


def spot_short(plan: TradePlan, market: Market, rules: RiskRules) -> float:
    """1 for a short on a spot market, which owns nothing to sell, unless the profile wants it as information; else 0."""
    refused = plan.side is Side.SHORT and market.kind == "spot" and rules.allow_spot_shorts == "reject"
    return float(refused)


def leveraged_market(market: Market, rules: RiskRules) -> float:
    """1 for a perpetual where only spot may be traded; else 0."""
    return float(rules.spot_only and market.kind != "spot")


def matches(market: Market, patterns: tuple[str, ...]) -> float:
    """Patterns that match the market's symbol or base, letter case aside."""
    names = (market.symbol, market.base)
    return float(sum(any(fnmatchcase(name, pattern.upper()) for name in names) for pattern in patterns))


def allowed(market: Market, rules: RiskRules) -> float:
    """Allow patterns that match; 1 if there are none."""
    return matches(market, rules.allow) if rules.allow else 1.0


def outlives_market_h(plan: TradePlan, market: Market) -> float:
    """Hours by which the plan may outlive its market: from the announced end to the latest fill and the time stop after it.
    0 if it ends in time, or no end is announced."""
    if not market.delivery_ms:
        return 0.0
    last_ms = plan.entry.expires_ms + plan.hold_bars * plan.anchor.ms
    return max(0.0, (last_ms - market.delivery_ms) / HOUR_MS)


def locks_on(plan: TradePlan, account: Account) -> tuple[Lock, ...]:
    """Locks that hold the plan at its decision, the longest first."""
    held = [lock for lock in account.locks if lock.holds(plan.symbol, plan.side, plan.decided_ms)]
    return tuple(sorted(held, key=lambda lock: (-lock.until_ms, lock.id)))


def locked_h(plan: TradePlan, account: Account) -> float:
    """Hours until the last lock that holds the plan ends; 0 if none does."""
    return max((lock.until_ms - plan.decided_ms for lock in locks_on(plan, account)), default=0) / HOUR_MS


def opens_in_min(now_ms: int, rules: RiskRules) -> float:
    """Minutes until plans may be taken; 0 within the trading hours. A span that ends before it begins runs past midnight and
    belongs to the day on which it begins."""
    if not rules.trading_hours and set(rules.trading_days) == set(DAYS):
        return 0.0
    zone, now = rules.zone, datetime.fromtimestamp(now_ms / 1000, UTC)
    today = now.astimezone(zone).date()
    waits = []
    for ahead in range(-1, 8):
        day = today + timedelta(days=ahead)
        if DAYS[day.weekday()] not in rules.trading_days:
            continue
        for span in rules.trading_hours or (f"{MIDNIGHT}-{MIDNIGHT}",):
            begins, ends = time.fromisoformat(span[:5]), time.fromisoformat(span[6:])
            last = day if begins < ends else day + timedelta(days=1)
            opens = datetime.combine(day, begins, zone).astimezone(UTC)
            if now < datetime.combine(last, ends, zone).astimezone(UTC):
                waits.append(max(0.0, (opens - now).total_seconds() / 60))
    return min(waits)
