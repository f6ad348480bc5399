"""Put faults into the code one by one: ``python -m devtools.mutation [--jobs N] [MODULE[:LINE] …]``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from devtools.mutation.mutants import Mutant, mutants_of
from devtools.mutation.running import survivors
from devtools.mutation.targets import NO_FAULTS, TARGETS, Target

LEAST_PCT: Final = 90.0


def main(words: Sequence[str] | None = None) -> int:
    """The command; 1 if fewer than 90 % of the mutants are noticed, 2 if there are none."""
    parser = argparse.ArgumentParser(
        "python -m devtools.mutation", description="Mutation testing of sizing, exposure, gates and outbox."
    )
    parser.add_argument(
        "places",
        nargs="*",
        metavar="MODULE[:LINE]",
        help="files such as risk/judge.py, or a line of one; none: all of them",
    )
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at once")
    asked = parser.parse_args(words)
    chosen = [(target, mutants) for target in TARGETS if (mutants := _faults(target, asked.places))]
    if not chosen:
        parser.error("nothing to change there")
    made, left = sum(len(mutants) for _, mutants in chosen), 0
    for target, mutants in chosen:
        left += _try(target, mutants, asked.jobs)
    score = 100.0 * (made - left) / made
    print(f"all: {made} mutants, {made - left} killed, {left} survived: {score:.1f} %")
    return int(score < LEAST_PCT)


def _faults(target: Target, places: Sequence[str]) -> list[Mutant]:
    """A module's mutants at the places asked for, without those that are no faults."""
    if places and target.path not in {place.partition(":")[0] for place in places}:
        return []
    return [
        mutant
        for mutant in mutants_of(Path(target.path).read_text("utf-8"))
        if not places or target.path in places or f"{target.path}:{mutant.line}" in places
        if (target.path, mutant.code, mutant.was, mutant.now) not in NO_FAULTS
    ]


def _try(target: Target, mutants: Sequence[Mutant], jobs: int) -> int:
    """How many mutants of a module survived."""
    began, left = time.monotonic(), 0
    for mutant in survivors(target, mutants, jobs):
        left += 1
        print(f"survived {target.path}:{mutant.line}: {mutant.was} -> {mutant.now}", flush=True)
    took = time.monotonic() - began
    print(f"{target.path}: {len(mutants)} mutants, {left} survived, {took:.0f} s", flush=True)
    return left


if __name__ == "__main__":
    sys.exit(main())
