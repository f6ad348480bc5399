"""Live against replayed as one JSON document (``snipersight.parity/1``). What may not be told is left out."""

from __future__ import annotations

from typing import Final

from bot.ui.documents import Document
from shared.models.fills import Fill
from shared.models.parity import (
    NOT_TRADED,
    CandleMoved,
    Course,
    Ended,
    FillMoved,
    GateMoved,
    LiveSetup,
    Measure,
    Missed,
    Parity,
    PriceMoved,
    SeriesMoved,
    Values,
)
from shared.models.replay import Difference
from shared.models.statistics import Unsaid
from shared.models.timeframe import iso
from shared.utils.serialization import document_json

PARITY: Final = "snipersight.parity/1"


def parity_json(parity: Parity) -> str:
    """The whole comparison as one JSON document, indented."""
    return document_json(parity_document(parity), indent=2)


def parity_document(parity: Parity) -> Document:
    """What was compared, every setup, every miss."""
    return {
        "schema": PARITY,
        "since": iso(parity.since_ms),
        "exit_code": parity.exit_code,
        "differing": parity.differing,
        "not_traded": NOT_TRADED,
        "courses": [_course(course) for course in parity.courses],
        "setups": [_setup(setup) for setup in parity.setups],
        "missed": [_missed(missed) for missed in parity.missed],
    }


def _course(course: Course) -> Document:
    return {
        "exchange": course.exchange,
        "profile": course.profile,
        "symbols": list(course.symbols),
        "top": course.top,
        "first_at": iso(course.first_ms),
        "last_at": iso(course.last_ms),
        "scans": course.scans,
        "backtest_id": course.backtest_id,
        "trades": course.trades,
        "faults": [{"symbol": fault.symbol, "problem": fault.problem} for fault in course.faults],
    }


def _setup(setup: LiveSetup) -> Document:
    decided = setup.decided
    return {
        "id": setup.fingerprint,
        "run_id": setup.run_id,
        "exchange": setup.exchange,
        "profile": setup.profile,
        "symbol": setup.symbol,
        "side": setup.side.word,
        "decided_at": iso(setup.as_of_ms),
        "score": setup.score,
        "differs": setup.differs,
        "cause": decided.cause.value,
        "why": decided.why,
        **_gate(decided.gate),
        "prices": [_price(price) for price in decided.prices],
        "series": [_series(series) for series in decided.series],
        "differences": [_difference(one) for one in decided.differences],
        "outcome": {
            "differs": setup.outcome.differs,
            **_ended("recorded", setup.outcome.recorded),
            **_ended("found", setup.outcome.found),
            "fills": [_fill_moved(moved) for moved in setup.outcome.fills],
        },
    }


def _missed(missed: Missed) -> Document:
    return {
        "id": missed.fingerprint,
        "exchange": missed.exchange,
        "profile": missed.profile,
        "symbol": missed.symbol,
        "side": missed.side.word,
        "decided_at": iso(missed.decided_ms),
        "score": missed.score,
        "why": missed.why.value,
        "said": missed.said,
        **_gate(missed.gate),
        "run_id": missed.run_id,
        **({"approved_later_at": iso(missed.later_ms)} if missed.later_ms else {}),
        "ending": missed.ending.value,
        "result_r": missed.result_r,
    }


def _gate(gate: GateMoved | Unsaid) -> Document:
    if isinstance(gate, Unsaid):
        return {}
    told = {
        "stage": gate.stage,
        "code": gate.code,
        "what": gate.what,
        "unit": gate.unit,
        "comparison": gate.comparison,
        **_measure("then", gate.then),
        **_measure("now", gate.now),
    }
    return {"gate": told}


def _measure(name: str, measure: Measure | Unsaid) -> Document:
    if isinstance(measure, Unsaid):
        return {}
    return {name: {"measured": measure.measured, "threshold": measure.threshold}}


def _price(price: PriceMoved) -> Document:
    return {
        "what": price.what,
        "then": float(price.then),
        "now": float(price.now),
        "ticks": price.ticks,
    }


def _series(series: SeriesMoved) -> Document:
    return {
        "symbol": series.symbol,
        "timeframe": series.timeframe.value,
        "recorded": series.recorded,
        "found": series.found,
        "proven": series.proven,
        "candles": [_candle(candle) for candle in series.candles],
    }


def _candle(candle: CandleMoved) -> Document:
    now = {} if isinstance(candle.now, Unsaid) else {"now": _values(candle.now)}
    return {
        "open_at": iso(candle.open_ms),
        "seen_at": iso(candle.seen_ms),
        "then": _values(candle.then),
        **now,
    }


def _values(values: Values) -> Document:
    return dict(zip(("open", "high", "low", "close", "volume"), values, strict=True))


def _difference(one: Difference) -> Document:
    return {"part": one.part.value, "what": one.what, "recorded": one.recorded, "found": one.found}


def _ended(name: str, end: Ended | Unsaid) -> Document:
    if isinstance(end, Unsaid):
        return {}
    told = {
        "ending": end.ending.value,
        "result_r": end.result_r,
        "ended_at": iso(end.ended_ms),
        "as_of": iso(end.as_of_ms),
    }
    return {name: told}


def _fill_moved(moved: FillMoved) -> Document:
    return {"leg": moved.leg, **_fill("then", moved.then), **_fill("now", moved.now)}


def _fill(name: str, fill: Fill | Unsaid) -> Document:
    if isinstance(fill, Unsaid):
        return {}
    told = {
        "bar_at": iso(fill.bar_ms),
        "price": fill.price,
        "quantity_text": f"{fill.quantity:f}",
        "liquidity": fill.liquidity,
        "fee": fill.fee,
    }
    return {name: told}
