"""The published JSON document of a parameter search: ``snipersight.optimize/1``."""

from __future__ import annotations

from typing import Final

from bot.ui.backtest_documents import worth_part
from bot.ui.documents import Document
from bot.ui.search_lines import verdict_lines
from shared.models.search import Changes, Daily, Knob, Luck, Search, Trial, size_of
from shared.models.statistics import Expectancy, Insufficient, Unsaid
from shared.models.timeframe import iso
from shared.models.walk_forward import Window
from shared.utils.serialization import document_json
from shared.version import VERSION

OPTIMIZE: Final = "snipersight.optimize/1"


def search_json(found: Search, search_id: str) -> str:
    """A parameter search as one JSON document, indented."""
    return document_json(search_document(found, search_id), indent=2)


def search_document(found: Search, search_id: str) -> Document:
    """What was varied, every configuration tried, and what the best of them is worth elsewhere."""
    ground, plan = found.ground, found.plan
    return {
        "schema": OPTIMIZE,
        "id": search_id,
        "version": VERSION,
        "profile": found.profile,
        "exchange": ground.exchange,
        "symbols": list(ground.symbols),
        "train": window_part(found.train),
        "held_back": window_part(found.held_back),
        "data_digest": ground.data_digest,
        "seed": plan.seed,
        "space": [_knob(knob) for knob in plan.space],
        "configurations": size_of(plan.space),
        "trials": [_trial(trial) for trial in found.trials],
        **({"best": _trial(found.best)} if isinstance(found.best, Trial) else {}),
        "tried": found.tried,
        "luck": _luck(found.luck),
        "held": worth_or_reason(found.held),
        "spent": found.spent,
        "is_proven": found.is_proven,
        "reading": list(verdict_lines(found)),
    }


def window_part(window: Window) -> Document:
    """A window: decisions on closes after ``since`` up to ``until``."""
    return {"since": iso(window.since_ms), "until": iso(window.until_ms)}


def worth_or_reason(worth: Expectancy | Insufficient | Unsaid) -> Document:
    """What trades are worth, or why it is not known: then without any trades."""
    if isinstance(worth, Unsaid):
        return {"trades": 0, "days": 0, "text": str(worth)}
    return worth_part(worth)


def changes_part(changes: Changes) -> list[Document]:
    """Fields of the profile and the values they were given."""
    return [{"field": path, "value": value} for path, value in changes]


def _knob(knob: Knob) -> Document:
    return {"field": knob.path, "values": list(knob.values), "is_ordered": knob.ordered}


def _trial(trial: Trial) -> Document:
    return {
        "number": trial.number,
        "changes": changes_part(trial.changes),
        "digest": trial.digest,
        "score": trial.score,
        "worth": worth_or_reason(trial.worth),
        **({"daily": _daily(trial.daily)} if isinstance(trial.daily, Daily) else {}),
    }


def _daily(daily: Daily) -> Document:
    return {name: getattr(daily, name) for name in daily.__slots__}


def _luck(luck: Luck | Unsaid) -> Document:
    if isinstance(luck, Unsaid):
        return {"text": str(luck)}
    text = f"best {luck.ratio:.2f} a day, luckiest of {luck.tried:,} worthless ones {luck.expected:.2f}"
    return {"text": text, **{name: getattr(luck, name) for name in luck.__slots__}}
