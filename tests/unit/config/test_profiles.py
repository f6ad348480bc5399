"""The packaged profiles and a user's changes to them."""

from __future__ import annotations

import contextlib
import math
import os
import string
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.config.digest import DECIDING, config_digest, decision_digest
from shared.config.parser import known_keys
from shared.config.profiles import load_profile, profile_names
from shared.errors import ConfigFault
from shared.models.profile import Profile
from shared.models.timeframe import Timeframe
from shared.utils.suggest import edit_distance

KEYS = [key for key in known_keys(Profile("", "")) if key not in ("name", "summary")]
NAMED = [
    f"confluence.{table}.{name}"
    for table in ("weights", "synergies", "conflicts")
    for name in getattr(load_profile().confluence, table)
]
MISTYPED = 2000 if os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly" else 300


def nested(key: str, value: object) -> dict[str, Any]:
    *tables, last = key.split(".")
    tree: dict[str, Any] = {last: value}
    for name in reversed(tables):
        tree = {name: tree}
    return tree


def test_there_are_five_profiles_balanced_first() -> None:
    assert profile_names() == ("balanced", "trend", "range", "aggressive", "mobile")


def test_balanced_is_what_the_fields_default_to() -> None:
    balanced = load_profile()
    assert balanced == Profile("balanced", balanced.summary)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("trend", "timeframes.anchor", Timeframe.H4),
        ("trend", "gates.min_alignment", 0.75),
        ("trend", "gates.min_net_rr_last", 2.5),
        ("range", "gates.require_sweep_bars", 12),
        ("range", "gates.max_efficiency", 0.35),
        ("range", "gates.max_range_position", 0.35),
        ("aggressive", "gates.min_net_rr_first", 0.8),
        ("aggressive", "risk.risk_pct", 0.75),
        ("aggressive", "risk.max_positions", 6),
        ("mobile", "universe.size", 12),
        ("mobile", "risk.max_same_side", 2),
        ("mobile", "gates.btc_gate", True),
        ("range", "risk.max_cluster_r", 1.0),
        ("aggressive", "protection.stop_guard_stops", 4),
        ("trend", "protection.cooldown_hours", 24.0),
    ],
)
def test_variants_differ_where_the_table_says(name: str, key: str, value: object) -> None:
    section, _, field = key.partition(".")
    assert getattr(getattr(load_profile(name), section), field) == value


def test_every_setting_has_a_meaning_and_every_number_a_unit_and_range() -> None:
    for section in (getattr(load_profile(), spec.name) for spec in fields(Profile)):
        if is_dataclass(section):
            for spec in fields(section):
                assert spec.metadata["doc"], spec.name
                assert ("low" in spec.metadata) == bool(spec.metadata["unit"]), spec.name


def test_an_override_changes_one_value() -> None:
    changed = load_profile("trend", {"gates": {"min_score": 75}})
    assert changed.gates.min_score == 75.0
    assert changed.timeframes == load_profile("trend").timeframes


def test_weights_may_be_moved_as_long_as_they_sum_to_100() -> None:
    changed = load_profile(overrides={"confluence": {"weights": {"alignment": 20, "momentum": 4}}})
    assert changed.confluence.weights["alignment"] == 20
    with pytest.raises(ConfigFault, match=r"overrides: confluence.weights must sum to 100"):
        load_profile(overrides={"confluence": {"weights": {"alignment": 20}}})


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"gates": {"min_scor": 1}}, "unknown key 'gates.min_scor'. Did you mean 'gates.min_score'?"),
        ({"min_score": 1}, "unknown key 'min_score'. Did you mean 'gates.min_score'?"),
        ({"gates": 5}, "gates is a table, found 5"),
        ({"gates": {"min_score": {"a": 1}}}, "gates.min_score must be a value, found a table"),
        ({"gates": {"min_score": "70"}}, "gates.min_score must be a number, found '70'"),
        ({"gates": {"min_score": math.nan}}, "gates.min_score must be 0 to 100 points, found nan"),
        ({"gates": {"min_score": -1}}, "gates.min_score must be 0 to 100 points, found -1"),
        (
            {"gates": {"min_score": 10**400}},
            "gates.min_score must be a number of ordinary size, found a whole number of",
        ),
        ({"gates": {"btc_gate": 1}}, "gates.btc_gate must be true or false, found 1"),
        ({"risk": {"max_positions": True}}, "risk.max_positions must be a whole number, found True"),
        ({"risk": {"max_positions": 2.5}}, "risk.max_positions must be a whole number, found 2.5"),
        ({"risk": {"risk_pct": 50}}, "risk.risk_pct must be 0.01 to 5 % of equity, found 50"),
        ({"risk": {"trading_zone": "Europe/Berln"}}, "risk.trading_zone: no time zone 'Europe/Berln'"),
        ({"risk": {"trading_zone": "../etc"}}, "risk.trading_zone: no time zone '../etc'"),
        ({"risk": {"allow_spot_shorts": "yes"}}, "must be one of reject, information, found 'yes'"),
        (
            {"timeframes": {"anchor": "2h"}},
            "must be one of 5m, 15m, 1h, 4h, 1d, 1w, found '2h'. Did you mean '1h'?",
        ),
        ({"timeframes": {"context": "1d"}}, "timeframes.context must be a list, found '1d'"),
        ({"timeframes": {"context": ["1d", "1d"]}}, "must be a list without repeats"),
        ({"timeframes": {"context": []}}, "timeframes.context must name at least one timeframe"),
        ({"timeframes": {"anchor": "15m"}}, "timeframes.trigger must be finer than timeframes.anchor"),
        ({"confluence": {"weights": {"aligment": 1}}}, "Did you mean 'confluence.weights.alignment'?"),
        ({"confluence": {"alignment": {"1d": 0}}}, "must give a weight above 0 to every timeframe"),
        ({"smc": {"internal_reach": 20}}, "smc.internal_reach must be below smc.swing_reach"),
    ],
)
def test_a_wrong_value_is_refused_with_its_full_key(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        load_profile(overrides=overrides)
    assert message in str(fault.value)
    assert fault.value.exit_code == 2


def test_an_unknown_profile_names_the_nearest() -> None:
    with pytest.raises(ConfigFault, match=r"unknown profile 'trnd'. Did you mean 'trend'?"):
        load_profile("trnd")


@st.composite
def typos(draw: st.DrawFn) -> tuple[str, str]:
    """A key, and the same key with one letter of its last name dropped, doubled, replaced or swapped."""
    key = draw(st.sampled_from([*KEYS, *NAMED]))
    table, _, name = key.rpartition(".")
    place = draw(st.integers(0, len(name) - 2))
    letter = draw(st.sampled_from(string.ascii_lowercase + "_"))
    slips = {
        "drop": name[:place] + name[place + 1 :],
        "double": name[:place] + name[place] + name[place:],
        "replace": name[:place] + letter + name[place + 1 :],
        "swap": name[:place] + name[place + 1] + name[place] + name[place + 2 :],
    }
    return key, f"{table}.{slips[draw(st.sampled_from(sorted(slips)))]}"


@settings(max_examples=MISTYPED)
@given(typos())
def test_every_typo_is_refused_with_the_key_meant(pair: tuple[str, str]) -> None:
    key, typo = pair
    assume(typo not in (*KEYS, *NAMED))
    with pytest.raises(ConfigFault) as fault:
        load_profile(overrides=nested(typo, 1))
    assert f"unknown key {typo!r}" in fault.value.problem
    as_near = [other for other in (*KEYS, *NAMED) if edit_distance(other, typo) <= edit_distance(key, typo)]
    assert fault.value.action in [f"Did you mean {other!r}?" for other in as_near]


@given(
    st.sampled_from(KEYS),
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=3)
    | st.just(10**30),
)
def test_any_value_is_taken_or_refused_but_never_breaks(key: str, value: object) -> None:
    with contextlib.suppress(ConfigFault):
        assert load_profile(overrides=nested(key, value)).name == "balanced"


def test_the_digest_is_of_the_values_not_of_how_they_were_given() -> None:
    same = load_profile("balanced", {"gates": {"min_score": 65}})
    assert config_digest(same) == config_digest(load_profile())
    assert config_digest(load_profile("balanced", {"gates": {"min_score": 66}})) != config_digest(same)
    assert len(config_digest(same)) == 64


DECIDES: dict[str, tuple[str, Any]] = {
    "timeframes": ("information", ["1d"]),
    "data": ("history_bars", 2000),
    "smc": ("equal_atr", 0.2),
    "confluence": ("synergy_bars", 25),
    "gates": ("min_score", 66),
    "costs": ("taker_bps", 11),
    "plan": ("hold_bars", 73),
}
"""Of each section that decides or prices a plan, a setting and another value of it."""


@pytest.mark.parametrize("section", DECIDES)
def test_whatever_decides_or_prices_a_plan_changes_the_digest_of_its_decisions(section: str) -> None:
    name, value = DECIDES[section]
    assert decision_digest(load_profile("balanced", {section: {name: value}})) != decision_digest(
        load_profile()
    )


def test_what_is_risked_who_is_looked_at_and_what_it_is_called_change_no_decision() -> None:
    assert set(DECIDES) == set(DECIDING)
    others = {spec.name for spec in fields(Profile)} - set(DECIDING)
    assert others == {"name", "summary", "universe", "risk", "protection"}
    same = load_profile(
        "balanced", {"risk": {"risk_pct": 0.1}, "universe": {"size": 7}, "protection": {"cooldown_hours": 1}}
    )
    assert decision_digest(replace(same, name="mine")) == decision_digest(load_profile())
    assert config_digest(same) != config_digest(load_profile())
    assert len({decision_digest(load_profile(name)) for name in profile_names()}) == len(profile_names())


@pytest.mark.parametrize("name", profile_names())
def test_a_stop_may_lie_as_far_as_one_r_is_expected_to_be_travelled_within_the_shortest_hold(
    name: str,
) -> None:
    shortest = min(load_profile(one).plan.hold_bars for one in profile_names())
    bound = load_profile(name).plan.max_stop_atr
    assert bound**2 <= shortest < (bound + 1) ** 2
