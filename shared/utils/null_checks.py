"""Missing values: None, NaN, an infinity, empty text, at any depth."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, Final, get_args

from shared.utils.broken import BrokenRuleError, Check, each_item, each_value, field, field_hints, reader

MAY_BE_EMPTY: Final = frozenset({"unit"})
"""Text fields with a meaning when empty: a measure without a unit."""


def check_nulls(value: Any) -> None:
    """Raise BrokenRuleError at the first missing value. Arrays count as present; their cells are not looked at."""
    kind: Any = type(value)
    _check_of(kind)(value)


@cache
def _check_of(kind: type) -> Check:
    if dataclasses.is_dataclass(kind):
        return _of_record(kind)
    if issubclass(kind, (tuple, list)):
        return lambda items: each_item(check_nulls, items)
    if issubclass(kind, Mapping):
        return lambda table: each_value(check_nulls, table)
    return _check_scalar


def _check_scalar(value: object) -> None:
    if value is None:
        raise BrokenRuleError("is None")
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        raise BrokenRuleError(f"is {value}")
    if isinstance(value, str) and not value.strip():
        raise BrokenRuleError("is empty")


def _of_record(kind: type) -> Check:
    """A dataclass's check: floats by their sum, counts and enums by identity, texts together, the rest one by one."""
    hints = field_hints(kind)
    floats = [name for name, hint in hints.items() if hint is float]
    counts = [name for name, hint in hints.items() if _cannot_be_empty(hint)]
    texts = [name for name, hint in hints.items() if hint is str and name not in MAY_BE_EMPTY]
    singles = [name for name in hints if name not in {*floats, *counts, *texts, *MAY_BE_EMPTY}]
    read_floats, read_counts, read_texts = reader(floats), reader(counts), reader(texts)
    rest = [(name, attrgetter(name), type(None) in get_args(hints[name])) for name in singles]

    def check(value: object) -> None:
        whole = _all_finite(read_floats(value)) and None not in read_counts(value)
        if not whole or not _all_written(read_texts(value)):
            for name in (*floats, *counts, *texts):
                field(name, _check_scalar, getattr(value, name))
        for name, read, optional in rest:
            part = read(value)
            if part != () and not (optional and part is None):
                field(name, check_nulls, part)

    return check


def _cannot_be_empty(hint: object) -> bool:
    return hint in (int, bool) or (isinstance(hint, type) and issubclass(hint, Enum))


def _all_finite(numbers: tuple[Any, ...]) -> bool:
    """Whether the sum is finite, which it is not if one number is not; a None has no sum."""
    try:
        return math.isfinite(sum(numbers))
    except TypeError:
        return False


def _all_written(texts: tuple[Any, ...]) -> bool:
    """Whether every text has something in it; what is no text is looked at on its own."""
    try:
        return all(map(str.strip, texts))
    except TypeError:
        return False
