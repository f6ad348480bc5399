"""What is said of a backtest in sentences, and that it never says more than the figures carry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.telemetry.summary import summarise
from bot.ui.backtest_reading import (
    costs_text,
    money_text,
    period_text,
    placebo_sentence,
    sentences,
    signed,
    tried_sentence,
    worth_sentence,
)
from shared.models.backtest import Coverage, Told
from shared.models.fills import Ending, Funding
from shared.models.profile import CostRules
from shared.models.scan import SymbolFault
from shared.models.statistics import Expectancy, Insufficient, Unsaid
from tests.fixtures.hand_backtest import MONDAY_MS, hand_backtest, hand_trade, year_of_trades
from tests.fixtures.hand_scan import FAULT, HOUR_MS
from tests.fixtures.hand_told import PLACEBO, hand_told

FINE = Expectancy(41, 33, 0.31, 0.04, 0.63, 0.35, 2)


def told_of(*trades: Any, backtest: dict[str, Any] | None = None, **fields: Any) -> Told:
    replayed = hand_backtest(trades, **{"faults": (), **(backtest or {})})
    return hand_told(replayed, summarise(replayed), **fields)


@pytest.mark.parametrize(
    ("worth", "said"),
    [
        (FINE, "interval [+0.04, +0.63]: above 0 on these candles, which does not promise it for others."),
        (replace(FINE, low=-0.02), "interval [-0.02, +0.63]: the interval spans 0, not proven."),
        (replace(FINE, low=0.0), "the interval spans 0, not proven."),
        (replace(FINE, mean=-0.3, low=-0.5, high=-0.1), "interval [-0.50, -0.10]: below 0, they lost."),
    ],
)
def test_an_average_is_said_with_its_interval_and_what_that_proves(worth: Expectancy, said: str) -> None:
    sentence = worth_sentence(worth)
    assert sentence.startswith("41 finished trades on 33 days were worth")
    assert sentence.endswith(said)


def test_too_few_trades_have_no_average() -> None:
    sentence = worth_sentence(Insufficient(12, 9))
    assert sentence.startswith("Insufficient: 12 finished trades on 9 days, and below 30 trades or 20 days")
    assert "R " not in sentence


@pytest.mark.parametrize(
    ("percentile", "worth", "said"),
    [
        (0.95, FINE, "better than random times"),
        (0.949, FINE, "no edge over random times"),
        (0.99, Insufficient(12, 9), "too few trades to call that an edge"),
        (0.3, Insufficient(12, 9), "no edge over random times"),
    ],
)
def test_below_95_percent_of_the_draws_there_is_no_edge(
    percentile: float, worth: Expectancy | Insufficient, said: str
) -> None:
    assert placebo_sentence(replace(PLACEBO, percentile=percentile), worth).endswith(f": {said}.")


def test_a_placebo_that_was_not_drawn_says_why() -> None:
    assert placebo_sentence(Unsaid("no finished trade"), FINE) == (
        "Whether it beats random times is not known: no finished trade."
    )


def test_many_tries_are_held_against_the_result() -> None:
    assert tried_sentence(1) == "One configuration was tried on these candles."
    assert "17 configurations were tried" in tried_sentence(17)
    assert "looks better than it is" in tried_sentence(17)


def test_a_sign_that_hangs_on_doubtful_candles_is_not_resolvable() -> None:
    trades = [
        hand_trade(-1.0, best_r=1.4 if place < 32 else None, decided_ms=MONDAY_MS + place * 24 * HOUR_MS)
        for place in range(40)
    ]
    told = told_of(*trades)
    assert not told.statistics.resolvable
    (doubt,) = [text for text in sentences(told) if "two ways" in text]
    assert doubt == (
        "32 of 40 finished trades can be read in two ways inside one candle and were read for the worse; read for the better the "
        "average is +0.92R: not resolvable at this timeframe."
    )


def test_nothing_is_said_of_doubt_where_there_is_none() -> None:
    assert not any("two ways" in text for text in sentences(told_of(hand_trade(1.0))))


def test_survivorship_is_said_in_the_words_of_how_symbols_were_chosen() -> None:
    named = "Survivorship: the symbols named, chosen with what is known today."
    assert named in sentences(told_of(hand_trade(1.0)))
    ranked = told_of(hand_trade(1.0), backtest={"universe": "ranked by volume as of each day."})
    assert "Survivorship: ranked by volume as of each day." in sentences(ranked)


def test_missing_funding_open_trades_faults_and_flags_share_a_sentence() -> None:
    broken = tuple(replace(FAULT, symbol=f"{name}/USDT") for name in ("A", "B", "C", "D"))
    told = told_of(
        hand_trade(1.0, funding=Funding(1.0, 3, 2)),
        hand_trade(0.4, decided_ms=MONDAY_MS, ending=Ending.OPEN),
        backtest={"faults": broken, "flags": ("revised: BTC/USDT 15m 3",)},
    )
    assert sentences(told)[-1] == (
        "2 funding payments had no rate on record and were charged the stress rate; 1 trade still open (+0.40R) counts nowhere; "
        "not replayed: A/USDT, B/USDT, C/USDT and 1 more; flagged: revised: BTC/USDT 15m 3."
    )


def test_symbols_without_a_candle_are_named() -> None:
    trade = hand_trade(1.0)
    covered = hand_backtest([trade]).coverage
    told = told_of(trade, backtest={"coverage": (*covered, Coverage("ADA/USDT", 0, 0, 96, 0))})
    assert sentences(told)[-1] == "No candle in the period: ADA/USDT."


@pytest.mark.parametrize("count", [0, 3, 40, 240])
def test_there_are_three_to_six_sentences(count: int) -> None:
    fault = SymbolFault("X/USDT", "data", "DataFault", "no candles", "import some")
    for faults in ((), (fault,)):
        said = sentences(told_of(*year_of_trades(count), backtest={"faults": faults}))
        assert 3 <= len(said) <= 6
        assert all(text.endswith(".") and text[0].isalnum() for text in said)


@pytest.mark.parametrize(
    ("amount", "sign", "text"),
    [
        (9_891.5949, "", "9,891.59"),
        (0.05123, "", "0.05123"),
        (-0.00001234, "+", "-0.00001234"),
        (70.0, "+", "+70"),
        (0.0, "+", "0"),
    ],
)
def test_amounts_of_any_size_keep_what_matters(amount: float, sign: str, text: str) -> None:
    assert money_text(amount, sign) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.314, "+0.31"), (-0.004, "0.00"), (0.004, "0.00"), (-0.3, "-0.30"), (10.0, "+10.00")],
)
def test_what_rounds_to_nothing_has_no_sign(value: float, text: str) -> None:
    assert signed(value) == text


def test_costs_are_said_in_percent() -> None:
    assert costs_text(CostRules(maker_bps=2, taker_bps=5, slippage_bps=2.5)) == (
        "maker 0.02 %, taker 0.05 %, slippage of a stop 0.025 %, funding without a rate on record 0.03 %"
    )
    assert costs_text(Unsaid("not stated")) == "costs not stated"


def test_a_period_has_its_time_of_day_only_where_it_is_not_midnight() -> None:
    whole = hand_backtest((), since_ms=MONDAY_MS, until_ms=MONDAY_MS + 24 * HOUR_MS)
    assert period_text(whole) == "2024-01-01 to 2024-01-02 UTC"
    part = replace(whole, until_ms=MONDAY_MS + 8 * HOUR_MS)
    assert period_text(part) == "2024-01-01 to 2024-01-01 08:00 UTC"
