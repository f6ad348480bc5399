"""How the setups that were told of stand."""

from __future__ import annotations

from dataclasses import dataclass

from shared.models.notifications import SetupState


@dataclass(frozen=True, slots=True)
class Signal:
    """One setup: what was told, how it stands on closed candles, and what it is worth so far, costs included (0 until it is filled;
    ``is_ambiguous`` where a candle could be read in two ways and was read against it). ``verdict`` is what the trader decided,
    empty without one."""

    fingerprint: str
    symbol: str
    exchange: str
    profile: str
    side: str
    grade: str
    score: float
    decided_ms: int
    state: SetupState
    ending: str
    is_filled: bool
    result_r: float
    is_ambiguous: bool
    verdict: str
