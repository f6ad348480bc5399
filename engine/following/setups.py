"""The setups of the journal: what was approved, under which settings, and what has become of each so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.journal_contract import Journal
from shared.config.profiles import recorded_profile
from shared.models.fills import ALIVE, Ending
from shared.models.journal import RecordKind
from shared.models.notifications import SetupState
from shared.models.profile import Profile
from shared.models.timeframe import Timeframe, from_iso

LONGEST_MS: Final = 120 * Timeframe.D1.ms
"""No setup is followed longer: a bound on what is read, above every profile's expiry and holding time."""


@dataclass(frozen=True, slots=True)
class Followed:
    """One setup: its published plan as it was first approved, the profile it was approved under, whether it is a perpetual, and
    what its newest record says: the outcome's content (empty before the first) and the trader's verdict (empty without one). ``run_id`` is
    the run that approved it, ``as_of_ms`` the time of that scan."""

    plan: Mapping[str, Any]
    profile: Profile
    perpetual: bool
    outcome: Mapping[str, Any]
    verdict: str
    run_id: str = ""
    as_of_ms: int = 0

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

    @property
    def live_ms(self) -> int:
        """From when on its orders could rest: a scan that came late in the trigger's candle is not credited with what the base candles
        before it showed."""
        return max(self.decided_ms, self.profile.timeframes.base.floor(self.as_of_ms))


def setups_since(journal: Journal, since_ms: int, exchange: str = "") -> tuple[Followed, ...]:
    """Every setup that a scan of its present approved on ``exchange`` (any, if empty) since a wall time, oldest first, as it was
    first approved."""
    outcomes, verdicts = (
        {record.name: record.content for record in journal.named(kind, since_ms, newest=True)}
        for kind in (RecordKind.OUTCOME, RecordKind.VERDICT)
    )
    plans = journal.named(RecordKind.PLAN, since_ms)
    scans = {run_id: _scan(journal, run_id) for run_id in {record.run_id for record in plans}}
    return tuple(
        Followed(
            plan=record.content,
            profile=recorded_profile(scans[record.run_id]["profile"]),
            perpetual=":" in str(record.content["symbol"]),
            outcome=outcomes.get(record.name, {}),
            verdict=str(verdicts.get(record.name, {}).get("verdict", "")),
            run_id=record.run_id,
            as_of_ms=int(scans[record.run_id]["as_of_ms"]),
        )
        for record in plans
        if _is_of(scans[record.run_id], exchange)
    )


def _scan(journal: Journal, run_id: str) -> Mapping[str, Any]:
    record = journal.scan_of(run_id)
    return record.content if record else {}


def _is_of(scan: Mapping[str, Any], exchange: str) -> bool:
    """Whether a scan was of its present, and of this exchange."""
    return bool(scan) and bool(scan["asked"]["now"]) and exchange in ("", scan["exchange"])
