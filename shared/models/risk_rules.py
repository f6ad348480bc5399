"""The rules of the risk room: limits on size and exposure, what may be traded when, and what a bad run locks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final, Literal

from shared.errors import ConfigFault
from shared.models.section import Section, choice, setting
from shared.models.timeframe import Timeframe

HOURS: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d")
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def zone_of(name: str) -> tzinfo:
    """A time zone by its IANA name.

    Raises:
        ConfigFault: there is none of that name on this machine.
    """
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigFault(
            f"risk.trading_zone: no time zone {name!r}", "Write it like Europe/Berlin, or UTC"
        ) from error


@dataclass(frozen=True, slots=True)
class RiskRules(Section):
    """Limits on size and exposure, and what may be traded when."""

    risk_pct: float = setting(0.5, "% of equity", 0.01, 5, "equity lost if the plan is stopped")
    max_heat_r: float = setting(3.0, "R", 0.1, 50, "open risk including pending orders, this plan counted")
    max_positions: int = setting(5, "positions", 1, 100, "positions and pending orders")
    max_same_side: int = setting(3, "positions", 1, 100, "of them in one direction")
    max_leverage: float = setting(
        1.0, "x equity", 0.01, 125, "notional of one position, and of all together, over equity"
    )
    max_asset_pct: float = setting(
        100.0, "% of equity", 0.1, 12500, "notional in one asset, whatever it is quoted in"
    )
    max_total_pct: float = setting(
        200.0, "% of equity", 0.1, 12500, "notional of everything open on one exchange"
    )
    max_aggregate_pct: float = setting(
        200.0, "% of equity", 0.1, 12500, "notional of everything open on all exchanges"
    )
    max_volume_pct: float = setting(1.0, "%", 0.001, 100, "notional over 24h quote volume")
    max_book_pct: float = setting(
        25.0,
        "%",
        0.1,
        100,
        "notional over what rests in the order book, where known, for a stop to be filled by",
    )
    max_cluster_r: float = setting(
        2.0, "R", 0.1, 50, "open risk of positions that move together, this plan counted"
    )
    min_correlation: float = setting(
        0.7, "correlation", 0, 1, "returns correlated at least this much are one bet"
    )
    correlation_bars: int = setting(120, "bars", 20, 2000, "returns the correlation is measured over")
    correlation_timeframe: Timeframe = choice(Timeframe.H4, "timeframe of those returns")
    maintenance_margin_pct: float = setting(
        2.0, "% of notional", 0, 50, "margin below which a leveraged position is liquidated"
    )
    min_liquidation_distance: float = setting(
        1.5, "x stop distance", 1, 100, "liquidation lies at least this far from the entry"
    )
    spot_only: bool = choice(False, "perpetuals are refused")
    allow: tuple[str, ...] = choice((), "patterns of symbols or bases that may be traded; none: all of them")
    deny: tuple[str, ...] = choice((), "patterns of symbols or bases that may not be traded")
    trading_hours: tuple[str, ...] = choice(
        (), "spans like 08:00-20:00 in which plans may be taken; none: always"
    )
    trading_days: tuple[Day, ...] = choice(DAYS, "days of the week on which plans may be taken")
    trading_zone: str = choice("UTC", "time zone of hours, days and the daily loss, like Europe/Berlin")
    allow_spot_shorts: Literal["reject", "information"] = choice(
        "reject", "what becomes of a short on a spot market"
    )

    def __post_init__(self) -> None:
        """Check the ranges, and that the hours are hours and some day is left.

        Raises:
            ConfigFault: a span that is none, no day, or no such time zone.
        """
        Section.__post_init__(self)
        for span in self.trading_hours:
            if not HOURS.fullmatch(span) or span[:5] == span[6:]:
                raise ConfigFault(
                    f"trading_hours must be spans, found {span!r}", "Write them like 08:00-20:00"
                )
        if not self.trading_days:
            raise ConfigFault("trading_days must name at least one day", f"Choose among {', '.join(DAYS)}")
        zone_of(self.trading_zone)

    @property
    def zone(self) -> tzinfo:
        """The time zone of hours, days and the daily loss."""
        return zone_of(self.trading_zone)


@dataclass(frozen=True, slots=True)
class ProtectionRules(Section):
    """What a bad run locks, and for how long. A count or limit of 0 switches its protection off."""

    cooldown_hours: float = setting(12.0, "hours", 0, 720, "a symbol rests this long after a loss on it")
    stop_guard_stops: int = setting(3, "stops", 0, 100, "stops within the window that lock")
    stop_guard_hours: float = setting(24.0, "hours", 0.1, 720, "window in which stops are counted")
    stop_guard_lock_hours: float = setting(12.0, "hours", 0.1, 720, "length of that lock")
    stop_guard_scope: Literal["all", "side"] = choice(
        "all", "what it counts and locks: everything, or a direction"
    )
    drawdown_pct: float = setting(10.0, "% of equity", 0, 100, "fall from the window's peak that locks")
    drawdown_days: float = setting(30.0, "days", 0.1, 3650, "window of that peak")
    drawdown_lock_hours: float = setting(72.0, "hours", 0.1, 8760, "length of that lock")
    low_profit_trades: int = setting(4, "trades", 0, 1000, "closed trades before a symbol's profit is judged")
    low_profit_days: float = setting(30.0, "days", 0.1, 3650, "window of those trades")
    low_profit_r: float = setting(
        -1.0, "R", -100, 100, "sum of their results below which the symbol is locked"
    )
    low_profit_lock_hours: float = setting(168.0, "hours", 0.1, 8760, "length of that lock")
    daily_loss_pct: float = setting(2.0, "% of equity", 0, 100, "loss since the day began that locks the day")
