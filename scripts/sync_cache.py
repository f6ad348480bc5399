#!/usr/bin/env python3
"""Bring the candle store up to date: a quiet scan fetches what is missing. For cron: ``scripts/sync_cache.py -p trend``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.commands.app import run

sys.exit(run(["scan", "--quiet", *sys.argv[1:]]))
