"""Gates: what each measures, and that the table says the truth about thresholds."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from shared.models.data import Candles, Floats
from shared.models.gates import GateResult
from shared.models.indicators import IndicatorSet
from shared.models.profile import GateRules, Profile
from shared.models.smc import Side
from shared.models.timeframe import Timeframe
from strategy.confluence.evidence import READ_COLUMNS, read_evidence
from strategy.confluence.regime_detection import read_regime, unknown_market
from strategy.confluence.scorer import score
from strategy.gates import GATES, check_data, check_indicators, check_side
from strategy.gates.data_gates import missing_pct
from strategy.gates.table import first_failed
from tests.unit.strategy.planner.hand_market import (
    AS_OF,
    D1,
    H1,
    H4,
    M15,
    PROFILE,
    anchor,
    block,
    candles,
    data,
    indicators,
    reading,
    regime,
    snapshot,
    structure,
    sweep,
)

SHORT_HISTORY = replace(PROFILE, data=replace(PROFILE.data, history_bars=200))


def failed(gates: tuple[GateResult, ...]) -> list[str]:
    return [gate.code for gate in gates if not gate.passed]


def side_gates(settings: Profile = PROFILE, side: Side = Side.LONG, **frames: Any) -> tuple[GateResult, ...]:
    climate = frames.pop("climate", regime())
    shot = snapshot(**frames)
    row = read_evidence(side, reading(shot, settings), indicators(), climate)
    breakdown = score(data(), indicators(), shot, climate, settings)
    return tuple(check_side(row, breakdown, climate, settings, lambda: 7))


def test_codes_are_unique_and_start_with_their_stage() -> None:
    codes = [gate.code for gate in GATES]
    assert len(set(codes)) == len(codes)
    assert all(gate.code.startswith(f"{gate.stage}.") for gate in GATES)


def test_every_threshold_is_a_field_of_the_profile_or_a_number() -> None:
    assert all(math.isfinite(gate.threshold(PROFILE)) for gate in GATES)


def test_every_threshold_of_the_profile_has_its_gate() -> None:
    named = {gate.field.removeprefix("gates.") for gate in GATES if gate.field.startswith("gates.")}
    assert named == {spec.name for spec in fields(GateRules)} - {"btc_gate"}


def test_good_data_passes_every_data_gate() -> None:
    gates = check_data(data(), SHORT_HISTORY)
    assert failed(gates) == []
    assert [gate.code for gate in gates] == [
        "data.coverage", *["data.history"] * 4, "data.recency", *["data.gaps"] * 4, "data.tick_coarse",
    ]  # fmt: skip
    assert gates[0].what == "required timeframes missing"


def test_a_missing_required_timeframe_is_named() -> None:
    held = data()
    without = replace(held, candles={name: held.candles[name] for name in (M15, H1, H4)})
    first = check_data(without, SHORT_HISTORY)[0]
    assert (first.code, first.measured) == ("data.coverage", 1.0)
    assert "1d" in first.what
    assert failed(check_data(replace(held, absent=(H4,)), SHORT_HISTORY)) == ["data.coverage"]


def test_history_is_counted_against_each_timeframes_own_need() -> None:
    short = data({D1: candles(D1, [100.0] * 59), H1: candles(H1, [100.0] * 199)})
    gates = [gate for gate in check_data(short, SHORT_HISTORY) if not gate.passed]
    assert [(gate.what, gate.measured, gate.threshold) for gate in gates] == [
        ("closed 1h candles", 199.0, 200.0),
        ("closed 1d candles", 59.0, 60.0),
    ]


def test_a_timeframe_that_only_sets_the_side_needs_less_than_those_that_are_traded() -> None:
    series = {name: candles(name, [100.0] * 1179) for name in (M15, H1, H4)}
    gates = check_data(data(series), PROFILE)
    needed = {gate.what: gate.threshold for gate in gates if gate.code == "data.history"}
    assert needed == {
        "closed 15m candles": 1180.0,
        "closed 1h candles": 1180.0,
        "closed 4h candles": 200.0,
        "closed 1d candles": 60.0,
    }
    assert failed(gates) == ["data.history", "data.history"]
    swing = replace(PROFILE, timeframes=replace(PROFILE.timeframes, anchor=H4, trigger=H1))
    assert (swing.min_bars(H4), swing.min_bars(M15)) == (1180, 200)


@pytest.mark.parametrize(("late", "codes"), [(0, []), (1, []), (2, ["data.recency"])])
def test_the_trigger_may_be_one_bar_late(late: int, codes: list[str]) -> None:
    held = data({M15: candles(M15, end_ms=AS_OF - late * M15.ms)})
    assert failed(check_data(held, SHORT_HISTORY)) == codes


def punched(series: Candles, rows: slice) -> Candles:
    keep = np.ones(len(series), bool)
    keep[rows] = False
    return Candles(
        series.timeframe,
        series.open_ms[keep],
        *(getattr(series, name)[keep] for name in ("open", "high", "low", "close", "volume")),
    )


def test_holes_count_only_in_the_recent_window() -> None:
    old, new = punched(candles(H1), slice(20, 50)), punched(candles(H1), slice(200, 203))
    assert failed(check_data(data({H1: old}), SHORT_HISTORY)) == []
    gates = check_data(data({H1: new}), SHORT_HISTORY)
    assert failed(gates) == ["data.gaps"]
    assert [gate.measured for gate in gates if not gate.passed] == [1.5]


def test_a_hole_after_the_very_first_candle_counts() -> None:
    assert missing_pct(punched(candles(H1, [100.0] * 10), slice(1, 2)), 200) == 10.0


@pytest.mark.parametrize(("bars", "asked"), [(14, False), (15, True)])
def test_the_mean_range_is_asked_for_where_there_are_candles_to_take_it_of(bars: int, asked: bool) -> None:
    gates = check_data(data({H1: candles(H1, [100.0] * bars)}), SHORT_HISTORY)
    assert ("data.tick_coarse" in {gate.code for gate in gates}) is asked


def test_a_market_that_moves_less_than_ten_ticks_is_too_coarse() -> None:
    held = data()
    coarse = replace(held, market=replace(held.market, tick=type(held.market.tick)("0.2")))
    assert failed(check_data(coarse, SHORT_HISTORY)) == ["data.tick_coarse"]


def test_data_gates_of_an_empty_market_are_results_not_faults() -> None:
    nothing = data({name: Candles.empty(name) for name in (M15, H1, H4, D1)})
    gates = check_data(nothing, SHORT_HISTORY)
    assert failed(gates) == ["data.coverage", *["data.history"] * 4]
    assert all(math.isfinite(gate.measured) for gate in gates)


def with_column(name: str, values: Floats) -> dict[Timeframe, IndicatorSet]:
    sets = dict(indicators())
    sets[H1] = IndicatorSet(H1, {**sets[H1].columns, name: values})
    return sets


def test_indicator_gates_pass_whole_columns_within_bounds() -> None:
    finite, bounds = check_indicators(indicators(), PROFILE)
    assert failed((finite, bounds)) == []
    assert finite.what == "anchor indicator values missing in the last 50 bars"


def test_a_nan_in_the_recent_window_is_counted_and_the_column_named() -> None:
    column = np.full(300, 50.0)
    column[[10, 260, 299]] = np.nan
    finite, bounds = check_indicators(with_column("mfi", column), PROFILE)
    assert (finite.measured, bounds.passed) == (2.0, True)
    assert finite.what == "anchor indicator values missing in the last 50 bars (mfi)"


def test_a_column_that_is_not_there_is_missing_throughout() -> None:
    assert check_indicators({}, PROFILE)[0].measured == 50.0 * len(READ_COLUMNS)
    assert check_indicators(with_column("rsi", np.empty(0)), PROFILE)[0].measured == 50.0


@pytest.mark.parametrize(("name", "value"), [("rsi", 100.5), ("atr", -0.1), ("efficiency", 1.1)])
def test_a_value_that_cannot_be_is_out_of_bounds(name: str, value: float) -> None:
    assert failed(check_indicators(with_column(name, np.full(300, value)), PROFILE)) == ["indicators.bounds"]


@pytest.mark.parametrize(
    ("name", "edge", "beyond"),
    [
        ("atr", -1e-9, -1.5e-9),
        ("efficiency", 1.0 + 1e-9, 1.0 + 1.5e-9),
        ("rsi", 100.0 + 1e-7, 100.0 + 1.5e-7),
    ],
)
def test_rounding_may_leave_a_billionth_of_the_bound_and_no_more(
    name: str, edge: float, beyond: float
) -> None:
    for value, codes in ((edge, []), (beyond, ["indicators.bounds"])):
        assert failed(check_indicators(with_column(name, np.full(300, value)), PROFILE)) == codes


def test_the_hand_made_long_passes_and_its_short_does_not() -> None:
    assert failed(side_gates()) == []
    assert failed(side_gates(side=Side.SHORT))[:2] == ["smc.alignment", "smc.zone"]


def test_without_a_zone_gates_on_it_are_not_asked() -> None:
    codes = [gate.code for gate in side_gates(h1=structure(H1))]
    assert "smc.zone" in codes
    assert not {"smc.freshness", "plan.cost", "plan.targets", "plan.rationale"} & set(codes)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("smc.context", {"weight": 0.29}),
        ("smc.alignment", {"alignment": 0.49}),
        ("smc.freshness", {"h1": anchor(order_blocks=(block(96.0, 98.0, freshness=0.19),))}),
        ("smc.displacement", {"h1": anchor(order_blocks=(block(96.0, 98.0, displacement=1.49),))}),
        ("smc.zone_height", {"h1": anchor(order_blocks=(block(94.4, 98.0),), pools=())}),
        ("smc.reach", {"h1": anchor(order_blocks=(block(94.4, 96.4),))}),
        ("regime.efficiency", {"climate": regime(efficiency=1.01)}),
        ("regime.btc", {"climate": regime(vetoes=((Side.LONG, "made by hand"),))}),
        ("plan.cost", {"h1": anchor(order_blocks=(block(97.2, 98.0),))}),
        ("plan.targets", {"h1": anchor(pools=()), "h4": structure(H4)}),
    ],
)
def test_each_gate_stops_what_it_is_there_for(code: str, changes: dict[str, Any]) -> None:
    assert code in failed(side_gates(**changes))


def test_a_veto_on_the_other_side_does_not_matter() -> None:
    assert "regime.btc" not in failed(side_gates(climate=regime(vetoes=((Side.SHORT, "made by hand"),))))


def test_an_unknown_benchmark_stops_both_sides() -> None:
    climate = read_regime(
        data(), indicators(), snapshot(), unknown_market("BTC/USDT", "made by hand"), PROFILE
    )
    for side in Side:
        assert "regime.btc" in failed(side_gates(side=side, climate=climate))


@pytest.mark.parametrize(("age", "passes"), [(12, True), (13, False)])
def test_a_range_profile_asks_for_a_recent_sweep(age: int, passes: bool) -> None:
    asks = replace(PROFILE, gates=replace(PROFILE.gates, require_sweep_bars=12))
    gates = {gate.code: gate for gate in side_gates(asks, h1=anchor(sweeps=(sweep(age=age),)))}
    assert gates["smc.sweep"].passed is passes
    none = {gate.code: gate for gate in side_gates(asks, h1=anchor(sweeps=()))}
    assert not none["smc.sweep"].passed
    assert "smc.sweep" not in {gate.code for gate in side_gates()}


def test_gates_are_all_evaluated_after_the_first_that_fails() -> None:
    assert len(side_gates(alignment=-1.0)) == len(side_gates())


def measured(gates: tuple[GateResult, ...], code: str) -> list[float]:
    return [gate.measured for gate in gates if gate.code == code]


def test_where_nothing_was_swept_the_sweep_is_as_old_as_the_oldest_pool() -> None:
    asks = replace(PROFILE, gates=replace(PROFILE.gates, require_sweep_bars=1))
    assert measured(side_gates(asks, h1=anchor(sweeps=())), "smc.sweep") == [1000.0]


def test_one_target_is_enough_to_be_asked_for_its_reward() -> None:
    alone = replace(PROFILE, plan=replace(PROFILE.plan, max_targets=1))
    gates = side_gates(alone)
    assert measured(gates, "plan.targets") == [1.0]
    assert measured(gates, "plan.net_rr_first") == measured(gates, "plan.net_rr_last") != []


def test_of_all_gates_that_fail_the_first_alone_is_the_reason() -> None:
    gates = side_gates(side=Side.SHORT)
    assert len(failed(gates)) > 1
    assert failed(first_failed(gates)) == failed(gates)[:1]
    assert first_failed(side_gates()) == ()
