"""What is held to the laws against look-ahead: indicator columns, detectors, decisions, and what plugins offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.verification.repaint import Detect
from engine.verification.stock import Stock
from indicators.registry import compute_set
from shared.models.data import Candles, Floats
from shared.models.extensions import NOTHING, Extensions
from shared.models.profile import SmcRules
from strategy.smc.engine import detect

Measure = Callable[[Candles], Mapping[str, Floats]]
"""Indicator columns by name, each shape (n,)."""


class Decided(NamedTuple):
    """A decision as the bytes of a JSON document, and whether a plan was drawn."""

    document: bytes
    is_plan: bool


Decide = Callable[[Stock, str, int], Decided]
"""What is decided on a symbol at an instant (UTC ms), handed all the candles there are, later ones among them."""


def own_columns(candles: Candles) -> Mapping[str, Floats]:
    """Every column of our own registry."""
    return compute_set(candles).columns


@dataclass(frozen=True, slots=True)
class Suspects:
    """``decide`` is any way to a decision: the scan's, a backtest's; ``measure`` and ``find`` are ours unless others are handed in."""

    rules: SmcRules
    decide: Decide
    measure: Measure = own_columns
    find: Detect = detect
    offered: Extensions = NOTHING
