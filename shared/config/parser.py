"""A tree of values as a frozen dataclass, driven by its annotations and its fields' units and ranges."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args, get_origin

from shared.config.layers import Leaf, Tree, leaves, source_of
from shared.config.values import read_value, wrong
from shared.errors import ConfigFault
from shared.models.timeframe import Timeframe
from shared.utils.broken import field_hints
from shared.utils.suggest import nearest, suggest

T = TypeVar("T")
"""A dataclass."""


def read_into(base: T, tree: Tree, key: str = "") -> T:
    """``base`` with the values of ``tree``; keys that ``tree`` lacks keep their value.

    Raises:
        ConfigFault: an unknown key (with the nearest name), a wrong type, a value out of range (with its unit), or values
            that do not go together. The message gives source and full key.
    """
    hints, specs = field_hints(type(base)), {spec.name: spec for spec in dataclasses.fields(base)}  # type: ignore[arg-type]
    changes: dict[str, Any] = {}
    for name, below in tree.items():
        where = f"{key}.{name}" if key else name
        if name not in hints:
            raise unknown_key(where, below, hints, known_keys(base, key))
        changes[name] = _read(getattr(base, name), below, hints[name], specs[name].metadata, where)
    try:
        return dataclasses.replace(base, **changes)  # type: ignore[type-var]
    except ConfigFault as fault:
        sources = sorted({leaf.source for _, leaf in leaves(tree)})
        raise ConfigFault(f"{', '.join(sources)}: {fault.problem}", fault.action) from None


def _read(now: Any, below: Any, hint: Any, limits: Mapping[str, Any], key: str) -> Any:
    if dataclasses.is_dataclass(now):
        return read_into(now, _table(below, key), key)
    if get_origin(hint) is not None and isinstance(now, Mapping):
        return _read_named(now, _table(below, key), get_args(hint)[1], limits, key)
    if not isinstance(below, Leaf):
        raise ConfigFault(
            f"{source_of(below)}: {key} must be a value, found a table", f"Write it like {key} = ..."
        )
    return _in_range(below, read_value(below, hint, key, limits.get("unit", "")), limits, key)


def _read_named(
    now: Mapping[str, Any], tree: Tree, hint: Any, limits: Mapping[str, Any], key: str
) -> dict[str, Any]:
    """A table of numbers by name: only names it has (any timeframe where they are timeframes; any where
    plugins bring them), others kept."""
    timeframes = {timeframe.value for timeframe in Timeframe}
    known = timeframes if timeframes.issuperset(now) else set(now)
    table = dict(now)
    for name, below in tree.items():
        where = f"{key}.{name}"
        if name not in known and not limits.get("any_name"):
            raise unknown_key(where, below, known)
        table[name] = _read(None, below, hint, limits, where)
    return table


def _in_range(leaf: Leaf, value: Any, limits: Mapping[str, Any], key: str) -> Any:
    if "low" in limits and not limits["low"] <= value <= limits["high"]:
        raise wrong(leaf, key, f"{limits['low']:g} to {limits['high']:g} {limits['unit']}".rstrip())
    return value


def _table(below: Any, key: str) -> Tree:
    if isinstance(below, Leaf):
        raise ConfigFault(
            f"{below.source}: {key} is a table, found {below.value!r}",
            f"Set one of its keys, like {key}.<name>",
        )
    return dict(below)


def unknown_key(
    where: str, below: Leaf | Tree, siblings: Iterable[str], elsewhere: Iterable[str] = ()
) -> ConfigFault:
    """The fault of a key that does not exist, with the nearest of its siblings, or of that name elsewhere."""
    parent, _, name = where.rpartition(".")
    near = nearest(name, siblings)
    moved = next((key for key in elsewhere if key.rpartition(".")[2] == name), None)
    wanted = f"{parent}.{near}" if parent and near else near or moved
    hint = f"Did you mean {wanted!r}?" if wanted else suggest(name, siblings)
    return ConfigFault(f"{source_of(below)}: unknown key {where!r}", hint)


def known_keys(value: object, key: str = "") -> tuple[str, ...]:
    """Every key below a dataclass, dotted, in order."""
    keys: list[str] = []
    for spec in dataclasses.fields(value):  # type: ignore[arg-type]
        now, where = getattr(value, spec.name), f"{key}.{spec.name}" if key else spec.name
        keys += known_keys(now, where) if dataclasses.is_dataclass(now) else (where,)
    return tuple(keys)
