"""Put faults into the code one by one: ``python -m devtools.mutation [--jobs N] [MODULE …]``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from devtools.mutation.mutants import mutants_of
from devtools.mutation.running import survivors
from devtools.mutation.targets import NO_FAULTS, TARGETS, Target

LEAST_PCT: Final = 90.0


def main(words: Sequence[str] | None = None) -> int:
    """The command; 1 if fewer than 90 % of the mutants are noticed."""
    parser = argparse.ArgumentParser(
        "python -m devtools.mutation", description="Mutation testing of sizing, exposure, gates and outbox."
    )
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help="files such as risk/judge.py; none: all of them"
    )
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at once")
    asked = parser.parse_args(words)
    chosen = [target for target in TARGETS if not asked.modules or target.path in asked.modules]
    counts = [_try(target, asked.jobs) for target in chosen]
    made, left = (sum(column) for column in zip(*counts, strict=True))
    score = 100.0 * (made - left) / made
    print(f"all: {made} mutants, {made - left} killed, {left} survived: {score:.1f} %")
    return int(score < LEAST_PCT)


def _try(target: Target, jobs: int) -> tuple[int, int]:
    """Faults in a module, and how many survived."""
    began = time.monotonic()
    mutants = [
        mutant
        for mutant in mutants_of(Path(target.path).read_text("utf-8"))
        if (target.path, mutant.code, mutant.was, mutant.now) not in NO_FAULTS
    ]
    left = 0
    for mutant in survivors(target, mutants, jobs):
        left += 1
        print(f"survived {target.path}:{mutant.line}: {mutant.was} -> {mutant.now}", flush=True)
    took = time.monotonic() - began
    print(f"{target.path}: {len(mutants)} mutants, {left} survived, {took:.0f} s", flush=True)
    return len(mutants), left


if __name__ == "__main__":
    sys.exit(main())
