"""Nearest names."""

from __future__ import annotations

from shared.utils.suggest import edit_distance, nearest, suggest


def test_one_slip_costs_one() -> None:
    assert [edit_distance("gates", typo) for typo in ("gates", "gate", "gatess", "gatas", "gaets")] == [
        0,
        1,
        1,
        1,
        1,
    ]


def test_the_nearest_name_is_offered_whatever_its_case() -> None:
    assert nearest("BALANCD", ("balanced", "trend")) == "balanced"


def test_what_is_far_from_everything_gets_the_list() -> None:
    assert suggest("xyz", ("trend", "range")) == "There are range, trend"
    assert suggest("xyz", ()) == "There are none"
    assert suggest("xyz", [f"name{n:02}" for n in range(20)]).endswith("name11 and 8 more")
