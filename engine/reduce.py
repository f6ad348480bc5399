"""The end of a scan: risk judges all plans together, then approved ones become notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.executor.trades import stage_orders
from bot.notifications.notices import setup_notice
from bot.ui.documents import plan_document
from contracts.hook_point import hook_point
from risk.correlation import log_returns
from risk.judge import ask_gates, judge_plans
from shared.errors import ContractError
from shared.models.context import SniperContext
from shared.models.data import Floats, Market
from shared.models.gates import GateResult
from shared.models.notifications import Notice
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.risk import Account, MarketView, RiskPlan
from shared.models.scan import Setup, SymbolFault


@dataclass(frozen=True, slots=True)
class Reduction:
    """State of the reduce stages. ``quote_volumes`` are 24h figures by symbol, in quote currency; ``faults`` are symbols
    whose hooks broke."""

    contexts: tuple[SniperContext, ...]
    account: Account
    settings: Profile
    quote_volumes: Mapping[str, float]
    faults: tuple[SymbolFault, ...] = ()
    judged: tuple[SniperContext, ...] = ()
    notices: tuple[Notice, ...] = ()


@hook_point("risk", gives="judged")
def judge_risk(
    contexts: tuple[SniperContext, ...],
    account: Account,
    settings: Profile,
    quote_volumes: Mapping[str, float],
) -> tuple[SniperContext, ...]:
    """Every context with its risk plan or rejection; those without a plan stay as they are."""
    places = [place for place, context in enumerate(contexts) if isinstance(context.plan, TradePlan)]
    plans = [_candidate(contexts[place], quote_volumes) for place in places]
    view = MarketView(_returns(contexts, {plan.symbol for plan, _, _ in plans}, account, settings))
    answers = dict(zip(places, judge_plans(plans, account, settings, view), strict=True))
    return tuple(
        replace(context, risk_plan=answers[place]) if place in answers else context
        for place, context in enumerate(contexts)
    )


def risk_gates(reduction: Reduction) -> tuple[GateResult, ...]:
    """What every gate of risk says of the only plan of a reduction of one symbol; nothing where it has none."""
    account, settings = reduction.account, reduction.settings
    plans = [context for context in reduction.contexts if isinstance(context.plan, TradePlan)]
    return tuple(
        gate
        for context in plans
        for gate in ask_gates(
            _candidate(context, reduction.quote_volumes),
            account,
            settings,
            MarketView(_returns(reduction.contexts, {context.symbol}, account, settings)),
        )
    )


@hook_point("notify", gives="notices")
def compose_notices(judged: tuple[SniperContext, ...]) -> tuple[Notice, ...]:
    """One notice per approved plan, best first, of the time the scan decided on."""
    return tuple(
        setup_notice(setup, plan_document(setup), context.as_of_ms) for context, setup in _approved(judged)
    )


def setups_of(contexts: tuple[SniperContext, ...]) -> tuple[Setup, ...]:
    """Approved setups, by score, highest first, then symbol."""
    return tuple(setup for _, setup in _approved(contexts))


def _approved(contexts: tuple[SniperContext, ...]) -> list[tuple[SniperContext, Setup]]:
    pairs = [(context, setup_of(context)) for context in contexts if isinstance(context.risk_plan, RiskPlan)]
    return sorted(pairs, key=lambda pair: (-pair[1].plan.score, pair[1].plan.symbol))


def setup_of(context: SniperContext) -> Setup:
    """The setup of a context that risk approved.

    Raises:
        ContractError: a field that an approval rests on is missing.
    """
    plan, risk, data = context.plan, context.risk_plan, context.multi_tf_data
    breakdown, regime = context.confluence_breakdown, context.regime
    if not isinstance(plan, TradePlan) or not isinstance(risk, RiskPlan):
        raise ContractError(f"{context.symbol}: an approval without plan and risk")
    if breakdown is None or regime is None or data is None:
        raise ContractError(f"{context.symbol}: an approval without breakdown, regime and candles")
    return Setup(plan, risk, breakdown, regime, stage_orders(plan, risk, data.market))


def _returns(
    contexts: tuple[SniperContext, ...], planned: set[str], account: Account, settings: Profile
) -> dict[str, Floats]:
    """Returns of every symbol that is planned or open and was looked at, where its candles are there."""
    wanted = planned | {position.symbol for position in account.positions}
    timeframe, bars = settings.risk.correlation_timeframe, settings.risk.correlation_bars
    return {
        context.symbol: log_returns(context.multi_tf_data.candles[timeframe], context.as_of_ms, bars)
        for context in contexts
        if context.symbol in wanted and context.multi_tf_data and timeframe in context.multi_tf_data.candles
    }


def _candidate(context: SniperContext, quote_volumes: Mapping[str, float]) -> tuple[TradePlan, Market, float]:
    plan, candles = context.plan, context.multi_tf_data
    if not isinstance(plan, TradePlan) or candles is None:
        raise ContractError(f"{context.symbol}: a plan without candles")
    return plan, candles.market, quote_volumes[context.symbol]
