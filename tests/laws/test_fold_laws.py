"""Laws of folds: nothing that trains overlaps what it is tested on, and every close that is tested is tested once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.backtest.walk_forward import folds
from shared.errors import ConfigFault
from shared.models.timeframe import DAY_MS
from shared.models.walk_forward import Fold, FoldPlan

SINCE_MS = 1_704_067_200_000
HOUR_MS = 3_600_000

plans = st.builds(
    FoldPlan,
    st.integers(1, 200),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 20 * 24).map(lambda hours: hours * HOUR_MS),
)
lengths = st.integers(1, 900).map(lambda days: days * DAY_MS)


def cut(plan: FoldPlan, length_ms: int) -> tuple[Fold, ...]:
    assume(length_ms >= plan.lead_ms + plan.test_ms)
    return folds(SINCE_MS, SINCE_MS + length_ms, plan)


@given(plans, lengths)
def test_a_trade_of_one_part_is_over_before_the_next_begins(plan: FoldPlan, length_ms: int) -> None:
    for fold in cut(plan, length_ms):
        assert fold.train.until_ms + plan.hold_ms <= fold.validate.since_ms
        assert fold.validate.until_ms + plan.hold_ms <= fold.test.since_ms


@given(plans, lengths)
def test_every_close_from_the_first_test_on_belongs_to_one(plan: FoldPlan, length_ms: int) -> None:
    turns = cut(plan, length_ms)
    assert turns[0].test.since_ms == SINCE_MS + plan.lead_ms
    assert turns[-1].test.until_ms == SINCE_MS + length_ms
    assert all(one.test.until_ms == other.test.since_ms for one, other in pairwise(turns))
    probes = range(turns[0].test.since_ms + 1, turns[-1].test.until_ms, 7 * DAY_MS)
    assert all(sum(fold.test.holds(probe) for fold in turns) == 1 for probe in probes)


@given(plans, lengths)
def test_training_uses_a_test_only_once_the_embargo_after_it_is_over(plan: FoldPlan, length_ms: int) -> None:
    turns = cut(plan, length_ms)
    for place, fold in enumerate(turns):
        for before in turns[:place]:
            untouched = fold.train.until_ms <= before.test.since_ms
            assert untouched or before.test.until_ms + plan.hold_ms <= fold.test.since_ms


@given(plans, lengths)
def test_windows_lie_within_the_period_and_have_their_lengths(plan: FoldPlan, length_ms: int) -> None:
    turns = cut(plan, length_ms)
    for fold in turns:
        assert fold.train.since_ms >= SINCE_MS
        assert fold.train.until_ms - fold.train.since_ms == plan.train_ms
        assert fold.validate.until_ms - fold.validate.since_ms == plan.validate_ms
    tests = [fold.test.until_ms - fold.test.since_ms for fold in turns]
    assert set(tests[:-1]) <= {plan.test_ms}
    assert plan.test_ms <= 2 * tests[-1] <= 3 * plan.test_ms


@given(plans, lengths)
def test_a_longer_period_keeps_the_folds_before_the_last(plan: FoldPlan, length_ms: int) -> None:
    shorter, longer = cut(plan, length_ms), cut(plan, length_ms + 40 * DAY_MS)
    assert longer[: len(shorter) - 1] == shorter[:-1]


@given(plans)
def test_a_period_too_short_for_one_fold_is_refused(plan: FoldPlan) -> None:
    with pytest.raises(ConfigFault, match="one fold takes"):
        folds(SINCE_MS, SINCE_MS + plan.lead_ms + plan.test_ms // 2 - 1, plan)
