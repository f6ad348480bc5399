"""What is on record, as a person and a program see it."""

from __future__ import annotations

import pytest

from bot.ui.look import Look
from bot.ui.track import HEADINGS, recorded_lines, recorded_tsv
from shared.models.statistics import Expectancy, Insufficient
from shared.models.timeframe import DAY_MS
from shared.models.track import Recorded
from tests.fixtures.hand_backtest import MONDAY_MS

LAST_MS = MONDAY_MS + 100 * DAY_MS
ROWS = (
    Recorded("w-0123456789ab", "binance", "balanced", "d" * 64, 212, MONDAY_MS, LAST_MS, Expectancy(212, 90, 0.21, 0.02, 0.4, 0.22, 3)),
    Recorded("w-0123456789ab", "binance", "trend", "e" * 64, 3, MONDAY_MS, LAST_MS, Insufficient(3, 3)),
)  # fmt: skip


def test_a_wide_terminal_has_a_table() -> None:
    assert recorded_lines(ROWS, Look(120)) == [
        "source          exchange  profile   rules       N  first       last        worth",
        "w-0123456789ab  binance   balanced  dddddddd  212  2024-01-01  2024-04-10  +0.21R [+0.02, +0.40]",
        "w-0123456789ab  binance   trend     eeeeeeee    3  2024-01-01  2024-04-10  too few to say",
    ]


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    assert (
        max(map(len, (*recorded_lines(ROWS, Look(columns)), *recorded_lines((), Look(columns))))) <= columns
    )


def test_machines_get_every_figure_that_is_told() -> None:
    rows = [line.split("\t") for line in recorded_tsv(ROWS)]
    assert tuple(rows[0]) == HEADINGS
    assert [row[4:6] + row[8:] for row in rows[1:]] == [
        ["212", "90", "0.2100", "0.0200", "0.4000"],
        ["3", "3", "", "", ""],
    ]
