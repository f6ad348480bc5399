#!/usr/bin/env python3
"""The command-line door: checks that our packages are ours, then hands over to ``engine.commands``."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = ("shared", "contracts", "indicators", "data", "strategy", "risk", "ml", "bot", "engine")


def hidden_package() -> str | None:
    """A sentence about the first of our packages that resolves elsewhere than beside this file."""
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is None:
            return f"the package {name!r} is missing beside {Path(__file__).name}. Install SniperSight again."
        places = [Path(place).resolve() for place in spec.submodule_search_locations or (spec.origin or "",)]
        if HERE / name not in places:
            return (
                f"the package {name!r} is hidden by {places[0]}. "
                "Take it off PYTHONPATH, start elsewhere, or install SniperSight into its own environment."
            )
    return None


def main() -> None:
    """Run the command line."""
    problem = hidden_package()
    if problem:
        sys.stderr.write(f"error: {problem}\n")
        sys.exit(2)
    try:
        from engine.commands.app import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing half-written\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
