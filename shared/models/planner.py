"""A complete trade plan: no field is optional."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.errors import ContractError
from shared.models.gates import GateResult
from shared.models.smc import Side, ZoneKind
from shared.models.timeframe import Timeframe


class EntryKind(StrEnum):
    """``limit``: an untouched zone, resting order at its middle. ``confirm``: first touch, then a trigger break."""

    LIMIT = "limit"
    CONFIRM = "confirm"


class Style(StrEnum):
    """How long such a trade is expected to last."""

    SCALP = "scalp"
    INTRADAY = "intraday"
    SWING = "swing"


@dataclass(frozen=True, slots=True)
class EntryZone:
    """``near`` is the edge price meets first, ``far`` the other, ``price`` the order; all on the tick."""

    kind: EntryKind
    zone_kind: ZoneKind
    object_id: str
    near: Decimal
    far: Decimal
    price: Decimal
    expires_ms: int
    invalidation: Decimal
    reach_atr: float
    why: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the idea is wrong. Distances from the entry price."""

    price: Decimal
    distance_atr: float
    distance_pct: float
    cost_r: float
    why: str


@dataclass(frozen=True, slots=True)
class Target:
    """One target: ``fraction`` of the position leaves there, worth ``net_r`` after fees."""

    price: Decimal
    fraction: Decimal
    net_r: float
    basis: str
    why: str


@dataclass(frozen=True, slots=True)
class Rationale:
    """Every section written from the numbers."""

    bias: str
    trigger: str
    entry: str
    stop: str
    targets: str
    invalidation: str
    against: str

    def __post_init__(self) -> None:
        """Refuse an empty section."""
        for name in self.__slots__:
            if not getattr(self, name).strip():
                raise ContractError(f"rationale: section {name!r} is empty")


@dataclass(frozen=True, slots=True)
class TradePlan:
    """All a trader needs to take or leave the trade. ``fingerprint`` stays the same while the setup lives.

    ``decided_ms`` is the as-of close, ``hold_bars`` the time stop in anchor bars after the fill, ``break_even``
    the rule in words. ``gates`` are all the gates it passed.
    """

    fingerprint: str
    exchange: str
    symbol: str
    profile: str
    side: Side
    style: Style
    anchor: Timeframe
    trigger: Timeframe
    context: tuple[Timeframe, ...]
    decided_ms: int
    close: Decimal
    score: float
    grade: str
    entry: EntryZone
    stop: Stop
    targets: tuple[Target, ...]
    break_even: str
    hold_bars: int
    tick: Decimal
    rationale: Rationale
    gates: tuple[GateResult, ...]

    def __post_init__(self) -> None:
        """Refuse a plan whose prices are out of order, or that has nothing to aim for."""
        if not self.targets:
            raise ContractError(f"plan {self.symbol}: no target")
        ladder = [
            self.stop.price,
            self.entry.price,
            *(target.price for target in self.targets),
        ]
        steps = [(after - before) * int(self.side) for before, after in itertools.pairwise(ladder)]
        if any(step <= 0 for step in steps):
            raise ContractError(f"plan {self.symbol}: stop, entry and targets are not in order: {ladder}")
        if sum(target.fraction for target in self.targets) != 1:
            raise ContractError(f"plan {self.symbol}: target fractions do not add up to 1")
