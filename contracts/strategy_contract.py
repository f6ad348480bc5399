"""What the strategy room promises: detectors, factors and the planner."""

from __future__ import annotations

from typing import Protocol

from shared.models.computing import Compute, anew
from shared.models.data import Candles, MultiTimeframeData
from shared.models.events import EventLog
from shared.models.extensions import NOTHING, Extensions
from shared.models.profile import Profile, SmcRules
from shared.models.smc import SMCSnapshot


class StructureReader(Protocol):
    """The stage that reads structure on every timeframe and joins it by close time.

    Laws: pure; causal — a higher-timeframe event is visible iff its bar's close time ≤ the as-of time; data after the
    as-of time changes nothing.
    """

    def __call__(
        self,
        multi_tf_data: MultiTimeframeData,
        settings: Profile,
        extensions: Extensions = NOTHING,
        compute: Compute = anew,
    ) -> SMCSnapshot:
        """Structure as of the last closed bar of each timeframe."""
        ...


class Detector(Protocol):
    """Find every pattern completed by a closed candle, as an append-only log.

    Laws: pure; causal — the log of ``candles.head(n)`` is exactly those events of the log of ``candles`` that were known by the
    n-th close, bit for bit; events are ordered by the bar at which they became known; nothing is edited or removed.
    """

    def __call__(self, candles: Candles, options: SmcRules, tick: float) -> EventLog:
        """Run over the whole series; ``tick`` is the market's price step."""
        ...
