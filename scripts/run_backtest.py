#!/usr/bin/env python3
"""What the scan would have traded: ``scripts/run_backtest.py FLAGS`` is ``snipersight backtest FLAGS``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.commands.app import run

if __name__ == "__main__":  # worker processes import it too
    sys.exit(run(["backtest", *sys.argv[1:]]))
