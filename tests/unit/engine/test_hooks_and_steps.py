"""Hooks and steps: order is proven before anything runs, and whoever breaks a contract is named."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from contracts.hook_point import hook_point
from engine.hooks import POINTS, Hooks
from engine.steps import assemble
from shared.errors import ContractError, PipelineOrderError
from shared.models.context import SniperContext
from shared.models.profile import Profile
from shared.models.regime import MarketContext, RegimeState, RiskAppetite

MARKET = MarketContext("BTC/USDT", RegimeState.CHOP, 0.0, RiskAppetite.NEUTRAL, "BTC alone", "quiet")


def context() -> SniperContext:
    return SniperContext("BTC/USDT", "balanced", Profile("balanced", "x"), "r-1", 1_700_000_000_000, MARKET)


@dataclass(frozen=True)
class State:
    price: float
    doubled: float = 0.0
    halved: float = 0.0


@hook_point("double", gives="doubled")
def double(price: float) -> float:
    return price * 2


@hook_point("halve", gives="halved")
def halve(doubled: float) -> float:
    return doubled / 2


def test_steps_read_and_give_fields_by_name() -> None:
    state = State(3.0)
    for step in assemble((double, halve), State, ("price",)):
        state = replace(state, **{step.gives: step(state)})
    assert state == State(3.0, 6.0, 3.0)


def test_a_marked_stage_can_be_called_like_any_function() -> None:
    assert double(2.0) == 4.0


def test_an_order_in_which_a_need_is_not_yet_given_is_refused() -> None:
    with pytest.raises(PipelineOrderError, match="'halve' needs doubled"):
        assemble((halve, double), State, ("price",))


def test_a_function_without_a_mark_is_no_stage() -> None:
    with pytest.raises(ContractError, match="is not a stage"):
        assemble((len,), State, ("price",))


def test_a_stage_that_names_an_unknown_field_is_refused() -> None:
    @hook_point("stray", gives="nowhere")
    def stray(price: float) -> float:
        return price

    with pytest.raises(ContractError, match="'stray' names 'nowhere'"):
        assemble((stray,), State, ("price",))


def test_hooks_run_in_order_of_registration_and_may_change_the_context() -> None:
    hooks = Hooks()
    hooks.register("after_confluence", lambda ctx: replace(ctx, metadata={"seen": "first"}))
    hooks.register(
        "after_strategy", lambda ctx: replace(ctx, metadata={"seen": ctx.metadata["seen"] + ", second"})
    )
    assert hooks.run("after_confluence", context()).metadata == {"seen": "first, second"}


def test_every_stage_has_its_points() -> None:
    stages = ("indicators", "smc", "regime", "confluence", "plan", "risk")
    assert set(POINTS) == {
        "after_data",
        *(f"{when}_{stage}" for stage in stages for when in ("before", "after")),
    }


def test_a_misspelt_point_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ContractError, match="Did you mean 'after_confluence'"):
        Hooks().register("after_confluense", lambda ctx: ctx)


def returns_nothing(_: SniperContext) -> Any:
    return None


def divides_by_zero(ctx: SniperContext) -> SniperContext:
    return replace(ctx, metadata={"x": str(1 / 0)})


def changes_the_symbol(ctx: SniperContext) -> SniperContext:
    return replace(ctx, symbol="ETH/USDT")


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        (returns_nothing, "returned NoneType, not a SniperContext"),
        (divides_by_zero, "ZeroDivisionError: division by zero"),
        (changes_the_symbol, "changed symbol"),
    ],
)
def test_a_hook_that_breaks_its_contract_is_named(hook: Callable[[SniperContext], Any], said: str) -> None:
    hooks = Hooks()
    hooks.register("before_indicators", hook)
    with pytest.raises(ContractError, match=said) as caught:
        hooks.run("before_indicators", context())
    assert hook.__name__ in str(caught.value)
    assert caught.value.stage == "indicators"


def test_ctrl_c_inside_a_hook_passes_through() -> None:
    def interrupted(_: SniperContext) -> SniperContext:
        raise KeyboardInterrupt

    hooks = Hooks()
    hooks.register("after_confluence", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hooks.run("after_confluence", context())


def test_a_removed_hook_runs_no_more() -> None:
    hooks = Hooks()
    hooks.register("after_confluence", divides_by_zero)
    hooks.remove("after_confluence", divides_by_zero)
    assert hooks.run("after_confluence", context()) == context()
