"""The records the literal tables of factors and rules are made of. Adding one is adding a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.models.profile import Profile
from strategy.confluence.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Factor:
    """A part of the score. Laws: ``value`` is pure, finite and in [0, 1], and reads nothing but its arguments; ``why`` is
    one sentence with the numbers behind it.
    """

    name: str
    value: Callable[[Evidence, Profile], float]
    why: Callable[[Evidence, Profile], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A synergy or conflict: its points, from the profile, count in full when ``applies``."""

    name: str
    applies: Callable[[Evidence, Profile], bool]
    why: Callable[[Evidence, Profile], str]
