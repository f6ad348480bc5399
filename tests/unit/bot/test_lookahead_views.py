"""A check for look-ahead as a person sees it, compared whole with kept files: delete one and run the test to keep what is printed now."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ui.look import Look
from bot.ui.lookahead import (
    LOOKAHEAD_HEADINGS,
    cases_line,
    effort_text,
    lookahead_lines,
    lookahead_tsv,
)
from tests.fixtures.hand_checks import LOOKAHEAD, LOOKS_AHEAD

GOLDEN = Path(__file__).parents[2] / "golden" / "terminal"

VIEWS = {
    "lookahead-120": lambda: lookahead_lines(LOOKAHEAD, Look(120)),
    "lookahead-60": lambda: lookahead_lines(LOOKAHEAD, Look(60)),
    "lookahead-caught-80": lambda: lookahead_lines(LOOKS_AHEAD, Look(80)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_what_it_was(name: str) -> None:
    kept = GOLDEN / f"{name}.txt"
    printed = "\n".join(VIEWS[name]()) + "\n"
    if not kept.exists():
        kept.write_text(printed, "utf-8")
        pytest.fail(f"{kept.name} was not there and has been written: read it, then run again")
    assert printed == kept.read_text("utf-8")


@pytest.mark.parametrize("found", [LOOKAHEAD, LOOKS_AHEAD])
@pytest.mark.parametrize("columns", [40, 60, 72, 80, 104, 120])
def test_no_line_is_wider_than_the_terminal(columns: int, found: object) -> None:
    assert max(map(len, lookahead_lines(found, Look(columns)))) <= columns  # type: ignore[arg-type]


@pytest.mark.parametrize("found", [LOOKAHEAD, LOOKS_AHEAD])
def test_the_ascii_view_is_ascii(found: object) -> None:
    for columns in (60, 120):
        assert "\n".join(lookahead_lines(found, Look(columns, unicode=False))).isascii()  # type: ignore[arg-type]


def test_what_looks_ahead_is_counted_and_shown_where_it_was_seen_first() -> None:
    assert cases_line("x", LOOKAHEAD.checks) == "x: 0 of 1,166 cases look ahead"
    assert cases_line("x", LOOKS_AHEAD.checks[-1:]) == "x: 1 of 7 cases looks ahead"
    assert LOOKS_AHEAD.differing == 45
    shown = "\n".join(lookahead_lines(LOOKS_AHEAD, Look(120)))
    assert (
        "- prefix centred_average (plugin), first: BTC/USDT 1h 2023-11-15T01:00:00Z: 20.25, later 20.5"
        in shown
    )


def test_what_was_tried_is_said() -> None:
    assert effort_text(LOOKAHEAD) == "23 cuts each, 1,028 decisions (8 with a plan)"


def test_machines_get_a_line_a_law_and_subject() -> None:
    rows = [line.split("\t") for line in lookahead_tsv(LOOKS_AHEAD)]
    assert tuple(rows[0]) == LOOKAHEAD_HEADINGS
    assert {len(row) for row in rows} == {len(LOOKAHEAD_HEADINGS)}
    assert len(rows) == 1 + len(LOOKS_AHEAD.checks)
    assert rows[1] == [
        *("prefix", "indicator", "centred_average", "plugin", "46", "44"),
        *("BTC/USDT", "1h", "2023-11-15T01:00:00Z", "20.25, later 20.5"),
    ]
    assert rows[2][-4:] == [""] * 4
