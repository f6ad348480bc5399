"""The journal in words and as documents: scans as a table, one scan, one plan, records as lines of JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bot.ui.look import Look
from bot.ui.numbers import counted
from bot.ui.table import Column, table_lines
from shared.models.journal import Checked, Record, RecordKind
from shared.models.timeframe import iso

HEADINGS: Final = (
    "seq",
    "recorded",
    "run",
    "exchange",
    "profile",
    "as_of",
    "status",
    "plans",
    "rejections",
    "faults",
)
NUMBERS: Final = frozenset({"seq", "plans", "rejections", "faults"})


def checked_line(checked: Checked, name: str) -> str:
    """What a check found whole."""
    if not checked.head.seq:
        return f"{name}: nothing is recorded yet"
    span = f"{iso(checked.first_ms)} to {iso(checked.last_ms)}"
    return (
        f"{name}: whole · {counted(checked.head.seq, 'record')} of {counted(checked.scans, 'scan')} · {span} · "
        f"head {checked.head}"
    )


def scans_table(scans: Sequence[Record], look: Look) -> Iterator[str]:
    """Recorded scans as a table for people, one line each; tab-separated for machines."""
    rows = [_row(record) for record in scans]
    if not look.columns:
        yield "\t".join(HEADINGS)
        yield from ("\t".join(row) for row in rows)
        return
    columns = [
        Column(heading, tuple(row[place] for row in rows), heading in NUMBERS)
        for place, heading in enumerate(HEADINGS)
    ]
    yield from table_lines(columns, look)


def _row(record: Record) -> tuple[str, ...]:
    scan = record.content
    counts = (str(scan["counts"][name]) for name in ("plans", "rejections", "faults"))
    return (
        str(record.seq),
        iso(record.at_ms),
        record.run_id,
        scan["exchange"],
        scan["profile"]["name"],
        iso(scan["as_of_ms"]),
        scan["status"],
        *counts,
    )


def run_lines(records: Sequence[Record], look: Look) -> Iterator[str]:
    """One recorded run: what was asked, what came out, what stopped the rest."""
    for record in records:
        if record.kind is RecordKind.SCAN:
            yield from look.flow(look.signs(_asked(record)))
        if record.kind is RecordKind.UNIVERSE:
            dropped = Counter(drop["code"] for drop in record.content["drops"])
            yield from _part("universe", f"{len(record.content['symbols'])} symbols read", dropped, look)
        if record.kind is RecordKind.REJECTION:
            columns = record.content["columns"]
            stopped = Counter(row[columns.index("code")] for row in record.content["rows"])
            yield from _part("stopped", counted(sum(stopped.values()), "symbol"), stopped, look)
        if record.kind is RecordKind.PLAN:
            yield from plan_lines(record.content, look)
        if record.kind is RecordKind.DECISION:
            yield f"decision: {record.content['status']} · document sha256 {record.content['document_digest']}"


def _asked(record: Record) -> str:
    scan = record.content
    return (
        f"{record.run_id} · {scan['exchange']} · {scan['profile']['name']} · as of {iso(scan['as_of_ms'])} · "
        f"recorded {iso(record.at_ms)} · version {scan['version']}"
    )


def _part(name: str, count: str, codes: Counter[str], look: Look) -> Iterator[str]:
    why = ", ".join(f"{code} {number}" for code, number in codes.most_common())
    yield from look.wrap(f"{name}: {count}" + (f" ({why})" if why else ""), "  ")


def plan_lines(plan: dict[str, Any], look: Look) -> Iterator[str]:
    """One recorded plan in two lines."""
    targets = ", ".join(target["price_text"] for target in plan["targets"])
    yield f"plan {plan['id']}: {plan['symbol']} {plan['side']}, score {plan['score']:g}, grade {plan['grade']}"
    entry, stop = plan["entry"], plan["stop"]
    yield from look.wrap(
        f"  entry {entry['price_text']} ({entry['low_text']} to {entry['high_text']}), stop {stop['price_text']}, "
        f"targets {targets}, quantity {plan['size']['quantity_text']}",
        "  ",
    )


def record_json(record: Record) -> str:
    """One record as one line: its hash, the one before it, and its body, whose text is what was hashed."""
    return f'{{"hash":"{record.hash.hex()}","prev":"{record.prev.hex()}","body":{record.body.decode()}}}'
