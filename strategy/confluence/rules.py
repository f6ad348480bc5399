"""Synergies and conflicts: combinations that say more than their parts. Their points stand in the profile."""

from __future__ import annotations

from typing import Final

from shared.models.profile import Profile
from strategy.confluence.evidence import Evidence
from strategy.confluence.plugins import Rule

DISCOUNT: Final = 0.45
EXTREME_RSI: Final = 75.0
EXTREME_MFI: Final = 85.0

SYNERGIES: Final = (
    Rule(
        "sweep_choch_block",
        lambda row, settings: bool(row.sequence and _fresh(row, settings) and _cheap(row)),
        lambda row, settings: (
            f"sweep, change of character and a fresh block within {settings.confluence.synergy_bars} bars, "
            f"at {row.range_position:.2f} of the range"
        ),
    ),
    Rule(
        "block_and_gap",
        lambda row, settings: bool(row.overlap and _fresh(row, settings)),
        lambda row, _: f"an order block and a gap overlap, freshness {row.freshness:.2f}",
    ),
    Rule(
        "aligned_discount",
        lambda row, settings: bool(
            row.zones and row.alignment >= max(0.5, settings.gates.min_alignment) and _cheap(row)
        ),
        lambda row, _: (
            f"higher timeframes agree ({row.alignment:+.2f}) on an entry at {row.range_position:.2f}"
        ),
    ),
)
"""Rules that add points."""

CONFLICTS: Final = (
    Rule(
        "opposing_htf_zone",
        lambda row, _: row.opposing_blocks > 0,
        lambda row, _: (
            f"{row.opposing_blocks} fresh opposing higher-timeframe block{'' if row.opposing_blocks == 1 else 's'} before "
            "the first target"
        ),
    ),
    Rule(
        "opposing_swing_trend",
        lambda row, _: row.swing_trend < 0,
        lambda row, _: f"the {row.anchor} swing trend is the other way",
    ),
    Rule(
        "momentum_extreme",
        lambda row, _: row.rsi >= EXTREME_RSI or row.mfi >= EXTREME_MFI,
        lambda row, _: (
            f"momentum is exhausted: RSI {50 + row.side * (row.rsi - 50):.1f}, MFI {50 + row.side * (row.mfi - 50):.1f}"
        ),
    ),
)
"""Rules that take points."""


def _fresh(row: Evidence, settings: Profile) -> bool:
    return row.freshness >= settings.gates.min_freshness


def _cheap(row: Evidence) -> bool:
    return row.range_position < DISCOUNT
