"""Columns in one piece of memory keep their rows as they grow; marks reach back as far as any detector looks."""

from __future__ import annotations

import numpy as np

from shared.models.timeframe import Timeframe
from strategy.smc.bos_choch import MEMORY, SWEEP_REACH
from strategy.smc.marks import LAST, RING
from strategy.smc.order_blocks import LOOK_BACK
from strategy.smc.sessions import WEEK_MS
from strategy.smc.table import ALIGNED, Table

LONGEST_REACH = 100
"""Largest ``swing_reach`` the settings allow."""


def filled(rows: int) -> Table:
    table = Table(pairs=(2, np.int8), prices=(1, np.float64), numbers=(1, np.int32))
    table.make_room(rows, 0)
    for column in table.columns.values():
        column[:] = np.arange(column.size)
    return table


def test_growing_keeps_the_rows_in_use_and_what_was_handed_out() -> None:
    table = filled(5)
    before = table.head(3)
    table.make_room(1000, 3)
    assert table.room == 1000
    assert [column.size for column in table.columns.values()] == [2000, 1000, 1000]
    assert [column.tolist() for column in table.head(3)] == [[0, 1, 2, 3, 4, 5], [0, 1, 2], [0, 1, 2]]
    for column in table.columns.values():
        column[:] = 7
    assert [column.tolist() for column in before] == [[0, 1, 2, 3, 4, 5], [0, 1, 2], [0, 1, 2]]


def test_columns_lie_apart_and_aligned() -> None:
    columns = list(filled(5).columns.values())
    starts = [column.ctypes.data for column in columns]
    assert all((start - starts[0]) % ALIGNED == 0 for start in starts)
    assert not any(np.shares_memory(one, other) for one in columns for other in columns if one is not other)


def test_a_table_of_columns_that_are_there_copies_none() -> None:
    prices = np.arange(4.0)
    table = Table.holding(prices=prices)
    assert table.room == 4
    assert np.shares_memory(table.head(2)[0], prices)


def test_marks_are_kept_longer_than_any_detector_looks_back() -> None:
    assert not RING & LAST
    assert WEEK_MS // Timeframe.M5.ms + LONGEST_REACH < RING
    assert MEMORY + LONGEST_REACH + SWEEP_REACH + LOOK_BACK < RING
