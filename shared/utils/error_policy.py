"""The border control between stages: right types, no missing values, gates that say what they measured.

Every output of every stage of every symbol comes through here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol, TypeVar

from shared.errors import ContractError
from shared.utils.broken import BrokenRuleError
from shared.utils.null_checks import check_nulls
from shared.utils.type_checks import type_check


def validate_schema(obj: object, schema_type: type) -> None:
    """Hold ``obj`` to ``schema_type``: an instance of it, every field of its annotated type, all the way down.

    Raises:
        ContractError: the path, the type wanted and what was found.
    """
    kind: type = type(obj)
    if not isinstance(obj, schema_type):
        raise ContractError(f"expected {schema_type.__name__}, found {kind.__name__}")
    try:
        type_check(kind)(obj)
    except BrokenRuleError as broken:
        raise ContractError(f"{kind.__name__}{broken.path} {broken.problem}") from None


def validate_no_nulls(obj: object, name: str) -> None:
    """Refuse a missing value anywhere in ``obj``: None where the field's type has none, NaN, an infinity, empty text.

    Arrays are not looked into: what their cells may hold, warm-up included, is their owner's law.

    Raises:
        ContractError: the path below ``name`` and what was found there.
    """
    try:
        check_nulls(obj)
    except BrokenRuleError as broken:
        raise ContractError(f"{name}{broken.path} {broken.problem}") from None


class Measured(Protocol):
    """A gate's result: what was measured, how it must compare, and whether it passes."""

    @property
    def code(self) -> str:
        """The gate's code."""
        ...

    @property
    def measured(self) -> float:
        """What was found."""
        ...

    @property
    def comparison(self) -> str:
        """How it must compare with the threshold."""
        ...

    @property
    def threshold(self) -> float:
        """What is needed."""
        ...

    @property
    def passed(self) -> bool:
        """Whether the gate lets the setup through."""
        ...


G = TypeVar("G", bound=Measured)


def validate_quality_gates(symbol: str, results: Iterable[G]) -> tuple[G, ...]:
    """The gates that failed, in the order given.

    Raises:
        ContractError: something is not a gate's result, or a measure or threshold is not a finite number.
    """
    failed = []
    for result in results:
        try:
            finite = math.isfinite(result.measured) and math.isfinite(result.threshold)
        except (AttributeError, TypeError):
            raise ContractError(f"{symbol}: expected a gate's result, found {result!r:.60}") from None
        if not finite:
            compared = f"{result.measured!r} {result.comparison} {result.threshold!r}"
            raise ContractError(f"{symbol}: gate {result.code} must compare finite numbers, found {compared}")
        if not result.passed:
            failed.append(result)
    return tuple(failed)
