"""The space of a parameter search: which fields of a profile are varied, and over what.

As TOML, ranges by step or lists of choices; what a range leaves out is taken from the field's own range::

    [search]
    gates.min_score = { low = 55, high = 80, step = 5 }
    plan.first_fraction = { choices = [0.3, 0.5, 1.0] }
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import numpy as np

from engine.backtest.walk_forward import longest_ms
from shared.config.layers import Leaf, Tree, graft
from shared.config.parser import known_keys, read_into
from shared.config.profiles import fitting, load_profile
from shared.errors import ConfigFault
from shared.models.profile import Profile
from shared.models.search import Changes, Knob, Space, Value
from shared.utils.suggest import suggest

SOURCE: Final = "search"
RANGE: Final = frozenset({"low", "high", "step"})
CHOICES: Final = frozenset({"choices"})
MOST: Final = 1_000
"""Values of one field; more is a step that was meant otherwise."""
TRIES: Final = 10
"""Draws for each candidate wanted; a space may be smaller than is asked for."""
LASTING: Final = frozenset({"plan.expiry_bars", "plan.hold_bars", "timeframes.anchor"})
"""Fields that set how long a trade can last."""

USUAL: Final[Mapping[str, object]] = {
    "gates": {
        "min_score": {"low": 50.0, "high": 80.0, "step": 5.0},
        "min_alignment": {"low": 0.0, "high": 0.9, "step": 0.1},
        "max_range_position": {"low": 0.4, "high": 1.0, "step": 0.1},
        "min_net_rr_first": {"low": 0.6, "high": 2.0, "step": 0.2},
    },
    "plan": {
        "stop_buffer_atr": {"low": 0.0, "high": 1.0, "step": 0.25},
        "first_fraction": {"low": 0.25, "high": 1.0, "step": 0.25},
    },
}
"""What is varied unless something else is asked for: a handful of fields that decide how many plans there are and where they end."""


def read_space(text: str, source: str) -> Mapping[str, object]:
    """The table ``[search]`` of a TOML text, which :func:`space_of` reads; ``source`` is what messages call it.

    Raises:
        ConfigFault: not TOML, or it has anything else than that table.
    """
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigFault(f"{source}: not TOML: {error}", "Correct the file") from error
    if set(tables) != {SOURCE} or not isinstance(tables[SOURCE], dict):
        raise ConfigFault(
            f"{source}: has {', '.join(sorted(tables)) or 'nothing'}, and wants the table [{SOURCE}] alone",
            "Begin with what 'optimize --print-space' prints",
        )
    return tables[SOURCE]


def space_of(values: Mapping[str, object] = USUAL) -> Space:
    """The space of a table as TOML gives it, nested or by dotted names.

    Raises:
        ConfigFault: an unknown field or key, a range without a step, or a value outside the field's own range.
    """
    return tuple(_knob(path, spec) for path, spec in specs_of(values))


def specs_of(values: Mapping[str, object], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field that a table varies, by dotted name, with its range or choices.

    Raises:
        ConfigFault: something that is neither.
    """
    for name, below in values.items():
        where = f"{path}.{name}" if path else name
        if not isinstance(below, Mapping):
            raise ConfigFault(
                f"search: {where} must be a range or choices, found {below!r}",
                f"Write it like {where} = {{ low = 1, high = 5, step = 1 }} or {{ choices = [1, 2] }}",
            )
        if RANGE.union(CHOICES).isdisjoint(below):
            yield from specs_of(below, where)
        else:
            yield where, below


def _knob(path: str, spec: Mapping[str, Any]) -> Knob:
    base = load_profile()
    fields = known_keys(base)
    if path not in fields:
        raise ConfigFault(f"search: unknown field {path!r}", suggest(path, fields))
    if set(spec) == CHOICES:
        values = tuple(tuple(value) if isinstance(value, list) else value for value in spec["choices"])
        knob = Knob(path, values, ordered=False)
    elif set(spec) <= RANGE and "step" in spec:
        knob = Knob(path, _steps(path, spec, base), ordered=True)
    else:
        raise ConfigFault(
            f"search: {path} has the keys {', '.join(spec)}", "Give step with low and high, or choices alone"
        )
    for value in knob.values:
        read_into(base, _tree(((path, value),)), "profile")
    return knob


def _steps(path: str, spec: Mapping[str, Any], base: Profile) -> tuple[Value, ...]:
    """The values of a range, each rounded to where steps of decimal fractions belong."""
    section, _, name = path.partition(".")
    own = {field.name: field.metadata for field in dataclasses.fields(getattr(base, section))}[name]
    if "low" not in own or isinstance(getattr(getattr(base, section), name), Mapping):
        raise ConfigFault(f"search: {path} is not one number", "Give its values as choices")
    low, high, step = spec.get("low", own["low"]), spec.get("high", own["high"]), spec["step"]
    if not all(_is_number(number) for number in (low, high, step)) or not (step > 0 and high > low):
        raise ConfigFault(
            f"search: {path} runs from {low!r} to {high!r} by {step!r}", "Give low < high and step > 0"
        )
    count = math.floor((high - low) / step + 1e-9) + 1
    if count > MOST:
        raise ConfigFault(f"search: {path} has {count:,} values, {MOST:,} are the most", "Give a larger step")
    whole = isinstance(getattr(getattr(base, section), name), int)
    values = (round(low + place * step, 9) for place in range(count))
    return tuple(int(value) if whole and float(value).is_integer() else value for value in values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _tree(changes: Changes) -> Tree:
    tree: Tree = {}
    for path, value in changes:
        graft(tree, tuple(path.split(".")), Leaf(value, SOURCE))
    return tree


def applied(base: Profile, changes: Changes) -> Profile:
    """The profile with these changes.

    Raises:
        ConfigFault: the values do not go together.
    """
    return fitting(read_into(base, _tree(changes), "profile"))


def sampled(base: Profile, space: Space, count: int, seed: int) -> tuple[Profile, ...]:
    """``base``, and up to ``count`` different configurations of the space drawn at random: candidates of a walk-forward. Those whose
    values do not go together are left out."""
    draw, found = np.random.default_rng(seed), [base]
    for _ in range(count * TRIES):
        changes = tuple((knob.path, knob.values[int(draw.integers(len(knob.values)))]) for knob in space)
        with suppress(ConfigFault):
            made = applied(base, changes)
            found += [made] if made not in found else []
        if len(found) > count:
            break
    return tuple(found)


def longest_of(base: Profile, space: Space) -> int:
    """The longest time, in ms, that a trade of any configuration can last."""
    lasting = [knob for knob in space if knob.path in LASTING]
    names = [knob.path for knob in lasting]
    every = itertools.product(*(knob.values for knob in lasting))
    return longest_ms(
        read_into(base, _tree(tuple(zip(names, values, strict=True))), "profile") for values in every
    )
