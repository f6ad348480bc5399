"""Gates on candles: are they there, enough of them, recent, whole, and fine enough in price to plan on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.models.data import Candles, MultiTimeframeData
from shared.models.gates import Gate, GateResult
from shared.models.profile import Profile
from shared.models.timeframe import Timeframe

COVERAGE: Final = Gate("data", "data.coverage", "required timeframes missing", "timeframes", "<=", "0")
HISTORY: Final = Gate("data", "data.history", "closed candles", "bars", ">=", "data.history_bars")
RECENCY: Final = Gate(
    "data", "data.recency", "bars the newest trigger candle is late", "bars", "<=", "data.max_age_bars"
)
GAPS: Final = Gate("data", "data.gaps", "candles missing in the recent window", "%", "<=", "data.max_gap_pct")
TICK: Final = Gate(
    "data",
    "data.tick_coarse",
    "mean true range of the last 14 anchor candles",
    "ticks",
    ">=",
    "data.min_atr_ticks",
)
DATA_GATES: Final = (COVERAGE, HISTORY, RECENCY, GAPS, TICK)

ATR_BARS: Final = 14


def check_data(multi_tf_data: MultiTimeframeData, settings: Profile) -> tuple[GateResult, ...]:
    """Every data gate whose candles exist, in the table's order; history and gaps once per required timeframe."""
    return tuple(_results(multi_tf_data, settings))


def _results(data: MultiTimeframeData, settings: Profile) -> Iterator[GateResult]:
    rules, frames = settings.data, settings.timeframes
    held = {name: data.candles.get(name, Candles.empty(name)) for name in frames.required}
    missing = [name for name, series in held.items() if not len(series) or name in data.absent]
    named = f"required timeframes missing ({', '.join(missing)})" if missing else ""
    yield COVERAGE.result(len(missing), settings, what=named)
    for name, series in held.items():
        yield HISTORY.result(
            len(series), settings, what=f"closed {name} candles", threshold=settings.min_bars(name)
        )
    if len(held[frames.trigger]):
        yield RECENCY.result(_bars_late(held[frames.trigger], data.as_of_ms), settings)
    for name, series in held.items():
        if len(series):
            share = missing_pct(series, rules.gap_window_bars)
            yield GAPS.result(share, settings, what=f"{name} candles missing in the recent window")
    if len(held[frames.anchor]) > ATR_BARS:
        mean_range = held[frames.anchor].mean_true_range(ATR_BARS)
        yield TICK.result(mean_range / float(data.market.tick), settings)


def _bars_late(series: Candles, as_of_ms: int) -> int:
    timeframe: Timeframe = series.timeframe
    return (timeframe.last_closed_open(as_of_ms) - int(series.open_ms[-1])) // timeframe.ms


def missing_pct(series: Candles, window_bars: int) -> float:
    """Candles missing from the last ``window_bars`` that should have closed up to the newest, in %."""
    first_ms = max(int(series.open_ms[0]), int(series.open_ms[-1]) - (window_bars - 1) * series.timeframe.ms)
    wanted = (int(series.open_ms[-1]) - first_ms) // series.timeframe.ms + 1
    return 100.0 * (wanted - int((series.open_ms >= first_ms).sum())) / wanted
