"""Layers of settings: trees of values that remember where each value came from, merged lowest first."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.errors import ConfigFault

MAX_TEXT: Final = 1_000_000
"""Characters a settings text may have; more is not a settings file."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value with its origin. ``text`` is true where the source knows no types (environment, flags)."""

    value: object
    source: str
    text: bool = False


Tree = dict[str, Any]
"""Names to leaves or further trees."""


def read_toml(text: str, source: str) -> Tree:
    """A layer of TOML text; ``source`` is how messages name it (a path).

    Raises:
        ConfigFault: not TOML, or too long to be settings.
    """
    if len(text) > MAX_TEXT:
        raise ConfigFault(f"{source}: longer than {MAX_TEXT:,} characters", "Give a settings file")
    try:
        return planted(tomllib.loads(text), source)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigFault(f"{source}: not TOML: {error}", "Correct the file") from error


def planted(values: Mapping[str, object], source: str) -> Tree:
    """A layer of plain nested mappings, every value marked with ``source``."""
    return {
        name: planted(value, source) if isinstance(value, Mapping) else Leaf(value, source)
        for name, value in values.items()
    }


def graft(tree: Tree, path: tuple[str, ...], leaf: Leaf) -> None:
    """Put one leaf at ``path``.

    Raises:
        ConfigFault: the path goes through a value, or would replace a table.
    """
    for step in path[:-1]:
        below = tree.setdefault(step, {})
        if isinstance(below, Leaf):
            raise _clash(".".join(path), below, leaf)
        tree = below
    if isinstance(tree.get(path[-1]), dict):
        raise ConfigFault(
            f"{leaf.source}: {'.'.join(path)} is a table, found {leaf.value!r}", "Set one of its keys"
        )
    tree[path[-1]] = leaf


def leaves(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    """Every leaf with its path, in the order written."""
    for name, below in tree.items():
        if isinstance(below, Leaf):
            yield (*path, name), below
        else:
            yield from leaves(below, (*path, name))


def source_of(below: Leaf | Tree) -> str:
    """Where a value, or the first value of a table, came from."""
    return (
        below.source
        if isinstance(below, Leaf)
        else next((leaf.source for _, leaf in leaves(below)), "settings")
    )


def merged(layers: tuple[Tree, ...]) -> Tree:
    """One tree of all layers; a later layer's value replaces an earlier one's."""
    whole: Tree = {}
    for layer in layers:
        for path, leaf in leaves(layer):
            graft(whole, path, leaf)
    return whole


def _clash(key: str, below: Leaf, leaf: Leaf) -> ConfigFault:
    return ConfigFault(
        f"{leaf.source}: {key} needs a table, but {below.source} gives a value",
        "Remove one of the two",
    )
