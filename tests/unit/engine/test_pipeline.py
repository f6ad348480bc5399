"""The pipeline: it proves its order, holds every output to its contract, and a symbol's faults carry their stage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.hook_point import hook_point
from engine.funnel import build_funnel
from engine.hooks import Hooks
from engine.pipeline import PER_SYMBOL, Pipeline
from engine.symbols import decide_one, relieved
from shared.errors import ContractError, PipelineOrderError
from shared.models.data import Candles, MultiTimeframeData
from shared.models.gates import GateResult, Rejection
from shared.models.indicators import IndicatorSet
from shared.models.scan import SymbolFault
from shared.models.timeframe import Timeframe
from tests.unit.engine.test_hooks_and_steps import context
from tests.unit.risk.test_judge import market


def test_the_stages_stand_in_an_order_that_gives_each_what_it_needs() -> None:
    assert [step.name for step in Pipeline.of(Hooks()).steps] == [
        "indicators",
        "smc",
        "regime",
        "confluence",
        "plan",
    ]


@pytest.mark.parametrize("place", range(1, len(PER_SYMBOL)))
def test_every_stage_moved_to_the_front_is_refused_unless_it_needs_nothing_before_it(place: int) -> None:
    moved = (PER_SYMBOL[place], *(stage for at, stage in enumerate(PER_SYMBOL) if at != place))
    if place == 1:
        assert Pipeline.of(Hooks(), moved).steps[0].name == "smc"
        return
    with pytest.raises(PipelineOrderError):
        Pipeline.of(Hooks(), moved)


@hook_point("indicators", gives="multi_tf_indicators")
def gives_text(multi_tf_data: MultiTimeframeData) -> Any:
    return {Timeframe.H1: "nothing measured"}


@hook_point("indicators", gives="multi_tf_indicators")
def gives_none_inside(multi_tf_data: MultiTimeframeData) -> Any:
    return {Timeframe.H1: IndicatorSet(Timeframe.H1, None)}  # type: ignore[arg-type]


@hook_point("indicators", gives="multi_tf_indicators")
def divides_by_zero(multi_tf_data: MultiTimeframeData) -> Any:
    return 1 / 0


def bare() -> Any:
    data = MultiTimeframeData(market(), 1_700_000_000_000, {Timeframe.H1: Candles.empty(Timeframe.H1)})
    return replace(context(), multi_tf_data=data)


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (gives_text, "multi_tf_indicators must be IndicatorSet, found str"),
        (gives_none_inside, "None"),
        (divides_by_zero, "stage 'indicators' failed for BTC/USDT: ZeroDivisionError"),
    ],
)
def test_an_output_that_breaks_its_contract_is_a_fault_of_its_stage(stage: Any, said: str) -> None:
    pipeline = Pipeline.of(Hooks(), (stage,))
    with pytest.raises(ContractError, match=said) as caught:
        pipeline._take(pipeline.steps[0], bare())
    assert caught.value.stage == "indicators"


def test_a_short_history_ends_as_a_rejection_before_anything_is_computed() -> None:
    end = decide_one((Pipeline.of(Hooks(), (divides_by_zero,)), bare()))
    assert not isinstance(end, SymbolFault)
    assert isinstance(end.plan, Rejection)
    assert end.plan.stage == "data"
    assert end.plan.distance > 0


def test_a_rejected_symbol_lets_go_of_what_no_later_stage_reads_and_a_planned_one_keeps_it() -> None:
    measured: Any = {Timeframe.H1: "columns"}
    planned = replace(bare(), multi_tf_indicators=measured, smc_snapshot=measured)
    gate = GateResult("data", "data.history", "closed candles", "bars", 10.0, ">=", 100.0)
    stopped = replace(planned, plan=Rejection.of("BTC/USDT", gate, "too short"))
    assert relieved(planned) is planned
    left = relieved(stopped)
    assert (left.multi_tf_indicators, left.smc_snapshot) == (None, None)
    assert (left.plan, left.multi_tf_data) == (stopped.plan, stopped.multi_tf_data)


def test_the_funnel_counts_what_every_stage_reached_and_stopped() -> None:
    gate = GateResult("data", "data.history", "closed candles", "bars", 10.0, ">=", 100.0)
    stops = [Rejection.of(name, gate, "too short") for name in ("A", "B")]
    faults = [SymbolFault("C", "smc", "ContractError", "broke", "mend it")]
    rows = {row.stage: (row.reached, row.stopped, row.faults) for row in build_funnel(6, stops, faults)}
    assert rows["universe"] == (6, 0, 0)
    assert rows["data"] == (6, 2, 0)
    assert rows["indicators"] == (4, 0, 0)
    assert rows["smc"] == (4, 0, 1)
    assert rows["risk"] == (3, 0, 0)
