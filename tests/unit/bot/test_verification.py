"""The checks as a person sees them, compared whole with kept files: delete one and run the test to keep what is printed now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.ui.look import Look
from bot.ui.verification import (
    NULL_HEADINGS,
    REPAINT_HEADINGS,
    examined_line,
    left_out_lines,
    null_lines,
    null_tsv,
    repaint_lines,
    repaint_tsv,
    sum_line,
)
from tests.fixtures.hand_checks import EXAMINED, OURS, RATES, THEIRS

GOLDEN = Path(__file__).parents[2] / "golden" / "terminal"

VIEWS = {
    "repaint-120": lambda: repaint_lines(OURS, THEIRS, Look(120)),
    "repaint-80": lambda: repaint_lines(OURS, THEIRS, Look(80)),
    "repaint-60": lambda: repaint_lines(OURS, THEIRS, Look(60)),
    "null-120": lambda: null_lines(RATES, 20, Look(120)),
    "null-80": lambda: null_lines(RATES, 20, Look(80)),
    "null-60": lambda: null_lines(RATES, 20, Look(60)),
    "null-ascii-80": lambda: null_lines(RATES, 20, Look(80, unicode=False)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_what_it_was(name: str) -> None:
    kept = GOLDEN / f"{name}.txt"
    printed = "\n".join(VIEWS[name]()) + "\n"
    if not kept.exists():
        kept.write_text(printed, "utf-8")
        pytest.fail(f"{kept.name} was not there and has been written: read it, then run again")
    assert printed == kept.read_text("utf-8")


@pytest.mark.parametrize("columns", [40, 60, 72, 80, 104, 120])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    look = Look(columns)
    lines = [*repaint_lines(OURS, THEIRS, look), *null_lines(RATES, 20, look)]
    assert max(map(len, lines)) <= columns


def test_the_ascii_view_is_ascii() -> None:
    look = Look(80, unicode=False)
    assert "\n".join([*null_lines(RATES, 20, look), *repaint_lines(OURS, THEIRS, look)]).isascii()


def test_rewrites_are_summed_by_what_they_are() -> None:
    assert sum_line("snipersight", OURS) == "snipersight: 0 rewrites in 13,345 events"
    assert (
        sum_line("x", THEIRS.checks) == "x: 106 rewrites in 180 events (1 changed, 60 vanished, 45 backdated)"
    )
    once = (replace(OURS[0], vanished=1),)
    assert sum_line("x", once) == "x: 1 rewrite in 12,345 events (1 vanished)"


def test_what_was_checked_and_left_out_is_said() -> None:
    assert examined_line(EXAMINED, "20 cuts each") == (
        "demo · balanced · 2 series, 1,000 bars · 20 cuts each · seed 7"
    )
    assert left_out_lines(EXAMINED.left_out) == ["- DOGS/USDT 4h: 72 candles, a check needs 200; left out"]


def test_machines_get_every_figure_and_nothing_where_there_is_none() -> None:
    rows = [line.split("\t") for line in repaint_tsv(OURS, THEIRS)]
    assert tuple(rows[0]) == REPAINT_HEADINGS
    assert {len(row) for row in rows} == {len(REPAINT_HEADINGS)}
    assert [row[:2] for row in rows[3:5]] == [
        ["snipersight", "state"],
        ["smartmoneyconcepts", "swing_highs_lows"],
    ]
    assert rows[2][-3:] == ["", "", ""]
    assert rows[4][5:] == ["1", "60", "24", "85", "20", "20", "20"]
    rates = [line.split("\t") for line in null_tsv(RATES)]
    assert tuple(rates[0]) == NULL_HEADINGS
    assert rates[2][1:10] == [
        "202",
        "128",
        "0.6337",
        "0.5652",
        "0.6973",
        "0.4884",
        "0.4472",
        "0.5191",
        "outside",
    ]
    assert rates[3][1:10] == ["12", "7", "", "", "", "", "", "", "insufficient"]


def test_no_verdict_speaks_of_an_edge() -> None:
    said = "\n".join(null_lines(RATES, 20, Look(120))).lower()
    assert "no measure of profit" in said
    assert not {"edge:", "profitable", "significant", "proven"} & set(said.split())
