"""One value against one annotation: strict about types, tolerant of spelling only where the source has no types."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, Literal, Union, get_args, get_origin

from shared.config.layers import Leaf
from shared.config.secret import Secret
from shared.errors import ConfigFault
from shared.utils.suggest import suggest

SWITCH: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def read_value(leaf: Leaf, hint: Any, key: str, unit: str = "") -> Any:
    """The leaf's value as ``hint`` wants it: int, float, bool, str, an enum, a literal, or a tuple of such.

    Text from the environment or a flag is parsed (lists by comma); a file's text is never taken for a number.

    Raises:
        ConfigFault: source, full key, what was wanted and what was found.
    """
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
        origin = get_origin(hint)
    if origin is tuple:
        return _list(leaf, get_args(hint)[0], key)
    if origin is Literal:
        return _word(leaf, get_args(hint), key)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(_word(leaf, tuple(member.value for member in hint), key))
    return READERS[hint](leaf, key, unit)


def wrong(leaf: Leaf, key: str, wanted: str, action: str = "") -> ConfigFault:
    """The fault of a value that is not what its key wants."""
    return ConfigFault(f"{leaf.source}: {key} must be {wanted}, found {shown(leaf.value)}", action)


def shown(value: object) -> str:
    """A value as a message quotes it: its repr, cut where it stops being readable."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a whole number of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _list(leaf: Leaf, hint: Any, key: str) -> tuple[Any, ...]:
    value: Any = leaf.value
    if leaf.text and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, (list, tuple)):
        raise wrong(leaf, key, "a list", 'Write it like ["a", "b"]')
    items = tuple(
        read_value(Leaf(item, leaf.source, leaf.text), hint, f"{key}[{place}]")
        for place, item in enumerate(value)
    )
    if len(set(items)) != len(items):
        raise wrong(leaf, key, "a list without repeats")
    return items


def _word(leaf: Leaf, allowed: tuple[str, ...], key: str) -> str:
    if leaf.value in allowed:
        return str(leaf.value)
    raise wrong(leaf, key, f"one of {', '.join(allowed)}", suggest(str(leaf.value), allowed))


def _text(leaf: Leaf, key: str, _unit: str) -> str:
    if not isinstance(leaf.value, str):
        raise wrong(leaf, key, "text")
    return leaf.value.strip()


def _secret(leaf: Leaf, key: str, _unit: str) -> Secret:
    """A secret is told by no message, whatever is wrong with it."""
    text = leaf.value.strip() if isinstance(leaf.value, str) else ""
    one_line = text.replace("\n", "")
    if not one_line.isascii() or not one_line.isprintable() or (leaf.value and not text):
        raise ConfigFault(
            f"{leaf.source}: {key} must be a text of printable ASCII signs", "Copy it once more"
        )
    return Secret(text)


def _switch(leaf: Leaf, key: str, _unit: str) -> bool:
    value = SWITCH.get(leaf.value.lower()) if leaf.text and isinstance(leaf.value, str) else leaf.value
    if not isinstance(value, bool):
        raise wrong(leaf, key, "true or false")
    return value


def _whole(leaf: Leaf, key: str, unit: str) -> int:
    value = _parsed(leaf, int, unit)
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(leaf, key, "a whole number")
    return value


def _number(leaf: Leaf, key: str, unit: str) -> float:
    value = _parsed(leaf, float, unit)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong(leaf, key, "a number")
    try:
        return float(value)
    except OverflowError:
        raise wrong(leaf, key, "a number of ordinary size") from None


def _parsed(leaf: Leaf, kind: Callable[[str], int | float], unit: str) -> object:
    """Text of an untyped source as a number; a percent sign is fine where the unit is percent."""
    if not leaf.text or not isinstance(leaf.value, str):
        return leaf.value
    digits = leaf.value.removesuffix("%") if unit.startswith("%") else leaf.value
    try:
        return kind(digits)
    except ValueError:
        return leaf.value


READERS: Final[Mapping[Any, Callable[[Leaf, str, str], Any]]] = {
    str: _text,
    Secret: _secret,
    bool: _switch,
    int: _whole,
    float: _number,
}
