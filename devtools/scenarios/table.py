"""Every scenario, by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from devtools.scenarios.doubtful import DATA, UNIVERSE
from devtools.scenarios.limits import RISK
from devtools.scenarios.scenario import Scenario
from devtools.scenarios.setups import PLANNED, REFUSED
from devtools.scenarios.windows import RECORDED

PARTS: Final[tuple[tuple[str, tuple[Scenario, ...]], ...]] = (
    ("Planned", PLANNED),
    ("Refused by structure, regime, score or plan", REFUSED),
    ("Doubtful candles", DATA),
    ("The universe", UNIVERSE),
    ("Risk", RISK),
    ("Recorded", RECORDED),
)
"""Titles and their scenarios."""

SCENARIOS: Final = MappingProxyType({one.name: one for _, part in PARTS for one in part})
