"""A scan in a terminal: plans as a table or cards, what stopped the rest, what broke. TSV where there is no terminal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from bot.ui.look import Layout, Look
from bot.ui.numbers import age_shown, counted, price_shown, price_text, time_shown
from bot.ui.table import Column, table_lines, width_of
from bot.ui.terminal_funnel import closest_line, fault_lines, funnel_lines, refusal_lines, without_line
from shared.models.planner import Target, TradePlan
from shared.models.scan import ScanResult, Setup
from shared.models.timeframe import iso

SIDE_STYLES: Final = (("LONG", "green"), ("SHORT", "red"))

TSV_HEADINGS: Final = (
    "symbol", "side", "grade", "score", "entry_low", "entry_high", "entry_price", "stop", "tp1", "tp_last",
    "rr1", "rr_last", "stop_distance_pct", "quantity", "valid_until", "id",
)  # fmt: skip
"""Columns of the values for machines, in order; later ones may be added at the end."""


def scan_lines(result: ScanResult, look: Look, now_ms: int | None = None) -> list[str]:
    """Everything a person is shown of a scan. ``now_ms`` adds the age of the last closed bar."""
    head = look.flow(heading(result, look, now_ms))
    lines = [*(look.paint(look.signs(line), "dim") for line in head), ""]
    if result.setups:
        lines += [*plan_lines(result.setups, look), ""]
    return [*lines, *closing_lines(result, look)]


def closing_lines(result: ScanResult, look: Look) -> list[str]:
    """What stands under the plans: how many, what stopped the rest, what broke, coverage and the run's id."""
    texts = [without_line(result)]
    if not result.setups and (closest := closest_line(result)):
        texts.append(closest)
    lines = [line for text in texts for line in look.wrap(look.signs(text), "  ")]
    lines += [look.signs(line) for line in funnel_lines(result, look)]
    for text in (*fault_lines(result), *refusal_lines(result)):
        lines += [look.paint(line, "yellow") for line in look.wrap(look.signs(text), "  ")]
    read, asked = result.coverage
    flags = f" · {', '.join(result.flags)}" if result.flags else ""
    last = look.flow(f"{result.status} · coverage {read}/{asked}{flags} · run {result.run_id}")
    return lines + [look.signs(line) for line in last]


def heading(result: ScanResult, look: Look, now_ms: int | None = None) -> str:
    """Profile, exchange, size and the closed bar everything rests on."""
    age = f" ({age_shown(now_ms - result.bar_ms)})" if now_ms is not None else ""
    asked = result.funnel[0].reached if result.funnel else result.coverage[1]
    closed = f"closed bars up to {time_shown(result.bar_ms, look.zone)}{age}"
    return f"{result.profile} · {result.exchange} · {counted(asked, 'symbol')} · {closed}"


def plan_lines(setups: Sequence[Setup], look: Look) -> list[str]:
    """The plans in the widest layout in which no price is cut."""
    if look.layout is Layout.TSV:
        return tsv_lines(setups)
    plans = [setup.plan for setup in setups]
    if look.layout is not Layout.CARDS:
        for columns in _layouts(plans, full=look.layout is Layout.FULL):
            if width_of(columns) <= look.columns:
                return table_lines(columns, look)
    return card_lines(plans, look)


def tsv_lines(setups: Sequence[Setup]) -> list[str]:
    """A header and one line a plan, tab-separated, no thousands separators, no colour."""
    return ["\t".join(TSV_HEADINGS), *("\t".join(_values(setup)) for setup in setups)]


def card_lines(plans: Sequence[TradePlan], look: Look) -> list[str]:
    """Four short lines a plan, for narrow screens."""
    lines = []
    for number, plan in enumerate(plans, 1):
        side = look.paint(plan.side.name, dict(SIDE_STYLES)[plan.side.name])
        lines += [
            f"{number}. {plan.symbol} {side} {plan.grade} {plan.score:.0f}",
            look.signs(f"   in {_zone(plan)}"),
            f"   sl {_shown(plan, plan.stop.price)} ({plan.stop.distance_pct:.2f}%)",
            *_card_targets(plan),
        ]
    return lines


def _card_targets(plan: TradePlan) -> list[str]:
    texts = [f"{_shown(plan, target.price)} {target.net_r:.1f}R" for target in plan.targets]
    together = " / ".join(texts)
    return [f"   tp {together}"] if len(together) <= 34 else [f"   tp {text}" for text in texts]


def _layouts(plans: Sequence[TradePlan], *, full: bool) -> list[list[Column]]:
    """Tables from the richest to the leanest."""
    most = max(len(plan.targets) for plan in plans)
    lean = [_symbol(plans), _side(plans), _score(plans, "Sc"), _zones(plans), _stops(plans), _rewards(plans)]
    if not full:
        return [lean]
    front = [
        _symbol(plans),
        _side(plans),
        _grade(plans),
        _score(plans, "Score"),
        _zones(plans),
        _stops(plans),
    ]
    every = [_targets(plans, place, f"TP{place + 1}") for place in range(most)]
    ends = [_targets(plans, 0, "TP1"), _targets(plans, -1, "TP last")]
    return [[*front, *every, _rewards(plans)], [*front, *ends, _rewards(plans)], lean]


def _symbol(plans: Sequence[TradePlan]) -> Column:
    return Column("Symbol", tuple(plan.symbol for plan in plans), right=False)


def _side(plans: Sequence[TradePlan]) -> Column:
    return Column("Side", tuple(plan.side.name for plan in plans), right=False, styles=SIDE_STYLES)


def _grade(plans: Sequence[TradePlan]) -> Column:
    return Column("Grade", tuple(plan.grade for plan in plans))


def _score(plans: Sequence[TradePlan], name: str) -> Column:
    return Column(name, tuple(f"{plan.score:.0f}" for plan in plans))


def _zones(plans: Sequence[TradePlan]) -> Column:
    return Column("Entry zone", tuple(_zone(plan) for plan in plans))


def _stops(plans: Sequence[TradePlan]) -> Column:
    return Column("Stop", tuple(_shown(plan, plan.stop.price) for plan in plans))


def _targets(plans: Sequence[TradePlan], place: int, name: str) -> Column:
    cells = [_shown(plan, plan.targets[place].price) if place < len(plan.targets) else "" for plan in plans]
    return Column(name, tuple(cells))


def _rewards(plans: Sequence[TradePlan]) -> Column:
    return Column("R:R", tuple(" / ".join(f"{target.net_r:.1f}" for target in _ends(plan)) for plan in plans))


def _ends(plan: TradePlan) -> tuple[Target, ...]:
    return plan.targets if len(plan.targets) == 1 else (plan.targets[0], plan.targets[-1])


def _zone(plan: TradePlan) -> str:
    low, high = sorted((plan.entry.near, plan.entry.far))
    return f"{_shown(plan, low)} – {_shown(plan, high)}"


def _shown(plan: TradePlan, price: Decimal) -> str:
    return price_shown(price, plan.tick)


def _values(setup: Setup) -> list[str]:
    plan = setup.plan
    low, high = sorted((plan.entry.near, plan.entry.far))
    first, last = plan.targets[0], plan.targets[-1]
    prices = (low, high, plan.entry.price, plan.stop.price, first.price, last.price)
    return [
        plan.symbol,
        plan.side.word,
        plan.grade,
        f"{plan.score:.1f}",
        *(price_text(price, plan.tick) for price in prices),
        f"{first.net_r:.2f}",
        f"{last.net_r:.2f}",
        f"{plan.stop.distance_pct:.2f}",
        f"{setup.risk.quantity:f}",
        iso(plan.entry.expires_ms),
        plan.fingerprint,
    ]
