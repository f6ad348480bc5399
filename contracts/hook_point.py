"""The inert marker that names a stage and the context field it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
MARK = "__hook_point__"


@dataclass(frozen=True, slots=True)
class HookPoint:
    """A stage's name (hooks are ``before_<name>`` and ``after_<name>``) and the ``SniperContext`` field it fills."""

    name: str
    gives: str


def hook_point(name: str, *, gives: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a plain function as a stage. Its parameter names are the context fields it reads; calling it is unchanged."""

    def mark(stage: Callable[P, R]) -> Callable[P, R]:
        setattr(stage, MARK, HookPoint(name, gives))
        return stage

    return mark
