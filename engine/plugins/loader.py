"""Installed plugins: loaded once a process, each refused by name if it is not what ``contracts.plugin_contract`` says."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from engine.border import Border
from engine.hooks import HOOKS, Hook, Hooks
from engine.plugins.offers import read_offers
from shared.errors import ContractError
from shared.models.extensions import NOTHING, Extensions

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "sniper_sight.plugins"
ACTION: Final = "Mend the plugin, or uninstall it"
OFFERS: Final = ("hooks", "indicators", "detectors", "factors")
"""What a plugin may offer, each by a function of that name."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One hook of one plugin."""

    plugin: str
    point: str
    hook: Hook
    version: str


@dataclass(frozen=True, slots=True)
class Installed:
    """All that one plugin offers."""

    plugin: str
    hooks: tuple[Registration, ...]
    extensions: Extensions


def register_plugins(hooks: Hooks = HOOKS) -> tuple[str, ...]:
    """Register what every installed plugin offers, by plugin name; what is registered already is left alone. Their names.

    Raises:
        ContractError: a plugin cannot be loaded or breaks its contract; the message names it.
    """
    for plugin in loaded_plugins():
        hooks.extend(plugin.extensions)
        for one in plugin.hooks:
            if not hooks.holds(one.point, one.hook):
                hooks.register(one.point, one.hook, f"{one.plugin} {one.version}")
    return tuple(dict.fromkeys(plugin.plugin for plugin in loaded_plugins()))


def installed_plugins() -> tuple[Registration, ...]:
    """Hooks of everything installed under :data:`GROUP`."""
    return tuple(one for plugin in loaded_plugins() for one in plugin.hooks)


@cache
def loaded_plugins() -> tuple[Installed, ...]:
    """Everything installed under :data:`GROUP`."""
    from importlib.metadata import entry_points

    found = sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value))
    plugins: list[Installed] = []
    taken = NOTHING
    for entry in found:
        plugins.append(_read(entry, taken))
        taken = taken.joined(plugins[-1].extensions)
    return tuple(plugins)


def _read(entry: EntryPoint, taken: Extensions) -> Installed:
    who = f"plugin {entry.name!r} ({entry.value})"
    with Border("plugins", who, "this scan", ACTION):
        plugin = entry.load()
        name = _held_to_contract(who, plugin)
        version = entry.dist.version if entry.dist else "unversioned"
        hooks = tuple(_registrations(who, name, plugin, version)) if hasattr(plugin, "hooks") else ()
        return Installed(name, hooks, read_offers(who, plugin, f"{name} {version}", taken))


def _held_to_contract(who: str, plugin: Any) -> str:
    """The plugin's name."""
    name = getattr(plugin, "name", None)
    if not isinstance(name, str) or not name.strip():
        raise _refusal(who, f"its name must be text, found {name!r}")
    offered = [offer for offer in OFFERS if hasattr(plugin, offer)]
    if not offered:
        raise _refusal(who, f"it has none of {'(), '.join(OFFERS)}()")
    for offer in offered:
        if not callable(getattr(plugin, offer)):
            raise _refusal(who, f"its {offer} must be a function")
    return name


def _registrations(who: str, name: str, plugin: Any, version: str) -> Iterator[Registration]:
    offered: object = plugin.hooks()
    if not isinstance(offered, Mapping):
        raise _refusal(who, f"hooks() must give a mapping of point to hook, found {type(offered).__name__}")
    for point, hook in offered.items():
        _check_hook(who, point, hook)
        yield Registration(name, point, hook, version)


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
