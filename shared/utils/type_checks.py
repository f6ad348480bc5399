"""Values against their annotations, at any depth. An annotation's check is worked out once and kept."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, Final, Literal, Union, get_args, get_origin

from shared.utils.broken import BrokenRuleError, Check, each_item, each_value, field, field_hints, reader

PLAIN: Final = (int, float, str, bool, Decimal)
"""Types that one comparison of exact types settles; subclasses take the slower way."""


@cache
def type_check(hint: Any) -> Check:
    """The check of an annotation. An int may stand for a float; a bool may not stand for a number."""
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return _anything
    if origin in (Union, types.UnionType):
        return _union(args)
    if origin is Literal:
        return _literal(args)
    if origin is tuple:
        return _items(type_check(args[0])) if args[-1] is Ellipsis else _fixed(args)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _table(type_check(args[1]))
    kind = origin or hint
    return _record(kind) if dataclasses.is_dataclass(kind) else _scalar(kind)


def _anything(_: object) -> None:
    """Any value will do."""


def _scalar(kind: type) -> Check:
    allowed = (int, float) if kind is float else kind
    numeric = kind in (int, float)

    def check(value: object) -> None:
        if type(value) is kind:
            return
        if not isinstance(value, allowed) or (numeric and isinstance(value, bool)):
            raise BrokenRuleError(f"must be {kind.__name__}, found {_shown(value)}")

    return check


def _literal(allowed: tuple[object, ...]) -> Check:
    def check(value: object) -> None:
        if value not in allowed:
            raise BrokenRuleError(f"must be one of {', '.join(map(repr, allowed))}, found {_shown(value)}")

    return check


def _union(hints: tuple[Any, ...]) -> Check:
    kinds = [(get_origin(hint) or hint, type_check(hint)) for hint in hints]
    names = " or ".join(kind.__name__ for kind, _ in kinds)

    def check(value: object) -> None:
        for kind, inner in kinds:
            if isinstance(value, kind):
                return inner(value)
        raise BrokenRuleError(f"must be {names}, found {_shown(value)}")

    return check


def _items(inner: Check) -> Check:
    def check(value: object) -> None:
        if not isinstance(value, tuple):
            raise BrokenRuleError(f"must be tuple, found {_shown(value)}")
        each_item(inner, value)

    return check


def _fixed(hints: tuple[Any, ...]) -> Check:
    inner = [type_check(hint) for hint in hints]

    def check(value: object) -> None:
        if not isinstance(value, tuple) or len(value) != len(inner):
            raise BrokenRuleError(f"must be a tuple of {len(inner)}, found {_shown(value)}")
        for place, (one, item) in enumerate(zip(inner, value, strict=True)):
            try:
                one(item)
            except BrokenRuleError as broken:
                raise broken.inside(f"[{place}]") from None

    return check


def _table(inner: Check) -> Check:
    def check(value: object) -> None:
        if not isinstance(value, Mapping):
            raise BrokenRuleError(f"must be a mapping, found {_shown(value)}")
        each_value(inner, value)

    return check


def _record(kind: Any) -> Check:
    hints = field_hints(kind)
    plain = [name for name, hint in hints.items() if hint in PLAIN or _is_enum(hint)]
    exact = tuple(hints[name] for name in plain)
    read_plain = reader(plain)
    every = [(name, attrgetter(name), type_check(hint)) for name, hint in hints.items()]
    nested = [entry for entry in every if entry[0] not in plain]

    def check(value: object) -> None:
        if not isinstance(value, kind):
            raise BrokenRuleError(f"must be {kind.__name__}, found {_shown(value)}")
        settled = tuple(map(type, read_plain(value))) == exact
        for name, read, inner in nested if settled else every:
            field(name, inner, read(value))

    return check


def _is_enum(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _shown(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} {value!r:.60}"
