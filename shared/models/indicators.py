"""What the indicators room gives: named columns aligned with the candles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import IncompleteIndicatorError
from shared.models.data import Floats
from shared.models.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """Every registered indicator of one timeframe.

    ``columns[name]`` has shape (n,), aligned with the candles it was computed from; NaN during the declared warm-up
    only. Units are those the registry declares.
    """

    timeframe: Timeframe
    columns: Mapping[str, Floats]

    def last(self, name: str) -> float:
        """Value at the last closed candle.

        Raises:
            IncompleteIndicatorError: no such column, or its last value is not a number.
        """
        column = self.columns.get(name)
        if column is None:
            raise IncompleteIndicatorError(
                f"{self.timeframe}: no indicator {name!r}; there are {', '.join(self.columns)}"
            )
        value = float(column[-1]) if column.size else float("nan")
        if value != value:
            raise IncompleteIndicatorError(
                f"{self.timeframe}: indicator {name!r} has no value at the last candle ({column.size} candles)",
                "Give more history",
            )
        return value


IndicatorSets = Mapping[Timeframe, IndicatorSet]
