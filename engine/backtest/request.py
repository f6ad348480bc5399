"""What a backtest is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.errors import ConfigFault
from shared.models.data import Ints
from shared.models.profile import Profile
from shared.models.risk import Account
from shared.models.timeframe import iso

SEED: Final = 7


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """Decide at every close of the base timeframe after ``since_ms`` up to ``until_ms``. No ``symbols`` means the profile's universe as of
    each close, at most ``top`` of it. ``seed`` is that of everything drawn at random.

    Raises:
        ConfigFault: the period is empty, or the account is in another currency than the profile trades in.
    """

    profile: Profile
    exchange: str
    account: Account
    since_ms: int
    until_ms: int
    symbols: tuple[str, ...] = ()
    top: int = 0
    seed: int = SEED

    def __post_init__(self) -> None:
        """Refuse an empty period and an account in another currency."""
        quote, currency = self.profile.universe.quote, self.account.currency
        if currency != quote:
            raise ConfigFault(
                f"the account is in {currency}, but profile {self.profile.name!r} trades against {quote}",
                f"Give equity in {quote}, or set profile.universe.quote",
            )
        if not len(self.closes_ms):
            raise ConfigFault(
                f"no {self.profile.timeframes.base} candle closes after {iso(self.since_ms)} and by {iso(self.until_ms)}",
                "Give --from a time before --to",
            )

    @property
    def closes_ms(self) -> Ints:
        """Every close of the base timeframe in the period, shape (n,)."""
        base = self.profile.timeframes.base
        first, last = base.floor(self.since_ms) + base.ms, base.floor(self.until_ms)
        return np.arange(first, last + 1, base.ms, dtype=np.int64)

    @property
    def followed_ms(self) -> int:
        """Until when a setup decided in the period can live at most."""
        rules, anchor = self.profile.plan, self.profile.timeframes.anchor
        return self.until_ms + (rules.expiry_bars + rules.hold_bars + 1) * anchor.ms
