"""Exposure by asset, exchange and in all, and which positions are one bet."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.correlation import Cluster, cluster_of, correlation, log_returns
from risk.exposure_limits import Exposure, asset_after_pct, asset_of
from risk.judge import judge_plans
from risk.position_sizing import Size
from shared.models.data import Candles, Floats
from shared.models.gates import Rejection
from shared.models.risk import UNKNOWN_MARKET, MarketView, Position, RiskPlan
from shared.models.risk_rules import RiskRules
from shared.models.smc import Side
from shared.models.timeframe import Timeframe
from tests.unit.risk.drawings import ACCOUNT, BALANCED, market, plan, position

RULES = RiskRules(correlation_bars=20, min_correlation=0.6)
WAVE = np.sin(np.arange(20.0))
"""Returns that another coin may share, mirror or ignore."""
APART = np.cos(np.arange(20.0) * 2.5)


def view(**columns: Floats) -> MarketView:
    return MarketView({f"{name}/USDT": column for name, column in columns.items()})


def clustered(known: MarketView, *positions: Position, side: Side = Side.LONG) -> set[str]:
    one = plan(side=side, stop="98" if side is Side.LONG else "102")
    return {held.symbol for held in cluster_of(one, Exposure(positions), known, RULES).positions}


@pytest.mark.parametrize(
    ("symbol", "asset", "count"),
    [
        ("BTC/USDT", "BTC", 1),
        ("BTC/USDC:USDC", "BTC", 1),
        ("1000PEPE/USDT:USDT", "PEPE", 1000),
        ("1MBABYDOGE/USDT", "BABYDOGE", 1_000_000),
        ("1INCH/USDT", "1INCH", 1),
        ("1000/USDT", "1000", 1),
    ],
)
def test_an_asset_is_the_same_whatever_it_is_quoted_in_or_bundled_by(
    symbol: str, asset: str, count: int
) -> None:
    assert asset_of(symbol) == (asset, Decimal(count))


@pytest.mark.parametrize(
    ("code", "held", "rules", "measured"),
    [
        ("risk.asset", position("BTC/USDC", quantity="60", exchange="bybit"), {"max_asset_pct": 80}, 82.5),
        ("risk.total", position("ETH/USDT", quantity="50"), {"max_total_pct": 70}, 72.5),
        ("risk.aggregate", position("ETH/USDT", quantity="50", exchange="bybit"), {"max_aggregate_pct": 70}, 72.5),
        ("risk.conflict", position("BTC/USDC", Side.SHORT), {}, 1.0),
        ("risk.cluster", position("ETH/USDT", risk_r=1.5), {}, 2.5),
    ],
)  # fmt: skip
def test_each_kind_of_exposure_refuses_by_its_own_code(
    code: str, held: Position, rules: dict[str, float], measured: float
) -> None:
    settings = replace(BALANCED, risk=RiskRules(**rules))  # type: ignore[arg-type]
    (answer,) = judge_plans([(plan(), market(), 1e9)], replace(ACCOUNT, positions=(held,)), settings)
    assert isinstance(answer, Rejection)
    assert (answer.code, answer.measured) == (code, pytest.approx(measured, abs=0.5))


def test_single_coins_count_against_a_bundle_of_them_by_the_thousand() -> None:
    held = Exposure((position("PEPE/USDC", quantity="60000"),))
    size = Size(Decimal(10), Decimal(1000), Decimal(20), "risk per trade")
    assert asset_after_pct(held, plan("1000PEPE/USDT"), size, ACCOUNT) == 70.0


def test_another_exchange_does_not_count_against_an_exchanges_limit() -> None:
    held = position("ETH/USDT", quantity="50", exchange="bybit")
    settings = replace(BALANCED, risk=RiskRules(max_total_pct=70.0))
    (answer,) = judge_plans([(plan(), market(), 1e9)], replace(ACCOUNT, positions=(held,)), settings)
    assert isinstance(answer, RiskPlan)


def test_positions_that_move_together_are_one_bet_and_others_are_not() -> None:
    known = view(BTC=WAVE, ETH=WAVE * 3, SOL=APART)
    assert clustered(known, position("ETH/USDT"), position("SOL/USDT")) == {"ETH/USDT"}


def test_a_hedge_is_no_second_bet_and_a_mirrored_coin_sold_is_one() -> None:
    known = view(BTC=WAVE, ETH=WAVE, GOLD=-WAVE)
    short = (position("ETH/USDT", Side.SHORT), position("GOLD/USDT", Side.SHORT))
    assert clustered(known, *short) == {"GOLD/USDT"}


def test_a_bet_reaches_through_a_position_between() -> None:
    between = WAVE + APART
    known = view(BTC=WAVE, ETH=between, SOL=APART)
    assert correlation(WAVE, APART, 20) < 0.6 < correlation(WAVE, between, 20)
    assert clustered(known, position("SOL/USDT"), position("ETH/USDT")) == {"ETH/USDT", "SOL/USDT"}


@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
def test_what_is_not_known_is_taken_for_the_same_bet_and_the_gate_says_so(side: Side) -> None:
    held = position("ETH/USDT", side)
    assert clustered(UNKNOWN_MARKET, held) == {"ETH/USDT"}
    told = cluster_of(plan(), Exposure((held,)), UNKNOWN_MARKET, RULES).told()
    assert told == "with ETH/USDT; not known of ETH/USDT, so taken for one bet"


def test_twelve_coins_that_move_together_get_the_room_of_one_bet() -> None:
    names = [f"C{place}" for place in range(12)]
    plans = [(plan(f"{name}/USDT"), market(f"{name}/USDT"), 1e9) for name in names]
    wide = RiskRules(
        max_positions=20, max_same_side=20, max_heat_r=20.0, max_leverage=10.0, max_total_pct=1000.0,
        max_aggregate_pct=1000.0, correlation_bars=20,
    )  # fmt: skip
    settings = replace(BALANCED, risk=wide)
    answers = judge_plans(plans, ACCOUNT, settings, view(**dict.fromkeys(names, WAVE)))
    assert [answer.code for answer in answers if isinstance(answer, Rejection)] == ["risk.cluster"] * 10
    assert sum(isinstance(answer, RiskPlan) for answer in answers) == 2


def test_a_correlation_of_too_few_shared_returns_or_of_a_flat_line_is_not_known() -> None:
    holed = WAVE.copy()
    holed[:5] = np.nan
    assert math.isnan(correlation(WAVE, holed, 20))
    assert math.isnan(correlation(WAVE, WAVE[:10], 20))
    assert math.isnan(correlation(WAVE, np.zeros(20), 20))
    holed[4] = WAVE[4]
    assert correlation(WAVE, holed, 20) == pytest.approx(1.0)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100))
def test_correlation_agrees_with_numpy_is_symmetric_and_has_no_scale(seed: int, scale: float) -> None:
    one, other = np.random.default_rng(seed).normal(size=(2, 30))
    expected = float(np.corrcoef(one[-20:], other[-20:])[0, 1])
    assert correlation(one, other, 20) == pytest.approx(expected, abs=1e-12)
    assert correlation(other * scale, one, 20) == pytest.approx(expected, abs=1e-9)


@given(st.permutations(["ETH", "SOL", "ADA", "XRP"]), st.integers(0, 999))
def test_a_cluster_does_not_depend_on_the_order_of_positions(order: list[str], seed: int) -> None:
    columns = np.random.default_rng(seed).normal(size=(5, 20)) + 1.2 * WAVE
    known = view(**dict(zip(["BTC", "ETH", "SOL", "ADA", "XRP"], columns, strict=True)))
    found = clustered(known, *(position(f"{name}/USDT") for name in order))
    assert found == clustered(known, *(position(f"{name}/USDT") for name in sorted(order)))


def test_returns_stand_on_the_grid_up_to_the_last_close_with_holes_where_candles_are_missing() -> None:
    hour = Timeframe.H1.ms
    prices = np.array([1.0, 2.0, 4.0, 8.0])
    opens = np.array([1, 2, 4, 5]) * hour
    candles = Candles(Timeframe.H1, opens, prices, prices, prices, prices, np.ones(4))
    ended = 6 * hour + 5
    found = log_returns(candles, ended, 4) / math.log(2)
    assert found.tolist() == pytest.approx([1.0, math.nan, math.nan, 1.0], nan_ok=True)
    assert np.isnan(log_returns(candles, ended + 9 * hour, 4)).all()


def test_a_plan_without_companions_has_nothing_to_tell_of_its_cluster() -> None:
    assert Cluster((), ()).told() == ""


def test_a_correlation_is_never_beyond_one_whatever_rounding_does() -> None:
    columns = [np.random.default_rng(seed).normal(size=20) for seed in range(300)]
    assert max(correlation(column, column * 3.0, 20) for column in columns) == 1.0
    assert min(correlation(column, column * -3.0, 20) for column in columns) == -1.0


def test_bets_that_correlate_by_exactly_the_limit_are_one() -> None:
    rules = replace(RULES, min_correlation=1.0)
    held = Exposure((position("BTC/USDC"),))
    cluster = cluster_of(plan(), held, UNKNOWN_MARKET, rules)
    assert (len(cluster.positions), cluster.unknown) == (1, ())


def test_two_directions_of_one_asset_are_no_common_bet() -> None:
    assert clustered(UNKNOWN_MARKET, position("BTC/USDC", Side.SHORT)) == set()


def test_what_is_known_of_one_alone_is_not_known_of_both() -> None:
    held = Exposure(tuple(position(f"{base}/USDT") for base in ("XRP", "SOL", "ETH", "ADA")))
    everyone = ("ADA/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT")
    assert cluster_of(plan(), held, view(BTC=WAVE), RULES).unknown == everyone
    assert cluster_of(plan(), held, view(ETH=WAVE, SOL=WAVE), RULES).unknown == everyone
