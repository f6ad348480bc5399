"""What the risk room is asked and answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.models.data import Market
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.risk import UNKNOWN_MARKET, Account, MarketView, RiskPlan


class RiskJudge(Protocol):
    """Judge all plans of a scan together.

    Laws: pure; one answer per plan, in the order given; plans are taken in order of (decided time, −score, symbol), and each
    approval counts against the limits of those after it; rounding never raises risk; the answer does not depend on the
    order in which plans are handed over.
    """

    def __call__(
        self,
        plans: Sequence[tuple[TradePlan, Market, float]],
        account: Account,
        settings: Profile,
        view: MarketView = UNKNOWN_MARKET,
    ) -> tuple[RiskPlan | Rejection, ...]:
        """Each plan comes with its market's rules and its 24h quote volume; ``view`` says what else is known of the markets."""
        ...
