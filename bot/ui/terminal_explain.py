"""One symbol in words: what to do, why, which gates it met, and what would change it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.ui.explain_document import NEAR
from bot.ui.look import Look
from bot.ui.numbers import amount_shown, measure_text, price_shown, quantity_shown, time_shown
from bot.ui.table import Column, table_lines, width_of
from bot.ui.terminal_funnel import gate_text
from bot.ui.terminal_standing import standing_lines
from bot.ui.terminal_story import story_lines
from shared.models.gates import GateResult, Rejection
from shared.models.planner import EntryKind, TradePlan
from shared.models.scan import Explanation, Setup, SymbolFault
from shared.models.scoring import MAX_TENTHS, SideScore
from shared.models.smc import Side
from shared.models.track import Alike

LABEL: Final = 12
READING_WIDTH: Final = 110
VERBS: Final = {Side.LONG: "Buy", Side.SHORT: "Sell"}
NARROWEST_WHY: Final = 24
PERCENT: Final = Decimal(100)
CLOSEST: Final = 2
"""Gates named that a plan passed by least."""


def explain_lines(explanation: Explanation, look: Look, *, with_gates: bool = True) -> list[str]:
    """Everything a person is shown of one symbol; the tables of gates may be left out."""
    outcome = explanation.outcome
    if isinstance(outcome, SymbolFault):
        lines = _fault(explanation, outcome, look)
    elif isinstance(outcome, Setup):
        lines = _setup(outcome, explanation.past, look)
    else:
        lines = _rejection(explanation, outcome, look)
    lines += standing_lines(explanation, look)
    lines += story_lines(explanation, look)
    lines += _book(explanation, look)
    lines += _gates(explanation, look) if with_gates else []
    return [look.signs(line) for line in (*lines, "", f"run {explanation.scan.run_id} · not advice")]


def _book(explanation: Explanation, look: Look) -> list[str]:
    """The order book, with its age: it is shown, and decides nothing."""
    lines: list[str] = []
    for book in explanation.books:
        bids, asks = (f"{amount:,.0f}" for amount in book.depth_within(NEAR))
        age_s = (explanation.scan.as_of_ms - book.time_ms) // 1000
        text = (
            f"{book.spread_bps:.2f} bps between bid and ask; within 0.5 % of the middle {bids} bid and {asks} offered "
            f"(quote currency, the {len(book.bids)} + {len(book.asks)} levels stored {age_s:,} s before)"
        )
        lines += ["", *_labelled("Order book", text, look)]
    return lines


def _fault(explanation: Explanation, fault: SymbolFault, look: Look) -> list[str]:
    when = time_shown(explanation.scan.bar_ms, look.zone)
    title = f"{explanation.symbol} · could not be read · {explanation.scan.profile} · {when}"
    return [
        *look.flow(title),
        "",
        *look.wrap(f"! {fault.error} at {fault.stage}: {fault.problem}", "  "),
        *(look.wrap(f"  {fault.action}", "  ") if fault.action else []),
    ]


def _setup(setup: Setup, past: Sequence[Alike], look: Look) -> list[str]:
    plan = setup.plan
    title = (
        f"{plan.symbol} · {plan.side.name} · grade {plan.grade} · {plan.score:.1f}/100 · {plan.profile} · "
        f"closed bar {time_shown(plan.decided_ms, look.zone)} · plan {plan.fingerprint}"
    )
    facts = (
        ("What to do", _what_to_do(plan)),
        ("If wrong", _if_wrong(setup)),
        ("If right", _if_right(plan)),
        ("Good until", _good_until(plan, look)),
        ("Size", _size(setup)),
        *(("On record", str(alike)) for alike in past),
    )
    lines = [*_title(title, look), ""]
    for label, text in facts:
        lines += _labelled(label, text, look)
    lines += ["", *score_lines(setup.breakdown.on(plan.side), look), ""]
    for label, texts in (
        ("What would change it", _would_end(plan)),
        ("Against it", [plan.rationale.against]),
    ):
        lines += [label, *(line for text in texts for line in _indented(text, look))]
    return lines


def _good_until(plan: TradePlan, look: Look) -> str:
    """Until when the order may wait, in time and in price."""
    beyond = "under" if plan.side is Side.LONG else "above"
    ends = f"a {plan.anchor} close {beyond} {_price(plan, plan.entry.invalidation)}"
    return f"{time_shown(plan.entry.expires_ms, look.zone)} if not filled, or {ends}"


def _would_end(plan: TradePlan) -> list[str]:
    """What ends a filled trade besides its targets, and the gates that were passed by least, those met exactly aside."""
    spare = sorted((gate for gate in plan.gates if gate.distance < 0), key=_relative_spare)
    stop = _price(plan, plan.stop.price)
    return [
        f"after the fill: the stop at {stop}, or {plan.hold_bars} {plan.anchor} bars without a result",
        *(
            f"closest to failing: {_stands(gate)} ({measure_text(-gate.distance)} to spare)"
            for gate in spare[:CLOSEST]
        ),
    ]


def _relative_spare(gate: GateResult) -> float:
    return -gate.distance / max(abs(gate.threshold), abs(gate.measured))


def _rejection(explanation: Explanation, rejection: Rejection, look: Look) -> list[str]:
    scan = explanation.scan
    title = (
        f"{explanation.symbol} · no plan · {scan.profile} · closed bar {time_shown(scan.bar_ms, look.zone)}"
    )
    lines = [
        *_title(title, look),
        "",
        *_labelled("Stopped by", f"{rejection.code}: {rejection.reason}", look),
    ]
    context = explanation.context
    if context is not None and context.confluence_breakdown is not None:
        for side in Side:
            lines += ["", *score_lines(context.confluence_breakdown.on(side), look)]
    changes = _changes(explanation, rejection)
    return [*lines, "", "What would change it", *(line for text in changes for line in _indented(text, look))]


def _changes(explanation: Explanation, rejection: Rejection) -> list[str]:
    """Per direction, the gates that failed and how far away they are; without directions, the rejection itself."""
    texts = []
    for review in explanation.reviews:
        failed = [gate for gate in review.gates if not gate.passed]
        texts += [f"{review.side.word}: {_missing(gate)}" for gate in failed]
        if not failed and isinstance(review.outcome, Rejection):
            texts.append(f"{review.side.word}: {review.outcome.reason} ({review.outcome.code})")
    found = gate_text(rejection.measured, rejection.comparison, rejection.threshold, rejection.unit)
    return texts or [f"{rejection.what}: {found}"]


def _missing(gate: GateResult) -> str:
    return f"{_stands(gate)} ({measure_text(gate.distance)} away)"


def _stands(gate: GateResult) -> str:
    return f"{gate.what}: {gate_text(gate.measured, gate.comparison, gate.threshold, gate.unit)}"


def _what_to_do(plan: TradePlan) -> str:
    low, high = sorted((plan.entry.near, plan.entry.far))
    order = "with a limit order at" if plan.entry.kind is EntryKind.LIMIT else "near"
    return (
        f"{VERBS[plan.side]} {order} {_price(plan, plan.entry.price)}, zone {_price(plan, low)} – {_price(plan, high)} "
        f"(last close {_price(plan, plan.close)})"
    )


def _if_wrong(setup: Setup) -> str:
    plan, risk = setup.plan, setup.risk
    where = "under" if plan.side is Side.LONG else "above"
    return (
        f"Stop {_price(plan, plan.stop.price)} ({plan.stop.distance_pct:.2f} % {where} the entry). "
        f"Costs 1R: {amount_shown(risk.risk_amount)} {risk.currency}, fees and slippage included"
    )


def _if_right(plan: TradePlan) -> str:
    parts = [
        f"{target.fraction * PERCENT:.0f} % at {_price(plan, target.price)} ({target.net_r:+.1f}R)"
        for target in plan.targets
    ]
    return f"{', '.join(parts)}; {plan.break_even}"


def _size(setup: Setup) -> str:
    plan, risk = setup.plan, setup.risk
    base = plan.symbol.partition("/")[0]
    return (
        f"account {amount_shown(risk.equity)} {risk.currency}, risk {risk.risk_pct:.2f} % = "
        f"{amount_shown(risk.risk_amount)} {risk.currency} → {quantity_shown(risk.quantity)} {base} "
        f"({amount_shown(risk.notional)} {risk.currency}, {risk.leverage:.2f}× account); set by {risk.limited_by}"
    )


def score_lines(score: SideScore, look: Look) -> list[str]:
    """Every part of one direction's score, and a total that the points add up to."""
    rows = [
        (
            factor.name,
            f"{factor.value:.2f}",
            f"{factor.weight_tenths / 10:g}",
            factor.points_tenths / 10,
            factor.why,
        )
        for factor in score.factors
    ]
    rows += [
        (rule.name, "", "", rule.points_tenths / 10, rule.why)
        for rule in (*score.synergies, *score.conflicts)
    ]
    if score.ml_adjustment:
        rows.append(("ml_adjustment", "", "", round(score.ml_adjustment, 1), "a model's adjustment"))
    total = sum(round(row[3] * 10) for row in rows)
    clipped = "" if 0 <= total <= MAX_TENTHS else f", {total / 10:+.1f} before clipping to 0–100"
    columns = [
        Column("Factor", (*(row[0] for row in rows), "total"), right=False),
        Column("Value", (*(row[1] for row in rows), "")),
        Column("Weight", (*(row[2] for row in rows), "")),
        Column("Points", (*(f"{row[3]:+.1f}" for row in rows), f"{score.score:.1f}")),
    ]
    title = f"Why {score.side.word} scores {score.score:.1f}{clipped}"
    return [look.paint(title, "bold"), *_with_reasons(columns, [*(row[4] for row in rows), ""], look, "Why")]


def _with_reasons(columns: Sequence[Column], reasons: Sequence[str], look: Look, heading: str) -> list[str]:
    """The table with a last column of sentences, wrapped; under their row where the terminal is too narrow."""
    front = width_of(columns, gap=2) + 2
    room = _width(look) - front
    beside = room >= NARROWEST_WHY
    lines = table_lines(columns, look, gap=2)
    seen = [len(line) for line in table_lines(columns, replace(look, colour=False), gap=2)]
    whole = [f"{lines[0]}{' ' * (front - seen[0])}{heading}" if beside else lines[0]]
    for line, length, reason in zip(lines[1:], seen[1:], reasons, strict=True):
        wrapped = textwrap.wrap(reason, room if beside else _width(look) - 4)
        if not beside:
            whole += [line, *(f"    {part}" for part in wrapped)]
            continue
        first, *rest = wrapped or [""]
        whole += [f"{line}{' ' * (front - length)}{first}".rstrip(), *(" " * front + part for part in rest)]
    return whole


def _gates(explanation: Explanation, look: Look) -> list[str]:
    """Gates of the symbol, then of each direction, then of risk, passed or not."""
    risk = [gate for gate in explanation.gates if gate.stage == "risk"]
    lines = _gate_table("Gates", [gate for gate in explanation.gates if gate.stage != "risk"], look)
    for review in explanation.reviews:
        lines += _gate_table(f"Gates, {review.side.word}", review.gates, look)
    return lines + _gate_table("Gates, risk", risk, look)


def _title(text: str, look: Look) -> list[str]:
    return [look.paint(line, "bold") for line in look.flow(text)]


def _gate_table(title: str, gates: Iterable[GateResult], look: Look) -> list[str]:
    """One line a gate; a gate that was asked several times says each time of what."""
    rows = tuple(gates)
    if not rows:
        return []
    ends = tuple("passed" if gate.passed else "FAILED" for gate in rows)
    columns = [
        Column("Gate", tuple(gate.code for gate in rows), right=False),
        Column("Measured", tuple(measure_text(gate.measured) for gate in rows)),
        Column("Needs", tuple(f"{gate.comparison} {measure_text(gate.threshold)}" for gate in rows)),
        Column("Unit", tuple(gate.unit for gate in rows), right=False),
        Column("", ends, right=False, styles=(("FAILED", "red"),)),
    ]
    if width_of(columns, gap=2) > _width(look):
        del columns[3]
    asked = Counter(gate.code for gate in rows)
    of_what = [gate.what if asked[gate.code] > 1 else "" for gate in rows]
    lines = (
        _with_reasons(columns, of_what, look, "Of what")
        if any(of_what)
        else table_lines(columns, look, gap=2)
    )
    return ["", look.paint(title, "bold"), *lines]


def _labelled(label: str, text: str, look: Look) -> list[str]:
    first, *rest = textwrap.wrap(text, max(NARROWEST_WHY, _width(look) - LABEL - 1))
    return [f"{label:<{LABEL}} {first}", *(" " * (LABEL + 1) + part for part in rest)]


def _indented(text: str, look: Look) -> list[str]:
    return [f"  {part}" for part in textwrap.wrap(text, _width(look) - 2)]


def _width(look: Look) -> int:
    return min(look.columns or READING_WIDTH, READING_WIDTH)


def _price(plan: TradePlan, price: Decimal) -> str:
    return price_shown(price, plan.tick)
