"""What ``doctor`` found: a table with a fix under each complaint, tab-separated values, a JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.ui.look import Look
from bot.ui.numbers import counted
from shared.models.health import Diagnosis, Finding, Verdict
from shared.utils.serialization import document_json
from shared.version import VERSION

SCHEMA: Final = "snipersight.doctor/1"
HEADINGS: Final = ("name", "verdict", "measured", "advice")
STYLES: Final = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}
WORDS: Final = {Verdict.OK: "ok", Verdict.WARN: "warn", Verdict.FAIL: "FAIL"}
VERDICT_WIDTH: Final = 4
NAME_WIDTH: Final = 10


def health_lines(found: Diagnosis, look: Look, *, quiet: bool = False) -> list[str]:
    """One line a finding, its advice on the next; the sum in words. ``quiet`` leaves out what is well."""
    lines = [line for one in _shown(found, quiet=quiet) for line in _finding_lines(one, look)]
    return lines if quiet else [*lines, sum_line(found)]


def _shown(found: Diagnosis, *, quiet: bool) -> Iterator[Finding]:
    return (one for one in found.findings if not quiet or one.verdict is not Verdict.OK)


def _finding_lines(one: Finding, look: Look) -> Iterator[str]:
    indent = " " * (VERDICT_WIDTH + NAME_WIDTH + 4)
    word = WORDS[one.verdict].ljust(VERDICT_WIDTH)
    first, *rest = look.wrap(f" {word}  {one.name:<{NAME_WIDTH}} {one.measured}", indent)
    yield look.signs(first.replace(word, look.paint(word, STYLES[one.verdict]), 1))
    yield from map(look.signs, rest)
    if one.advice:
        yield from map(look.signs, look.wrap(f"{indent}→ {one.advice}", f"{indent}  "))


def sum_line(found: Diagnosis) -> str:
    """``1 failure, 2 warnings. Exit code 30.``"""
    counts = {verdict: sum(one.verdict is verdict for one in found.findings) for verdict in Verdict}
    if found.verdict is Verdict.OK:
        return f"All well: {counted(len(found.findings), 'check')}."
    words = f"{counted(counts[Verdict.FAIL], 'failure')}, {counted(counts[Verdict.WARN], 'warning')}"
    return f"{words}. Exit code {found.exit_code}."


def health_tsv(found: Diagnosis, *, quiet: bool = False) -> list[str]:
    """One header, one line a finding; with ``quiet`` nothing where all is well."""
    rows = [
        "\t".join(_flat(cell) for cell in (one.name, one.verdict.value, one.measured, one.advice))
        for one in _shown(found, quiet=quiet)
    ]
    return ["\t".join(HEADINGS), *rows] if rows else []


def _flat(text: str) -> str:
    return " ".join(text.split())


def health_json(found: Diagnosis) -> str:
    """The findings as one JSON document."""
    findings = [
        {"name": one.name, "verdict": one.verdict.value, "measured": one.measured, "advice": one.advice}
        for one in found.findings
    ]
    head = {"schema": SCHEMA, "version": VERSION, "verdict": found.verdict.value}
    return document_json({**head, "exit_code": found.exit_code, "findings": findings}, indent=2)
