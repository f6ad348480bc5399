"""What is registered: hooks, functions from context to context that run before or after a stage, and extensions, what the stages
compute besides their own."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from engine.border import Border
from shared.errors import ContractError
from shared.models.context import SniperContext
from shared.models.extensions import NOTHING, Extensions

Hook = Callable[[SniperContext], SniperContext]

STAGES: Final = ("data", "indicators", "smc", "regime", "confluence", "plan", "risk")
"""Stages of one symbol, in order; ``data`` is where its candles have just been handed in, and risk sees only symbols that
have a plan."""

ALIASES: Final = MappingProxyType(
    {"before_indicator_compute": "before_indicators", "after_strategy": "after_confluence"}
)
"""Names the description uses for two of the points."""

POINTS: Final = ("after_data", *(f"{when}_{stage}" for stage in STAGES[1:] for when in ("before", "after")))


@dataclass(frozen=True, slots=True)
class Placed:
    """A registered hook and whose it is: a plugin with its version, or nobody's but the process's own."""

    hook: Hook
    owner: str


@dataclass(slots=True)
class Hooks:
    """Registered hooks, in order of registration at each point, and the extensions that every context is given.

    Raises:
        ContractError: an unknown point; a hook that returns something else than a context, changes which symbol it is
            about, or fails (the message names the hook and the point).
    """

    _at: dict[str, list[Placed]] = field(default_factory=dict)
    extensions: Extensions = NOTHING

    def extend(self, extensions: Extensions) -> None:
        """Compute ``extensions`` too; what is there already stays once."""
        self.extensions = self.extensions.joined(extensions)

    def register(self, point: str, hook: Hook, owner: str = "") -> None:
        """Run ``hook`` at ``point``: ``before_<stage>`` or ``after_<stage>``. ``owner`` is the plugin it comes from, with its
        version."""
        name = ALIASES.get(point, point)
        if name not in POINTS:
            known = (*POINTS, *ALIASES)
            near = difflib.get_close_matches(point, known, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(known)}"
            raise ContractError(f"hook point {point!r} does not exist", hint)
        self._at.setdefault(name, []).append(Placed(hook, owner))

    def holds(self, point: str, hook: Hook) -> bool:
        """Whether ``hook`` is registered at ``point``."""
        return any(placed.hook == hook for placed in self._at.get(ALIASES.get(point, point), ()))

    def remove(self, point: str, hook: Hook) -> None:
        """Take ``hook`` off ``point``; a hook that is not there is an error."""
        if not self.holds(point, hook):
            raise ContractError(f"hook {_name(hook)} is not registered at {point!r}")
        held = self._at[ALIASES.get(point, point)]
        del held[[placed.hook for placed in held].index(hook)]

    def any_at(self, point: str) -> bool:
        """Whether anything is registered at ``point``."""
        return bool(self._at.get(point))

    def signature(self) -> tuple[str, ...]:
        """Every hook as ``point name owner``, by point in the order in which they run, then the packages that extend us: part of what a
        decision depends on. A hook's own parameters are not in it."""
        hooks = (
            f"{point} {_name(placed.hook)} {placed.owner}".rstrip()
            for point in POINTS
            for placed in self._at.get(point, ())
        )
        return (*hooks, *self.extensions.owners)

    def run(self, point: str, context: SniperContext) -> SniperContext:
        """Thread ``context`` through every hook of ``point``."""
        for placed in self._at.get(point, ()):
            context = _held_to_contract(placed.hook, point, context)
        return context


def _held_to_contract(hook: Hook, point: str, context: SniperContext) -> SniperContext:
    with Border(
        point.partition("_")[2], f"hook {_name(hook)} at {point!r}", context.symbol, "Mend or remove the hook"
    ):
        changed = hook(context)
        _hold_to_contract(f"hook {_name(hook)} at {point!r}", context, changed)
    return changed


def _hold_to_contract(who: str, context: SniperContext, changed: object) -> None:
    if not isinstance(changed, SniperContext):
        raise ContractError(
            f"{who} returned {type(changed).__name__}, not a SniperContext", "Return replace(context, ...)"
        )
    fixed = ("symbol", "profile", "run_id", "as_of_ms", "extensions", "compute")
    moved = [name for name in fixed if getattr(changed, name) != getattr(context, name)]
    if moved:
        raise ContractError(f"{who} changed {', '.join(moved)}, which no hook may change")


def _name(hook: Hook) -> str:
    return f"{getattr(hook, '__module__', '?')}.{getattr(hook, '__qualname__', type(hook).__name__)}"


HOOKS: Final = Hooks()
"""The registry scans use unless another is handed in."""


def register_hook(point: str, hook: Hook) -> None:
    """Register ``hook`` at ``point`` for every later scan of this process."""
    HOOKS.register(point, hook)
