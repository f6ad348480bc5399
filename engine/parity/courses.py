"""What the journal has of live scans: those of one kind together, with the setups that they approved first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from contracts.journal_contract import Journal
from data.adapters.demo import DemoFeed
from engine.following.setups import Followed, setups_since
from shared.config.profiles import recorded_profile
from shared.models.profile import Profile
from shared.models.timeframe import Timeframe


class Kind(NamedTuple):
    """What a scan was asked: it is compared with a backtest that is asked the same."""

    exchange: str
    profile: str
    symbols: tuple[str, ...]
    top: int


@dataclass(frozen=True, slots=True)
class LiveScan:
    """A scan of its present: its run and as-of time."""

    run_id: str
    as_of_ms: int


@dataclass(frozen=True, slots=True)
class Live:
    """Scans of one kind, oldest first, the profile the newest ran under, and the setups first approved by them."""

    kind: Kind
    profile: Profile
    scans: tuple[LiveScan, ...]
    setups: tuple[Followed, ...]

    def as_of_ms(self, run_id: str) -> int:
        """The as-of time of one of its runs."""
        return next(scan.as_of_ms for scan in self.scans if scan.run_id == run_id)

    def closes(self, trigger: Timeframe) -> dict[int, str]:
        """The run of every close of ``trigger`` that was scanned, the last one where there were several."""
        return {trigger.floor(scan.as_of_ms): scan.run_id for scan in self.scans}


def live_since(journal: Journal, since_ms: int, exchange: str, profile: str) -> tuple[Live, ...]:
    """The scans of their present since a wall time, of one exchange or profile where it is named; none of the made-up market, which is
    not stored."""
    scans: dict[Kind, list[LiveScan]] = {}
    newest: dict[Kind, Mapping[str, Any]] = {}
    for record in journal.scans_since(since_ms):
        content = record.content
        kind = _kind(content)
        if content["asked"]["now"] and exchange in ("", kind.exchange) and profile in ("", kind.profile):
            scans.setdefault(kind, []).append(LiveScan(record.run_id, content["as_of_ms"]))
            newest[kind] = content["profile"]
    setups = setups_since(journal, 0, exchange)
    return tuple(
        Live(kind, recorded_profile(newest[kind]), tuple(found), _of_runs(found, setups))
        for kind, found in sorted(scans.items())
        if kind.exchange != DemoFeed.exchange
    )


def _kind(scan: Mapping[str, Any]) -> Kind:
    asked = scan["asked"]
    return Kind(scan["exchange"], scan["profile"]["name"], tuple(asked["symbols"]), asked["top"])


def _of_runs(scans: Iterable[LiveScan], setups: Iterable[Followed]) -> tuple[Followed, ...]:
    runs = {scan.run_id for scan in scans}
    return tuple(one for one in setups if one.run_id in runs)


def approved(journal: Journal) -> dict[str, int]:
    """The close at which each setup on record was first approved, by its fingerprint."""
    return {one.fingerprint: one.decided_ms for one in setups_since(journal, 0)}
