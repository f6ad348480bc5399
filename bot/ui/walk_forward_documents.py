"""The published JSON document of a walk-forward: ``snipersight.walk-forward/1``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.ui.backtest_documents import figure_part, worth_part
from bot.ui.documents import Document
from bot.ui.search_documents import window_part
from bot.ui.walk_forward_lines import difference
from shared.config.digest import config_digest
from shared.models.profile import Profile
from shared.models.statistics import Unsaid
from shared.models.timeframe import DAY_MS
from shared.models.walk_forward import Choice, FoldPlan, FoldResult, WalkForward
from shared.utils.serialization import document_json
from shared.version import VERSION

WALK_FORWARD: Final = "snipersight.walk-forward/1"


def walk_forward_json(
    found: WalkForward, plan: FoldPlan, candidates: Sequence[Profile], heading: Document
) -> str:
    """A walk-forward as one JSON document, indented. ``heading`` is what only its command knows: ``id``, ``exchange``, ``symbols``,
    ``seed``, ``tried`` and ``recorded``; the first of ``candidates`` is what the others are told by."""
    base = candidates[0]
    document = {
        "schema": WALK_FORWARD,
        "version": VERSION,
        **heading,
        "train_days": plan.train_days,
        "validate_days": plan.validate_days,
        "test_days": plan.test_days,
        "hold_days": plan.hold_ms / DAY_MS,
        "candidates": [_candidate(profile, base) for profile in candidates],
        "folds": [_fold(result, base) for result in found.folds],
        "worth": worth_part(found.worth),
        "promised": figure_part(found.promised),
        "drift": found.drift,
        "setups": len(found.trades),
    }
    return document_json(document, indent=2)


def _candidate(profile: Profile, base: Profile) -> Document:
    return {"name": difference(base, profile), "profile": profile.name, "digest": config_digest(profile)}


def _fold(result: FoldResult, base: Profile) -> Document:
    fold, choice = result.fold, result.choice
    return {
        "train": window_part(fold.train),
        "validate": window_part(fold.validate),
        "test": window_part(fold.test),
        **({"reason": choice.why} if isinstance(choice, Unsaid) else {"choice": _choice(choice, base)}),
        "did": worth_part(result.did),
    }


def _choice(choice: Choice, base: Profile) -> Document:
    return {
        "name": difference(base, choice.profile),
        "digest": choice.digest,
        "of": choice.of,
        "train": worth_part(choice.train),
        "validate": worth_part(choice.validate),
        "promised_r": choice.promised.mean,
    }
