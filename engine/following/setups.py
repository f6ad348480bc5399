"""The setups of the journal: what was approved, under which settings, and what has become of each so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.journal_contract import Journal
from shared.config.profiles import recorded_profile
from shared.models.fills import ALIVE, Ending
from shared.models.journal import Record, RecordKind
from shared.models.notifications import SetupState
from shared.models.profile import Profile
from shared.models.timeframe import Timeframe, from_iso

LONGEST_MS: Final = 120 * Timeframe.D1.ms
"""No setup is followed longer: a bound on what is read, above every profile's expiry and holding time."""


@dataclass(frozen=True, slots=True)
class Followed:
    """One setup: its published plan as it was first approved, the profile it was approved under, whether it is a perpetual, and
    what its newest record says: the outcome's content (empty before the first) and the trader's verdict (empty without one)."""

    plan: Mapping[str, Any]
    profile: Profile
    perpetual: bool
    outcome: Mapping[str, Any]
    verdict: str

    @property
    def fingerprint(self) -> str:
        """The setup's name."""
        return str(self.plan["id"])

    @property
    def is_over(self) -> bool:
        """Whether no later candle can change it."""
        return bool(self.outcome) and Ending(self.outcome["ending"]) not in ALIVE

    @property
    def told(self) -> tuple[SetupState, ...]:
        """The stages that are on record."""
        return tuple(SetupState(state) for state in self.outcome.get("states", ()))

    @property
    def decided_ms(self) -> int:
        """When it was decided."""
        return from_iso(self.plan["decided_at"])


def setups_since(journal: Journal, since_ms: int, exchange: str = "") -> tuple[Followed, ...]:
    """Every setup that a scan of its present approved on ``exchange`` (any, if empty) since a wall time, oldest first, as it was
    first approved."""
    firsts: dict[str, Record] = {}
    for record in journal.found(RecordKind.PLAN, since_ms=since_ms):
        firsts.setdefault(record.name, record)
    outcomes = _newest(journal.found(RecordKind.OUTCOME, since_ms=since_ms))
    verdicts = _newest(journal.found(RecordKind.VERDICT, since_ms=since_ms))
    runs = {record.run_id: record.content for record in journal.found(RecordKind.SCAN, since_ms=since_ms)}
    profiles: dict[str, Profile] = {}
    found = []
    for name, record in firsts.items():
        scan = runs.get(record.run_id)
        if scan is None or not scan["asked"]["now"] or exchange not in ("", scan["exchange"]):
            continue
        if record.run_id not in profiles:
            profiles[record.run_id] = recorded_profile(scan["profile"])
        found.append(
            Followed(
                plan=record.content,
                profile=profiles[record.run_id],
                perpetual=":" in str(record.content["symbol"]),
                outcome=outcomes.get(name, {}),
                verdict=str(verdicts.get(name, {}).get("verdict", "")),
            )
        )
    return tuple(found)


def _newest(records: Iterable[Record]) -> dict[str, Mapping[str, Any]]:
    return {record.name: record.content for record in records}
