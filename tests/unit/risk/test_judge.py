"""The judge: sizes, limits and their order, on plans a trader would write by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.judge import judge_plans
from risk.position_sizing import Room, size_position
from shared.models.costs import loss_per_unit
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.profile import CostRules, Profile
from shared.models.risk import Account, Position, RiskPlan
from shared.models.risk_rules import RiskRules
from shared.models.smc import Side
from tests.unit.risk.drawings import ACCOUNT, BALANCED, FREE, market, plan


def judge(
    *plans: TradePlan, account: Account = ACCOUNT, settings: Profile = BALANCED
) -> tuple[RiskPlan | Rejection, ...]:
    return judge_plans([(one, market(one.symbol), 1e9) for one in plans], account, settings)


def test_a_stopped_plan_costs_half_a_percent_of_equity_when_nothing_else_limits_it() -> None:
    size = size_position(plan(), market(), ACCOUNT, RiskRules(), FREE, Room(1e9))
    assert (size.quantity, size.notional, size.risk_amount, size.limited_by) == (
        Decimal("25.00000"), Decimal("2500.00000"), Decimal("50.00000"), "risk per trade"
    )  # fmt: skip


def test_fees_and_slippage_are_part_of_what_a_stop_costs() -> None:
    costs = CostRules(maker_bps=10.0, taker_bps=10.0, slippage_bps=2.0)
    size = size_position(plan(), market(), ACCOUNT, RiskRules(), costs, Room(1e9))
    per_unit = Decimal(2) + Decimal("0.1") + Decimal(98) * Decimal("0.0012")
    assert (size.risk_amount, size.quantity) == (size.quantity * per_unit, Decimal("22.54689"))
    assert per_unit == loss_per_unit(plan().entry.price, plan().stop.price, costs)


def test_a_tight_stop_is_bound_by_leverage_not_by_risk() -> None:
    size = size_position(plan(stop="99.9"), market(), ACCOUNT, RiskRules(), FREE, Room(1e9))
    assert (size.quantity, size.limited_by) == (Decimal("100.00000"), "leverage")


def test_a_thin_market_bounds_the_size_by_its_volume() -> None:
    size = size_position(plan(), market(), ACCOUNT, RiskRules(), FREE, Room(50_000.0))
    assert (size.notional, size.limited_by) == (Decimal("500.00000"), "24h volume")


@pytest.mark.parametrize(
    ("code", "one", "rules", "held"),
    [
        ("risk.spot_short", plan(side=Side.SHORT, stop="102"), {}, ()),
        ("risk.conflict", plan(), {}, ("BTC/USDT",)),
        ("risk.positions", plan(), {"max_positions": 1}, ("ETH/USDT",)),
        ("risk.same_side", plan(), {"max_same_side": 1}, ("ETH/USDT",)),
        ("risk.heat", plan(), {"max_heat_r": 1.5}, ("ETH/USDT",)),
        ("risk.total", plan(), {"max_total_pct": 20.0}, ()),
    ],
)
def test_each_limit_refuses_with_its_code_and_numbers(
    code: str, one: TradePlan, rules: dict[str, float], held: tuple[str, ...]
) -> None:
    open_now = tuple(
        Position("binance", symbol, Side.LONG, Decimal(1), Decimal(100), Decimal(99), 1.0) for symbol in held
    )
    settings = replace(BALANCED, risk=RiskRules(**{"max_cluster_r": 50, **rules}))  # type: ignore[arg-type]
    (answer,) = judge(one, account=replace(ACCOUNT, positions=open_now), settings=settings)
    assert isinstance(answer, Rejection)
    assert answer.code == code
    assert answer.distance > 0
    assert f"{answer.measured:g}" in answer.reason


def test_an_order_below_the_markets_smallest_is_refused_before_it_is_sent() -> None:
    (answer,) = judge_plans([(plan(), market(smallest="5000"), 1e9)], ACCOUNT, BALANCED)
    assert isinstance(answer, Rejection)
    assert (answer.code, answer.threshold) == ("risk.notional", 5000.0)


def test_the_best_plans_take_the_room_whatever_order_they_come_in() -> None:
    plans = [
        plan(f"{name}/USDT", score=score)
        for name, score in [("AAA", 70.0), ("BBB", 90.0), ("CCC", 80.0), ("DDD", 75.0)]
    ]
    apart = replace(BALANCED, risk=RiskRules(max_cluster_r=50.0))
    answers = dict(zip("ABCD", judge(*plans, settings=apart), strict=True))
    assert {name: isinstance(answer, RiskPlan) for name, answer in answers.items()} == {
        "A": False, "B": True, "C": True, "D": True
    }  # fmt: skip
    assert tuple(reversed(judge(*reversed(plans), settings=apart))) == tuple(answers.values())


def test_an_approval_says_what_the_worst_case_costs() -> None:
    (answer,) = judge(plan())
    assert isinstance(answer, RiskPlan)
    assert answer.limited_by == "risk per trade"
    assert answer.risk_pct == pytest.approx(0.5, rel=1e-3)
    assert str(answer.risk_amount) in answer.why


@given(
    st.decimals("0.0001", "100000", places=4), st.decimals("0.001", "0.2", places=3),
    st.sampled_from(["1", "0.1", "0.001", "0.00001"]), st.decimals("10", "1000000", places=2),
)  # fmt: skip
def test_rounding_never_raises_risk_or_size(entry: Decimal, away: Decimal, lot: str, equity: Decimal) -> None:
    stop = entry * (1 - away)
    one = plan(entry=str(entry), stop=str(stop))
    size = size_position(one, market(lot=lot), Account(equity, "USDT"), RiskRules(), CostRules(), Room(1e9))
    assert size.quantity % Decimal(lot) == 0
    assert size.risk_amount <= equity * Decimal("0.005")
    assert size.notional <= equity


@given(st.decimals("0", "1000", places=6), st.sampled_from([Decimal("0.01"), Decimal("0.3"), Decimal(7)]))
def test_a_quantity_lands_on_the_lot_step_at_most_one_step_below(quantity: Decimal, step: Decimal) -> None:
    rounded = market(lot=str(step)).whole_lots(quantity)
    assert rounded % step == 0
    assert 0 <= quantity - rounded < step


def test_a_refusal_reads_as_a_sentence_also_where_nothing_is_counted() -> None:
    (stop,) = judge(plan(), account=replace(ACCOUNT, killed=True))
    assert isinstance(stop, Rejection)
    assert stop.reason.endswith(", but kill switch set: 1, needs <= 0")
