"""The packaged profiles, and a profile with a user's changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Final

from shared.config.layers import Tree, merged, planted, read_toml
from shared.config.parser import read_into, unknown_key
from shared.errors import ConfigFault
from shared.models.profile import Profile
from shared.utils.suggest import suggest

DEFAULT: Final = "balanced"

TOGETHER: Final[tuple[tuple[str, Callable[[Profile], bool]], ...]] = (
    (
        "timeframes.trigger must be finer than timeframes.anchor",
        lambda p: p.timeframes.trigger.ms < p.timeframes.anchor.ms,
    ),
    (
        "timeframes.base must not be coarser than any timeframe read",
        lambda p: p.timeframes.base.ms <= p.timeframes.needed[0].ms,
    ),
    ("timeframes.context must name at least one timeframe", lambda p: bool(p.timeframes.context)),
    (
        "confluence.alignment must give a weight above 0 to every timeframe of timeframes.context",
        lambda p: all(p.confluence.alignment.get(tf, 0) > 0 for tf in p.timeframes.context),
    ),
    ("smc.internal_reach must be below smc.swing_reach", lambda p: p.smc.internal_reach < p.smc.swing_reach),
    (
        "gates.min_net_rr_first must not be above gates.min_net_rr_last",
        lambda p: p.gates.min_net_rr_first <= p.gates.min_net_rr_last,
    ),
    (
        "risk.max_same_side must not be above risk.max_positions",
        lambda p: p.risk.max_same_side <= p.risk.max_positions,
    ),
    ("plan.entry_kinds must name at least one kind", lambda p: bool(p.plan.entry_kinds)),
)
"""Values that are fine alone but must also go together."""


def load_profile(name: str = DEFAULT, overrides: Mapping[str, object] | None = None) -> Profile:
    """A packaged profile by name, with ``overrides`` as nested tables: ``{"gates": {"min_score": 70}}``.

    Raises:
        ConfigFault: no such profile or key (with the nearest name), or a value that is wrong.
    """
    return profile_of(name, planted(overrides or {}, "overrides"))


def profile_of(name: str, changes: Tree, key: str = "") -> Profile:
    """The profile ``name`` with a layer of changes on top. ``key`` is the table the changes stand in, for messages."""
    trees = profile_trees()
    if name not in trees:
        raise ConfigFault(f"unknown profile {name!r}", suggest(name, trees))
    if "name" in changes:
        raise unknown_key("name", changes["name"], ())
    return fitting(read_into(Profile(name, ""), merged((trees[name], changes)), key))


def fitting(profile: Profile) -> Profile:
    """The profile, if its values go together.

    Raises:
        ConfigFault: they do not.
    """
    for rule, kept in TOGETHER:
        if not kept(profile):
            raise ConfigFault(f"profile {profile.name!r}: {rule}", "Change one of the two")
    return profile


def recorded_profile(values: Mapping[str, object]) -> Profile:
    """The profile that was written down whole as plain values, name and summary included.

    Raises:
        ConfigFault: this version knows a key or a value of it no more.
    """
    name, summary = str(values["name"]), str(values["summary"])
    changes = {key: value for key, value in values.items() if key not in ("name", "summary")}
    base = name if name in profile_trees() else DEFAULT
    profile = profile_of(base, planted(changes, "journal"))
    return dataclasses.replace(profile, name=name, summary=summary)


def profile_names() -> tuple[str, ...]:
    """The packaged profiles, ``balanced`` first."""
    return tuple(profile_trees())


@cache
def profile_trees() -> dict[str, Tree]:
    """What each packaged profile changes."""
    text = resources.files(__package__).joinpath("profiles.toml").read_text("utf-8")
    return {name: _renamed(tree, name) for name, tree in read_toml(text, "profiles.toml").items()}


def _renamed(tree: Tree, name: str) -> Tree:
    return {
        key: _renamed(below, name)
        if isinstance(below, dict)
        else dataclasses.replace(below, source=f"profile {name}")
        for key, below in tree.items()
    }
