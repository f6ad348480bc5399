"""How output may look, and numbers as they are shown."""

from __future__ import annotations

import io
import math
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.look import Layout, Look, look_at
from bot.ui.numbers import (
    age_shown,
    amount_shown,
    measure_text,
    price_shown,
    price_text,
    quantity_shown,
    time_shown,
)
from shared.errors import ConfigFault


class Stream(io.StringIO):
    """A stream that says whether it is a terminal."""

    encoding = "utf-8"

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("columns", "layout"),
    [
        (0, Layout.TSV),
        (40, Layout.CARDS),
        (71, Layout.CARDS),
        (72, Layout.SHORT),
        (103, Layout.SHORT),
        (104, Layout.FULL),
    ],
)
def test_the_layout_follows_the_columns(columns: int, layout: Layout) -> None:
    assert Look(columns).layout is layout


@pytest.mark.parametrize(
    ("environ", "terminal", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour_follows_the_conventions(environ: dict[str, str], terminal: bool, colour: bool) -> None:
    assert look_at(Stream(terminal=terminal), environ).colour is colour


def test_a_pipe_is_never_taken_for_a_terminal() -> None:
    assert look_at(Stream(terminal=False), {"FORCE_COLOR": "1", "COLUMNS": "200"}).layout is Layout.TSV


def test_people_are_shown_times_in_their_zone() -> None:
    berlin = look_at(Stream(terminal=True), {"SNIPERSIGHT_TZ": "Europe/Berlin"})
    assert time_shown(1_795_334_400_000, berlin.zone) == "2026-11-22 09:00 CET"
    for name in ("Mars/Base", "../etc/passwd", "Europe"):
        with pytest.raises(ConfigFault, match="unknown time zone"):
            look_at(Stream(terminal=True), {"SNIPERSIGHT_TZ": name})


def test_flags_win() -> None:
    assert look_at(Stream(terminal=True), {"COLUMNS": "120"}, plain=True) == Look(0, colour=False)
    assert look_at(Stream(terminal=True), {"COLUMNS": "120"}, no_color=True) == Look(120, colour=False)


@pytest.mark.parametrize(
    ("price", "tick", "text"),
    [
        ("67123.4", "0.1", "67,123.4"),
        ("67123.4", "0.10", "67,123.4"),
        ("1.234E-5", "1E-8", "0.00001234"),
        ("1.2345E-8", "1E-12", "0.000000012345"),
        ("67120", "10", "67,120"),
    ],
)
def test_a_price_has_the_ticks_decimals(price: str, tick: str, text: str) -> None:
    assert price_shown(Decimal(price), Decimal(tick)) == text
    assert price_text(Decimal(price), Decimal(tick)) == text.replace(",", "")


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_measures_are_never_scientific(value: float) -> None:
    assert re.fullmatch(r"-?[\d,]+(\.\d+)?", measure_text(value))


def test_measures_keep_four_digits() -> None:
    assert [measure_text(value) for value in (12345.6, 87.4, 1.8, 0.123456, -0.5, math.inf)] == [
        "12,346", "87.4", "1.8", "0.1235", "-0.5", "–",
    ]  # fmt: skip


def test_amounts_quantities_and_times() -> None:
    assert [amount_shown(Decimal(text)) for text in ("10000", "99.98")] == ["10,000", "99.98"]
    assert [quantity_shown(Decimal(text)) for text in ("0.13150", "1200", "1500.0")] == [
        "0.1315",
        "1,200",
        "1,500",
    ]
    assert time_shown(1_795_334_400_000) == "2026-11-22 08:00 UTC"
    assert [age_shown(minutes * 60_000) for minutes in (6, 119, 120, 2879, 2880)] == [
        "6 min ago", "119 min ago", "2 h ago", "47 h ago", "2 days ago",
    ]  # fmt: skip
