"""Published JSON documents of the checks: ``snipersight.verify-repaint/1`` and ``snipersight.verify-null/1``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.ui.documents import Document
from shared.models.timeframe import iso
from shared.models.verification import (
    BaseRate,
    DetectorCheck,
    Examined,
    Interval,
    LeftOut,
    LibraryCheck,
    Series,
)
from shared.utils.serialization import document_json
from shared.version import VERSION

REPAINT: Final = "snipersight.verify-repaint/1"
NULL: Final = "snipersight.verify-null/1"


@dataclass(frozen=True, slots=True)
class Repaint:
    """Everything a check for repainting found."""

    examined: Examined
    cuts: int
    ours: tuple[DetectorCheck, ...]
    library: LibraryCheck | None

    @property
    def rewrites(self) -> int:
        """Rewrites of our own detectors and of plugins'."""
        return sum(check.rewrites for check in self.ours)


def repaint_json(found: Repaint) -> str:
    """A check for repainting as one JSON document, indented."""
    return document_json(repaint_document(found), indent=2)


def null_json(examined: Examined, shuffles: int, rates: Sequence[BaseRate]) -> str:
    """Base rates as one JSON document, indented."""
    return document_json(null_document(examined, shuffles, rates), indent=2)


def repaint_document(found: Repaint) -> Document:
    """``library`` is there if one was asked for."""
    document = examined_part(REPAINT, found.examined) | {
        "cuts": found.cuts,
        "rewrites": found.rewrites,
        "detectors": [_detector(check) for check in found.ours],
    }
    if found.library is not None:
        document["library"] = {
            "name": found.library.name,
            "version": found.library.version,
            "rewrites": sum(check.rewrites for check in found.library.checks),
            "detectors": [_detector(check) for check in found.library.checks],
        }
    return document


def null_document(examined: Examined, shuffles: int, rates: Sequence[BaseRate]) -> Document:
    """Every base rate beside its null."""
    return examined_part(NULL, examined) | {
        "shuffles": shuffles,
        "measures": [_measure(rate) for rate in rates],
    }


def examined_part(schema: str, examined: Examined) -> Document:
    """The fields with which every document of a check begins."""
    return {
        "schema": schema,
        "version": VERSION,
        "exchange": examined.exchange,
        "profile": examined.profile,
        "seed": examined.seed,
        "series": [_series(one) for one in examined.series],
        "left_out": [_left_out(one) for one in examined.left_out],
    }


def _series(one: Series) -> Document:
    candles = one.candles
    return {
        "symbol": one.symbol,
        "timeframe": candles.timeframe.value,
        "bars": len(candles),
        "first": iso(int(candles.open_ms[0])),
        "last": iso(int(candles.open_ms[-1])),
        "digest": candles.digest(),
    }


def _left_out(one: LeftOut) -> Document:
    return {"symbol": one.symbol, "timeframe": one.timeframe.value, "bars": one.bars, "needed": one.needed}


def _detector(check: DetectorCheck) -> Document:
    names = ("detector", "events", "cuts", "shown", "changed", "vanished", "backdated", "rewrites")
    document: Document = {name: getattr(check, name) for name in names}
    if check.lag is not None:
        lag = check.lag
        document["lag"] = {
            "median": lag.median,
            "p90": lag.p90,
            "max": lag.longest,
            "measured": lag.measured,
        }
    return document


def _measure(rate: BaseRate) -> Document:
    document: Document = {
        "measure": rate.measure,
        "what": rate.what,
        "trials": rate.trials,
        "hits": rate.hits,
        "verdict": rate.verdict.value,
    }
    parts = {"rate": rate.rate, "null": rate.null}
    return document | {name: _interval(part) for name, part in parts.items() if part is not None}


def _interval(share: Interval) -> Document:
    return {"value": round(share.value, 6), "low": round(share.low, 6), "high": round(share.high, 6)}
