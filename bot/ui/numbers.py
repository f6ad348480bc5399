"""Numbers as people and machines read them: decimals from the market's tick, never scientific, never cut."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Final

MISSING: Final = "–"
MINUTE_MS: Final = 60_000


def decimals_of(tick: Decimal) -> int:
    """Decimal places of a price on this tick: 1 for 0.1 and 0.10, 0 for 1 and 10."""
    exponent = tick.normalize().as_tuple().exponent
    return max(0, -int(exponent))


def price_text(price: Decimal, tick: Decimal) -> str:
    """A price with the tick's decimals, for machines: ``67120.0``."""
    return f"{price:.{decimals_of(tick)}f}"


def price_shown(price: Decimal, tick: Decimal) -> str:
    """A price with the tick's decimals, for people: ``67,120.0``."""
    return f"{price:,.{decimals_of(tick)}f}"


def measure_text(value: float) -> str:
    """A measured figure for people: up to four significant digits, never scientific."""
    if not math.isfinite(value):
        return MISSING
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(digits, 12)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount_shown(amount: Decimal) -> str:
    """An amount of money for people: two decimals unless it is whole."""
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


def quantity_shown(quantity: Decimal) -> str:
    """A quantity of the base currency for people: its own digits, without zeros at the end."""
    text = f"{quantity:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(number: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def time_shown(time_ms: int, zone: tzinfo = UTC) -> str:
    """``2026-11-22 08:00 UTC``, or the same instant in another zone."""
    return datetime.fromtimestamp(time_ms // 1000, zone).strftime("%Y-%m-%d %H:%M %Z")


def age_shown(age_ms: int) -> str:
    """``6 min ago``, ``3 h ago``, ``12 days ago``."""
    minutes = max(0, age_ms) // MINUTE_MS
    if minutes < 120:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"
