"""The funnel: how many symbols reached each stage, and what stopped the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from engine.hooks import STAGES
from shared.models.gates import Rejection
from shared.models.scan import FunnelRow, SymbolFault

ROWS: Final = ("universe", *STAGES)
"""Every stage at which a symbol may stop, in order."""


def build_funnel(
    total: int, rejections: Sequence[Rejection], faults: Sequence[SymbolFault]
) -> tuple[FunnelRow, ...]:
    """Rows from the ``total`` symbols looked at down to those approved: what a row stops never reaches the next.

    A gate of the smc, regime or confluence kind counts at the stage it speaks of, wherever it is evaluated.
    """
    rows = []
    reached = total
    for stage in ROWS:
        codes = Counter(rejection.code for rejection in rejections if rejection.stage == stage)
        broken = sum(fault.stage == stage for fault in faults)
        ordered = tuple(sorted(codes.items(), key=lambda item: (-item[1], item[0])))
        rows.append(FunnelRow(stage, reached, sum(codes.values()), broken, ordered))
        reached -= sum(codes.values()) + broken
    return tuple(rows)
