"""How marked functions become a proven sequence of steps over one frozen state."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from contracts.hook_point import MARK, HookPoint
from shared.errors import ContractError, PipelineOrderError


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: reads ``needs`` by name from the state, gives ``gives``."""

    name: str
    needs: tuple[str, ...]
    gives: str
    call: Callable[..., Any]

    def __call__(self, state: object) -> Any:
        """Call the stage with the state's fields."""
        return self.call(*[getattr(state, name) for name in self.needs])


def assemble(stages: Collection[Callable[..., Any]], state: type, given: Collection[str]) -> tuple[Step, ...]:
    """Turn marked functions into steps and prove their order.

    ``given`` are the fields of ``state`` that exist before the first stage.

    Raises:
        ContractError: a function is not marked, or reads or gives what ``state`` does not have.
        PipelineOrderError: a stage reads a field that no earlier stage has given.
    """
    fields = {spec.name for spec in dataclasses.fields(state)}
    have = set(given)
    steps = []
    for stage in stages:
        step = _step(stage)
        for name in (*step.needs, step.gives):
            if name not in fields:
                raise ContractError(
                    f"stage {step.name!r} names {name!r}, which {state.__name__} does not have"
                )
        early = [name for name in step.needs if name not in have]
        if early:
            raise PipelineOrderError(
                f"stage {step.name!r} needs {', '.join(early)}, which no earlier stage gives",
                "Put the stage that gives it first",
            )
        have.add(step.gives)
        steps.append(step)
    return tuple(steps)


def _step(stage: Callable[..., Any]) -> Step:
    mark = getattr(stage, MARK, None)
    if not isinstance(mark, HookPoint):
        raise ContractError(
            f"{getattr(stage, '__qualname__', stage)!r} is not a stage", "Mark it with @hook_point"
        )
    return Step(mark.name, tuple(inspect.signature(stage).parameters), mark.gives, stage)


def call_by_name(function: Callable[..., Any], state: object) -> Any:
    """Call ``function`` with the fields of ``state`` that its parameters name."""
    return function(*[getattr(state, name) for name in inspect.signature(function).parameters])
