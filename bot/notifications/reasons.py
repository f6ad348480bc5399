"""What speaks for and against a plan, the strongest first, as a message lists it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.notifications.markup import words

EVERY: Final = 1000
"""As many reasons as a plan can have."""
Reason = Mapping[str, Any]
"""``sign`` ✅ or ⚠️, ``text``, and ``points`` as they count."""


def reasons_of(plan: Mapping[str, Any]) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """What gave a published plan points, the most first, and what took some."""
    parts = plan["score_parts"]
    factors = [
        _reason("✅", f"{words(factor['name'])}: {factor['why']}", factor["points"])
        for factor in parts["factors"]
        if factor["points"] > 0
    ]
    rules = [_reason("✅", rule["why"], rule["points"]) for rule in parts["synergies"]]
    against = tuple(_reason("⚠️", rule["why"], rule["points"]) for rule in parts["conflicts"])
    return tuple(sorted((*factors, *rules), key=lambda one: -one["points"])), against


def _reason(sign: str, text: str, points: float) -> Reason:
    return {"sign": sign, "text": text, "points": points}


def listed(plan: Mapping[str, Any], most: int) -> dict[str, Any]:
    """The template's values for at most ``most`` reasons: the strongest, and then all that speak against it; ``left`` is how many are
    not among them."""
    good, bad = reasons_of(plan)
    return {"reasons": [*good[:most], *bad], "left": max(0, len(good) - most)}
