"""The benchmark's state, the symbol's regime, and who is vetoed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shared.errors import IncompleteIndicatorError
from shared.models.data import MultiTimeframeData
from shared.models.profile import Profile
from shared.models.regime import Breadth, MarketContext, Regime, RegimeState, RiskAppetite, VolatilityState
from shared.models.smc import Layer, Side, SMCSnapshot, Trend
from shared.models.timeframe import Timeframe
from shared.utils.error_policy import validate_no_nulls
from strategy.confluence.regime_detection import market_context, read_regime, unknown_market
from tests.unit.strategy.planner.hand_market import (
    AS_OF,
    H1,
    H4,
    M15,
    MARKET,
    PROFILE,
    broke,
    candles,
    context,
    data,
    indicators,
    layer,
    snapshot,
    structure,
)

BTC = replace(MARKET, symbol="BTC/USDT", market_id="BTCUSDT", base="BTC")
SAW = [100.0, 100.5] * 150


def with_4h(trend: Trend) -> SMCSnapshot:
    side = Side.SHORT if trend is Trend.DOWN else Side.LONG
    breaks = () if trend is Trend.NONE else (broke(side, 40, H4),)
    return snapshot(h4=structure(H4, swing=layer(Layer.SWING, trend, breaks)))


def context_of(btc: MultiTimeframeData, as_of_ms: int, shot: SMCSnapshot) -> MarketContext:
    """The benchmark's state where no other symbol is known."""
    return market_context(btc, as_of_ms, shot, Breadth())


def rising(timeframe: Timeframe) -> list[float]:
    return [100.0 + 0.01 * bar for bar in range(300)]


def test_a_trend_needs_the_4h_swing_layer_and_efficiency_of_its_sign() -> None:
    up = data({H4: candles(H4, rising(H4))}, BTC)
    assert context_of(up, AS_OF, with_4h(Trend.UP)).state is RegimeState.TREND_UP
    assert context_of(up, AS_OF, with_4h(Trend.DOWN)).state is RegimeState.CHOP
    assert context_of(data(market=BTC), AS_OF, with_4h(Trend.UP)).state is RegimeState.CHOP


@pytest.mark.parametrize("timeframe", [M15, H1])
def test_an_impulse_on_either_timeframe_comes_before_the_trend(timeframe: Timeframe) -> None:
    up = {H4: candles(H4, rising(H4)), M15: candles(M15, SAW), H1: candles(H1, SAW)}
    crash = candles(timeframe, [*SAW, 95.0])
    found = context_of(data({**up, timeframe: crash}, BTC), AS_OF, with_4h(Trend.UP))
    assert found.state is RegimeState.IMPULSE_DOWN
    assert found.impulse_z < -2.5
    assert found.risk_appetite is RiskAppetite.OFF


def test_risk_appetite_rests_on_the_benchmark_alone_where_nothing_else_is_known_and_says_so() -> None:
    appetite = {trend: context_of(data(market=BTC), AS_OF, with_4h(trend)).risk_appetite for trend in Trend}
    assert appetite == {
        Trend.UP: RiskAppetite.ON,
        Trend.NONE: RiskAppetite.NEUTRAL,
        Trend.DOWN: RiskAppetite.OFF,
    }
    assert context_of(data(market=BTC), AS_OF, with_4h(Trend.UP)).basis == (
        "BTC/USDT's 4h swing trend alone, up (4h trends of 0 symbols are known, 10 are needed)"
    )


def test_risk_appetite_is_the_universes_where_enough_of_it_is_known() -> None:
    falling = Breadth(tuple((f"C{place}/USDT", Trend.DOWN) for place in range(10)))
    found = market_context(data(market=BTC), AS_OF, with_4h(Trend.UP), falling)
    assert found.risk_appetite is RiskAppetite.OFF
    assert found.basis == "0 of 10 symbols' 4h trends are up, BTC/USDT's own is up"


@pytest.mark.parametrize("timeframe", [M15, H1, H4])
def test_a_benchmark_series_older_than_one_bar_is_unknown(timeframe: Timeframe) -> None:
    one_late = candles(timeframe, end_ms=AS_OF - timeframe.ms)
    two_late = candles(timeframe, end_ms=AS_OF - 2 * timeframe.ms)
    states = [
        context_of(data({timeframe: late}, BTC), AS_OF, with_4h(Trend.UP)).state
        for late in (one_late, two_late)
    ]
    assert states == [RegimeState.CHOP, RegimeState.UNKNOWN]


def test_an_absent_benchmark_series_is_unknown_and_named() -> None:
    held = data(market=BTC)
    without = replace(
        held, candles={name: series for name, series in held.candles.items() if name is not M15}
    )
    found = context_of(without, AS_OF, with_4h(Trend.UP))
    assert found.state is RegimeState.UNKNOWN
    assert "15m" in found.why
    validate_no_nulls(found, "market_context")


def read(
    market: MarketContext | None = None, series: list[float] | None = None, settings: Profile = PROFILE
) -> Regime:
    held = data({H1: candles(H1, series)} if series else {})
    return read_regime(held, indicators(), snapshot(), market or context(), settings)


def followed(beta: float) -> tuple[MarketContext, list[float]]:
    """A benchmark in an impulse down, and a symbol's closes that follow it ``beta``-fold."""
    noise = np.random.default_rng(7).normal(0.0, 0.01, 200)
    market = replace(context(RegimeState.IMPULSE_DOWN), returns=tuple(noise.tolist()), returns_close_ms=AS_OF)
    return market, (100.0 * np.exp(np.cumsum([0.0] * 100 + (beta * noise).tolist()))).tolist()


@pytest.mark.parametrize(
    ("beta", "vetoed"),
    [(1.2, [Side.LONG]), (0.29, []), (-0.29, []), (-0.8, [Side.SHORT]), (0.31, [Side.LONG])],
)
def test_a_benchmark_impulse_vetoes_the_side_that_beta_says_it_hurts(beta: float, vetoed: list[Side]) -> None:
    found = read(*followed(beta))
    assert found.beta == pytest.approx(beta, rel=1e-6)
    assert [side for side, _ in found.vetoes] == vetoed


def test_the_benchmark_is_not_vetoed_by_itself() -> None:
    held = data(market=BTC)
    found = read_regime(held, indicators(), snapshot(), context(RegimeState.IMPULSE_DOWN), PROFILE)
    assert found.vetoes == ()


def test_too_few_paired_hours_count_as_a_beta_of_one() -> None:
    market, closes = followed(0.1)
    found = read(market, closes[-50:])
    assert found.beta == 1.0
    assert [side for side, _ in found.vetoes] == [Side.LONG]
    assert "assumed, only 49 hours line up" in found.vetoes[0][1]


def test_an_unknown_benchmark_vetoes_both_sides_unless_the_gate_is_off() -> None:
    unknown = unknown_market("BTC/USDT", "no candles")
    assert [side for side, _ in read(unknown).vetoes] == [Side.LONG, Side.SHORT]
    off = replace(PROFILE, gates=replace(PROFILE.gates, btc_gate=False))
    assert read(unknown, settings=off).vetoes == ()


def test_beta_pairs_by_close_time_not_by_place() -> None:
    market, closes = followed(1.5)
    assert read(replace(market, returns_close_ms=AS_OF - H1.ms), closes).beta != pytest.approx(1.5, abs=0.5)
    shifted = replace(market, returns=(*market.returns[1:], 0.0), returns_close_ms=AS_OF + H1.ms)
    assert read(shifted, closes).beta == pytest.approx(1.5, rel=1e-6)


@pytest.mark.parametrize(
    ("last", "state", "percentile"),
    [
        (0.5, VolatilityState.LOW, 0.25),
        (150.5, VolatilityState.NORMAL, 25.25),
        (999.0, VolatilityState.HIGH, 99.75),
    ],
)
def test_volatility_is_the_rank_of_atr_pct_among_200_bars(
    last: float, state: VolatilityState, percentile: float
) -> None:
    column = np.arange(1.0, 301.0)
    column[-1] = last
    sets = indicators()
    sets[H1].columns["atr_pct"] = column  # type: ignore[index]
    found = read_regime(data(), sets, snapshot(), context(), PROFILE)
    assert found.volatility is state
    assert found.atr_percentile == percentile


def test_a_regime_has_no_missing_value_even_without_4h() -> None:
    held = data()
    without = replace(held, candles={M15: held.candles[M15]})
    validate_no_nulls(read_regime(without, indicators(), snapshot(), context(), PROFILE), "regime")


def test_an_anchor_without_indicators_is_a_fault_that_names_it() -> None:
    with pytest.raises(IncompleteIndicatorError, match="1h"):
        read_regime(data(), {}, snapshot(), context(), PROFILE)
