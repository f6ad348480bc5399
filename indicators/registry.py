"""The registry: every indicator with its outputs, as one literal table, and the one pass that computes them all.

``compute_set`` fills every column of a series in one compiled call; an :class:`Entry` called on its own runs the same
call and hands out its columns, so there is one way to compute a thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt
from types import MappingProxyType
from typing import Final

import numpy as np

from contracts.hook_point import hook_point
from indicators.mean_reversion import fill_bands
from indicators.momentum import fill_mfi, fill_rsi, fill_stoch_rsi
from indicators.trend import fill_adx, fill_efficiency, fill_ema
from indicators.volatility import fill_atr, fill_realized
from indicators.volume import fill_obv, fill_spike
from indicators.windows import ROOM
from shared.models.computing import Compute, anew
from shared.models.data import Candles, Floats, MultiTimeframeData
from shared.models.extensions import NOTHING, Extensions, OfferedIndicator
from shared.models.indicators import IndicatorSet, IndicatorSets
from shared.utils.kernels import kernel


@dataclass(frozen=True, slots=True)
class Output:
    """One column: rows without a value at the start, lowest and highest possible value."""

    name: str
    warmup: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator of the registry (:class:`contracts.indicators_contract.Indicator`)."""

    name: str
    outputs: tuple[Output, ...]

    @property
    def warmup(self) -> Mapping[str, int]:
        """Rows without a value, per output column."""
        return {output.name: output.warmup for output in self.outputs}

    @property
    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """Lowest and highest possible value, per output column."""
        return {output.name: (output.low, output.high) for output in self.outputs}

    def __call__(self, candles: Candles) -> Mapping[str, Floats]:
        """Compute every output column."""
        columns = compute_set(candles).columns
        return {output.name: columns[output.name] for output in self.outputs}


Z_LIMIT: Final = sqrt(19.0) * (1 + 1e-9)
"""No value is further than √(n−1) deviations from the mean of the n it is one of."""
BAND_LIMIT: Final = Z_LIMIT / 4
LOW_PERCENT: Final = -1e-9
HIGH_PERCENT: Final = 100 + 1e-9

ENTRIES: Final = (
    Entry("rsi", (Output("rsi", 14, LOW_PERCENT, HIGH_PERCENT),)),
    Entry(
        "stoch_rsi",
        (
            Output("stoch_rsi_k", 29, LOW_PERCENT, HIGH_PERCENT),
            Output("stoch_rsi_d", 31, LOW_PERCENT, HIGH_PERCENT),
        ),
    ),
    Entry("mfi", (Output("mfi", 14, LOW_PERCENT, HIGH_PERCENT),)),
    Entry(
        "bollinger",
        (
            Output("bb_upper", 19, 0.0, inf),
            Output("bb_middle", 19, 0.0, inf),
            Output("bb_lower", 19, -inf, inf),
            Output("bb_percent", 19, 0.5 - BAND_LIMIT, 0.5 + BAND_LIMIT),
        ),
    ),
    Entry("zscore", (Output("zscore", 19, -Z_LIMIT, Z_LIMIT),)),
    Entry("atr", (Output("atr", 14, 0.0, inf), Output("atr_pct", 14, 0.0, inf))),
    Entry("realized_vol", (Output("realized_vol", 20, 0.0, inf),)),
    Entry("obv", (Output("obv", 0, -inf, inf), Output("obv_slope", 20, -1 - 1e-9, 1 + 1e-9))),
    Entry(
        "volume_spike",
        (Output("volume_ratio", 19, 0.0, 20 + 1e-9), Output("volume_z", 19, -Z_LIMIT, Z_LIMIT)),
    ),
    Entry(
        "ema", (Output("ema20", 19, 0.0, inf), Output("ema50", 49, 0.0, inf), Output("ema200", 199, 0.0, inf))
    ),
    Entry(
        "adx",
        (
            Output("adx", 27, LOW_PERCENT, HIGH_PERCENT),
            Output("plus_di", 14, LOW_PERCENT, HIGH_PERCENT),
            Output("minus_di", 14, LOW_PERCENT, HIGH_PERCENT),
        ),
    ),
    Entry("efficiency", (Output("efficiency", 20, 0.0, 1.0),)),
)
"""In the order in which ``_fill_all`` takes their columns."""

REGISTRY: Final[Mapping[str, Entry]] = MappingProxyType({entry.name: entry for entry in ENTRIES})
COLUMNS: Final = tuple(output.name for entry in ENTRIES for output in entry.outputs)


def compute_set(candles: Candles) -> IndicatorSet:
    """Every column of one series, in one pass. A series shorter than a warm-up has that column all NaN."""
    columns = {name: np.empty(len(candles)) for name in COLUMNS}
    spare = (np.empty(len(candles)), np.empty(len(candles)), np.empty(len(candles)), np.empty(ROOM))
    prices = (candles.high, candles.low, candles.close, candles.volume)
    if len(candles):
        _fill_all(*prices, *columns.values(), *spare)
    return IndicatorSet(candles.timeframe, columns)


@hook_point("indicators", gives="multi_tf_indicators")
def compute_indicators(
    multi_tf_data: MultiTimeframeData, extensions: Extensions = NOTHING, compute: Compute = anew
) -> IndicatorSets:
    """Every column of every timeframe, those that plugins offer after our own."""
    return {
        timeframe: IndicatorSet(timeframe, dict(compute(measure, candles, extensions.indicators)))
        for timeframe, candles in multi_tf_data.candles.items()
    }


def measure(candles: Candles, offered: tuple[OfferedIndicator, ...]) -> Mapping[str, Floats]:
    """Every column of one series, read-only, those that plugins offer after our own."""
    columns = dict(compute_set(candles).columns)
    for indicator in offered:
        columns |= {name: column.copy() for name, column in indicator.compute(candles).items()}
    for column in columns.values():
        column.flags.writeable = False
    return columns


@kernel
def _fill_all(
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    rsi_out: Floats,
    stoch_rsi_k_out: Floats,
    stoch_rsi_d_out: Floats,
    mfi_out: Floats,
    bb_upper_out: Floats,
    bb_middle_out: Floats,
    bb_lower_out: Floats,
    bb_percent_out: Floats,
    zscore_out: Floats,
    atr_out: Floats,
    atr_pct_out: Floats,
    realized_vol_out: Floats,
    obv_out: Floats,
    obv_slope_out: Floats,
    volume_ratio_out: Floats,
    volume_z_out: Floats,
    ema20_out: Floats,
    ema50_out: Floats,
    ema200_out: Floats,
    adx_out: Floats,
    plus_di_out: Floats,
    minus_di_out: Floats,
    efficiency_out: Floats,
    first_out: Floats,
    second_out: Floats,
    third_out: Floats,
    room_out: Floats,
) -> None:
    """All columns, each shape (n,), in the order of ``ENTRIES``; then three columns and ``ROOM`` cells to work in."""
    fill_rsi(close, 14, rsi_out)
    fill_stoch_rsi(rsi_out, 14, stoch_rsi_k_out, stoch_rsi_d_out)
    fill_mfi(high, low, close, volume, 14, room_out, first_out, second_out, third_out, mfi_out)
    fill_bands(
        close,
        20,
        2.0,
        room_out,
        first_out,
        bb_upper_out,
        bb_middle_out,
        bb_lower_out,
        bb_percent_out,
        zscore_out,
    )
    fill_atr(high, low, close, 14, atr_out, atr_pct_out)
    fill_realized(close, 20, room_out, first_out, second_out, realized_vol_out)
    fill_obv(close, volume, 20, room_out, first_out, second_out, obv_out, obv_slope_out)
    fill_spike(volume, 20, room_out, first_out, volume_ratio_out, volume_z_out)
    fill_ema(close, 20, ema20_out)
    fill_ema(close, 50, ema50_out)
    fill_ema(close, 200, ema200_out)
    fill_adx(high, low, close, 14, adx_out, plus_di_out, minus_di_out)
    fill_efficiency(close, 20, room_out, first_out, efficiency_out)
