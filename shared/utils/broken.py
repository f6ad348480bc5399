"""A rule broken somewhere inside a value, and the walk that says where."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, get_type_hints

Check = Callable[[Any], None]
"""Raises :class:`BrokenRuleError` when a value is not what it must be."""


class BrokenRuleError(Exception):
    """A rule broken at ``path``, which grows from the inside out as the error passes containers."""

    def __init__(self, problem: str) -> None:
        """``problem`` completes a sentence that begins with the path."""
        super().__init__(problem)
        self.problem = problem
        self.path = ""

    def inside(self, step: str) -> BrokenRuleError:
        """The same break seen from one container further out."""
        self.path = step + self.path
        return self


def each_item(check: Check, items: tuple[object, ...] | list[object]) -> None:
    """Check every item of a sequence."""
    place = 0
    try:
        for item in items:
            check(item)
            place += 1
    except BrokenRuleError as broken:
        raise broken.inside(f"[{place}]") from None


def each_value(check: Check, table: Mapping[object, object]) -> None:
    """Check every value of a mapping."""
    for key, item in table.items():
        try:
            check(item)
        except BrokenRuleError as broken:
            raise broken.inside(f"[{str(key)!r}]") from None


def field(name: str, check: Check, value: object) -> None:
    """Check one field of a record."""
    try:
        check(value)
    except BrokenRuleError as broken:
        raise broken.inside(f".{name}") from None


@cache
def field_hints(kind: type) -> Mapping[str, Any]:
    """The resolved annotation of every field of a dataclass, in order."""
    hints = get_type_hints(kind)
    return {spec.name: hints[spec.name] for spec in dataclasses.fields(kind)}


def reader(names: list[str]) -> Callable[[object], tuple[Any, ...]]:
    """Read several attributes at once, as a tuple however many they are."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)
