"""The benchmark at every instant, as every symbol reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from shared.models.data import AnyInts, Bools, Candles, Floats, Ints
from shared.models.regime import RegimeState
from shared.models.timeframe import Timeframe
from strategy.columns.breadth import appetites, fresh_at
from strategy.columns.regime import CODES, read_states
from strategy.columns.span import Frame, Span, at_bars
from strategy.confluence.regime_detection import BENCHMARK_TIMEFRAMES, BETA_BARS, TREND_TIMEFRAME

PER_INSTANT: Final = ("state", "appetite", "returns_after_ms", "returns_until_ms")


@dataclass(frozen=True, slots=True, eq=False)
class MarketColumns:
    """The benchmark at each instant, shape (n,): ``state`` is a place in ``tuple(RegimeState)``, ``appetite`` 1 on, 0 neutral, −1 off.

    Its 1h log returns stand by the close of their candle, shape (hours,) each, ascending; at an instant those are known that close
    after ``returns_after_ms`` and not after ``returns_until_ms``, which have no hole between them.
    """

    benchmark: str
    state: AnyInts
    appetite: AnyInts
    returns_after_ms: Ints
    returns_until_ms: Ints
    hour_ms: Ints
    hour_returns: Floats

    @classmethod
    def unknown(cls, benchmark: str, count: int) -> Self:
        """Nothing fresh is known of the benchmark at any of ``count`` instants."""
        state, off = np.full(count, CODES[RegimeState.UNKNOWN], np.int8), np.full(count, -1, np.int8)
        never = np.zeros(count, np.int64)
        return cls(benchmark, state, off, never, never, np.empty(0, np.int64), np.empty(0))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The columns of spans that follow one another, as one."""
        hour_ms, first = np.unique(np.concatenate([part.hour_ms for part in parts]), return_index=True)
        hour_returns = np.concatenate([part.hour_returns for part in parts])[first]
        joint = {name: np.concatenate([getattr(part, name) for part in parts]) for name in PER_INSTANT}
        return cls(parts[0].benchmark, **joint, hour_ms=hour_ms, hour_returns=hour_returns)

    def at(self, places: Ints) -> Self:
        """Some of the instants."""
        return replace(self, **{name: getattr(self, name)[places] for name in PER_INSTANT})

    def rows(self, start: int, stop: int) -> Self:
        """Instants ``start`` up to, not including, ``stop``."""
        return replace(self, **{name: getattr(self, name)[start:stop] for name in PER_INSTANT})


def market_columns(span: Span, rising: Ints, counted: Ints) -> MarketColumns:
    """The benchmark at each instant of its own ``span``, whose frames are 15m, 1h and 4h, detected without sessions. ``rising`` of the
    universe's ``counted`` 4h trends are up, shape (n,) each.
    """
    count = span.as_of_ms.size
    if not all(name in span.frames and len(span.frames[name].candles) for name in BENCHMARK_TIMEFRAMES):
        return MarketColumns.unknown(span.market.symbol, count)
    bars = {name: span.frames[name].last_bars(span.as_of_ms) for name in BENCHMARK_TIMEFRAMES}
    fresh: Bools = np.all(
        [fresh_at(span.frames[name], span.as_of_ms) for name in BENCHMARK_TIMEFRAMES], axis=0
    )
    state, _ = read_states(span.frames, bars)
    own = at_bars(span.frames[TREND_TIMEFRAME].log.trend[1], bars[TREND_TIMEFRAME], 0)
    appetite = appetites(rising, counted, own, state == CODES[RegimeState.IMPULSE_DOWN])
    hours = span.frames[Timeframe.H1]
    since, until = _runs(hours, bars[Timeframe.H1])
    return MarketColumns(
        span.market.symbol,
        np.where(fresh, state, CODES[RegimeState.UNKNOWN]).astype(np.int8),
        np.where(fresh, appetite, -1).astype(np.int8),
        np.where(fresh, since, 0),
        np.where(fresh, until, 0),
        hours.candles.close_ms[1:],
        log_returns(hours.candles),
    )


def _runs(frame: Frame, bars: Ints) -> tuple[Ints, Ints]:
    """The closes between which the newest unbroken run of at most ``BETA_BARS`` returns lies, at each of ``bars``."""
    opens, closes = frame.candles.open_ms, frame.candles.close_ms
    at = np.arange(opens.size)
    broken = np.append(False, np.diff(opens) != frame.candles.timeframe.ms)
    first = np.maximum(np.maximum.accumulate(np.where(broken, at, 0)), at - BETA_BARS)
    return at_bars(closes[first], bars, 0), at_bars(closes, bars, 0)


def log_returns(candles: Candles) -> Floats:
    """Log returns from candle to candle, shape (n − 1,); over a hole they are what they are."""
    returns: Floats = np.diff(np.log(candles.close))
    return returns
