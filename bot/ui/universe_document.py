"""The published JSON document of a universe: ``snipersight.universe/1``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.ui.documents import Document, fault_part, rejection_part
from shared.models.scan import SymbolFault
from shared.models.timeframe import iso
from shared.models.universe import Member, UniverseSnapshot, Unmeasured
from shared.utils.serialization import document_json
from shared.version import VERSION

UNIVERSE: Final = "snipersight.universe/1"


def universe_json(
    snapshot: UniverseSnapshot, faults: Sequence[SymbolFault] = (), flags: Sequence[str] = ()
) -> str:
    """A universe as one JSON document, indented."""
    return document_json(universe_document(snapshot, faults, flags), indent=2)


def universe_document(
    snapshot: UniverseSnapshot, faults: Sequence[SymbolFault], flags: Sequence[str]
) -> Document:
    """Who is in, who is not and by what numbers, and which gates could not be applied."""
    return {
        "schema": UNIVERSE,
        "version": VERSION,
        "profile": snapshot.profile,
        "exchange": snapshot.exchange,
        "as_of": iso(snapshot.as_of_ms),
        "figures_at": iso(snapshot.figures_ms),
        "basis": snapshot.basis,
        "size": snapshot.size,
        "enter_rank": snapshot.enter_rank,
        "leave_rank": snapshot.leave_rank,
        "flags": list(flags),
        "chosen": [_member(member) for member in snapshot.chosen],
        "dropped": [rejection_part(drop) for drop in snapshot.dropped],
        "unmeasured": [_unmeasured(one) for one in snapshot.unmeasured],
        "faults": [fault_part(fault) for fault in faults],
    }


def _member(member: Member) -> Document:
    return {
        "symbol": member.symbol,
        "market_id": member.market_id,
        "rank": member.rank,
        "quote_volume": member.quote_volume,
        "was_in": member.was_in,
    }


def _unmeasured(one: Unmeasured) -> Document:
    return {"code": one.code, "what": one.what, "symbols": one.symbols, "why": one.why}
