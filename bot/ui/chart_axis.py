"""Round prices and times for the axes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Final

from bot.ui.numbers import price_shown
from shared.models.timeframe import DAY_MS, MINUTE_MS, MONDAY_MS

ROUND: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
HOUR_MS: Final = 60 * MINUTE_MS
TIME_STEPS: Final = (
    *(minutes * MINUTE_MS for minutes in (15, 30)),
    *(hours * HOUR_MS for hours in (1, 2, 3, 6, 12)),
    *(days * DAY_MS for days in (1, 2, 7, 14, 28, 56, 91, 182, 364, 728)),
)


def price_ticks(low: float, high: float, tick: Decimal, most: int) -> tuple[tuple[float, str], ...]:
    """Up to ``most`` round prices between ``low`` and ``high``, multiples of ``tick``, with their texts at its decimals."""
    step = _price_step((Decimal(high) - Decimal(low)) / most, tick)
    price = (Decimal(low) / step).to_integral_value(ROUND_CEILING) * step
    found = []
    while price <= Decimal(high):
        found.append((float(price), price_shown(price, tick)))
        price += step
    return tuple(found)


def _price_step(least: Decimal, tick: Decimal) -> Decimal:
    unit = Decimal(10) ** least.adjusted()
    steps = (unit * factor for factor in ROUND)
    step = next((step for step in steps if step >= least), unit * 10)
    return max(tick, (step / tick).to_integral_value(ROUND_CEILING) * tick)


def time_ticks(first_ms: int, last_ms: int, most: int) -> tuple[tuple[int, str], ...]:
    """Up to ``most`` round times from ``first_ms`` to ``last_ms``: the hour in UTC, at midnight the day (``22 Nov``), on long
    charts with the year where it changes."""
    step = next((step for step in TIME_STEPS if (last_ms - first_ms) / step <= most), TIME_STEPS[-1])
    start = -((MONDAY_MS - first_ms) // step) if step > DAY_MS else -(-first_ms // step)
    origin = MONDAY_MS if step > DAY_MS else 0
    times = range(origin + start * step, last_ms + 1, step)
    times = range(times.start + step * (times.start < first_ms), last_ms + 1, step)
    return tuple((time_ms, _time_text(time_ms, step)) for time_ms in times)


def _time_text(time_ms: int, step: int) -> str:
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    if time_ms % DAY_MS:
        return f"{moment:%H:%M}"
    return f"{moment.day} {moment:%b %Y}" if step >= 28 * DAY_MS else f"{moment.day} {moment:%b}"
