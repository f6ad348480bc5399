"""Installed plugins: loaded once a process, each refused by name if it is not what ``contracts.plugin_contract`` says."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from contracts.plugin_contract import Plugin
from engine.border import Border
from engine.hooks import HOOKS, Hook, Hooks
from shared.errors import ContractError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "sniper_sight.plugins"
ACTION: Final = "Mend the plugin, or uninstall it"


@dataclass(frozen=True, slots=True)
class Registration:
    """One hook of one plugin."""

    plugin: str
    point: str
    hook: Hook
    version: str


def register_plugins(hooks: Hooks = HOOKS) -> tuple[str, ...]:
    """Register every installed plugin's hooks, by plugin name; what is registered already is left alone. Their names.

    Raises:
        ContractError: a plugin cannot be loaded or breaks its contract; the message names it.
    """
    found = installed_plugins()
    for one in found:
        if not hooks.holds(one.point, one.hook):
            hooks.register(one.point, one.hook, f"{one.plugin} {one.version}")
    return tuple(dict.fromkeys(one.plugin for one in found))


@cache
def installed_plugins() -> tuple[Registration, ...]:
    """Hooks of everything installed under :data:`GROUP`."""
    from importlib.metadata import entry_points

    found = sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value))
    return tuple(registration for entry in found for registration in _read(entry))


def _read(entry: EntryPoint) -> tuple[Registration, ...]:
    who = f"plugin {entry.name!r} ({entry.value})"
    with Border("plugins", who, "this scan", ACTION):
        plugin = entry.load()
        version = entry.dist.version if entry.dist else "unversioned"
        return tuple(_registrations(who, _held_to_contract(who, plugin), version))


def _held_to_contract(who: str, plugin: Any) -> Plugin:
    name = getattr(plugin, "name", None)
    if not isinstance(name, str) or not name.strip():
        raise _refusal(who, f"its name must be text, found {name!r}")
    if not callable(getattr(plugin, "hooks", None)):
        raise _refusal(who, "it has no hooks()")
    checked: Plugin = plugin
    return checked


def _registrations(who: str, plugin: Plugin, version: str) -> Iterator[Registration]:
    offered: object = plugin.hooks()
    if not isinstance(offered, Mapping):
        raise _refusal(who, f"hooks() must give a mapping of point to hook, found {type(offered).__name__}")
    for point, hook in offered.items():
        _check_hook(who, point, hook)
        yield Registration(plugin.name, point, hook, version)


def _check_hook(who: str, point: Any, hook: Any) -> None:
    try:
        Hooks().register(point, hook)
    except ContractError as error:
        raise ContractError(f"{who}: {error.problem}", error.action) from error
    try:
        inspect.signature(hook).bind(None)
    except TypeError:
        raise _refusal(who, f"its hook at {point!r} must take one SniperContext, found {hook!r}") from None


def _refusal(who: str, why: str) -> ContractError:
    return ContractError(f"{who}: {why}", ACTION)
