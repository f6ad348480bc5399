"""The prefix law on detectors that plugins offer: as ``repaint``, on events instead of a log's rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.verification.tallies import Tally
from shared.models.data import Candles
from shared.models.extensions import OfferedDetector
from shared.models.smc import PluginEvent, Side

Key = tuple[Side, int, int]
"""Side, origin and the close at which it was known: what makes an event the same in two readings."""


def check_offered(candles: Candles, detector: OfferedDetector, lengths: Sequence[int]) -> Tally:
    """One detector on one series against its prefixes of the given lengths; lags in bars."""
    whole = detector.find(candles)
    rewritten: set[tuple[str, Key]] = set()
    shown: set[Key] = set()
    for length in lengths:
        then = detector.find(candles.head(length))
        rewritten.update(differences(then, known_by(whole, int(candles.close_ms[length - 1]))))
        shown.update(map(_key, then))
    counts = Counter(what for what, _ in rewritten)
    return Tally(
        events=len(whole),
        cuts=len(lengths),
        shown=len(shown),
        changed=counts["changed"],
        vanished=counts["vanished"],
        backdated=counts["backdated"],
        lags=tuple((event.known_ms - event.origin_ms) // candles.timeframe.ms - 1 for event in whole),
    )


def known_by(events: tuple[PluginEvent, ...], close_ms: int) -> tuple[PluginEvent, ...]:
    """Those known at that close."""
    return tuple(event for event in events if event.known_ms <= close_ms)


def differences(then: tuple[PluginEvent, ...], later: tuple[PluginEvent, ...]) -> Iterator[tuple[str, Key]]:
    """What a prefix says otherwise than ``later``, the events of the whole known by then; nothing iff they are equal."""
    before, after = _by_key(then), _by_key(later)
    for key in before.keys() | after.keys():
        if key not in after:
            yield "vanished", key
        elif key not in before:
            yield "backdated", key
        elif before[key] != after[key]:
            yield "changed", key
    if before == after and then != later:
        yield from (("changed", _key(one)) for one, other in zip(then, later, strict=True) if one != other)


def _key(event: PluginEvent) -> Key:
    return event.side, event.origin_ms, event.known_ms


def _by_key(events: tuple[PluginEvent, ...]) -> dict[Key, list[PluginEvent]]:
    held: dict[Key, list[PluginEvent]] = {}
    for event in events:
        held.setdefault(_key(event), []).append(event)
    return held
