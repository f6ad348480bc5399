"""The border control between stages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ContractError
from shared.models.gates import GateResult
from shared.models.indicators import IndicatorSet
from shared.models.scoring import FactorScore, SideScore
from shared.models.smc import Side
from shared.models.timeframe import Timeframe
from shared.utils.error_policy import validate_no_nulls, validate_quality_gates, validate_schema


@dataclass(frozen=True)
class Inner:
    """A leaf."""

    value: float
    text: str = "some"


@dataclass(frozen=True)
class Outer:
    """One field of each shape a stage's output has."""

    count: int = 1
    side: Side = Side.LONG
    price: Decimal = Decimal("1.0")
    many: tuple[Inner, ...] = (Inner(1.0),)
    named: dict[str, Inner] | None = None
    pair: tuple[Timeframe, float] = (Timeframe.H1, 0.5)
    perhaps: Inner | None = None
    unit: str = ""


def gate(measured: float, threshold: float = 1.0) -> GateResult:
    return GateResult("plan", "plan.rr", "net reward", "R", measured, ">=", threshold)


def test_a_whole_value_passes_both_checks() -> None:
    whole = Outer(named={"a": Inner(2.0)}, perhaps=Inner(3.0))
    validate_schema(whole, Outer)
    validate_no_nulls(whole, "whole")


def test_real_stage_outputs_pass() -> None:
    scored = SideScore(Side.LONG, (FactorScore("alignment", 0.5, 180, 90, "half"),), (), ())
    validate_schema(scored, SideScore)
    validate_no_nulls(scored, "scored")
    columns = IndicatorSet(Timeframe.H1, {"rsi": np.array([math.nan, 50.0])})
    validate_schema(columns, IndicatorSet)
    validate_no_nulls({Timeframe.H1: columns}, "multi_tf_indicators")


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        (Outer(many=(Inner(1.0), Inner(math.nan))), "x.many[1].value is nan"),
        (Outer(many=(Inner(math.inf),)), "x.many[0].value is inf"),
        (Outer(many=(Inner(1.0, "  "),)), "x.many[0].text is empty"),
        (Outer(many=(Inner(None),)), "x.many[0].value is None"),  # type: ignore[arg-type]
        (Outer(count=None), "x.count is None"),  # type: ignore[arg-type]
        (Outer(side=None), "x.side is None"),  # type: ignore[arg-type]
        (Outer(price=Decimal("NaN")), "x.price is NaN"),
        (Outer(named={"a": Inner(-math.inf)}), "x.named['a'].value is -inf"),
        (Outer(pair=(Timeframe.H1, math.nan)), "x.pair[1] is nan"),
        (Outer(perhaps=Inner(math.nan)), "x.perhaps.value is nan"),
    ],
)
def test_a_missing_value_is_named_by_its_path(broken: Outer, path: str) -> None:
    with pytest.raises(ContractError) as fault:
        validate_no_nulls(broken, "x")
    assert fault.value.problem == path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 1.5}, "Outer.count must be int, found float 1.5"),
        ({"count": True}, "Outer.count must be int, found bool True"),
        ({"side": 1}, "Outer.side must be Side, found int 1"),
        ({"price": 1.0}, "Outer.price must be Decimal, found float 1.0"),
        ({"many": [Inner(1.0)]}, "Outer.many must be tuple, found list"),
        ({"many": (Inner(1.0), 7)}, "Outer.many[1] must be Inner, found int 7"),
        ({"many": (Inner("1"),)}, "Outer.many[0].value must be float, found str '1'"),  # type: ignore[arg-type]
        ({"many": (Inner(False),)}, "Outer.many[0].value must be float, found bool False"),
        ({"named": {"a": None}}, "Outer.named['a'] must be Inner, found None"),
        ({"pair": (Timeframe.H1,)}, "Outer.pair must be a tuple of 2"),
        ({"pair": (Timeframe.H1, "x")}, "Outer.pair[1] must be float"),
        ({"perhaps": "no"}, "Outer.perhaps must be Inner or NoneType, found str 'no'"),
    ],
)
def test_a_wrong_type_is_named_by_its_path(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError) as fault:
        validate_schema(Outer(**changes), Outer)
    assert fault.value.problem.startswith(message)


def test_an_int_may_stand_for_a_float() -> None:
    validate_schema(Inner(1), Inner)


def test_another_type_altogether_is_refused() -> None:
    with pytest.raises(ContractError, match="expected Outer, found Inner"):
        validate_schema(Inner(1.0), Outer)


def test_a_literal_field_takes_only_its_words() -> None:
    wrong = GateResult("lunch", "c", "w", "u", 1.0, ">=", 1.0)  # type: ignore[arg-type]
    with pytest.raises(ContractError, match=r"GateResult.stage must be one of 'universe'"):
        validate_schema(wrong, GateResult)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=8))
def test_finite_numbers_pass_and_no_other(numbers: list[float]) -> None:
    value = Outer(many=tuple(Inner(number) for number in numbers))
    if all(math.isfinite(number) for number in numbers):
        validate_no_nulls(value, "x")
    else:
        with pytest.raises(ContractError):
            validate_no_nulls(value, "x")


def test_huge_numbers_whose_sum_overflows_are_still_numbers() -> None:
    @dataclass(frozen=True)
    class Two:
        one: float
        other: float

    validate_no_nulls(Two(1.7e308, 1.7e308), "two")


def test_failed_gates_come_back_in_order() -> None:
    results = (gate(0.5), gate(2.0), gate(0.9))
    assert validate_quality_gates("BTC/USDT", results) == (results[0], results[2])


def test_a_gate_that_compares_nothing_is_a_fault_not_an_outcome() -> None:
    with pytest.raises(
        ContractError, match=r"BTC/USDT: gate plan.rr must compare finite numbers, found nan >= 1.0"
    ):
        validate_quality_gates("BTC/USDT", (gate(math.nan),))
    with pytest.raises(ContractError, match="expected a gate's result, found 'passed'"):
        validate_quality_gates("BTC/USDT", ("passed",))  # type: ignore[type-var]
