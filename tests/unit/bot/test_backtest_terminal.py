"""A backtest in a terminal, compared whole with kept files: delete one and run the test to keep what is printed now."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bot.telemetry.summary import summarise
from bot.ui.backtest_terminal import CURVE, blocks, summary_lines
from bot.ui.look import Look
from shared.models.backtest import Told
from shared.models.statistics import Unsaid
from tests.fixtures.hand_backtest import hand_backtest, year_of_trades
from tests.fixtures.hand_told import LOCK, TURNED, hand_told

GOLDEN = Path(__file__).parents[2] / "golden" / "terminal"
FILES = ("reports/b-7f3a91c2/report.html", "reports/b-7f3a91c2/trades.csv")


@cache
def told_of(count: int) -> Told:
    backtest = hand_backtest(year_of_trades(count), locks=(LOCK,), turned=TURNED)
    if not count:
        return hand_told(backtest, summarise(backtest), placebo=Unsaid("no finished trade"))
    return hand_told(backtest, summarise(backtest), tried=17, notes=("The holdout was touched once.",))


VIEWS = {
    "backtest-120": (60, Look(120)),
    "backtest-80": (60, Look(80)),
    "backtest-60": (60, Look(60)),
    "backtest-ascii-80": (60, Look(80, unicode=False)),
    "backtest-colour-120": (60, Look(120, colour=True)),
    "backtest-none-80": (0, Look(80)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_what_it_was(name: str) -> None:
    kept = GOLDEN / f"{name}.txt"
    count, look = VIEWS[name]
    printed = "\n".join(summary_lines(told_of(count), FILES, look)) + "\n"
    if not kept.exists():
        kept.write_text(printed, "utf-8")
        pytest.fail(f"{kept.name} was not there and has been written: read it, then run again")
    assert printed == kept.read_text("utf-8")


@pytest.mark.parametrize("columns", [40, 60, 72, 80, 104, 120, 200])
@pytest.mark.parametrize("count", [0, 60])
def test_no_line_is_wider_than_the_terminal(columns: int, count: int) -> None:
    assert max(map(len, summary_lines(told_of(count), FILES, Look(columns)))) <= columns


def test_symbols_that_do_not_fit_are_counted() -> None:
    lines = summary_lines(told_of(60), (), Look(72))
    headings = next(line for line in lines if line.startswith(" ") and "all" in line).split()
    assert headings[0] == "all"
    rest = 4 - (len(headings) - 1)
    assert 0 < rest < 4
    assert f"{rest} symbol{'' if rest == 1 else 's'} more in the report" in lines


def test_without_unicode_nothing_but_ascii_is_printed() -> None:
    assert all(line.isascii() for line in summary_lines(told_of(60), FILES, Look(80, unicode=False)))


def test_a_curve_of_blocks_rises_and_falls_with_equity() -> None:
    assert blocks([0.0, 7.0, 3.5]) == "▁█▄"
    assert blocks([5.0, 5.0]) == "▁▁"
    assert len(blocks([float(day) for day in range(366)])) <= CURVE
