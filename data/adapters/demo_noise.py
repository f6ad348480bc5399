"""Noise that is a pure function of seed and time: hashed values, interpolated, summed over octaves.

Only integer operations, + − × ÷ and rounding are used, all exactly specified, so that the same bits come out on every
machine, whichever range is asked for.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from shared.models.data import Floats, Ints

Words = npt.NDArray[np.uint64]

MASK: Final = (1 << 64) - 1
TO_UNIT: Final = 2.0**-53
LN2_HIGH: Final = 0.693147180369123816490
LN2_LOW: Final = 1.90821492927058770002e-10
INVERSE_FACTORIALS: Final = (
    1 / 479001600, 1 / 39916800, 1 / 3628800, 1 / 362880, 1 / 40320, 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1.0, 1.0
)  # fmt: skip


def hashed(seed: int, index: Ints) -> Floats:
    """Uniform values in [0, 1) for integer positions: SplitMix64's finalizer (Steele, Lea and Flood, 2014)."""
    z: Words = index.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(
        seed * 0xD1B54A32D192ED03 & MASK
    )
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return np.asarray((z >> np.uint64(11)).astype(np.float64) * TO_UNIT)


def value_noise(seed: int, index: Ints, wavelength: int) -> Floats:
    """Smooth noise in [−1, 1] that takes a hashed value every ``wavelength`` positions."""
    cell = index // wavelength
    first = int(cell[0])
    knots = 2.0 * hashed(seed, np.arange(first, int(cell[-1]) + 2)) - 1.0
    share = (index - cell * wavelength) / wavelength
    ease = share * share * share * (share * (share * 6.0 - 15.0) + 10.0)
    here = knots[cell - first]
    return here + (knots[cell - first + 1] - here) * ease


def seed_of(seed: int, name: str) -> int:
    """A seed of its own for every name (FNV-1a, 64 bit)."""
    mixed = (seed ^ 0xCBF29CE484222325) & MASK
    for byte in name.encode():
        mixed = (mixed ^ byte) * 0x100000001B3 & MASK
    return mixed


def exp(values: Floats) -> Floats:
    """e^x by range reduction and a Taylor polynomial: the library's may differ in the last bit between machines."""
    power = np.rint(values * 1.4426950408889634)
    rest = (values - power * LN2_HIGH) - power * LN2_LOW
    total = np.zeros_like(rest)
    for factor in INVERSE_FACTORIALS:
        total = total * rest + factor
    return np.ldexp(total, power.astype(np.int32))
