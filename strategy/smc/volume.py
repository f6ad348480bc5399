"""How unusual a bar's volume is, among the twenty bars that end there."""

from __future__ import annotations

from math import sqrt

from shared.models.data import Floats

VOLUME_BARS = 20


def volume_score(volume: Floats, t: int) -> float:
    """Z-score of the bar's volume among the last 20; 0 with fewer bars or equal volumes."""
    if t < VOLUME_BARS - 1:
        return 0.0
    mean = 0.0
    for j in range(t - VOLUME_BARS + 1, t + 1):
        mean += volume[j] - volume[t]
    mean /= VOLUME_BARS
    spread = 0.0
    for j in range(t - VOLUME_BARS + 1, t + 1):
        apart = volume[j] - volume[t] - mean
        spread += apart * apart
    return -mean / sqrt(spread / VOLUME_BARS) if spread > 0.0 else 0.0


def relative_volume(volume: Floats, place: int) -> float:
    """Volume over the mean of the 20 bars that end there, fewer at the start; 0 where none traded."""
    first = max(0, place - VOLUME_BARS + 1)
    total = 0.0
    for j in range(first, place + 1):
        total += volume[j]
    return volume[place] * (place - first + 1) / total if total > 0.0 else 0.0
