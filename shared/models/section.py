"""What settings are made of: fields with unit, range and meaning, and sections that hold them to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from shared.errors import ConfigFault


def setting(default: Any, unit: str, low: float, high: float, doc: str) -> Any:
    """A number with its unit, allowed range (inclusive) and meaning."""
    return field(default=default, metadata={"unit": unit, "low": low, "high": high, "doc": doc})


def choice(default: Any, doc: str) -> Any:
    """A setting whose type says what is allowed (an enum, a literal, a list, a switch)."""
    return field(default=default, metadata={"unit": "", "doc": doc})


def table(factory: Any, unit: str, low: float, high: float, doc: str, *, any_name: bool = False) -> Any:
    """A table of numbers by name, each within the range. ``any_name``: names are not known before plugins are."""
    return field(
        default_factory=factory,
        metadata={"unit": unit, "low": low, "high": high, "doc": doc, "any_name": any_name},
    )


class Section:
    """Base of the sections: checks every number against its field's range.

    Raises:
        ConfigFault: a value is not finite or out of range; the message gives field, value, unit and range.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        """Check all fields that declare a range."""
        for spec in dataclasses.fields(self):  # type: ignore[arg-type]
            if "low" in spec.metadata:
                _check_range(spec, getattr(self, spec.name))


def _check_range(spec: dataclasses.Field[Any], value: Any) -> None:
    low, high, unit = spec.metadata["low"], spec.metadata["high"], spec.metadata["unit"]
    named = value.items() if isinstance(value, Mapping) else [("", value)]
    for name, number in named:
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not low <= number <= high:
            where = f"{spec.name}.{name}" if name else spec.name
            raise ConfigFault(
                f"{where} must be {low:g} to {high:g} {unit}, found {number!r}".replace("  ", " ")
            )
