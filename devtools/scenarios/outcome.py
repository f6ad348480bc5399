"""The whole outcome of a scenario as text: one line for every small thing, so that a change shows as a readable diff.

Figures stand to six significant digits, prices and amounts as their exact text. Ids and digests of the run are left out: they name
the code's version, and other tests hold them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from bot.ui.documents import (
    Document,
    fault_part,
    funnel_part,
    market_part,
    plan_document,
    regime_part,
    rejection_part,
    score_part,
)
from devtools.scenarios.scenario import Ran, Scenario, end_of
from shared.config.account import account_table
from shared.models.context import SniperContext
from shared.models.scan import ScanResult, Setup
from shared.models.timeframe import iso
from shared.utils.serialization import to_plain

DIGITS: Final = 6
WIDTH: Final = 260
"""What is shorter stands on one line."""
TOLD_ELSEWHERE: Final = ("schema", "score_parts", "opposite_score", "regime")
"""Parts of a plan that stand beside it for every symbol, with a plan or without."""
TEXT: Final = "_text"


def outcome_text(scenario: Scenario, ran: Ran) -> str:
    """The scenario and its outcome, as JSON."""
    return _laid_out(_plain(outcome_of(scenario, ran)), 0) + "\n"


def outcome_of(scenario: Scenario, ran: Ran) -> Document:
    """Who looked at what, and all that came of it."""
    result = ran.result
    return {
        "scenario": scenario.name,
        "story": scenario.story,
        "ends_as": end_of(scenario, result),
        "profile": scenario.profile,
        "changes": to_plain(scenario.changes),
        "account": _account(scenario),
        "asked": list(scenario.symbols) or "the profile's universe",
        "as_of": iso(scenario.as_of_ms),
        "status": result.status.value,
        "exit_code": result.status.exit_code,
        "flags": list(result.flags),
        "coverage": {"read": result.coverage[0], "asked": result.coverage[1]},
        "market": market_part(result.market_context),
        "funnel": [funnel_part(row) for row in result.funnel],
        "ends": {symbol: _end(symbol, end, ran.scored) for symbol, end in sorted(_ends(result).items())},
    }


def _account(scenario: Scenario) -> Document:
    account = scenario.account
    return {
        **account_table(account),
        "killed": account.killed,
        "locks": [str(lock) for lock in account.locks],
    }


def _ends(result: ScanResult) -> dict[str, Document]:
    """How each symbol ended."""
    plans = {setup.plan.symbol: {"plan": _plan(setup)} for setup in result.setups}
    stopped = {one.symbol: {"rejection": rejection_part(one)} for one in result.rejections}
    return plans | stopped | {one.symbol: {"fault": fault_part(one)} for one in result.faults}


def _plan(setup: Setup) -> Document:
    """The plan's document, a gate a line."""
    document = {name: part for name, part in plan_document(setup).items() if name not in TOLD_ELSEWHERE}
    document["gates"] = {
        gate[
            "code"
        ]: f"{gate['measured']:.6g} {gate['comparison']} {gate['threshold']:.6g} {gate['unit']}: {gate['what']}"
        for gate in document["gates"]
    }
    return document


def _end(symbol: str, end: Document, scored: Mapping[str, SniperContext]) -> Document:
    """An end with the regime and the scores it rests on, where it got so far."""
    context = scored.get(symbol)
    if context is None or context.multi_tf_data is None:
        return end
    regime, breakdown = context.regime, context.confluence_breakdown
    if regime is None or breakdown is None:
        return end
    return {
        **end,
        "absent": [timeframe.value for timeframe in context.multi_tf_data.absent],
        "regime": regime_part(regime),
        "long": score_part(breakdown.long),
        "short": score_part(breakdown.short),
    }


def _plain(value: Any) -> Any:
    """Floats to six digits; where a figure has its exact text beside it, the text alone."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {
            name.removesuffix(TEXT): _plain(part)
            for name, part in value.items()
            if f"{name}{TEXT}" not in value
        }
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _laid_out(value: Any, depth: int) -> str:
    """JSON with small containers on one line."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, dict | list) or (depth and len(line) + depth <= WIDTH):
        return line
    inner = "  " * (depth + 1)
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {_laid_out(part, depth + 1)}" for name, part in value.items()]
        opens, closes = "{", "}"
    else:
        parts = [_laid_out(part, depth + 1) for part in value]
        opens, closes = "[", "]"
    return f"{opens}\n{inner}" + f",\n{inner}".join(parts) + f"\n{'  ' * depth}{closes}"
