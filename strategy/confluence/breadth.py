"""Risk-on or risk-off: how much of the universe rises, beside what the benchmark (BTC) does itself.

A symbol rises when the swing layer of its closed 4h candles trends up.

* on: at least 60 % of the symbols rise, and the benchmark's own 4h swing trend is not down
* off: at most 40 % rise, or the benchmark is in an impulse down
* else neutral

Of fewer than 10 symbols a share says little: then the benchmark's own trend decides alone, and the sentence says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from shared.models.data import Candles
from shared.models.profile import Profile
from shared.models.regime import Breadth, RegimeState, RiskAppetite
from shared.models.smc import Trend
from shared.models.timeframe import Timeframe
from strategy.smc.engine import detect

BREADTH_TIMEFRAME: Final = Timeframe.H4
MIN_SYMBOLS: Final = 10
ON_PCT: Final = 60
OFF_PCT: Final = 40

ALONE: Final = {Trend.UP: RiskAppetite.ON, Trend.NONE: RiskAppetite.NEUTRAL, Trend.DOWN: RiskAppetite.OFF}
"""What the benchmark's own trend says where nothing else counts."""
WORDS: Final = {Trend.UP: "up", Trend.NONE: "none", Trend.DOWN: "down"}


def is_fresh(candles: Candles | None, as_of_ms: int) -> bool:
    """Whether the newest candle closed at most one bar before ``as_of_ms``."""
    return (
        candles is not None
        and len(candles) > 0
        and as_of_ms - int(candles.close_ms[-1]) <= candles.timeframe.ms
    )


def breadth_of(series: Mapping[str, Candles], settings: Profile, as_of_ms: int) -> Breadth:
    """The swing trend of every symbol's 4h candles, by symbol; one whose candles are not fresh does not count."""
    rules = replace(settings.smc, sessions="off")
    return Breadth(
        tuple(
            (symbol, Trend(int(detect(candles, rules, 0.0).trend[1][-1])))
            for symbol, candles in sorted(series.items())
            if is_fresh(candles, as_of_ms)
        )
    )


def read_appetite(
    benchmark: str, own: Trend, state: RegimeState, breadth: Breadth
) -> tuple[RiskAppetite, str]:
    """Risk-on, risk-off or neither, and the numbers it rests on. ``own`` is the benchmark's 4h swing trend."""
    falling = state is RegimeState.IMPULSE_DOWN
    impulse = ", and it is in impulse down" if falling else ""
    if breadth.counted < MIN_SYMBOLS:
        known = f"4h trends of {breadth.counted} symbols are known, {MIN_SYMBOLS} are needed"
        appetite = RiskAppetite.OFF if falling else ALONE[own]
        return appetite, f"{benchmark}'s 4h swing trend alone, {WORDS[own]}{impulse} ({known})"
    words = f"{breadth.rising} of {breadth.counted} symbols' 4h trends are up, {benchmark}'s own is {WORDS[own]}{impulse}"
    return _shared(breadth, own, falling=falling), words


def _shared(breadth: Breadth, own: Trend, *, falling: bool) -> RiskAppetite:
    rising, counted = 100 * breadth.rising, breadth.counted
    if falling or rising <= OFF_PCT * counted:
        return RiskAppetite.OFF
    return RiskAppetite.ON if rising >= ON_PCT * counted and own is not Trend.DOWN else RiskAppetite.NEUTRAL
