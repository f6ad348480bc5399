"""The doctor's table as a person sees it."""

from __future__ import annotations

from bot.ui.health import health_lines, health_tsv, sum_line
from bot.ui.look import Look
from shared.models.health import Diagnosis, Finding, Verdict

FOUND = Diagnosis(
    (
        Finding("disk", Verdict.OK, "81.20 GB free for candles"),
        Finding(
            "clock", Verdict.WARN, "5.0 s behind binance, within 0.01 s", "Set the clock by network time"
        ),
        Finding("exchange", Verdict.FAIL, "binance: refused", "Check the network"),
    )
)


def test_every_complaint_has_its_fix_on_the_line_below() -> None:
    assert health_lines(FOUND, Look(80)) == [
        " ok    disk       81.20 GB free for candles",
        " warn  clock      5.0 s behind binance, within 0.01 s",
        "                  → Set the clock by network time",
        " FAIL  exchange   binance: refused",
        "                  → Check the network",
        "1 failure, 1 warning. Exit code 30.",
    ]


def test_colour_is_never_the_only_sign() -> None:
    lines = health_lines(FOUND, Look(80, colour=True, unicode=False))
    assert "\x1b[31mFAIL\x1b[0m" in lines[3]
    assert "-> Check" in lines[4]


def test_quiet_leaves_out_what_is_well() -> None:
    assert [line.split()[0] for line in health_lines(FOUND, Look(80), quiet=True)][::2] == ["warn", "FAIL"]
    assert health_tsv(Diagnosis(FOUND.findings[:1]), quiet=True) == []


def test_a_narrow_terminal_wraps_words() -> None:
    assert max(map(len, health_lines(FOUND, Look(50)))) <= 50


def test_all_well_is_one_sentence() -> None:
    assert sum_line(Diagnosis(FOUND.findings[:1])) == "All well: 1 check."


def test_a_tab_in_what_was_measured_does_not_break_a_row() -> None:
    rows = health_tsv(Diagnosis((Finding("disk", Verdict.OK, "a\tb\nc"),)))
    assert rows[1] == "disk\tok\ta b c\t"
