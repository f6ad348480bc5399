"""What an indicator is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from shared.models.data import Candles, Floats


class Indicator(Protocol):
    """Columns computed from closed candles.

    Laws: pure; causal — the columns of ``candles.head(n)`` equal the first n rows of the columns of ``candles``, bit for
    bit; every output has shape (n,), is NaN for exactly the first ``warmup[output]`` rows and finite after;
    values lie within ``bounds[output]``.
    """

    @property
    def name(self) -> str:
        """Unique name in the registry."""
        ...

    @property
    def warmup(self) -> Mapping[str, int]:
        """Rows without a value, per output column."""
        ...

    @property
    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """Lowest and highest possible value, per output column; infinities where there is none."""
        ...

    def __call__(self, candles: Candles) -> Mapping[str, Floats]:
        """Compute every output column."""
        ...
