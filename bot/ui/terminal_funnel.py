"""Why the other symbols have no plan: the question every user of a scanner asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.ui.look import Look
from bot.ui.numbers import counted, measure_text
from shared.models.gates import Rejection, unit_of
from shared.models.scan import FunnelRow, RunStatus, ScanResult, SymbolFault

NAMED: Final = 4
"""Reasons named in the one-line summary; the funnel below it has them all."""
ROOM: Final = 32
"""Columns beside a stage's figures from which its reasons are worth an indent of their own."""


def without_line(result: ScanResult) -> str:
    """``2 plans · 46 symbols without one (31 smc.zone, 9 plan.net_rr …)``."""
    plans = f"{len(result.setups)} plan{'' if len(result.setups) == 1 else 's'}"
    codes = Counter(rejection.code for rejection in result.rejections)
    if not codes:
        return plans
    ordered = sorted(codes.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{count} {code}" for code, count in ordered[:NAMED]]
    rest = sum(count for _, count in ordered[NAMED:])
    more = [f"{rest} other"] if rest else []
    return f"{plans} · {len(result.rejections)} without one ({', '.join((*named, *more))})"


def closest_line(result: ScanResult) -> str:
    """The rejection nearest to passing: the latest stage reached, then the smallest distance for its threshold."""
    order = {row.stage: place for place, row in enumerate(result.funnel)}
    if not result.rejections:
        return ""
    nearest = min(
        result.rejections, key=lambda rejection: (-order.get(rejection.stage, 0), _relative(rejection))
    )
    return f"Closest: {nearest.symbol}: {nearest.reason} ({nearest.code})"


def _relative(rejection: Rejection) -> float:
    return rejection.distance / max(abs(rejection.threshold), abs(rejection.measured), 1e-12)


def funnel_lines(result: ScanResult, look: Look) -> list[str]:
    """One line a stage: reached, stopped, and by what; what does not fit beside stands below."""
    if not result.funnel:
        return []
    width = max(len(row.stage) for row in result.funnel)
    lines = [f"{'Stage':<{width}}  reached  stopped  by"]
    return lines + [line for row in result.funnel for line in _row_lines(row, width, look)]


def _row_lines(row: FunnelRow, width: int, look: Look) -> list[str]:
    reasons = [f"{code} {count}" for code, count in row.codes]
    broken = [f"faults {row.faults}"] if row.faults else []
    figures = f"{row.stage:<{width}}  {row.reached:>7}  {row.stopped + row.faults:>7}"
    together = ", ".join((*reasons, *broken))
    below = " " * (len(figures) + 2 if look.columns >= len(figures) + ROOM else 2)
    return look.wrap(f"{figures}  {together}".rstrip(), below)


def refusal_lines(result: ScanResult) -> list[str]:
    """Why a scan is refused, in one line."""
    if result.status is not RunStatus.REFUSED:
        return []
    read, asked = result.coverage
    needed = f"refused: {read} of {counted(asked, 'symbol')} could be read, and at least half must be"
    return [f"{needed}. Each one's fault stands above: mend those, then scan again."]


def fault_lines(result: ScanResult) -> list[str]:
    """One line a symbol that broke."""
    return symbol_fault_lines(result.faults)


def symbol_fault_lines(faults: Sequence[SymbolFault]) -> list[str]:
    """One line a fault: the symbol, what is wrong, what to do."""
    return [
        f"! {fault.symbol}: {fault.problem}." + (f" {fault.action}." if fault.action else "")
        for fault in faults
    ]


def gate_text(measured: float, comparison: str, threshold: float, unit: str) -> str:
    """``1.8 R, needs >= 2``."""
    found = f"{measure_text(measured)} {unit_of(measured, unit)}".rstrip()
    return f"{found}, needs {comparison} {measure_text(threshold)}"
