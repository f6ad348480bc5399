"""Gates: one table of conditions a setup must meet, each with the profile's field that holds its threshold."""

from __future__ import annotations

from typing import Final

from shared.models.gates import Gate
from strategy.gates.data_gates import DATA_GATES, check_data
from strategy.gates.indicator_gates import INDICATOR_GATES, check_indicators
from strategy.gates.side_gates import SIDE_GATES, check_side

TIE: Final = Gate(
    "confluence", "confluence.tie", "difference of the two directions' scores", "points", ">=", "0.1"
)

GATES: Final[tuple[Gate, ...]] = (*DATA_GATES, *INDICATOR_GATES, *(row[0] for row in SIDE_GATES), TIE)
"""Every gate of the decision, in the order in which a symbol meets them. Risk has its own."""

__all__ = ["GATES", "TIE", "Gate", "check_data", "check_indicators", "check_side"]
