"""Locks as one JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.models.risk import Lock
from shared.models.timeframe import iso
from shared.utils.serialization import document_json
from shared.version import VERSION

SCHEMA: Final = "snipersight.locks/1"


def locks_json(locks: Sequence[Lock], now_ms: int, *, killed: bool) -> str:
    """Locks in the order they are shown, and whether the kill switch is set; indented."""
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "as_of": iso(now_ms),
        "killed": killed,
        "locks": [_lock(lock, now_ms) for lock in locks],
    }
    return document_json(document, indent=2)


def _lock(lock: Lock, now_ms: int) -> dict[str, object]:
    return {
        "id": lock.id,
        "scope": lock.scope,
        "rule": lock.rule,
        "since": iso(lock.since_ms),
        "until": iso(lock.until_ms),
        "in_force": lock.since_ms <= now_ms < lock.until_ms,
        "reason": lock.reason,
        "measured": lock.measured,
        "threshold": lock.threshold,
        "unit": lock.unit,
    }
