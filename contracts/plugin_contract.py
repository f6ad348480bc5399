"""What a third party's package may bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from shared.models.context import SniperContext


class Plugin(Protocol):
    """Hooks under one name, found through the entry point group ``sniper_sight.plugins``: an object or a module.

    Laws: ``hooks`` gives the same mapping whenever it is asked; a hook is pure, takes a context and gives one about the same
    symbol; it is a function of its module, so that worker processes can be handed it.
    """

    name: str

    def hooks(self) -> Mapping[str, Callable[[SniperContext], SniperContext]]:
        """Hook point, such as ``after_confluence``, to hook."""
        ...
