"""The published JSON document of a check for look-ahead: ``snipersight.verify-lookahead/1``."""

from __future__ import annotations

from typing import Final

from bot.ui.documents import Document
from bot.ui.lookahead import PLUGIN
from bot.ui.verification import OURS
from bot.ui.verification_documents import examined_part
from shared.models.lookahead import Drift, LawCheck, Lookahead, Sighting
from shared.models.timeframe import iso
from shared.models.verification import Examined
from shared.utils.serialization import document_json

LOOKAHEAD: Final = "snipersight.verify-lookahead/1"


def lookahead_json(examined: Examined, found: Lookahead) -> str:
    """A check for look-ahead as one JSON document, indented."""
    return document_json(lookahead_document(examined, found), indent=2)


def lookahead_document(examined: Examined, found: Lookahead) -> Document:
    """Every law and subject, and the drift of every start."""
    return examined_part(LOOKAHEAD, examined) | {
        "cuts": found.cuts,
        "decisions": {"with_plan": found.planned, "without_plan": found.unplanned},
        "differing": found.differing,
        "checks": [_check(check) for check in found.checks],
        "drift": [_drift(one) for one in found.drift],
    }


def _check(check: LawCheck) -> Document:
    subject = check.subject
    document: Document = {
        "law": subject.law.value,
        "kind": subject.kind.value,
        "subject": subject.name,
        "source": OURS if subject.is_ours else PLUGIN,
        "cases": check.cases,
        "differing": check.differing,
    }
    for seen in check.first:
        document["first"] = _sighting(seen)
    return document


def _sighting(seen: Sighting) -> Document:
    return {
        "symbol": seen.symbol,
        "timeframe": seen.timeframe.value,
        "at": iso(seen.at_ms),
        "what": seen.what,
    }


def _drift(one: Drift) -> Document:
    return {
        "bars": one.bars,
        "profiles": one.is_profiles,
        "series": one.series,
        "columns": [{"column": name, "drift": far} for name, far in one.columns],
        "objects": one.standing,
        "objects_in_both": one.agreeing,
    }
