#!/usr/bin/env python3
"""The command-line door: checks that our packages are ours, then hands over to ``engine.commands``."""

from __future__ import annotations

import sys

from sniper_sight_packages import hidden_package


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
