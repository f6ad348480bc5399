"""The prefix law for detectors that return findings by bar, as other libraries do: what stands at a bar, without saying when it was
known. A finding that the whole has and a prefix over the same bar has not was drawn back into the past.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.border import Border
from engine.edges import Progress, silent
from engine.verification.tallies import FEWEST, Tally, choose_cuts, summed
from shared.models.data import Candles
from shared.models.verification import LibraryCheck, Series

Findings = Mapping[int, tuple[float | None, ...]]
"""What a detector shows, by bar: its values there, None for a cell left empty."""
Find = Callable[[Candles], Findings]

LAG_SAMPLES: Final = 3
"""Findings of a series and detector whose lag is looked for; each takes several runs of the detector."""


@dataclass(frozen=True, slots=True)
class Library:
    """Another library: its detectors by name."""

    name: str
    version: str
    detectors: Mapping[str, Find]


def verify_library(
    series: Sequence[Series], library: Library, *, cuts: int, seed: int, progress: Progress = silent
) -> LibraryCheck:
    """Hold every detector of ``library`` to the prefix law at the same cuts as our own.

    Raises:
        ContractError: a detector raised an error; the message names it and the symbol.
    """
    tallies: dict[str, list[Tally]] = {name: [] for name in library.detectors}
    jobs = [(one, name, find) for one in series for name, find in library.detectors.items()]
    for done, (one, name, find) in enumerate(jobs, 1):
        lengths = choose_cuts(len(one.candles), cuts, seed)
        with Border("verify", f"{library.name}.{name}", one.name, "Check without --library"):
            tallies[name].append(check_findings(one.candles, find, lengths, seed))
        progress(library.name, done, len(jobs))
    checks = tuple(summed(name, found) for name, found in tallies.items())
    return LibraryCheck(library.name, library.version, checks)


def check_findings(candles: Candles, find: Find, lengths: Sequence[int], seed: int) -> Tally:
    """One detector on one series against its prefixes of the given lengths."""
    whole = find(candles)
    prefixes = {length: find(candles.head(length)) for length in lengths}
    shown = {item for then in prefixes.values() for item in then.items()}
    gone = {(bar, values) for bar, values in shown if bar not in whole}
    late = {bar for length, then in prefixes.items() for bar in whole if bar < length and bar not in then}
    return Tally(
        events=len(whole),
        cuts=len(lengths),
        shown=len(shown),
        changed=sum(whole.get(bar) != values for bar, values in shown) - len(gone),
        vanished=len(gone),
        backdated=len(late),
        lags=_lags(candles, find, {**prefixes, len(candles): whole}, seed),
    )


def _lags(candles: Candles, find: Find, found: Mapping[int, Findings], seed: int) -> tuple[int, ...]:
    """Lags of a few findings that the whole has, drawn at random: not of the last candle, whose future is not there yet.
    ``found`` holds the whole and the prefixes already looked at, by length."""
    settled = [bar for bar in found[len(candles)] if FEWEST <= bar < len(candles) - 1]
    if not settled:
        return ()
    chosen = np.random.default_rng(seed).choice(settled, min(LAG_SAMPLES, len(settled)), replace=False)
    return tuple(_first_shown(candles, find, found, bar) - 1 - bar for bar in chosen.tolist())


def _first_shown(candles: Candles, find: Find, found: Mapping[int, Findings], bar: int) -> int:
    """Length of a prefix that shows the whole's finding at ``bar`` while the prefix one candle shorter does not, by bisection
    between the prefixes already looked at."""
    values = found[len(candles)][bar]
    low = max((length for length, then in found.items() if then.get(bar) != values), default=bar)
    low = max(low, bar)
    high = min(length for length, then in found.items() if length > low and then.get(bar) == values)
    while high - low > 1:
        middle = (low + high) // 2
        if find(candles.head(middle)).get(bar) == values:
            high = middle
        else:
            low = middle
    return high
