"""What plugins offer, held to its laws: once on made-up candles when it is loaded, and each time it is called.

A thing that is held is called like the thing itself. What it raises, or gives that breaks a law, becomes a fault that names
it and its plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

import numpy as np

from engine.border import Border
from engine.verification.offered import check_offered
from shared.errors import ContractError
from shared.models.data import Candles, Floats
from shared.models.extensions import (
    Column,
    FactorView,
    OfferedDetector,
    OfferedFactor,
    OfferedIndicator,
)
from shared.models.smc import PluginEvent, Side
from shared.models.timeframe import Timeframe

ACTION: Final = "Mend the plugin, or uninstall it"
PROBE_BARS: Final = 320
CUTS: Final = (5, 40, 150, 319)
"""Prefixes of the made-up candles that nothing later may change."""


@dataclass(frozen=True, slots=True)
class HeldColumns:
    """An indicator's ``compute``; every column has its length, its warm-up and its bounds."""

    who: str
    indicator: OfferedIndicator

    def __call__(self, candles: Candles) -> Mapping[str, Floats]:
        """Compute and check."""
        with Border("indicators", self.who, candles.timeframe.value, ACTION):
            columns: object = self.indicator.compute(candles)
            wanted = {column.name for column in self.indicator.columns}
            if not isinstance(columns, Mapping) or set(columns) != wanted:
                found = sorted(columns) if isinstance(columns, Mapping) else type(columns).__name__
                raise _broken(
                    self.who, f"it must give the columns {', '.join(sorted(wanted))}, found {found}"
                )
            for column in self.indicator.columns:
                _check_column(self.who, column, columns[column.name], len(candles))
        return columns


def _check_column(who: str, column: Column, values: object, bars: int) -> None:
    if not isinstance(values, np.ndarray) or values.dtype != np.float64 or values.shape != (bars,):
        raise _broken(who, f"column {column.name!r} must be float64 of length {bars}")
    warm = min(column.warmup, bars)
    if not np.isnan(values[:warm]).all() or not np.isfinite(values[warm:]).all():
        raise _broken(
            who,
            f"column {column.name!r} must be NaN in exactly its first {column.warmup} rows and finite after",
        )
    if warm < bars and not column.low <= values[warm:].min() <= values[warm:].max() <= column.high:
        raise _broken(who, f"column {column.name!r} must lie within {column.low:g} to {column.high:g}")


@dataclass(frozen=True, slots=True)
class HeldEvents:
    """A detector's ``find``; every event is whole, known at a close of the candles, and in order."""

    who: str
    detector: OfferedDetector

    def __call__(self, candles: Candles) -> tuple[PluginEvent, ...]:
        """Find and check."""
        with Border("smc", self.who, candles.timeframe.value, ACTION):
            events: object = self.detector.find(candles)
            if not isinstance(events, tuple):
                raise _broken(self.who, f"it must give a tuple of PluginEvent, found {type(events).__name__}")
            closes, before = set(candles.close_ms.tolist()), 0
            for event in events:
                if not isinstance(event, PluginEvent):
                    raise _broken(self.who, f"it must give PluginEvents, found {type(event).__name__}")
                self._check(event, closes, before)
                before = event.known_ms
        return events

    def _check(self, event: PluginEvent, closes: set[int], before: int) -> None:
        """One event after one known at ``before``."""
        laws = (
            ("detector must be the detector's own name", event.detector == self.detector.name),
            ("side must be a Side", isinstance(event.side, Side)),
            ("price must be finite and above 0", isfinite(event.price) and event.price > 0),
            ("strength must be within 0 to 1", 0 <= event.strength <= 1),
            ("known_ms must be the close of a candle it was given", event.known_ms in closes),
            ("origin_ms must be before known_ms", event.origin_ms < event.known_ms),
            ("events must be ordered by known_ms", event.known_ms >= before),
        )
        for law, kept in laws:
            if not kept:
                raise _broken(self.who, f"{law}, found {event}")


@dataclass(frozen=True, slots=True)
class HeldValue:
    """A factor's ``value``: finite and in [0, 1]."""

    who: str
    value: Callable[[FactorView], float]

    def __call__(self, view: FactorView) -> float:
        """Read and check."""
        with Border("confluence", self.who, view.side.word, ACTION):
            value: object = self.value(view)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise _broken(self.who, f"its value must be a number within 0 to 1, found {value!r}")
        return float(value)


@dataclass(frozen=True, slots=True)
class HeldSentence:
    """A factor's ``why``: text that says something."""

    who: str
    why: Callable[[FactorView], str]

    def __call__(self, view: FactorView) -> str:
        """Write and check."""
        with Border("confluence", self.who, view.side.word, ACTION):
            text: object = self.why(view)
            if not isinstance(text, str) or not text.strip():
                raise _broken(self.who, f"its sentence must be text, found {text!r}")
        return text


def held_indicator(who: str, offered: OfferedIndicator) -> OfferedIndicator:
    """``offered`` held to its laws, causality on made-up candles among them.

    Raises:
        ContractError: it breaks one.
    """
    held = replace(offered, compute=HeldColumns(who, offered))
    whole = held.compute(probe())
    for cut in CUTS:
        for name, column in held.compute(probe().head(cut)).items():
            if not np.array_equal(column, whole[name][:cut], equal_nan=True):
                raise _broken(who, f"column {name!r} says otherwise of the past once later candles are known")
    return held


def held_detector(who: str, offered: OfferedDetector) -> OfferedDetector:
    """``offered`` held to its laws, causality on made-up candles among them.

    Raises:
        ContractError: it breaks one.
    """
    held = replace(offered, find=HeldEvents(who, offered))
    tally = check_offered(probe(), held, CUTS)
    if tally.changed or tally.vanished or tally.backdated:
        raise _broken(who, "it says otherwise of the past once later candles are known")
    return held


def held_factor(who: str, offered: OfferedFactor) -> OfferedFactor:
    """``offered`` held to its laws whenever it is asked."""
    return replace(offered, value=HeldValue(who, offered.value), why=HeldSentence(who, offered.why))


def probe() -> Candles:
    """A random walk in hours, always the same, that swings wider and wider: it makes its highs and lows late, which gives away who
    has looked at them."""
    draw = np.random.default_rng(7)
    swing = np.sin(np.arange(PROBE_BARS) / 12) * np.arange(PROBE_BARS) / 800
    close = 100 * np.exp(swing + draw.normal(0, 0.01, PROBE_BARS))
    opened = np.concatenate(([100.0], close[:-1]))
    high = np.maximum(opened, close) * (1 + draw.random(PROBE_BARS) * 0.01)
    low = np.minimum(opened, close) * (1 - draw.random(PROBE_BARS) * 0.01)
    times = 1_700_006_400_000 + np.arange(PROBE_BARS) * Timeframe.H1.ms
    return Candles(Timeframe.H1, times, opened, high, low, close, draw.random(PROBE_BARS) * 1000)


def _broken(who: str, why: str) -> ContractError:
    return ContractError(f"{who}: {why}", ACTION)
