"""Candles cut into calendar periods, by the UTC time at which they open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from shared.models.data import Candles

Period = Literal["M", "Y"]
"""A calendar month or year."""


def by_period(candles: Candles, period: Period) -> Iterator[tuple[str, Candles]]:
    """Candles of each month (``2024-01``) or year (``2024``) that has any, oldest first."""
    of_row = candles.open_ms.astype("datetime64[ms]").astype(f"datetime64[{period}]")
    found, starts = np.unique(of_row, return_index=True)
    for name, start, stop in zip(found, starts, [*starts[1:], len(candles)], strict=True):
        yield str(name), candles.rows(int(start), int(stop))
