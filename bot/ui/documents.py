"""Published JSON documents: a scan (``snipersight.scan/1``) and a plan (``snipersight.plan/1``).

Pure builders. Every price stands as a number and as ``*_text`` on the market's tick; times are RFC 3339 UTC; nothing is
null. ``docs/output_spec.md`` says what each field means, ``docs/schema`` holds the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from bot.ui.numbers import price_text
from shared.models.gates import GateResult, Rejection
from shared.models.orders import Order
from shared.models.planner import EntryZone, TradePlan
from shared.models.regime import MarketContext, Regime
from shared.models.risk import RiskPlan
from shared.models.scan import FunnelRow, ScanResult, Setup, SymbolFault
from shared.models.scoring import FactorScore, RuleScore, SideScore
from shared.models.timeframe import iso
from shared.utils.serialization import decimal_text, document_json

SCAN: Final = "snipersight.scan/1"
PLAN: Final = "snipersight.plan/1"

Document = dict[str, Any]


def plan_json(setup: Setup) -> str:
    """One plan as one line of JSON."""
    return document_json(plan_document(setup))


def scan_json(result: ScanResult) -> str:
    """A whole scan as one JSON document, indented."""
    return document_json(scan_document(result), indent=2)


def scan_document(result: ScanResult) -> Document:
    """A whole scan: what ran, on what, what came out and what stopped the rest."""
    read, asked = result.coverage
    return {
        "schema": SCAN,
        "run_id": result.run_id,
        "version": result.version,
        "profile": result.profile,
        "exchange": result.exchange,
        "as_of": iso(result.as_of_ms),
        "status": result.status.value,
        "exit_code": result.status.exit_code,
        "flags": list(result.flags),
        "coverage": {"read": read, "asked": asked},
        "config_digest": result.config_digest,
        "data_digest": result.data_digest,
        "market": market_part(result.market_context),
        "funnel": [funnel_part(row) for row in result.funnel],
        "plans": [plan_document(setup) for setup in result.setups],
        "rejections": [rejection_part(rejection) for rejection in result.rejections],
        "faults": [fault_part(fault) for fault in result.faults],
    }


def plan_document(setup: Setup) -> Document:
    """One approved plan with its score, size, regime and every gate it passed."""
    plan = setup.plan
    return {
        "schema": PLAN,
        "id": plan.fingerprint,
        "exchange": plan.exchange,
        "symbol": plan.symbol,
        "profile": plan.profile,
        "side": plan.side.word,
        "style": plan.style.value,
        "grade": plan.grade,
        "score": plan.score,
        "decided_at": iso(plan.decided_ms),
        "valid_until": iso(plan.entry.expires_ms),
        "timeframes": _timeframes(plan),
        **price_part("tick", plan.tick, plan.tick),
        **price_part("close", plan.close, plan.tick),
        "entry": _entry(plan.entry, plan.tick),
        "stop": _stop(plan),
        "targets": [_target(plan, place) for place in range(len(plan.targets))],
        "break_even": plan.break_even,
        "hold_bars": plan.hold_bars,
        "size": _size(setup.risk),
        "orders": [_order(order, plan.tick) for order in setup.orders],
        "score_parts": score_part(setup.breakdown.on(plan.side)),
        "opposite_score": setup.breakdown.on(plan.side.opposite).score,
        "regime": regime_part(setup.regime),
        "rationale": {name: getattr(plan.rationale, name) for name in plan.rationale.__slots__},
        "gates": gate_parts((*plan.gates, *setup.risk.gates)),
    }


def market_part(market: MarketContext) -> Document:
    """The benchmark's state, read by every symbol."""
    return {
        "benchmark": market.benchmark,
        "state": market.state.value,
        "impulse_z": market.impulse_z,
        "risk_appetite": market.risk_appetite.value,
        "basis": market.basis,
        "why": market.why,
    }


def regime_part(regime: Regime) -> Document:
    """One symbol's regime."""
    return {
        "state": regime.state.value,
        "trend": regime.trend.name.lower(),
        "efficiency": regime.efficiency,
        "volatility": regime.volatility.value,
        "atr_percentile": regime.atr_percentile,
        "beta": regime.beta,
        "vetoes": [{"side": side.word, "why": why} for side, why in regime.vetoes],
    }


def score_part(score: SideScore) -> Document:
    """Every part of one direction's score; the points add up to the total unless it was clipped to 0–100."""
    return {
        "total": score.score,
        "factors": [_factor(factor) for factor in score.factors],
        "synergies": [_rule(rule) for rule in score.synergies],
        "conflicts": [_rule(rule) for rule in score.conflicts],
        "ml_adjustment": score.ml_adjustment,
    }


def gate_parts(gates: Iterable[GateResult]) -> list[Document]:
    """Gates with what they measured."""
    return [
        {
            "stage": gate.stage,
            "code": gate.code,
            "what": gate.what,
            "unit": gate.unit,
            "measured": gate.measured,
            "comparison": gate.comparison,
            "threshold": gate.threshold,
            "distance": gate.distance,
            "passed": gate.passed,
        }
        for gate in gates
    ]


def rejection_part(rejection: Rejection) -> Document:
    """Why a symbol has no plan."""
    return {
        "symbol": rejection.symbol,
        "stage": rejection.stage,
        "code": rejection.code,
        "what": rejection.what,
        "unit": rejection.unit,
        "measured": rejection.measured,
        "comparison": rejection.comparison,
        "threshold": rejection.threshold,
        "distance": rejection.distance,
        "reason": rejection.reason,
    }


def fault_part(fault: SymbolFault) -> Document:
    """What broke for a symbol."""
    return {
        "symbol": fault.symbol,
        "stage": fault.stage,
        "error": fault.error,
        "problem": fault.problem,
        "action": fault.action,
    }


def funnel_part(row: FunnelRow) -> Document:
    """One stage of the funnel."""
    return {
        "stage": row.stage,
        "reached": row.reached,
        "stopped": row.stopped,
        "faults": row.faults,
        "codes": [{"code": code, "count": count} for code, count in row.codes],
    }


def price_part(name: str, price: Decimal, tick: Decimal) -> Document:
    """A price as a number and as text with exactly the tick's decimals."""
    return {name: float(price), f"{name}_text": price_text(price, tick)}


def _amount(name: str, amount: Decimal) -> Document:
    return {name: float(amount), f"{name}_text": decimal_text(amount)}


def _timeframes(plan: TradePlan) -> Document:
    return {
        "context": [timeframe.value for timeframe in plan.context],
        "anchor": plan.anchor.value,
        "trigger": plan.trigger.value,
    }


def _entry(entry: EntryZone, tick: Decimal) -> Document:
    low, high = sorted((entry.near, entry.far))
    return {
        "kind": entry.kind.value,
        "zone_kind": entry.zone_kind.value,
        "object_id": entry.object_id,
        **price_part("low", low, tick),
        **price_part("high", high, tick),
        **price_part("price", entry.price, tick),
        **price_part("invalidation", entry.invalidation, tick),
        "reach_atr": entry.reach_atr,
        "why": entry.why,
    }


def _stop(plan: TradePlan) -> Document:
    stop = plan.stop
    return {
        **price_part("price", stop.price, plan.tick),
        "distance_pct": stop.distance_pct,
        "distance_atr": stop.distance_atr,
        "cost_r": stop.cost_r,
        "why": stop.why,
    }


def _target(plan: TradePlan, place: int) -> Document:
    target = plan.targets[place]
    return {
        **price_part("price", target.price, plan.tick),
        "fraction": float(target.fraction),
        "net_r": target.net_r,
        "basis": target.basis,
        "why": target.why,
    }


def _size(risk: RiskPlan) -> Document:
    return {
        **_amount("quantity", risk.quantity),
        **_amount("notional", risk.notional),
        **_amount("risk_amount", risk.risk_amount),
        "risk_pct": risk.risk_pct,
        "leverage": risk.leverage,
        "heat_after_r": risk.heat_after_r,
        "limited_by": risk.limited_by,
        **_amount("equity", risk.equity),
        "currency": risk.currency,
        "why": risk.why,
    }


def _order(order: Order, tick: Decimal) -> Document:
    return {
        "leg": order.leg,
        "kind": order.kind.value,
        "side": order.side.value,
        **price_part("price", order.price, tick),
        **_amount("quantity", order.quantity),
        "client_id": order.client_id,
    }


def _factor(factor: FactorScore) -> Document:
    return {
        "name": factor.name,
        "value": factor.value,
        "weight": factor.weight_tenths / 10,
        "points": factor.points_tenths / 10,
        "why": factor.why,
    }


def _rule(rule: RuleScore) -> Document:
    return {"name": rule.name, "points": rule.points_tenths / 10, "why": rule.why}
