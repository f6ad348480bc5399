"""Texts of what broke, with nothing secret left in them before they are digested, shown or recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.telemetry.redaction import redact
from shared.models.regime import MarketContext
from shared.models.scan import SymbolFault


def clean_faults(faults: Iterable[SymbolFault], secrets: tuple[str, ...]) -> tuple[SymbolFault, ...]:
    """The faults with ``secrets``, and whatever looks like one, hidden in their texts."""
    return tuple(
        replace(fault, problem=redact(fault.problem, secrets), action=redact(fault.action, secrets))
        for fault in faults
    )


def clean_flags(flags: Iterable[str], secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Remarks on a run; they may quote faults."""
    return tuple(redact(flag, secrets) for flag in flags)


def clean_market(market: MarketContext, secrets: tuple[str, ...]) -> MarketContext:
    """The benchmark's state; why it is unknown may quote a fault."""
    return replace(market, why=redact(market.why, secrets))
