"""Are Python and the libraries as new as we need them?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from shared.models.health import Finding, Verdict

PYTHON_FLOOR: Final = (3, 11)
REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;]*)(;.*)?$")
FLOOR: Final = re.compile(r">=\s*([0-9][0-9.]*)")
SHOWN: Final = ("numpy", "pandas", "numba", "ccxt")
"""Libraries named with their version where all is well: those a fault report needs."""


def floors_of(requirements: Sequence[str]) -> dict[str, str]:
    """Lowest version by library, of requirements that hold without an extra; ``0`` where none is named."""
    found = {}
    for text in requirements:
        match = REQUIREMENT.match(text)
        if match and "extra" not in (match[3] or ""):
            floor = FLOOR.search(match[2])
            found[match[1]] = floor[1].rstrip(".") if floor else "0"
    return found


def judge_python(version: tuple[int, ...], shown: str) -> Finding:
    """The interpreter."""
    if version[:2] < PYTHON_FLOOR:
        wanted = ".".join(map(str, PYTHON_FLOOR))
        return Finding("python", Verdict.FAIL, shown, f"Install Python {wanted} or newer")
    return Finding("python", Verdict.OK, shown)


def judge_libraries(floors: Mapping[str, str], installed: Mapping[str, str]) -> Finding:
    """``installed`` version by library; one that is not in it is not installed."""
    missing = [name for name in floors if name not in installed]
    old = [name for name in floors if name in installed and _is_older(installed[name], floors[name])]
    wrong = [f"{name} is missing" for name in missing]
    wrong += [f"{name} {installed[name]} is older than {floors[name]}" for name in old]
    if wrong:
        wanted = " ".join(f"'{name}>={floors[name]}'" for name in (*missing, *old))
        return Finding("libraries", Verdict.FAIL, "; ".join(wrong), f"pip install --upgrade {wanted}")
    named = [f"{name} {installed[name]}" for name in SHOWN if name in installed]
    return Finding("libraries", Verdict.OK, f"{', '.join(named)}; all {len(floors)} new enough")


def judge_uninstalled() -> Finding:
    """Run from a folder that was never installed: nobody knows the floors."""
    advice = "In the checkout run 'make demo' once, or pip install it; a phone needs NumPy alone"
    return Finding(
        "libraries", Verdict.WARN, "SniperSight is not installed as a package: not compared", advice
    )


def _is_older(version: str, floor: str) -> bool:
    return _release(version) < _release(floor)


def _release(version: str) -> tuple[int, ...]:
    """The numbers a version begins with, without zeros at the end: ``2.0`` and ``2`` are the same."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
