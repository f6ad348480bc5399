"""The factors of a score, each a value in [0, 1] and a sentence. Their weights stand in the profile."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from shared.models.profile import Profile
from strategy.confluence.evidence import Evidence
from strategy.confluence.plugins import Factor
from strategy.confluence.quality import block_quality, break_quality, clip, gap_quality, sweep_quality

FULL_VOLUME_Z: Final = 2.0


def falling(value: float, best: float, worst: float) -> float:
    """1 up to ``best``, 0 from ``worst``, straight between."""
    return clip((worst - value) / (worst - best))


def alignment(row: Evidence, _: Profile) -> float:
    """Agreement of the context's trends times the share of their weight that has one."""
    return clip(row.alignment * row.alignment_weight)


def order_block(row: Evidence, _: Profile) -> float:
    """Quality of the best block at the entry."""
    return block_quality(
        row.block_freshness, row.block_displacement_atr, row.block_volume, row.block_has_gap, row.block_swept
    )


def fair_value_gap(row: Evidence, _: Profile) -> float:
    """Quality of the best gap at the entry."""
    return gap_quality(row.gap_freshness, row.gap_height_atr)


def range_position(row: Evidence, _: Profile) -> float:
    """Full in discount, nothing in the dearest quarter of the higher range."""
    return falling(row.range_position, best=0.45, worst=0.75) if row.zones else 0.0


def structure(row: Evidence, settings: Profile) -> float:
    """The swing trend with the side, and how recent and strong the best break to it was."""
    best = break_quality(row.break_age, row.break_displacement_atr, settings.confluence.synergy_bars)
    return 0.4 * (row.swing_trend > 0) + 0.6 * row.break_found * best


def sweep_reclaim(row: Evidence, settings: Profile) -> float:
    """A pool taken and closed back inside within some bars: recency and depth."""
    best = sweep_quality(row.reclaim_age, row.reclaim_depth_atr, settings.confluence.synergy_bars)
    return row.reclaim_found * best


def sweep_wick(row: Evidence, settings: Profile) -> float:
    """A pool taken by a wick alone: recency and depth."""
    best = sweep_quality(row.wick_age, row.wick_depth_atr, settings.confluence.synergy_bars)
    return row.wick_found * best


def momentum(row: Evidence, _: Profile) -> float:
    """Room left in RSI and MFI, and the stochastic RSI turning the side's way."""
    room = falling(row.rsi, 50.0, 75.0) + falling(row.mfi, 50.0, 85.0)
    turning = clip(0.5 + (row.stoch_k - row.stoch_d) / 20.0)
    return (room + turning) / 3


def stretch(row: Evidence, _: Profile) -> float:
    """How far price is stretched against the side: Bollinger %B and z-score."""
    return 0.5 * falling(row.percent_b, 0.0, 1.0) + 0.5 * falling(row.zscore, -2.0, 2.0)


def volume(row: Evidence, _: Profile) -> float:
    """On-balance volume sloping the side's way, and a volume spike on a recent displacement."""
    return 0.5 * (row.obv_slope > 0) + 0.5 * clip(row.volume_z / FULL_VOLUME_Z)


def volatility(row: Evidence, _: Profile) -> float:
    """Full between the 20th and 80th percentile of ATR %, half when dead, nothing at its highest."""
    dead = 0.5 + 0.5 * clip(row.atr_percentile / 20.0)
    return min(dead, falling(row.atr_percentile, 80.0, 100.0))


def regime(row: Evidence, _: Profile) -> float:
    """The symbol's own regime, and the market's appetite for risk."""
    return 0.7 * clip(0.5 + row.regime_along / 2) + 0.3 * clip(0.5 + row.appetite_along / 2)


def btc(row: Evidence, _: Profile) -> float:
    """The benchmark's direction as far as the symbol follows it; nothing while it is unknown."""
    return row.market_known * clip(0.5 + row.market_along / 2)


FACTORS: Final = (
    Factor(
        "alignment",
        alignment,
        lambda row, _: (
            f"{row.alignment_parts}: agreement {row.alignment:+.2f}, weight present {row.alignment_weight:.2f}"
        ),
    ),
    Factor(
        "order_block",
        order_block,
        lambda row, _: (
            f"block freshness {row.block_freshness:.2f}, leg {row.block_displacement_atr:.2f} ATR, volume "
            f"{row.block_volume:.2f} of usual{', gap in the leg' * row.block_has_gap}{', sweep before' * row.block_swept}"
            if row.block_freshness > 0
            else "no block at the entry"
        ),
    ),
    Factor(
        "range_position",
        range_position,
        lambda row, _: (
            f"entry at {row.range_position:.2f} of the higher range seen from the cheap end"
            if row.zones
            else "no entry to place in the range"
        ),
    ),
    Factor(
        "structure",
        structure,
        lambda row, _: f"{row.anchor} swing trend {_trend_word(row.swing_trend)}; {row.break_words}",
    ),
    Factor(
        "sweep_reclaim",
        sweep_reclaim,
        lambda row, _: _sweep_words(row.reclaim_found, row.reclaim_age, row.reclaim_depth_atr, "reclaimed"),
    ),
    Factor(
        "fair_value_gap",
        fair_value_gap,
        lambda row, _: (
            f"gap freshness {row.gap_freshness:.2f}, {row.gap_height_atr:.2f} ATR high"
            if row.gap_freshness > 0
            else "no gap at the entry"
        ),
    ),
    Factor(
        "momentum",
        momentum,
        lambda row, _: (
            f"RSI {_raw(row, row.rsi):.1f}, MFI {_raw(row, row.mfi):.1f}, stochastic RSI K {_raw(row, row.stoch_k):.1f} "
            f"and D {_raw(row, row.stoch_d):.1f}"
        ),
    ),
    Factor(
        "volume",
        volume,
        lambda row, _: (
            f"on-balance volume {'with' if row.obv_slope > 0 else 'not with'} the side, "
            f"strongest recent displacement's volume {row.volume_z:.2f} deviations above usual"
        ),
    ),
    Factor(
        "sweep_wick",
        sweep_wick,
        lambda row, _: _sweep_words(row.wick_found, row.wick_age, row.wick_depth_atr, "wicked"),
    ),
    Factor(
        "stretch",
        stretch,
        lambda row, _: (
            f"Bollinger %B {0.5 + row.side * (row.percent_b - 0.5):.2f}, z-score {row.side * row.zscore:+.2f}"
        ),
    ),
    Factor(
        "regime",
        regime,
        lambda row, _: f"{row.regime_words}; {row.appetite_words}",
    ),
    Factor(
        "volatility",
        volatility,
        lambda row, _: f"ATR % at percentile {row.atr_percentile:.0f} of its last 200 bars",
    ),
    Factor("btc", btc, lambda row, _: row.market_words),
)
"""Every factor, in the order a breakdown shows them."""

BY_NAME: Final = MappingProxyType({factor.name: factor for factor in FACTORS})


def _trend_word(along: int) -> str:
    return {1: "with the side", 0: "neutral", -1: "against the side"}[along]


def _raw(row: Evidence, value: float) -> float:
    """The oscillator as charts show it."""
    return 50.0 + row.side * (value - 50.0)


def _sweep_words(found: int, age: float, depth_atr: float, how: str) -> str:
    return f"pool {how} {age:.0f} bars ago, {depth_atr:.2f} ATR deep" if found else f"no pool {how} this way"
