"""The space of a search: read from tables, held to the fields' own ranges."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from engine.backtest.space import applied, longest_of, sampled, space_of
from shared.config.digest import config_digest
from shared.config.profiles import load_profile
from shared.errors import ConfigFault
from shared.models.search import Knob, size_of

TEXT = """
[search]
gates.min_score = { low = 55, high = 80, step = 12.5 }
plan.max_targets = { step = 2 }
plan.first_fraction = { choices = [0.3, 1.0] }
plan.entry_kinds = { choices = [["limit"], ["limit", "confirm"]] }
"""


def test_a_space_is_read_from_toml() -> None:
    space = space_of(tomllib.loads(TEXT)["search"])
    assert space == (
        Knob("gates.min_score", (55.0, 67.5, 80.0), ordered=True),
        Knob("plan.max_targets", (1, 3, 5), ordered=True),
        Knob("plan.first_fraction", (0.3, 1.0), ordered=False),
        Knob("plan.entry_kinds", (("limit",), ("limit", "confirm")), ordered=False),
    )
    assert size_of(space) == 36


def test_dotted_names_are_the_same_as_tables() -> None:
    spec = {"low": 50, "high": 60, "step": 5}
    assert space_of({"gates.min_score": spec}) == space_of({"gates": {"min_score": spec}})


def test_steps_of_decimal_fractions_land_where_they_are_written() -> None:
    (knob,) = space_of({"gates.min_alignment": {"low": 0.0, "high": 0.9, "step": 0.1}})
    assert knob.values == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def test_the_usual_space_makes_profiles_at_all_its_ends() -> None:
    space = space_of()
    assert len(space) == 6
    assert 1_000 < size_of(space) < 1_000_000
    for place in (0, -1):
        changes = tuple((knob.path, knob.values[place]) for knob in space)
        made = applied(load_profile(), changes)
        assert made.gates.min_score == changes[0][1]


def test_changes_leave_the_rest_of_the_profile_alone() -> None:
    base = load_profile("range")
    made = applied(base, (("gates.min_score", 55.0), ("plan.entry_kinds", ("limit",))))
    assert (made.gates.min_score, made.plan.entry_kinds) == (55.0, ("limit",))
    assert (made.name, made.gates.max_efficiency, made.timeframes) == (base.name, 0.35, base.timeframes)


def test_values_that_do_not_go_together_are_refused_when_they_are_applied() -> None:
    with pytest.raises(ConfigFault, match="min_net_rr_first must not be above"):
        applied(load_profile(), (("gates.min_net_rr_first", 3.0),))


def test_the_longest_trade_is_that_of_the_slowest_configuration() -> None:
    space = space_of(
        {
            "plan.hold_bars": {"choices": [10, 100]},
            "plan.expiry_bars": {"low": 10, "high": 30, "step": 10},
            "gates.min_score": {"choices": [60.0, 70.0]},
        }
    )
    assert longest_of(load_profile(), space) == 130 * 3_600_000
    assert longest_of(load_profile(), space[2:]) == 96 * 3_600_000


def test_candidates_are_the_base_and_different_configurations_the_same_for_the_same_seed() -> None:
    base = load_profile()
    drawn = sampled(base, space_of(), 8, seed=7)
    assert drawn[0] is base
    assert len(drawn) == len(set(map(config_digest, drawn))) == 9
    assert drawn == sampled(base, space_of(), 8, seed=7) != sampled(base, space_of(), 8, seed=8)


def test_a_small_space_gives_what_it_has_and_only_what_goes_together() -> None:
    space = space_of({"gates.min_net_rr_first": {"choices": [0.5, 0.7, 3.0]}})
    drawn = sampled(load_profile(), space, 8, seed=7)
    assert sorted(profile.gates.min_net_rr_first for profile in drawn) == [0.5, 0.7, 1.0]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (
            {"gates.min_scor": {"choices": [1, 2]}},
            r"unknown field 'gates.min_scor'. Did you mean 'gates.min_score'",
        ),
        ({"gates.min_score": {"low": 1, "high": 5}}, "Give step with low and high, or choices alone"),
        ({"gates.min_score": {"choices": [60.0], "step": 5}}, "choices alone"),
        ({"gates.min_score": {"choices": [60.0]}}, "two or more that differ"),
        ({"gates.min_score": {"choices": [60.0, 60.0]}}, "two or more that differ"),
        ({"gates.min_score": {"choices": [60.0, 120.0]}}, "gates.min_score must be 0 to 100 points"),
        ({"gates.min_score": {"choices": [60.0, "high"]}}, "gates.min_score must be a number"),
        ({"gates.min_score": {"low": 90, "high": 110, "step": 10}}, "must be 0 to 100 points"),
        ({"gates.min_score": {"low": 80, "high": 60, "step": 5}}, "Give low < high and step > 0"),
        ({"gates.min_score": {"low": 60, "high": 80, "step": 0}}, "Give low < high and step > 0"),
        ({"gates.min_score": {"low": "a", "high": 80, "step": 1}}, "Give low < high and step > 0"),
        ({"gates.min_score": {"step": 0.01}}, "Give a larger step"),
        ({"plan.max_targets": {"low": 1, "high": 3, "step": 0.5}}, "must be a whole number"),
        ({"plan.entry_kinds": {"step": 1}}, "is not one number"),
        ({"confluence.weights": {"step": 1}}, "is not one number"),
        ({"gates": {"min_score": 70}}, "must be a range or choices, found 70"),
    ],
)
def test_a_table_that_cannot_be_searched_is_refused(table: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigFault, match=says):
        space_of(table)
