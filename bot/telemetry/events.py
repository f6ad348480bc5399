"""Typed events of a run, and the emitter that logs them."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import ClassVar, Final

from bot.telemetry.logging import FIELDS
from shared.models.scan import ScanResult


@dataclass(frozen=True, slots=True)
class ScanStarted:
    """A scan begins."""

    level: ClassVar[int] = logging.INFO
    profile: str
    exchange: str


@dataclass(frozen=True, slots=True)
class StageTimed:
    """A part of the run took ``seconds``."""

    level: ClassVar[int] = logging.INFO
    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StagePassed:
    """A stage of the funnel: how many symbols reached it, were stopped, broke, and by which codes."""

    level: ClassVar[int] = logging.INFO
    run_id: str
    stage: str
    reached: int
    stopped: int
    faults: int
    codes: dict[str, int]


@dataclass(frozen=True, slots=True)
class RunFlagged:
    """The run carries a remark that makes it degraded."""

    level: ClassVar[int] = logging.INFO
    run_id: str
    flag: str


@dataclass(frozen=True, slots=True)
class ScanJournaled:
    """The scan is in the journal, whose head is given; ``added`` is 0 where it was there already."""

    level: ClassVar[int] = logging.INFO
    run_id: str
    added: int
    head: int
    head_hash: str


@dataclass(frozen=True, slots=True)
class SetupGenerated:
    """A plan was drawn and approved."""

    level: ClassVar[int] = logging.INFO
    run_id: str
    symbol: str
    side: str
    score: float
    plan_id: str


@dataclass(frozen=True, slots=True)
class SetupRejected:
    """A symbol was stopped by a gate."""

    level: ClassVar[int] = logging.DEBUG
    run_id: str
    symbol: str
    stage: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class SymbolFailed:
    """A symbol broke."""

    level: ClassVar[int] = logging.INFO
    run_id: str
    symbol: str
    stage: str
    error: str
    problem: str


@dataclass(frozen=True, slots=True)
class ScanFinished:
    """A scan ended."""

    level: ClassVar[int] = logging.INFO
    run_id: str
    status: str
    plans: int
    rejections: int
    faults: int


Event = (
    ScanStarted
    | StageTimed
    | StagePassed
    | RunFlagged
    | ScanJournaled
    | SetupGenerated
    | SetupRejected
    | SymbolFailed
    | ScanFinished
)

NAMES: Final = {
    ScanStarted: "scan_started",
    StageTimed: "stage_timed",
    StagePassed: "stage_passed",
    RunFlagged: "run_flagged",
    ScanJournaled: "scan_journaled",
    SetupGenerated: "setup_generated",
    SetupRejected: "setup_rejected",
    SymbolFailed: "symbol_failed",
    ScanFinished: "scan_finished",
}


def emit(event: Event, logger: logging.Logger) -> None:
    """Log one event with its fields."""
    fields = {spec.name: getattr(event, spec.name) for spec in dataclasses.fields(event)}
    logger.log(event.level, NAMES[type(event)], extra={FIELDS: fields})


def events_of(result: ScanResult) -> tuple[Event, ...]:
    """What a scan's result says happened, its end last."""
    run = result.run_id
    return (
        *(
            SetupGenerated(run, s.plan.symbol, s.plan.side.word, s.plan.score, s.plan.fingerprint)
            for s in result.setups
        ),
        *(SetupRejected(run, r.symbol, r.stage, r.code, r.reason) for r in result.rejections),
        *(SymbolFailed(run, f.symbol, f.stage, f.error, f.problem) for f in result.faults),
        *(
            StagePassed(run, row.stage, row.reached, row.stopped, row.faults, dict(row.codes))
            for row in result.funnel
        ),
        *(RunFlagged(run, flag) for flag in result.flags),
        ScanFinished(
            run, result.status.value, len(result.setups), len(result.rejections), len(result.faults)
        ),
    )
