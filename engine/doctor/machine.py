"""What else a scan leans on: time zones, compiled kernels, plugins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.errors import SniperError
from shared.models.health import Finding, Verdict

SESSION_ZONE: Final = "America/New_York"
"""The zone by which sessions are told."""


def judge_zones(*, found: bool) -> Finding:
    """Whether the sessions' time zone is known here."""
    if found:
        return Finding("time zones", Verdict.OK, f"{SESSION_ZONE} is known")
    return Finding("time zones", Verdict.FAIL, f"{SESSION_ZONE} is not known", "pip install --upgrade tzdata")


def judge_kernels(*, installed: bool, used: bool) -> Finding:
    """Whether kernels are compiled."""
    if used:
        return Finding("kernels", Verdict.OK, "compiled by numba")
    advice = (
        "Unset SNIPERSIGHT_NO_JIT" if installed else "pip install numba, where there is one for this machine"
    )
    return Finding("kernels", Verdict.WARN, "plain Python: the same results, many times slower", advice)


def judge_plugins(names: Sequence[str]) -> Finding:
    """Plugins that were found and keep their contract."""
    return Finding("plugins", Verdict.OK, ", ".join(names) or "none installed")


def judge_broken_plugin(fault: SniperError) -> Finding:
    """A plugin that breaks its contract stops every scan."""
    return Finding("plugins", Verdict.FAIL, fault.problem, fault.action or "Mend the plugin, or uninstall it")
