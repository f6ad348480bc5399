"""The context a symbol's decision is threaded through: one named value per stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.models.computing import Compute, anew
from shared.models.data import MultiTimeframeData
from shared.models.extensions import NOTHING, Extensions
from shared.models.gates import Rejection
from shared.models.indicators import IndicatorSets
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.regime import MarketContext, Regime
from shared.models.risk import RiskPlan
from shared.models.scoring import ConfluenceBreakdown
from shared.models.smc import SMCSnapshot


@dataclass(frozen=True, slots=True)
class SniperContext:
    """One symbol on its way through the pipeline.

    A stage reads fields by name and gives one; a field is None until its stage has run. ``plan`` is a rejection as soon
    as a gate says no. ``metadata`` holds remarks of hooks, text to text. ``extensions`` are what installed plugins add;
    ``compute`` is how what depends on one series alone is computed.
    """

    symbol: str
    profile: str
    settings: Profile
    run_id: str
    as_of_ms: int
    market_context: MarketContext
    multi_tf_data: MultiTimeframeData | None = None
    multi_tf_indicators: IndicatorSets | None = None
    smc_snapshot: SMCSnapshot | None = None
    regime: Regime | None = None
    confluence_breakdown: ConfluenceBreakdown | None = None
    plan: TradePlan | Rejection | None = None
    risk_plan: RiskPlan | Rejection | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    extensions: Extensions = NOTHING
    compute: Compute = field(default=anew, repr=False, compare=False)

    @property
    def timestamp(self) -> datetime:
        """The as-of time as an aware UTC datetime."""
        return datetime.fromtimestamp(self.as_of_ms / 1000, UTC)
