"""Sums of many columns are to the bit those of ``math.fsum``, whatever cancels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shared.utils.exact_sums import column_sums

UNEVEN = st.floats(-1e15, 1e15) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0**53, 2.0**-53, 1e-300, 5e-324])
tables = arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 6)), elements=UNEVEN)


def one_by_one(terms: np.ndarray) -> bytes:
    return np.array([math.fsum(column) for column in terms.T.tolist()]).tobytes()


@given(tables)
def test_every_column_has_the_sum_that_fsum_gives(terms: np.ndarray) -> None:
    assert column_sums(terms).tobytes() == one_by_one(terms)


@pytest.mark.parametrize("spread", [0.0, 1.0, 12.0])
def test_long_columns_of_any_sizes_and_signs_have_the_sum_that_fsum_gives(spread: float) -> None:
    draw = np.random.default_rng(7)
    terms = draw.standard_normal((200, 3000)) * 10 ** (spread * draw.standard_normal((200, 3000)))
    terms[100:] = np.where(draw.random((100, 3000)) < 0.5, -terms[:100], terms[100:])
    assert column_sums(terms).tobytes() == one_by_one(terms)


@pytest.mark.parametrize(
    ("column", "total"),
    [
        ([1.0, 2.0**-53], 1.0),
        ([1.0, 2.0**-53, 2.0**-106], 1.0 + 2.0**-52),
        ([1.0 + 2.0**-52, 2.0**-53], 1.0 + 2.0**-51),
        ([1.0, -(2.0**-54), -(2.0**-107)], 1.0 - 2.0**-53),
        ([1e100, 1.0, -1e100], 1.0),
        ([-0.0, -0.0], 0.0),
    ],
)
def test_a_sum_halfway_between_two_numbers_goes_the_way_of_what_is_behind(
    column: list[float], total: float
) -> None:
    terms = np.array(column)[:, None]
    assert math.fsum(column) == total
    assert column_sums(terms).tobytes() == one_by_one(terms)
