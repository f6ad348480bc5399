"""An order book refuses what is none, and says its middle and spread."""

from __future__ import annotations

import numpy as np
import pytest

from shared.errors import DataFault
from shared.models.data import OrderBook

BIDS = [[99.0, 1.0], [98.5, 2.0]]
ASKS = [[101.0, 3.0], [102.0, 1.0]]


def book(bids: object = BIDS, asks: object = ASKS, time_ms: int = 1) -> OrderBook:
    return OrderBook("x", "BTC/USDT", time_ms, np.array(bids), np.array(asks))


def test_middle_and_spread_are_of_the_best_levels() -> None:
    assert book().mid == 100.0
    assert book().spread_bps == 200.0


def test_books_are_equal_when_every_level_is() -> None:
    assert book() == book()
    assert book() != book(bids=BIDS[:1])
    assert book() != book(time_ms=2)


def test_levels_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        book().bids[0, 0] = 1.0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"bids": [[101.0, 1.0]]}, "the best bid 101 is not below the best ask 101"),
        ({"bids": [[98.0, 1.0], [99.0, 1.0]]}, "bids are not sorted"),
        ({"asks": [[101.0, 1.0], [101.0, 1.0]]}, "asks are not sorted"),
        ({"asks": [[101.0, 0.0]]}, "not above 0"),
        ({"bids": [[float("nan"), 1.0]]}, "not above 0"),
        ({"bids": np.empty((0, 2))}, "not \\(n, 2\\)"),
        ({"asks": [101.0, 1.0]}, "not \\(n, 2\\)"),
        ({"time_ms": 0}, "0 is not a time"),
    ],
)
def test_what_is_no_book_is_refused(change: dict[str, object], problem: str) -> None:
    with pytest.raises(DataFault, match=problem):
        book(**change)  # type: ignore[arg-type]


def test_depth_is_what_waits_near_the_middle_on_each_side() -> None:
    assert book().depth_within(0.01) == (99.0, 303.0)
    assert book().depth_within(0.02) == (99.0 + 197.0, 303.0 + 102.0)
    assert book().depth_within(0.001) == (0.0, 0.0)
