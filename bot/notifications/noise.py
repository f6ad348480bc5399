"""How much is told: levels by event, rest between alerts of one symbol, and a digest where there are many at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.notifications.markup import thin
from shared.models.notifications import NOTICE, Level, Notice, SetupState
from shared.models.timeframe import MINUTE_MS, iso
from shared.utils.serialization import canonical_json

EVENTS: Final[Mapping[SetupState, str]] = {
    SetupState.NEW: "new",
    SetupState.ARMED: "armed",
    SetupState.SKIPPED: "armed",
    SetupState.ENTERED: "entered",
    SetupState.CLOSED: "closed",
    SetupState.INVALIDATED: "dropped",
    SetupState.EXPIRED: "dropped",
}
"""The event of each state; every target is ``target``."""
TARGET: Final = "target"


@dataclass(frozen=True, slots=True)
class Noise:
    """``levels`` by event (``new``, ``armed``, ``entered``, ``target``, ``closed``, ``dropped``, ``digest``, ``heartbeat``); at most
    ``most`` new setups of a scan are told one by one, the best first, the others in a digest; a symbol that was told of within
    ``rest_min`` is only listed there. ``is_paused`` tells of no new setup at all, and of one of a symbol in ``muted`` none is told; what
    becomes of setups that were told of goes on, of muted symbols without a sound."""

    levels: Mapping[str, Level]
    most: int
    rest_min: float
    is_paused: bool = False
    muted: frozenset[str] = frozenset()

    @property
    def rest_ms(self) -> int:
        """That rest in milliseconds."""
        return round(self.rest_min * MINUTE_MS)


def levelled(notice: Notice, noise: Noise) -> Notice:
    """The notice at its event's level."""
    event = EVENTS.get(notice.state, TARGET) if notice.state else notice.kind
    level = noise.levels.get(event, Level.ON)
    is_quiet = level is Level.ON and notice.symbol in noise.muted
    return replace(notice, level=Level.SILENT if is_quiet else level)


@dataclass(frozen=True, slots=True)
class Past:
    """What was told before: when each symbol was last told of (UTC ms), and the track record in a line, empty where there are too
    few finished trades to say anything."""

    last_ms: Mapping[str, int]
    record: str = ""


def composed(new: Sequence[Notice], noise: Noise, past: Past, slot: str) -> tuple[Notice, ...]:
    """The notices of one scan's new setups, which come best first and have not been told before. ``slot`` names the scan. What is
    paused or muted is left out, and is new to the scan after."""
    new = [notice for notice in new if not noise.is_paused and notice.symbol not in noise.muted]
    rested = [notice for notice in new if _has_rested(notice, noise, past.last_ms)]
    heads = rested[: noise.most]
    listed = [notice for notice in new if notice not in heads]
    alone = tuple(levelled(notice, noise) for notice in heads)
    return (*alone, digest(listed, noise, slot, past.record)) if listed else alone


def _has_rested(notice: Notice, noise: Noise, last_ms: Mapping[str, int]) -> bool:
    last = last_ms.get(notice.symbol)
    return last is None or notice.at_ms - last >= noise.rest_ms


def digest(listed: Sequence[Notice], noise: Noise, slot: str, record: str) -> Notice:
    """One notice for many setups: each in a line, none left out, and the track record if there is one."""
    count = len(listed)
    lines = [f"{count} more {'setup' if count == 1 else 'setups'}", *(_line(notice) for notice in listed)]
    lines += [f"Track record, every finished setup taken as planned: {record}"] if record else []
    first, key = listed[0], f"digest:{slot}"
    expires_ms = max(notice.expires_ms for notice in listed)
    document = {
        "schema": NOTICE,
        "key": key,
        "kind": "digest",
        "state": "",
        "fingerprint": "",
        "symbol": "",
        "at": iso(first.at_ms),
        "expires": iso(expires_ms),
        "text": "\n".join(lines),
        "plans": [json.loads(notice.document)["plan"] for notice in listed],
    }
    return levelled(
        Notice(key, "digest", None, "", "", first.at_ms, expires_ms, Level.ON, canonical_json(document)),
        noise,
    )


def _line(notice: Notice) -> str:
    plan: Mapping[str, Any] = json.loads(notice.document)["plan"]
    entry, last = plan["entry"], plan["targets"][-1]
    return (
        f"{plan['symbol']} {plan['side'].upper()} {plan['grade']} {plan['score']:.0f}: {thin(entry['low_text'])} – {thin(entry['high_text'])}, "
        f"stop {thin(plan['stop']['price_text'])}, {last['net_r']:+.1f}R"
    )
