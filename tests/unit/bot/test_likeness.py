"""What an alert may say of setups like it: those of its tenth, known by then, enough of them, on one side of 0; else nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telemetry.analytics import Result, expectancy
from bot.telemetry.likeness import first_scores, setups_like
from shared.models.statistics import Unsaid
from shared.models.timeframe import DAY_MS
from shared.models.track import Alike
from tests.fixtures.hand_track import ALIKE, BEGINS_MS, past_trade, past_trades

SCORES = (65.0, 66.5, 68.0, 69.9, 71.0, 73.2, 75.0, 78.0, 81.0, 88.8)
"""Ten scores, so that each is a tenth."""
ROWS = past_trades(SCORES)
LATER_MS = BEGINS_MS + 1000 * DAY_MS


def said(score: float, rows: tuple[object, ...] = ROWS) -> Alike | Unsaid:
    return setups_like(rows, score, LATER_MS)  # type: ignore[arg-type]


def test_the_trades_of_the_same_tenth_speak_and_no_others() -> None:
    own = [row for row in ROWS if row.score_tenths == 710]
    found = said(71.4)
    assert isinstance(found, Alike)
    assert found.worth == expectancy([Result(row.decided_ms, row.r, row.best_r) for row in own])
    assert (found.low, found.high) == (71.0, 73.1)
    assert (found.since_ms, found.until_ms) == (own[0].decided_ms, own[-1].decided_ms)


def test_it_reads_as_one_line() -> None:
    assert str(ALIKE) == (
        "Setups like this, out of sample: N = 41, +0.31R [-0.02, +0.63] (scores 70 to 74.9, 2024-03-01 to 2024-09-01)"
    )


@pytest.mark.parametrize(("score", "told"), [(64.9, False), (65.0, True), (88.8, True), (88.9, False)])
def test_a_score_beyond_all_recorded_ones_is_like_none(score: float, told: bool) -> None:
    assert isinstance(said(score), Alike) is told


def test_a_tenth_with_too_few_trades_says_nothing_however_many_there_are_in_all() -> None:
    thin = past_trades(SCORES, each=29)
    assert str(said(78.0, thin)) == "n/a (insufficient: 29 of 30 trades on 29 of 20 days)"
    crowded = tuple(
        replace(row, decided_ms=BEGINS_MS + row.decided_ms // DAY_MS % 19 * DAY_MS, ended_ms=LATER_MS)
        for row in ROWS
    )
    assert str(said(78.0, crowded)) == "n/a (insufficient: 40 of 30 trades on 19 of 20 days)"


def test_a_mean_whose_sign_depends_on_the_reading_is_not_told() -> None:
    doubtful = tuple(replace(row, r=-0.1, best_r=0.1) for row in ROWS)
    assert "both sides of 0" in str(said(75.0, doubtful))
    losing = tuple(replace(row, r=-0.3, best_r=-0.1) for row in ROWS)
    found = said(75.0, losing)
    assert isinstance(found, Alike)
    assert found.worth.mean == pytest.approx(-0.3)


def test_what_ended_after_the_decision_is_not_known_to_it() -> None:
    cut = ROWS[350].decided_ms
    before = setups_like(ROWS, 71.0, cut)
    poisoned = tuple(row if row.ended_ms <= cut else replace(row, r=99.0, best_r=99.0) for row in ROWS)
    assert setups_like(poisoned, 71.0, cut) == before
    assert isinstance(setups_like(ROWS, 88.8, ROWS[-1].decided_ms), Alike)
    assert setups_like(ROWS, 71.0, BEGINS_MS) == Unsaid("no trade on record")


scores = st.lists(st.integers(600, 700), min_size=1, max_size=80)


@given(scores)
def test_tenths_cover_every_score_once_and_hold_no_more_than_a_tenth_and_its_ties(values: list[int]) -> None:
    every = np.array(values, np.int64)
    firsts = first_scores(every)
    assert firsts[0] == every.min()
    assert (np.diff(firsts) > 0).all()
    assert set(firsts.tolist()) <= set(values)
    assert len(firsts) <= 10
    ties = int(np.unique(every, return_counts=True)[1].max())
    sizes = np.bincount(np.searchsorted(firsts, every, side="right") - 1)
    assert sizes.max() <= len(values) / 10 + ties


def test_one_score_is_one_tenth() -> None:
    same = tuple(past_trade(number) for number in range(40))
    assert isinstance(setups_like(same, 70.0, LATER_MS), Alike)
