"""The ml room: a model file is data, refused when it is not that, and moves a score by at most ten points."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.scoring_adapter import LogisticModel
from shared.errors import ConfigFault


def test_probability_is_the_logistic_of_the_weighted_sum() -> None:
    model = LogisticModel.from_json('{"intercept": 0.5, "weights": {"alignment": 2.0, "beta": -1.0}}')
    expected = 1 / (1 + math.exp(-(0.5 + 2.0 * 0.25 - 1.0 * 1.5)))
    assert model.probability({"alignment": 0.25, "beta": 1.5, "other": 9.0}) == pytest.approx(
        expected, rel=1e-12
    )


@given(st.floats(-1e6, 1e6), st.floats(-1e3, 1e3))
def test_probability_stays_within_0_and_1_however_large_the_sum(weight: float, value: float) -> None:
    assert 0.0 <= LogisticModel(0.0, {"x": weight}).probability({"x": value}) <= 1.0


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"intercept": 1}',
        '{"intercept": true, "weights": {}}',
        '{"intercept": NaN, "weights": {}}',
        '{"intercept": 0, "weights": {"a": "1"}}',
        '{"intercept": 0, "weights": [1]}',
        '{"intercept": 0, "weights": {}, "code": "import os"}',
    ],
)
def test_a_file_that_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ConfigFault, match="model"):
        LogisticModel.from_json(text)


def test_a_feature_the_scanner_does_not_have_is_named() -> None:
    with pytest.raises(ConfigFault, match="'moon_phase'"):
        LogisticModel(0.0, {"moon_phase": 1.0}).probability({"beta": 1.0})
