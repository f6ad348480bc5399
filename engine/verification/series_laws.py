"""The laws that hold for one series alone: whatever its future, the columns and events of its past are the same, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from engine.verification.futures import FUTURES, OFFERED
from engine.verification.ledger import Ledger
from engine.verification.offered import differences as events_apart
from engine.verification.offered import known_by
from engine.verification.repaint import DETECTORS, STATE, Finding, told_otherwise
from engine.verification.suspects import Measure, Suspects
from engine.verification.tallies import choose_cuts
from shared.models.data import Candles, Floats
from shared.models.events import Event
from shared.models.extensions import OfferedDetector
from shared.models.lookahead import Law, Sighting, Subject, SubjectKind
from shared.models.verification import Series

LAST: Final = 3
"""Cuts right before the last candle: what looks only a candle or two ahead is seen there."""


def lengths_of(candles: Candles, cuts: int, seed: int) -> tuple[int, ...]:
    """Where a series is cut: at random, and at each of its last candles."""
    bars = len(candles)
    return tuple(sorted({*choose_cuts(bars, cuts, seed), *range(bars - LAST, bars)}))


def hold_series(one: Series, lengths: Sequence[int], suspects: Suspects, ledger: Ledger) -> None:
    """One series at every length under every law, into ``ledger``."""
    hold_columns(one, lengths, suspects.measure, ledger)
    for indicator in suspects.offered.indicators:
        hold_columns(one, lengths, indicator.compute, ledger, is_ours=False)
    hold_log(one, lengths, suspects, ledger)
    for detector in suspects.offered.detectors:
        hold_events(one, lengths, detector, ledger)


def hold_columns(
    one: Series, lengths: Sequence[int], measure: Measure, ledger: Ledger, *, is_ours: bool = True
) -> None:
    """Every column ``measure`` gives."""
    whole = measure(one.candles)
    for law in FUTURES if is_ours else OFFERED:
        for bars in lengths:
            found = measure(FUTURES[law](one.candles, bars))
            for name, column in whole.items():
                subject = Subject(law, SubjectKind.INDICATOR, name, is_ours)
                ledger.take(subject, _columns_apart(one, column[:bars], found[name][:bars]))


def _columns_apart(one: Series, whole: Floats, found: Floats) -> tuple[Sighting, ...]:
    """Where a column first has other bits; a NaN is a NaN."""
    if whole.tobytes() == found.tobytes():
        return ()
    apart = whole.view(np.int64) != found.view(np.int64)
    bars = np.flatnonzero(apart & ~(np.isnan(whole) & np.isnan(found)))
    return tuple(_seen(one, bar, f"{found[bar]:.10g}, later {whole[bar]:.10g}") for bar in bars[:1].tolist())


def hold_log(one: Series, lengths: Sequence[int], suspects: Suspects, ledger: Ledger) -> None:
    """Every detector of ours, by the log of ``suspects.find``."""
    whole = suspects.find(one.candles, suspects.rules, one.tick)
    for law, future in FUTURES.items():
        for bars in lengths:
            then = suspects.find(future(one.candles, bars), suspects.rules, one.tick)
            then = then if law is Law.PREFIX else then.until(bars - 1)
            seen = _first_by_detector(told_otherwise(then, whole.until(bars - 1)))
            for name in DETECTORS:
                subject = Subject(law, SubjectKind.DETECTOR, name)
                ledger.take(subject, tuple(_seen(one, bar, what) for bar, what in seen.get(name, ())[:1]))


def _first_by_detector(found: Sequence[Finding]) -> Mapping[str, Sequence[tuple[int, str]]]:
    """Bar and words of every finding, by detector, the earliest first."""
    words: dict[str, list[tuple[int, str]]] = {}
    for detector, what, row in found:
        said = "ATR, trend or range" if detector == STATE else Event(row[2]).name.lower()
        words.setdefault(detector, []).append((row[0], f"{said} {what}"))
    return {detector: sorted(said) for detector, said in words.items()}


def hold_events(one: Series, lengths: Sequence[int], detector: OfferedDetector, ledger: Ledger) -> None:
    """A plugin's detector."""
    whole = detector.find(one.candles)
    for law in OFFERED:
        subject = Subject(law, SubjectKind.DETECTOR, detector.name, is_ours=False)
        for bars in lengths:
            close_ms = int(one.candles.close_ms[bars - 1])
            found = detector.find(FUTURES[law](one.candles, bars))
            then = found if law is Law.PREFIX else known_by(found, close_ms)
            apart = sorted((key[2], what) for what, key in events_apart(then, known_by(whole, close_ms)))
            seen = (Sighting(one.symbol, one.candles.timeframe, at_ms, what) for at_ms, what in apart[:1])
            ledger.take(subject, tuple(seen))


def _seen(one: Series, bar: int, what: str) -> Sighting:
    return Sighting(one.symbol, one.candles.timeframe, int(one.candles.close_ms[bar]), what)
