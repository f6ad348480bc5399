"""A check for look-ahead as tables: laws by what is held to them, and the drift of a later start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from bot.ui.look import Layout, Look
from bot.ui.numbers import MISSING
from bot.ui.table import Column, table_lines
from bot.ui.verification import OURS, wrapped
from shared.models.lookahead import Drift, LawCheck, Lookahead, Sighting, SubjectKind
from shared.models.timeframe import iso

LOOKAHEAD_HEADINGS: Final = (
    *("law", "kind", "subject", "source", "cases", "differing"),
    *("first_symbol", "first_timeframe", "first_at", "first_what"),
)
PLUGIN: Final = "plugin"
PLURALS: Final = {
    SubjectKind.INDICATOR: "indicator columns",
    SubjectKind.DETECTOR: "detectors",
}
SMALL: Final = 1e-9
"""Drift that no reading notices."""

MEANINGS: Final = (
    "prefix, truncated: the candles end at the cut or instant. poisoned: the later ones have a thousand times their prices and "
    "volumes. nan: they are not numbers. running: only those open at the instant are altered.",
    "Columns and events up to the cut must be the same bits, the document of a decision the same bytes.",
)
DRIFT_MEANS: Final = (
    "drift: the last bar of a series that starts so many candles back, against all the candles there are; largest relative "
    "difference over the series. objects: share of the structure standing in either that stands in both. * is the profile's "
    "data.history_bars. For information: nothing is judged by it."
)


def effort_text(found: Lookahead) -> str:
    """``23 cuts each, 30 decisions (10 with a plan)``."""
    return f"{found.cuts} cuts each, {found.planned + found.unplanned:,} decisions ({found.planned:,} with a plan)"


def lookahead_lines(found: Lookahead, look: Look) -> list[str]:
    """Laws, the sum in words, where anything differed, and drift."""
    lines = [*_law_table(found.checks, look), "", *_sums(found.checks, look)]
    lines += [part for check in found.checks for part in _first_lines(check, look)]
    lines += ["", *(part for text in MEANINGS for part in wrapped(text, look, "dim"))]
    return [*lines, "", *_drift_lines(found.drift, look)] if found.drift else lines


def _sums(checks: Sequence[LawCheck], look: Look) -> Iterator[str]:
    for name, is_ours in ((OURS, True), ("plugins", False)):
        held = [check for check in checks if check.subject.is_ours is is_ours]
        if held:
            yield from wrapped(cases_line(name, held), look)


def cases_line(name: str, checks: Iterable[LawCheck]) -> str:
    """``snipersight: 0 of 12,345 cases look ahead``."""
    held = tuple(checks)
    cases, differing = sum(check.cases for check in held), sum(check.differing for check in held)
    return f"{name}: {differing:,} of {cases:,} cases look{'s' if differing == 1 else ''} ahead"


def sighting_text(seen: Sighting) -> str:
    """``BTC/USDT 1h 2026-11-07T16:00:00Z: 1.25, later 1.5``."""
    return f"{seen.symbol} {seen.timeframe} {iso(seen.at_ms)}: {seen.what}"


def lookahead_tsv(found: Lookahead) -> list[str]:
    """A header and a line a law and subject, for machines; where nothing differed, the last fields are empty."""
    lines = ["\t".join(LOOKAHEAD_HEADINGS)]
    for check in found.checks:
        subject = check.subject
        source = OURS if subject.is_ours else PLUGIN
        first = [(one.symbol, one.timeframe.value, iso(one.at_ms), one.what) for one in check.first]
        row = (
            subject.law.value,
            subject.kind.value,
            subject.name,
            source,
            str(check.cases),
            str(check.differing),
        )
        lines.append("\t".join((*row, *(first or [("",) * 4])[0])))
    return lines


Row = tuple[str, str, int, int]
"""Law, subject, cases, differing."""


def _rows(checks: Sequence[LawCheck]) -> Iterator[Row]:
    """A row a law and subject; columns and detectors that never differ stand together."""
    for (law, kind), alike in groupby(checks, lambda check: (check.subject.law, check.subject.kind)):
        held = tuple(alike)
        clean = [check for check in held if not check.differing and kind is not SubjectKind.DECISION]
        if len(clean) > 1:
            cases = sum(check.cases for check in clean)
            yield law.value, f"{len(clean)} {PLURALS[kind]}", cases, 0
        for check in held:
            if check not in clean or len(clean) == 1:
                yield law.value, _called(check), check.cases, check.differing


def _called(check: LawCheck) -> str:
    subject = check.subject
    name = f"decisions {subject.name}" if subject.kind is SubjectKind.DECISION else subject.name
    return name if subject.is_ours else f"{name} ({PLUGIN})"


def _law_table(checks: Sequence[LawCheck], look: Look) -> list[str]:
    rows = list(_rows(checks))
    if look.layout is Layout.CARDS:
        return [line for row in rows for line in _card(row, look)]
    columns = [
        Column("Law", tuple(law for law, *_ in rows), right=False),
        Column("Subject", tuple(name for _, name, *_ in rows), right=False),
        Column("cases", tuple(f"{cases:,}" for *_, cases, _ in rows)),
        Column("differing", tuple(f"{differing:,}" for *_, differing in rows)),
    ]
    return table_lines(columns, look, gap=2)


def _card(row: Row, look: Look) -> list[str]:
    law, name, cases, differing = row
    head = look.paint(look.signs(f"{law} · {name}"), "bold")
    return [head, look.signs(f"  {cases:,} cases · {differing:,} differing")]


def _first_lines(check: LawCheck, look: Look) -> list[str]:
    subject = check.subject
    return [
        line
        for seen in check.first
        for line in wrapped(f"- {subject.law.value} {_called(check)}, first: {sighting_text(seen)}", look)
    ]


def _drift_lines(drift: Sequence[Drift], look: Look) -> list[str]:
    heads = tuple(f"{one.bars:,}{' *' if one.is_profiles else ''}" for one in drift)
    drifting = _drifting(drift)
    cells = [(name, [_drift_text(one, name) for one in drift]) for name in drifting]
    cells.append(("objects", [_share_text(one) for one in drift]))
    cells.append(("series", [str(one.series) for one in drift]))
    quiet = len({name for one in drift for name, _ in one.columns}) - len(drifting)
    if look.layout is Layout.CARDS:
        shown = [line for name, row in cells for line in _drift_card(name, heads, row, look)]
    else:
        columns = [Column("Drift", tuple(name for name, _ in cells), right=False)]
        columns += [Column(head, tuple(row[at] for _, row in cells)) for at, head in enumerate(heads)]
        shown = table_lines(columns, look, gap=2)
    rest = f"Other columns ({quiet}): at most {SMALL:g} wherever the series starts."
    return [*shown, "", *wrapped(rest, look), *wrapped(DRIFT_MEANS, look, "dim")]


def _drift_card(name: str, heads: Sequence[str], row: Sequence[str], look: Look) -> list[str]:
    parts = " · ".join(f"{head}: {cell}" for head, cell in zip(heads, row, strict=True))
    return [look.paint(name, "bold"), *wrapped(f"  {parts}", look)]


def _drifting(drift: Sequence[Drift]) -> list[str]:
    """Columns that some start changes by more than nothing, in their own order."""
    return list(dict.fromkeys(name for one in drift for name, far in one.columns if far > SMALL))


def _drift_text(one: Drift, name: str) -> str:
    far = dict(one.columns).get(name)
    if far is None:
        return MISSING
    return f"{far:.1e}" if far > SMALL else "0"


def _share_text(one: Drift) -> str:
    return f"{100 * one.agreeing / one.standing:.1f} %" if one.standing else MISSING
