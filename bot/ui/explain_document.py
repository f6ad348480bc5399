"""The published JSON document of an explanation (``snipersight.explain/1``)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.ui.documents import (
    Document,
    fault_part,
    gate_parts,
    plan_document,
    price_part,
    regime_part,
    rejection_part,
    score_part,
)
from bot.ui.terminal_story import happening_text
from shared.models.data import OrderBook
from shared.models.gates import Rejection
from shared.models.scan import Explanation, Setup, SideReview
from shared.models.scoring import ConfluenceBreakdown
from shared.models.smc import Standing
from shared.models.story import Happening
from shared.models.timeframe import iso
from shared.utils.serialization import document_json

FAVOURS: Final = {1: "long", -1: "short"}
NEAR: Final = 0.005
"""Share of the middle within which waiting orders are summed."""
EXPLAIN: Final = "snipersight.explain/1"


def explain_json(explanation: Explanation) -> str:
    """An explanation as one JSON document, indented."""
    return document_json(explain_document(explanation), indent=2)


def explain_document(explanation: Explanation) -> Document:
    """One symbol as far as its inputs allow; ``regime``, ``scores`` and ``standing`` are there once they were worked out, ``record`` where
    there is enough to say."""
    scan, context = explanation.scan, explanation.context
    document: Document = {
        "schema": EXPLAIN,
        "run_id": scan.run_id,
        "symbol": explanation.symbol,
        "exchange": scan.exchange,
        "profile": scan.profile,
        "as_of": iso(scan.as_of_ms),
        "status": scan.status.value,
        "outcome": _outcome(explanation),
        "gates": gate_parts(explanation.gates),
        "reviews": [_review(review) for review in explanation.reviews],
        "story": [_happening(happening) for happening in explanation.story],
    }
    for place in explanation.standing:
        document["standing"] = _standing(place)
    for book in explanation.books:
        document["order_book"] = _book(book, scan.as_of_ms)
    for alike in explanation.past:
        document["record"] = alike.document()
    if context is not None and context.regime is not None:
        document["regime"] = regime_part(context.regime)
    if context is not None and context.confluence_breakdown is not None:
        document["scores"] = _scores(context.confluence_breakdown)
    return document


def _outcome(explanation: Explanation) -> Document:
    outcome = explanation.outcome
    if isinstance(outcome, Setup):
        return {"kind": "plan", "plan": plan_document(outcome)}
    if isinstance(outcome, Rejection):
        return {"kind": "rejection", "rejection": rejection_part(outcome)}
    return {"kind": "fault", "fault": fault_part(outcome)}


def _book(book: OrderBook, as_of_ms: int) -> Document:
    bids, asks = book.depth_within(NEAR)
    return {
        "time": iso(book.time_ms),
        "age_s": (as_of_ms - book.time_ms) // 1000,
        "spread_bps": book.spread_bps,
        "bids_within_half_pct": bids,
        "asks_within_half_pct": asks,
    }


def _scores(breakdown: ConfluenceBreakdown) -> Document:
    return {"long": score_part(breakdown.long), "short": score_part(breakdown.short)}


def _review(review: SideReview) -> Document:
    rejected = isinstance(review.outcome, Rejection)
    return {
        "side": review.side.word,
        "planned": not rejected,
        "reason": review.outcome.reason if isinstance(review.outcome, Rejection) else "a plan was drawn",
        "gates": gate_parts(review.gates),
    }


def _standing(place: Standing) -> Document:
    return {
        "timeframe": place.timeframe.value,
        "inside": [
            {
                "object_id": zone.object_id,
                "timeframe": zone.timeframe.value,
                "kind": zone.kind.value,
                "side": zone.side.word,
                "low": zone.low,
                "high": zone.high,
            }
            for zone in place.inside
        ],
        "ranges": [
            {
                "timeframe": timeframe.value,
                "low": dealing.low,
                "high": dealing.high,
                "position": dealing.position,
                "side": dealing.side.value,
            }
            for timeframe, dealing in place.ranges
        ],
        "weekend": place.weekend,
    }


def _happening(happening: Happening) -> Document:
    event = happening.event
    return {
        "known_at": iso(event.known_ms),
        "origin_at": iso(event.origin_ms),
        "timeframe": happening.timeframe.value,
        "kind": event.kind.name.lower(),
        "event": event.event.name.lower(),
        "favours": FAVOURS[event.side],
        "object_id": event.object_id,
        **price_part("low", Decimal(repr(happening.low)), happening.tick),
        **price_part("high", Decimal(repr(happening.high)), happening.tick),
        "text": happening_text(happening),
    }
