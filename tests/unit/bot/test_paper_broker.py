"""Fills on candles: each rule by its drawn example, and laws over random trades."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.executor.paper_broker import play
from bot.executor.terms import Terms
from devtools.fill_examples import EXAMPLES, LIVE_MS, Example, candles_of, outcome_of, terms_for, told
from shared.models.data import Candles
from shared.models.orders import OrderKind
from shared.models.profile import CostRules
from shared.models.smc import Side
from shared.models.timeframe import Timeframe
from tests.reference.fills import simulate


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_a_fill_rule_by_its_example(example: Example) -> None:
    assert told(outcome_of(example)) == example.expected


@st.composite
def trades(draw: st.DrawFn) -> tuple[Terms, Candles]:
    """A trade of either side and candles that wander about its prices, with jumps, untraded candles and holes."""
    side = draw(st.sampled_from(Side))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    candles = wander(random, draw(st.integers(1, 80)), draw(st.sampled_from((0.3, 1.0, 3.0))))
    base = terms_for(EXAMPLES[0])
    made = replace(
        base,
        kind=draw(st.sampled_from(OrderKind)),
        live_ms=LIVE_MS + draw(st.integers(0, 3)) * Timeframe.M5.ms,
        expires_ms=LIVE_MS + draw(st.integers(1, 60)) * Timeframe.M5.ms,
        hold_ms=draw(st.integers(1, 40)) * Timeframe.M5.ms,
        anchor=draw(st.sampled_from((Timeframe.M15, Timeframe.H1))),
        liquidation=draw(st.sampled_from((Decimal(0), Decimal("93.5"), Decimal("96.2")))),
        break_even=draw(st.sampled_from((None, Decimal("100.4")))),
        invalidation=draw(st.sampled_from((Decimal("98.5"), Decimal("100.7")))),
        costs=replace(CostRules(), slippage_bps=draw(st.sampled_from((0.0, 20.0)))),
    )
    return (made if side is Side.LONG else mirrored(made)), candles


def wander(random: np.random.Generator, count: int, size: float) -> Candles:
    """Candles on the tick about 100; of some nothing was traded, some are missing."""
    steps = random.normal(0, size, count) * random.choice((1, 1, 1, 4), count)
    close = 101 + np.cumsum(steps - 0.1 * np.cumsum(steps) / np.arange(1, count + 1))
    opened = np.append(101, close[:-1]) + random.choice((0, 0, 1), count) * random.normal(0, size, count)
    high = np.maximum(opened, close) + random.exponential(size / 2, count)
    low = np.minimum(opened, close) - random.exponential(size / 2, count)
    prices = [np.round(np.clip(column, 60, 140), 1) for column in (opened, high, low, close)]
    kept = np.flatnonzero(random.random(count) > 0.05)
    times = LIVE_MS + Timeframe.M5.ms * np.arange(count, dtype=np.int64)
    volume = random.choice((0.0, 5.0, 1e6), count)
    return Candles(Timeframe.M5, *(column[kept] for column in (times, *prices, volume)))


def mirrored(terms: Terms) -> Terms:
    """The same trade the other way round 100: a short on prices reflected there."""
    across = Decimal(200)
    return replace(
        terms,
        side=terms.side.opposite,
        entry=across - terms.entry,
        stop=across - terms.stop,
        legs=tuple(replace(leg, price=across - leg.price) for leg in terms.legs),
        invalidation=across - terms.invalidation,
        break_even=None if terms.break_even is None else across - terms.break_even,
        liquidation=across - terms.liquidation if terms.liquidation else terms.liquidation,
    )


@settings(max_examples=400)
@given(trades())
def test_the_broker_agrees_with_a_candle_by_candle_simulation(trade: tuple[Terms, Candles]) -> None:
    terms, candles = trade
    outcome = play(terms, candles)
    ending, fills, doubt = simulate(terms, candles)
    found = [(fill.leg, fill.bar_ms, fill.price, float(fill.quantity)) for fill in outcome.fills]
    assert (outcome.ending.value, outcome.ambiguous) == (ending, doubt)
    assert [fill[:2] for fill in found] == [fill[:2] for fill in fills]
    assert np.allclose([f[2:] for f in found], [f[2:] for f in fills], rtol=1e-12) or found == fills == []


@given(trades(), st.integers(1, 80))
def test_later_candles_only_add_to_what_was_known(trade: tuple[Terms, Candles], cut: int) -> None:
    terms, candles = trade
    before, after = play(terms, candles.head(cut)), play(terms, candles)
    assert after.fills[: len(before.fills)] == before.fills
    assert before.alive or (before.ending, before.result) == (after.ending, after.result)


@given(trades())
def test_what_is_bought_is_sold_and_no_more(trade: tuple[Terms, Candles]) -> None:
    outcome = play(*trade)
    bought = sum((fill.quantity for fill in outcome.fills if fill.leg == "entry"), Decimal(0))
    sold = sum((fill.quantity for fill in outcome.fills if fill.leg != "entry"), Decimal(0))
    assert bought in (0, trade[0].quantity)
    assert sold <= bought
    assert outcome.alive or sold == bought


@given(trades())
def test_the_reading_against_the_trade_is_never_better_than_the_one_for_it(
    trade: tuple[Terms, Candles],
) -> None:
    outcome = play(*trade)
    assert outcome.result_r <= outcome.best_r
    assert outcome.ambiguous or outcome.result_r == outcome.best_r
    assert outcome.worst_r <= 0 <= outcome.peak_r


@given(trades())
def test_a_mirrored_market_gives_the_mirrored_trade(trade: tuple[Terms, Candles]) -> None:
    terms, candles = trade
    columns = (200 - candles.open, 200 - candles.low, 200 - candles.high, 200 - candles.close)
    flipped = Candles(Timeframe.M5, candles.open_ms, *(np.round(c, 1) for c in columns), candles.volume)
    here, there = play(terms, candles), play(mirrored(terms), flipped)
    assert (here.ending, here.ambiguous) == (there.ending, there.ambiguous)
    assert [(f.leg, f.bar_ms) for f in here.fills] == [(f.leg, f.bar_ms) for f in there.fills]


def test_fees_are_charged_by_how_an_order_was_filled() -> None:
    costs = replace(CostRules(), maker_bps=10.0, taker_bps=20.0, slippage_bps=0.0)
    outcome = play(
        replace(terms_for(EXAMPLES[0]), costs=costs), candles_of("102 102 99.9 101, 101 101 95 96")
    )
    assert [(fill.leg, round(fill.fee, 4)) for fill in outcome.fills] == [("entry", 0.1), ("stop", 0.19)]
    assert outcome.result == pytest.approx(95 - 100 - 0.1 - 0.19)


def test_a_planned_stop_without_slippage_costs_one_r() -> None:
    terms = replace(terms_for(EXAMPLES[0]), tick=Decimal("0.000001"))
    outcome = play(terms, candles_of("102 102 99.9 101, 101 101 95 96"))
    assert outcome.result_r == pytest.approx(-1, abs=1e-6)


def test_a_perpetual_pays_funding_at_each_stamp_it_is_held() -> None:
    terms = replace(terms_for(EXAMPLES[0]), perpetual=True)
    rows = "102 102 99.9 100, " + ", ".join(["100 100.5 99.5 100"] * 120)
    stamp = LIVE_MS + 6 * 3_600_000
    known = play(terms, candles_of(rows), rates={stamp: 0.001})
    unknown = play(terms, candles_of(rows))
    assert (known.funding.stamps, known.funding.missing) == (1, 0)
    assert known.funding.paid == pytest.approx(0.1)
    assert (unknown.funding.missing, unknown.funding.paid) == (1, pytest.approx(100 * 3 / 10_000))


def test_a_spot_position_pays_no_funding() -> None:
    rows = "102 102 99.9 100, " + ", ".join(["100 100.5 99.5 100"] * 120)
    assert play(terms_for(EXAMPLES[0]), candles_of(rows)).funding.stamps == 0


def test_excursions_leave_out_what_may_have_come_before_the_fill() -> None:
    outcome = play(terms_for(EXAMPLES[0]), candles_of("102 104 99 101, 101 103 98 102"))
    assert (outcome.worst_r, outcome.peak_r) == (pytest.approx(-2 / 5), pytest.approx(3 / 5))
