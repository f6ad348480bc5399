#!/usr/bin/env python3
"""Is all as it should be? Four checks in turn, a line with the exit code of each, the worst at the end; flags (``-e demo``) go to all but the last."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from engine.commands.app import EXIT_INTERRUPTED, run

codes: dict[str, int] = {}
for check in ("doctor", "verify repaint", "verify lookahead", "audit verify"):
    if EXIT_INTERRUPTED not in codes.values():
        codes[check] = run([*check.split(), *(sys.argv[1:] if check != "audit verify" else [])])
        print(f"{check}: {codes[check]}", flush=True)
sys.exit(max(codes.values(), key=(0, 10, 2, 20, 30, EXIT_INTERRUPTED).index))  # 2: it was not checked
