"""Does the candle store open, is a sample of it what was written, and what does it hold?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.data_contract import CheckReport, SeriesInfo
from shared.errors import SniperError
from shared.models.health import Finding, Verdict
from shared.models.timeframe import iso

MEGABYTE: Final = 1_000_000
MEND: Final = "Look at all of it with 'snipersight data verify', drop what is damaged with --mend, then scan or import again"
WITHOUT_WAL: Final = "Runs wait for each other: move it to a local disk with SNIPERSIGHT_HOME"


@dataclass(frozen=True, slots=True)
class StoreLook:
    """What was seen of a store: its series, what a sample of it was found to be, its size and remarks."""

    series: Sequence[SeriesInfo]
    sample: CheckReport
    file_bytes: int
    remarks: tuple[str, ...]


def judge_store(look: StoreLook) -> Finding:
    """A store that could be opened and written."""
    seen = f"{look.sample.pages:,} pages and {look.sample.candles:,} candles looked at"
    measured = f"{_holding(look)}; {seen}, {len(look.sample.damage):,} damaged"
    if look.sample.damage:
        return Finding("store", Verdict.FAIL, measured, MEND)
    if look.remarks:
        return Finding("store", Verdict.WARN, f"{measured}; {', '.join(look.remarks)}", WITHOUT_WAL)
    return Finding("store", Verdict.OK, measured)


def judge_objects(series: Sequence[SeriesInfo]) -> Finding:
    """A store of objects, whose digests are looked at whenever they are read."""
    look = StoreLook(
        series, CheckReport(0, 0, 0, 0, (), dropped=False), sum(one.stored_bytes for one in series), ()
    )
    return Finding("store", Verdict.OK, f"objects: {_holding(look)}; held to their digests when read")


def judge_closed_store(fault: SniperError) -> Finding:
    """A store that could not be opened, read or written."""
    return Finding("store", Verdict.FAIL, fault.problem, fault.action or MEND)


def judge_no_store() -> Finding:
    """Nothing was ever stored."""
    return Finding("store", Verdict.OK, "nothing stored yet")


def _holding(look: StoreLook) -> str:
    size = f"{len(look.series):,} series, {look.file_bytes / MEGABYTE:,.1f} MB"
    if not look.series:
        return size
    oldest = iso(min(one.first_ms for one in look.series))
    newest = iso(max(one.last_ms + one.timeframe.ms for one in look.series))
    return f"{size}, {oldest} to {newest}"
