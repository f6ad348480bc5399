"""What is taken out of an answer is there and is what it should be, or the fault names the place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.adapters.answers import Record, levels
from shared.errors import DataFault


def record(value: Any) -> Record:
    return Record("place", {"key": value})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0.01000000", "0.01"),
        ("1.00", "1"),
        ("100", "100"),
        ("1e-8", "0.00000001"),
        (5, "5"),
        (1e-05, "0.00001"),
        ("0", "0"),
    ],
)
def test_a_number_is_read_exactly_and_without_trailing_zeros(written: Any, read: str) -> None:
    assert f"{record(written).decimal('key'):f}" == read


@given(st.decimals(min_value=0, max_value=10**12, places=8))
def test_reading_a_number_does_not_change_it(value: Decimal) -> None:
    assert record(f"{value:f}").decimal("key") == value
    assert record(f"{value:f}").number("key") == float(value)


@pytest.mark.parametrize(
    "odd",
    ["", "-1", "nan", "inf", " 1", "1_0", "１", "1.", ".5", "0x1", "1e999", None, True, [], {}, -1, 10**40],
)
def test_what_is_no_number_is_refused(odd: Any) -> None:
    with pytest.raises(DataFault, match="which is not a number of 0 or more"):
        record(odd).number("key")


def test_only_an_empty_text_means_there_is_no_number() -> None:
    assert record("").number_if_any("key") == 0.0
    with pytest.raises(DataFault):
        record(None).number_if_any("key")


@pytest.mark.parametrize("odd", ["", "x", -1, 1.5, True, "1" * 19, None])
def test_what_is_no_time_is_refused(odd: Any) -> None:
    with pytest.raises(DataFault, match="not a time in whole milliseconds"):
        record(odd).time_ms("key")


def test_a_missing_part_is_named() -> None:
    with pytest.raises(DataFault, match="place: there is no 'other'"):
        record(1).text("other")
    with pytest.raises(DataFault, match="place key: 5 is not an object"):
        record(5).record("key")


@pytest.mark.parametrize("odd", [["1"], ["1", "2", "3"], "12", {"a": 1}, None])
def test_a_level_is_a_price_and_a_size(odd: Any) -> None:
    assert levels([["1", "2"]], "bids") == [(1.0, 2.0)]
    with pytest.raises(DataFault, match="is not a price and a size"):
        levels([odd], "bids")
