"""Values as JSON."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ContractError
from shared.models.smc import Side
from shared.models.timeframe import Timeframe
from shared.utils.serialization import canonical_json, decimal_text, digest_of, document_json

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def test_keys_are_sorted_and_nothing_is_padded() -> None:
    value = {"b": (Side.SHORT, Timeframe.H4), "a": Decimal("0.00001234"), Timeframe.D1: 1.5}
    assert canonical_json(value) == '{"1d":1.5,"a":"0.00001234","b":[-1,"4h"]}'


@given(plain)
def test_canonical_json_reads_back_as_the_same_value(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(), st.integers()))
def test_the_digest_does_not_depend_on_the_order_of_keys(table: dict[str, int]) -> None:
    assert digest_of(table) == digest_of(dict(reversed(table.items())))


@pytest.mark.parametrize("number", [math.nan, math.inf, Decimal("NaN"), Decimal("Infinity")])
def test_a_number_that_is_none_is_refused_with_its_path(number: object) -> None:
    with pytest.raises(ContractError, match=r"value\.prices\[1\] must be a finite number"):
        canonical_json({"prices": [1.0, number]})


def test_a_type_without_a_form_is_refused() -> None:
    with pytest.raises(ContractError, match=r"value\.at: bytes has no JSON form"):
        canonical_json({"at": b"x"})
    with pytest.raises(ContractError, match="a key must be text, found 1"):
        canonical_json({1: 2})


def test_decimals_keep_every_digit_and_are_never_scientific() -> None:
    assert [decimal_text(Decimal(text)) for text in ("1.2345E-8", "67120.0", "1E+3")] == [
        "0.000000012345", "67120.0", "1000",
    ]  # fmt: skip


def test_a_document_keeps_the_order_of_its_keys() -> None:
    assert document_json({"schema": "x/1", "a": "é"}) == '{"schema":"x/1","a":"é"}'
