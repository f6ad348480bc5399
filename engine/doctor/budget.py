"""How much of the request budget is spent, and does the exchange want to be left alone?"""

from __future__ import annotations

from typing import Final

from data.adapters.spending import Allowance, Spending
from shared.models.health import Finding, Verdict
from shared.models.timeframe import iso

NEARLY: Final = 0.9
"""Share of the budget above which the next scan waits."""


def judge_budget(kept: Spending, allowance: Allowance, now_ms: int) -> Finding:
    """What all runs of this machine spent in the window that ends now."""
    spending = kept.as_of(now_ms, allowance)
    used, window_s = spending.used(now_ms), allowance.window_ms // 1000
    measured = (
        f"{used:,} of {allowance.weight:,} spent in {window_s} s, {max(0, allowance.weight - used):,} left"
    )
    if spending.stopped_until_ms > now_ms:
        wait_s = (spending.stopped_until_ms - now_ms) / 1000
        return Finding(
            "budget",
            Verdict.FAIL,
            f"stopped until {iso(spending.stopped_until_ms)} (HTTP {spending.stopped_by}); {measured}",
            f"Wait {wait_s:,.0f} s: nothing is sent until then. Other programs at this address count too",
        )
    if used > NEARLY * allowance.weight:
        return Finding("budget", Verdict.WARN, measured, f"Scans wait for room: try again in {window_s} s")
    return Finding("budget", Verdict.OK, measured)
