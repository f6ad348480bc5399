#!/usr/bin/env python3
"""Bring the candle store up to date, without a scan: ``data sync --quiet``. For cron: ``scripts/sync_cache.py -p trend``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.commands.app import run

if __name__ == "__main__":
    sys.exit(run(["data", "sync", "--quiet", *sys.argv[1:]]))
