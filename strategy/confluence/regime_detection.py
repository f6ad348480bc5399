"""Regime: what the benchmark (BTC) and the symbol are doing, and which sides the benchmark forbids.

1. an impulse on 15m or 1h, else
2. a trend on 4h: the swing layer's, with an efficiency ratio of the same sign, else
3. chop.

Without fresh data the state is UNKNOWN, which forbids both sides: it is never taken as safe.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from contracts.hook_point import hook_point
from shared.errors import IncompleteIndicatorError
from shared.models.data import Candles, Floats, MultiTimeframeData
from shared.models.indicators import IndicatorSets
from shared.models.profile import Profile
from shared.models.regime import Breadth, MarketContext, Regime, RegimeState, RiskAppetite, VolatilityState
from shared.models.smc import Side, SMCSnapshot, TimeframeStructure, Trend
from shared.models.timeframe import Timeframe
from strategy.confluence.breadth import WORDS, is_fresh, read_appetite
from strategy.confluence.impulse import find_impulses, signed_efficiency, trend_states

IMPULSE_TIMEFRAMES: Final = (Timeframe.M15, Timeframe.H1)
TREND_TIMEFRAME: Final = Timeframe.H4
BENCHMARK_TIMEFRAMES: Final = (*IMPULSE_TIMEFRAMES, TREND_TIMEFRAME)
"""Candles of the benchmark that :func:`market_context` needs, whatever the profile reads."""

BETA_BARS: Final = 200
MIN_BETA_PAIRS: Final = 100
UNSURE_BETA: Final = 1.0
"""Taken when too few returns line up: the benchmark's impulse then counts in full."""
MIN_BETA: Final = 0.3
VOLATILITY_BARS: Final = 200
LOW_PERCENTILE: Final = 20.0
HIGH_PERCENTILE: Final = 80.0

IMPULSES: Final = {1: RegimeState.IMPULSE_UP, -1: RegimeState.IMPULSE_DOWN}
TRENDS: Final = {1: RegimeState.TREND_UP, 0: RegimeState.CHOP, -1: RegimeState.TREND_DOWN}
DIRECTION: Final = {
    RegimeState.TREND_UP: 1,
    RegimeState.TREND_DOWN: -1,
    RegimeState.IMPULSE_UP: 1,
    RegimeState.IMPULSE_DOWN: -1,
    RegimeState.CHOP: 0,
    RegimeState.UNKNOWN: 0,
}


def market_context(
    btc: MultiTimeframeData, as_of_ms: int, smc_snapshot: SMCSnapshot, breadth: Breadth
) -> MarketContext:
    """The benchmark's state as of a scan, from its 15m, 1h and 4h candles and its own structure snapshot, and the market's
    appetite for risk, from the universe's 4h swing trends beside it.

    UNKNOWN when one of these timeframes is missing or its newest candle closed more than one bar before ``as_of_ms``.
    """
    for timeframe in BENCHMARK_TIMEFRAMES:
        if not is_fresh(btc.candles.get(timeframe), as_of_ms):
            return unknown_market(btc.symbol, f"{btc.symbol} has no {timeframe} candle of the last bar")
    state, score = _impulse(btc)
    trend, efficiency, trend_state = _trend(btc, smc_snapshot)
    if state is RegimeState.CHOP:
        state = trend_state
    returns, close_ms = _hourly_returns(btc.candles[Timeframe.H1])
    appetite, basis = read_appetite(btc.symbol, trend, state, breadth)
    return MarketContext(
        benchmark=btc.symbol,
        state=state,
        impulse_z=score,
        risk_appetite=appetite,
        basis=basis,
        why=(
            f"{btc.symbol} is in {_plain(state)}: impulse z {score:+.2f} (enters at 2.5), "
            f"4h swing trend {WORDS[trend]}, efficiency {efficiency:+.2f}"
        ),
        returns_close_ms=close_ms,
        returns=tuple(returns.tolist()),
    )


def unknown_market(benchmark: str, why: str) -> MarketContext:
    """The context when nothing fresh is known of ``benchmark``."""
    return MarketContext(
        benchmark,
        RegimeState.UNKNOWN,
        0.0,
        RiskAppetite.OFF,
        "no fresh benchmark candles, so taken as off",
        why,
    )


@hook_point("regime", gives="regime")
def read_regime(
    multi_tf_data: MultiTimeframeData,
    multi_tf_indicators: IndicatorSets,
    smc_snapshot: SMCSnapshot,
    market_context: MarketContext,
    settings: Profile,
) -> Regime:
    """The symbol's regime beside the benchmark's, with the sides the benchmark forbids.

    Raises:
        IncompleteIndicatorError: the anchor timeframe has no ATR % at its last candle.

    """
    state, _ = _impulse(multi_tf_data)
    trend, efficiency, trend_state = _trend(multi_tf_data, smc_snapshot)
    percentile = _percentile(_atr_pct(multi_tf_data.symbol, multi_tf_indicators, settings.timeframes.anchor))
    beta, pairs = _beta(multi_tf_data, market_context)
    return Regime(
        state=trend_state if state is RegimeState.CHOP else state,
        trend=trend,
        efficiency=abs(efficiency),
        volatility=_volatility(percentile),
        atr_percentile=percentile,
        beta=beta,
        market=market_context,
        vetoes=_vetoes(multi_tf_data, market_context, beta, pairs) if settings.gates.btc_gate else (),
    )


def _impulse(data: MultiTimeframeData) -> tuple[RegimeState, float]:
    """State and z-score of the impulse tests; of two impulses that disagree, that of the larger score."""
    best, state, strongest = 0.0, 0, -1.0
    for timeframe in IMPULSE_TIMEFRAMES:
        series = data.candles.get(timeframe)
        if series is None or not len(series):
            continue
        found = find_impulses(series)
        score = float(found.z[-1]) if np.isfinite(found.z[-1]) else 0.0
        best = score if abs(score) > abs(best) else best
        if found.state[-1] and abs(score) > strongest:
            state, strongest = int(found.state[-1]), abs(score)
    return IMPULSES.get(state, RegimeState.CHOP), best


def _trend(data: MultiTimeframeData, snapshot: SMCSnapshot) -> tuple[Trend, float, RegimeState]:
    series, structure = data.candles.get(TREND_TIMEFRAME), snapshot.timeframes.get(TREND_TIMEFRAME)
    if series is None or structure is None or not len(series):
        return Trend.NONE, 0.0, RegimeState.CHOP
    efficiency = signed_efficiency(series.close)
    states = np.zeros(len(series), np.int64)
    trend_states(efficiency, _swing_trends(series, structure), states)
    last = float(efficiency[-1]) if np.isfinite(efficiency[-1]) else 0.0
    return structure.swing.trend, last, TRENDS[int(states[-1])]


def _swing_trends(
    series: Candles, structure: TimeframeStructure
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The swing trend at every close, rebuilt from the breaks that made it."""
    trends = np.zeros(len(series), np.int64)
    for event in reversed(structure.swing.breaks):
        trends[np.searchsorted(series.close_ms, event.known_ms) :] = int(event.side)
    return trends


def _atr_pct(symbol: str, indicators: IndicatorSets, anchor: Timeframe) -> Floats:
    held = indicators.get(anchor)
    if held is None:
        raise IncompleteIndicatorError(
            f"{symbol}: no {anchor} indicators", "Give candles of every required timeframe"
        )
    held.last("atr_pct")
    return held.columns["atr_pct"]


def _percentile(column: Floats) -> float:
    """Rank of the last value among the last 200, ties counted half; 0–100."""
    recent = column[-VOLATILITY_BARS:]
    recent = recent[np.isfinite(recent)]
    below = int((recent < recent[-1]).sum())
    level = int((recent == recent[-1]).sum())
    return 100.0 * (below + level / 2) / recent.size


def _volatility(percentile: float) -> VolatilityState:
    if percentile < LOW_PERCENTILE:
        return VolatilityState.LOW
    return VolatilityState.HIGH if percentile > HIGH_PERCENTILE else VolatilityState.NORMAL


def _hourly_returns(candles: Candles) -> tuple[Floats, int]:
    """Log returns of the newest unbroken run of hours, at most ``BETA_BARS``, and the close time of the newest."""
    holes = np.flatnonzero(np.diff(candles.open_ms) != candles.timeframe.ms)
    start = max(int(holes[-1]) + 1 if holes.size else 0, len(candles) - BETA_BARS - 1)
    return np.diff(np.log(candles.close[start:])), int(candles.close_ms[-1])


def _beta(data: MultiTimeframeData, market: MarketContext) -> tuple[float, int]:
    """Slope of the symbol's 1h returns on the benchmark's, paired by close time, and how many pairs it rests on."""
    series = data.candles.get(Timeframe.H1)
    if series is None or len(series) < 2:
        return UNSURE_BETA, 0
    returns = np.diff(np.log(series.close))
    whole = np.diff(series.open_ms) == series.timeframe.ms
    steps_back = (market.returns_close_ms - series.close_ms[1:]) // series.timeframe.ms
    paired = whole & (steps_back >= 0) & (steps_back < len(market.returns))
    own = returns[paired]
    other = np.asarray(market.returns)[len(market.returns) - 1 - steps_back[paired]] if own.size else own
    if own.size < MIN_BETA_PAIRS:
        return UNSURE_BETA, int(own.size)
    spread = other - math.fsum(other) / own.size
    variance = math.fsum(spread * spread)
    return math.fsum(spread * own) / variance if variance > 0 else UNSURE_BETA, int(own.size)


def _vetoes(
    data: MultiTimeframeData, market: MarketContext, beta: float, pairs: int
) -> tuple[tuple[Side, str], ...]:
    if market.state is RegimeState.UNKNOWN:
        why = f"the state of {market.benchmark} is unknown ({market.why}), which forbids both sides"
        return (Side.LONG, why), (Side.SHORT, why)
    impulse = market.state in IMPULSES.values()
    if not impulse or abs(beta) < MIN_BETA or data.market.base == market.benchmark.split("/")[0]:
        return ()
    pull = DIRECTION[market.state] if beta > 0 else -DIRECTION[market.state]
    basis = f"over {pairs} hours" if pairs >= MIN_BETA_PAIRS else f"assumed, only {pairs} hours line up"
    why = f"{market.benchmark} is in {_plain(market.state)} and beta is {beta:.2f} ({basis})"
    return ((Side(-pull), why),)


def _plain(state: RegimeState) -> str:
    return state.value.replace("_", " ")
