"""How a stage has a function of one series computed: anew each time, or by somebody who remembers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar, TypeVarTuple

from shared.models.data import Candles

Result = TypeVar("Result")
How = TypeVarTuple("How")


class Compute(Protocol):
    """Gives what ``work(candles, *how)`` gives, to the bit.

    ``work`` is pure and stands in a module; what is in ``how`` is frozen and can be hashed; nobody changes the result.
    """

    def __call__(self, work: Callable[[Candles, *How], Result], candles: Candles, *how: *How) -> Result:
        """The result of ``work``."""
        ...


def anew(work: Callable[[Candles, *How], Result], candles: Candles, *how: *How) -> Result:
    """Compute it."""
    return work(candles, *how)
