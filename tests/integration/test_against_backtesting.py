"""The paper broker beside backtesting.py: alike wherever the rules are, and every difference the one that is written down."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from devtools.beside.comparison import Compared, drawn, seeded_run
from devtools.beside.partings import RULES, Parting
from devtools.beside.players import Case, Trip, played_here
from shared.models.smc import Side

pytest.importorskip("backtesting", reason="the library to compare with: make test installs it")


@pytest.fixture(scope="module")
def run() -> list[Compared]:
    return seeded_run()


def test_a_case_in_which_no_rule_parts_is_played_alike(run: list[Compared]) -> None:
    alike = [one for one in run if one.parting is None]
    assert [(one.case.terms, one.here, one.there) for one in alike if not one.agree] == []
    ends = Counter((one.case.terms.side, one.here.how, one.outcome.fills[:1] != ()) for one in alike)
    for side in Side:
        for how in ("stop", "target", "time"):
            assert ends[side, how, True] > 50
        assert ends[side, "none", False] > 20


def test_fees_are_part_of_what_agrees(run: list[Compared]) -> None:
    charged = [one for one in run if one.case.terms.costs.maker_bps and one.here.exit and one.agree]
    assert len(charged) > 300
    assert all(fill.fee > 0 for one in charged for fill in one.outcome.fills)


@pytest.mark.parametrize("name", Parting)
def test_a_difference_goes_the_way_its_rule_says(name: Parting, run: list[Compared]) -> None:
    differ = [one for one in run if one.parting is name and not one.agree]
    assert differ
    assert [one for one in differ if not RULES[name].shows(one.case, one.here, one.there)] == []


@pytest.mark.parametrize("name", Parting)
def test_the_drawn_example_of_a_rule_shows_it(name: Parting) -> None:
    example = drawn(RULES[name])
    assert example.parting is name
    assert not example.agree
    assert RULES[name].shows(example.case, example.here, example.there)


def test_only_an_early_target_can_part_the_rules_without_a_trace(run: list[Compared]) -> None:
    without = {one.parting for one in run if one.agree and one.parting is not None}
    assert without == {Parting.TARGET_BEFORE_ENTRY}


def test_a_stop_and_a_target_that_are_a_tick_off_would_be_noticed(run: list[Compared]) -> None:
    played = [one for one in run if one.parting is None and one.here.how in {"stop", "target"}]
    noticed = [one for one in played if not played_here(_a_tick_off(one.case))[0].agrees(one.there)]
    assert len(noticed) > 0.75 * len(
        played
    )  # a stop that is jumped, or filled at its candle's end, is where it was


def _a_tick_off(case: Case) -> Case:
    terms, tick = case.terms, int(case.terms.side) * case.terms.tick
    target = replace(terms.legs[0], price=terms.legs[0].price + tick)
    return replace(case, terms=replace(terms, stop=terms.stop - tick, legs=(target,)))


@pytest.mark.parametrize(
    "other",
    [
        Trip("target", 1, 100.0, 3, 105.0, 5.0),
        Trip("stop", 2, 100.0, 3, 105.0, 5.0),
        Trip("stop", 1, 100.1, 3, 105.0, 5.0),
        Trip("stop", 1, 100.0, 4, 105.0, 5.0),
        Trip("stop", 1, 100.0, 3, 105.1, 5.0),
        Trip("stop", 1, 100.0, 3, 105.0, 4.9),
    ],
)
def test_two_trips_agree_only_in_everything(other: Trip) -> None:
    trip = Trip("stop", 1, 100.0, 3, 105.0, 5.0)
    assert trip.agrees(replace(trip))
    assert not trip.agrees(other)
