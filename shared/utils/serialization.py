"""Values as JSON: one canonical form for digests, one readable form for documents. Neither ever holds NaN."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from shared.errors import ContractError

Plain = dict[str, Any] | list[Any] | str | int | float | bool | None


def to_plain(value: object, where: str = "value") -> Plain:
    """Dataclasses and mappings as objects, sequences as arrays, enums by value, decimals as text, sets sorted.

    Raises:
        ContractError: a number that is not finite, or a type that JSON has no form for; the message gives its path.
    """
    if isinstance(value, Enum):
        return to_plain(value.value, where)
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float):
        return _finite(value, where)
    if isinstance(value, Decimal):
        return decimal_text(value, where)
    return _container(value, where)


def _container(value: object, where: str) -> Plain:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {name: to_plain(getattr(value, name), f"{where}.{name}") for name in names}
    if isinstance(value, Mapping):
        return {_key(key, where): to_plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item, f"{where}[{place}]") for place, item in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return sorted((to_plain(item, where) for item in value), key=canonical_json)
    raise ContractError(f"{where}: {type(value).__name__} has no JSON form")


def _key(key: object, where: str) -> str:
    plain = key.value if isinstance(key, Enum) else key
    if not isinstance(plain, str):
        raise ContractError(f"{where}: a key must be text, found {key!r}")
    return str(plain)


def _finite(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise ContractError(f"{where} must be a finite number, found {value!r}")
    return float(value)


def decimal_text(value: Decimal, where: str = "value") -> str:
    """Every digit the decimal carries, never scientific: ``0.00001234``, ``67120.0``.

    Raises:
        ContractError: the decimal is not finite.
    """
    if not value.is_finite():
        raise ContractError(f"{where} must be a finite number, found {value!r}")
    return f"{value:f}"


def canonical_json(value: object) -> str:
    """The one text of a value: keys sorted, no spaces, floats by their shortest repr, no NaN."""
    plain = to_plain(value)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(value: object) -> str:
    """SHA-256 of the canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def document_json(document: Mapping[str, object], indent: int | None = None) -> str:
    """A published document as JSON text: keys in the order the schema describes them, no NaN."""
    separators = (",", ": ") if indent else (",", ":")
    plain = to_plain(document)
    return json.dumps(plain, indent=indent, separators=separators, ensure_ascii=False, allow_nan=False)
