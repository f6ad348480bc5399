"""The nearest known name to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SHOWN: Final = 12
"""Names listed when none is near; more would hide the message."""


def edit_distance(one: str, other: str) -> int:
    """Fewest insertions, deletions, replacements and swaps of neighbours that turn ``one`` into ``other``."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            swapped = i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted
            row.append(min(best, older[j - 2] + 1) if swapped else best)
    return row[-1]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, letter case aside; None if none is near. Ties go to the first by alphabet."""
    wanted = name.lower()
    ranked = sorted((edit_distance(wanted, candidate.lower()), candidate) for candidate in set(known))
    if not ranked:
        return None
    distance, candidate = ranked[0]
    return candidate if distance <= max(1, len(candidate) // 3) else None


def suggest(name: str, known: Iterable[str]) -> str:
    """A sentence for an error's action: the nearest name, else the names there are."""
    names = sorted(set(known))
    near = nearest(name, names)
    if near is not None:
        return f"Did you mean {near!r}?"
    if not names:
        return "There are none"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"There are {', '.join(names[:SHOWN])}{more}"
