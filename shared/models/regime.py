"""Regime of a symbol and of the market's benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.models.smc import Side, Trend


class RegimeState(StrEnum):
    """What a market is doing. UNKNOWN (no fresh data) is never taken as safe."""

    TREND_UP = "trend_up"
    TREND_DOWN = "trend_down"
    CHOP = "chop"
    IMPULSE_UP = "impulse_up"
    IMPULSE_DOWN = "impulse_down"
    UNKNOWN = "unknown"


class VolatilityState(StrEnum):
    """ATR % percentile over 200 bars: under 20 low, over 80 high."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class RiskAppetite(StrEnum):
    """Risk-on, risk-off or neither."""

    ON = "on"
    NEUTRAL = "neutral"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Breadth:
    """The 4h swing trends of the universe's symbols as of a scan, by symbol; those whose candles are not known are left out."""

    trends: tuple[tuple[str, Trend], ...] = ()

    @property
    def counted(self) -> int:
        """Symbols whose trend is known."""
        return len(self.trends)

    @property
    def rising(self) -> int:
        """Symbols whose trend is up."""
        return sum(trend is Trend.UP for _, trend in self.trends)


@dataclass(frozen=True, slots=True)
class MarketContext:
    """The benchmark (BTC) as of the scan, computed once and read by every symbol.

    ``impulse_z`` is the z-score of larger magnitude of the 15m and 1h impulse tests; ``basis`` says what
    ``risk_appetite`` rests on; ``why`` is a sentence with the numbers. ``returns`` are the benchmark's last 1h log
    returns (newest last) with ``returns_close_ms`` the close time of the newest, for betas and correlations.
    """

    benchmark: str
    state: RegimeState
    impulse_z: float
    risk_appetite: RiskAppetite
    basis: str
    why: str
    returns_close_ms: int = 0
    returns: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Regime:
    """One symbol's regime beside the benchmark's. ``beta`` is the 200-bar slope on the benchmark's returns;
    ``vetoes`` lists the sides the benchmark forbids, with the reason."""

    state: RegimeState
    trend: Trend
    efficiency: float
    volatility: VolatilityState
    atr_percentile: float
    beta: float
    market: MarketContext
    vetoes: tuple[tuple[Side, str], ...]
