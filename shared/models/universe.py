"""The universe as of one moment: which symbols a scan looks at, which it leaves out and by what numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.models.gates import Rejection

Basis = Literal["ranked", "named"]


@dataclass(frozen=True, slots=True)
class Member:
    """A symbol that is looked at: the exchange's own id, its rank by 24h quote volume among those that passed every gate
    (from 1), that volume in quote units, and whether it was in the universe before."""

    symbol: str
    market_id: str
    rank: int
    quote_volume: float
    was_in: bool


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A gate that could not be applied to ``symbols`` symbols, because ``why``. They were not held against it."""

    code: str
    what: str
    symbols: int
    why: str


@dataclass(frozen=True, slots=True)
class UniverseSnapshot:
    """What was chosen and dropped at ``as_of_ms``, from 24-hour figures of ``figures_ms``.

    ``basis`` is ``ranked`` for the profile's universe and ``named`` where symbols were asked for. ``size`` is the most
    symbols there may be. ``chosen`` is ordered by rank; a symbol already in is left alone down to ``leave_rank``, others
    are sure of a seat down to ``enter_rank``. ``dropped`` is by symbol, ``unmeasured`` in the order of the gates.
    """

    exchange: str
    profile: str
    as_of_ms: int
    figures_ms: int
    basis: Basis
    size: int
    enter_rank: int
    leave_rank: int
    chosen: tuple[Member, ...]
    dropped: tuple[Rejection, ...]
    unmeasured: tuple[Unmeasured, ...] = ()
