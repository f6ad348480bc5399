"""The echo check: candles of another market never pass for the ones asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.echo import BAND, Known, check_echo
from shared.errors import DataFault
from shared.models.data import Candles
from shared.models.timeframe import Timeframe

NONE = Candles.empty(Timeframe.M5)


def flat(price: float, first: int = 0, count: int = 3, timeframe: Timeframe = Timeframe.M5) -> Candles:
    column = np.full(count, price)
    return Candles(
        timeframe, (first + np.arange(count)) * timeframe.ms, column, column, column, column, column
    )


def test_nothing_known_and_nothing_answered_pass() -> None:
    check_echo("x A/B 5m", flat(3.0), Known(0.0, NONE, NONE))
    check_echo("x A/B 5m", NONE, Known(5.0, NONE, NONE))


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Known(3000.0, NONE, NONE), "the exchange's last price is 3000"),
        (Known(0.0, flat(3000.0, -3), NONE), "the stored close before it is 3000"),
        (Known(0.0, flat(3000.0, 2), NONE), "the stored close of 1970-01-01T00:10:00Z is 3000"),
        (Known(0.0, NONE, flat(3000.0, 0, 2)), "the 5m close inside it is 3000"),
    ],
    ids=["ticker", "seam", "overlap", "finer"],
)
def test_a_price_of_another_market_is_named_with_what_it_contradicts(known: Known, said: str) -> None:
    fresh = flat(60_000.0) if not len(known.finer) else flat(60_000.0, 0, 1, Timeframe.M15)
    with pytest.raises(
        DataFault, match=f"x A/B: the candles answered are another market's: 60000 where {said}"
    ):
        check_echo("x A/B", fresh, known)


def test_what_is_known_of_another_time_is_not_compared() -> None:
    check_echo("x A/B 5m", flat(60_000.0), Known(0.0, flat(3000.0, -9), NONE))
    check_echo("x A/B 15m", flat(60_000.0, 5, 1, Timeframe.M15), Known(0.0, NONE, flat(3000.0, 0, 9)))


@given(st.floats(1 / BAND + 1e-6, BAND - 1e-6), st.floats(1e-8, 1e6))
def test_a_move_inside_the_band_passes_both_ways(move: float, price: float) -> None:
    check_echo("x A/B 5m", flat(price * move), Known(price, flat(price, -3), NONE))
