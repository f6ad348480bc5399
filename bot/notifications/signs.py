"""Notices that are not of a setup: a sign of life, and that something is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.models.journal import Head
from shared.models.notifications import NOTICE, Kind, Level, Notice
from shared.models.outbox import OPEN, Fate
from shared.models.timeframe import DAY_MS, Timeframe, iso
from shared.utils.serialization import canonical_json

HOUR_MS: Final = Timeframe.H1.ms
ALARM_LIVES_MS: Final = 7 * DAY_MS
KEY_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a sign of life says: the newest scan on record (0 and empty where there is none), open setups, how many parcels stand where,
    and the journal's head, by which anyone can see later that nothing before it was changed."""

    scan_ms: int
    status: str
    open_setups: int
    tally: Mapping[Fate, int]
    head: Head

    def __str__(self) -> str:
        """For people, in three lines."""
        scan = f"last scan {iso(self.scan_ms)}, {self.status}" if self.scan_ms else "no scan yet"
        waiting = sum(self.tally.get(fate, 0) for fate in OPEN)
        told = f"alerts: {waiting} waiting, {self.tally.get(Fate.DEAD, 0)} dead, {self.tally.get(Fate.HELD, 0)} held"
        return f"alive: {scan}; {self.open_setups} setups open\n{told}\njournal {self.head}"


def heartbeat_key(now_ms: int, hours: float) -> tuple[str, int]:
    """The key of the stretch of time in which ``now_ms`` lies, the same in every process, and when it ends (UTC ms)."""
    length_ms = round(hours * HOUR_MS)
    since_ms = now_ms - now_ms % length_ms
    return f"heartbeat:{length_ms // 60_000}min:{iso(since_ms)}", since_ms + length_ms


def heartbeat_notice(pulse: Pulse, now_ms: int, hours: float) -> Notice:
    """A sign of life, one for each stretch of ``hours``; not sent any more once the next one is due."""
    key, ends_ms = heartbeat_key(now_ms, hours)
    witness = {"seq": pulse.head.seq, "hash": pulse.head.hash.hex()}
    return _notice(key, "heartbeat", str(pulse), (now_ms, ends_ms), {"witness": witness})


def alarm_notice(text: str, now_ms: int) -> Notice:
    """That something is wrong; the same text is told once an hour."""
    since_ms = now_ms - now_ms % HOUR_MS
    digest = hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]
    return _alarm(f"alarm:{digest}:{iso(since_ms)}", text, now_ms)


def gap_notice(schedule: str, first_ms: int, text: str, now_ms: int) -> Notice:
    """That closes of a schedule were decided by nobody; told once for each first close that was missed."""
    return _alarm(f"gap:{schedule}:{iso(first_ms)}", text, now_ms)


def _alarm(key: str, text: str, now_ms: int) -> Notice:
    return _notice(key, "alarm", f"⚠️ {text}", (now_ms, now_ms + ALARM_LIVES_MS), {})


def _notice(key: str, kind: Kind, text: str, span_ms: tuple[int, int], more: Mapping[str, object]) -> Notice:
    at_ms, expires_ms = span_ms
    document = {
        "schema": NOTICE,
        "key": key,
        "kind": kind,
        "state": "",
        "fingerprint": "",
        "symbol": "",
        "at": iso(at_ms),
        "expires": iso(expires_ms),
        "text": text,
        **more,
    }
    return Notice(key, kind, None, "", "", at_ms, expires_ms, Level.ON, canonical_json(document))
