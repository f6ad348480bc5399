"""The judge: all plans of a scan together, in a fixed order, each approval counting against those after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from risk.correlation import cluster_of
from risk.exposure_limits import Exposure
from risk.gates import GATES, Question
from risk.position_sizing import PERCENT, Room, resting, risk_unit, size_position
from shared.models.data import Market
from shared.models.gates import GateResult, Rejection, unit_of
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.risk import UNKNOWN_MARKET, Account, MarketView, RiskPlan

Candidate = tuple[TradePlan, Market, float]


def judge_plans(
    plans: Sequence[Candidate], account: Account, settings: Profile, view: MarketView = UNKNOWN_MARKET
) -> tuple[RiskPlan | Rejection, ...]:
    """Approve or reject every plan; the contract is :class:`contracts.risk_contract.RiskJudge`.

    Each plan comes with its market's rules and its 24h quote volume. Plans are taken in order of (decided time, −score,
    symbol), whatever the order handed over; the answers stand in the order handed over.
    """
    answers: dict[int, RiskPlan | Rejection] = {}
    exposure = Exposure(account.positions)
    for place in sorted(range(len(plans)), key=lambda place: _rank(plans[place][0])):
        question = _question(plans[place], account, settings, exposure, view)
        answers[place], exposure = _judge(question)
    return tuple(answers[place] for place in range(len(plans)))


def ask_gates(
    candidate: Candidate, account: Account, settings: Profile, view: MarketView = UNKNOWN_MARKET
) -> tuple[GateResult, ...]:
    """What every gate says of one plan alone, the first that fails and all after it."""
    question = _question(candidate, account, settings, Exposure(account.positions), view)
    return tuple(gate.ask(question) for gate in GATES)


def _rank(plan: TradePlan) -> tuple[int, float, str]:
    return plan.decided_ms, -plan.score, plan.symbol


def _question(
    candidate: Candidate, account: Account, settings: Profile, exposure: Exposure, view: MarketView
) -> Question:
    plan, market, quote_volume = candidate
    room = Room(quote_volume, exposure.notional())
    if plan.symbol in view.books:
        room = replace(room, book_notional=resting(view.books[plan.symbol], plan.side))
    size = size_position(plan, market, account, settings.risk, settings.costs, room)
    cluster = cluster_of(plan, exposure, view, settings.risk)
    return Question(plan, market, account, settings.risk, size, exposure, cluster)


def _judge(question: Question) -> tuple[RiskPlan | Rejection, Exposure]:
    plan, exposure = question.plan, question.exposure
    gates = tuple(gate.ask(question) for gate in GATES)
    failed = [gate for gate in gates if not gate.passed]
    if failed:
        return Rejection.of(plan.symbol, failed[0], _refusal(plan, failed[0])), exposure
    taken = exposure.with_plan(plan, question.size, risk_unit(question.account, question.rules))
    return _approval(question, taken, gates), taken


def _refusal(plan: TradePlan, gate: GateResult) -> str:
    found = f"{gate.measured:g} {unit_of(gate.measured, gate.unit)}".rstrip()
    return (
        f"{plan.side.word} plan scored {plan.score:g}, but {gate.what}: {found}, "
        f"needs {gate.comparison} {gate.threshold:g}"
    )


def _approval(question: Question, taken: Exposure, gates: tuple[GateResult, ...]) -> RiskPlan:
    size, account, plan = question.size, question.account, question.plan
    risk_pct = size.risk_amount / account.equity * PERCENT
    leverage = size.notional / account.equity
    return RiskPlan(
        fingerprint=plan.fingerprint,
        symbol=plan.symbol,
        quantity=size.quantity,
        notional=_money(size.notional),
        risk_amount=_money(size.risk_amount),
        risk_pct=float(risk_pct),
        leverage=float(leverage),
        heat_after_r=taken.heat_r(),
        limited_by=size.limited_by,
        equity=account.equity,
        currency=account.currency,
        gates=gates,
        why=(
            f"{size.quantity.normalize():f} {question.market.base} lose {_money(size.risk_amount)} {account.currency} "
            f"({risk_pct:.2f} % of {account.equity:f}) if stopped, costs included; set by {size.limited_by}"
        ),
    )


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
