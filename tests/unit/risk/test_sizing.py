"""Size: every cap holds, rounding never raises risk, and the stop comes before liquidation."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.judge import judge_plans
from risk.position_sizing import (
    Room,
    Size,
    liquidation_distance,
    liquidation_price,
    resting,
    risk_unit,
    size_position,
)
from shared.models.data import OrderBook
from shared.models.gates import Rejection
from shared.models.profile import CostRules, Profile
from shared.models.risk import Account, MarketView
from shared.models.risk_rules import RiskRules
from shared.models.smc import Side
from tests.unit.risk.drawings import ACCOUNT, BALANCED, FREE, market, plan

BOOK = OrderBook("binance", "BTC/USDT", 1, np.array([[99.0, 2.0], [98.0, 1.0]]), np.array([[101.0, 3.0]]))


def sized(
    equity: Decimal, away: Decimal, room: Room, rules: RiskRules | None = None, lot: str = "0.001"
) -> Size:
    one = plan(stop=str(100 * (1 - away)))
    return size_position(
        one, market(lot=lot), Account(equity, "USDT"), rules or RiskRules(), CostRules(), room
    )


@pytest.mark.parametrize(
    ("room", "limited_by", "notional"),
    [
        (Room(1e9), "risk per trade", 2500),
        (Room(1e9, open_notional=Decimal(9000)), "buying power", 1000),
        (Room(1e9, open_notional=Decimal(99_000)), "buying power", 0),
        (Room(1e5), "24h volume", 1000),
        (Room(1e9, book_notional=Decimal(2000)), "order book", 500),
    ],
)
def test_the_tightest_bound_sets_the_size(room: Room, limited_by: str, notional: int) -> None:
    size = size_position(plan(), market(), ACCOUNT, RiskRules(), FREE, room)
    assert (size.limited_by, size.notional) == (limited_by, Decimal(notional))


@pytest.mark.parametrize(
    ("rules", "limited_by", "notional"),
    [
        (RiskRules(max_leverage=0.1), "leverage", 1000),
        (RiskRules(max_asset_pct=5.0), "asset limit", 500),
    ],
)
def test_a_rule_that_is_the_tightest_bound_is_named(rules: RiskRules, limited_by: str, notional: int) -> None:
    """A room of which nothing is said has nothing open in it."""
    size = size_position(plan(), market(), ACCOUNT, rules, FREE, Room(1e9))
    assert (size.limited_by, size.notional) == (limited_by, Decimal(notional))


def test_a_stop_is_filled_by_the_bids_of_a_long_and_the_asks_of_a_short() -> None:
    assert (resting(BOOK, Side.LONG), resting(BOOK, Side.SHORT)) == (Decimal(296), Decimal(303))


def test_a_known_book_bounds_what_the_judge_approves() -> None:
    (answer,) = judge_plans(
        [(plan(), market(), 1e9)], ACCOUNT, BALANCED, MarketView(books={"BTC/USDT": BOOK})
    )
    assert not isinstance(answer, Rejection)
    assert (answer.limited_by, answer.notional) == ("order book", Decimal("74.00"))


def test_without_buying_power_the_refusal_names_it() -> None:
    plans = [(plan(name, stop="99.9"), market(name), 1e9) for name in ("AAA/USDT", "BBB/USDT")]
    settings = Profile("one", "for tests", risk=RiskRules(max_cluster_r=50.0))
    first, second = judge_plans(plans, ACCOUNT, settings)
    assert not isinstance(first, Rejection)
    assert isinstance(second, Rejection)
    assert (second.code, second.what) == (
        "risk.quantity", "quantity after rounding down to the lot step (set by buying power)"
    )  # fmt: skip


equities = st.decimals("10", "1000000", places=2)
distances = st.decimals("0.001", "0.5", places=3)
rooms = st.builds(
    Room, st.floats(0, 1e9), st.decimals("0", "1000000", places=2), st.decimals("1", "1000000", places=2)
)
leverages = st.floats(0.01, 125).map(lambda number: RiskRules(max_leverage=round(number, 2)))


@given(equities, distances, rooms, leverages, st.sampled_from(["1", "0.1", "0.00001"]))
def test_no_cap_is_ever_passed_and_rounding_never_raises_risk(
    equity: Decimal, away: Decimal, room: Room, rules: RiskRules, lot: str
) -> None:
    size = sized(equity, away, room, rules, lot)
    whole = equity * Decimal(str(rules.max_leverage))
    caps = (
        whole,
        max(Decimal(0), whole - room.open_notional),
        equity,
        Decimal(str(room.quote_volume)) / 100,
        room.book_notional / 4,
    )
    slack = 1 + Decimal("1e-20")
    assert size.risk_amount <= risk_unit(Account(equity, "USDT"), rules) * slack
    assert all(size.notional <= cap * slack for cap in caps)
    assert size.quantity % Decimal(lot) == 0


@given(equities, equities, distances, distances, rooms)
def test_size_grows_with_equity_and_shrinks_with_the_stop_distance(
    equity: Decimal, more: Decimal, near: Decimal, far: Decimal, room: Room
) -> None:
    poor, rich = sorted((equity, more))
    close, wide = sorted((near, far))
    assert sized(poor, near, room).quantity <= sized(rich, near, room).quantity
    assert sized(poor, wide, room).quantity <= sized(poor, close, room).quantity


@given(
    st.sampled_from(list(Side)), st.decimals("1", "125", places=1), st.decimals("0", "0.4", places=3),
    st.decimals("0.01", "100000", places=2),
)  # fmt: skip
def test_at_liquidation_the_margin_left_is_the_maintenance_margin(
    side: Side, leverage: Decimal, maintenance: Decimal, entry: Decimal
) -> None:
    price = liquidation_price(entry, side, leverage, maintenance)
    left = entry / leverage + (price - entry) * int(side)
    assert float(left) == pytest.approx(float(maintenance * price), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "leverage", "distance"),
    [("spot", 20.0, 50.0), ("perpetual", 1.0, 50.0), ("perpetual", 20.0, 1.530612), ("perpetual", 25.0, 1.020408)],
)  # fmt: skip
def test_leverage_brings_liquidation_towards_the_stop(kind: str, leverage: float, distance: float) -> None:
    rules = RiskRules(max_leverage=leverage)
    assert liquidation_distance(plan(), market(kind=kind), rules) == pytest.approx(distance, rel=1e-6)


@pytest.mark.parametrize("side", list(Side))
def test_a_position_that_would_be_liquidated_near_its_stop_is_refused(side: Side) -> None:
    one = plan(side=side, stop="98" if side is Side.LONG else "102")
    settings = Profile("leveraged", "for tests", risk=RiskRules(max_leverage=25.0))
    (answer,) = judge_plans([(one, market(kind="perpetual"), 1e9)], ACCOUNT, settings)
    assert isinstance(answer, Rejection)
    assert (answer.code, answer.threshold) == ("risk.liquidation", 1.5)
