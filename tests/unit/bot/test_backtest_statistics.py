"""What is said of a backtest: every figure on trades whose answer can be counted by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.telemetry.marks import daily_equity
from bot.telemetry.summary import summarise
from shared.errors import ContractError
from shared.models.backtest import Backtest, Trade
from shared.models.fills import Ending, Fill, Funding
from shared.models.statistics import Drawdown, Expectancy, Figure, Insufficient, Statistics, Unsaid
from shared.models.timeframe import DAY_MS
from tests.fixtures.hand_backtest import CAPITAL, MONDAY_MS, hand_backtest, hand_trade

HOUR_MS = 3_600_000
EIGHT = MONDAY_MS + 8 * HOUR_MS


def daily(results: Sequence[float], **fields: object) -> list[Trade]:
    """One trade a day of each result, from the first Monday of 2024 on."""
    return [
        hand_trade(r, decided_ms=EIGHT + day * DAY_MS, **fields)  # type: ignore[arg-type]
        for day, r in enumerate(results)
    ]


def told(results: Sequence[float]) -> Statistics:
    return summarise(hand_backtest(daily(results)))


def one(statistics: Statistics, dimension: str) -> dict[str, int]:
    """Trades by name of one dimension."""
    return {group.name: group.worth.trades for group in statistics.groups if group.dimension == dimension}


WON_AND_LOST = [2.0, -1.0, -1.0] * 10
"""Ten wins of 2 R, twenty losses of 1 R: a wash."""


def test_a_backtest_without_trades_says_of_every_figure_why_it_has_none() -> None:
    empty = summarise(hand_backtest())
    assert empty.worth == Insufficient(0, 0)
    few = Unsaid("0 of 30 trades on 0 of 20 days")
    figures = (
        "median_r",
        "win_rate",
        "profit_factor",
        "payoff",
        "worst_r",
        "peak_r",
        "capture",
        "hours_held",
    )
    assert {getattr(empty, name) for name in figures} == {few}
    ratios = (empty.sharpe, empty.sortino, empty.probabilistic_sharpe)
    assert set(ratios) == {Unsaid("1 of 60 days")}
    assert (empty.exposure, empty.drawdown) == (Unsaid("nothing was filled"), Unsaid("equity never fell"))
    assert (empty.calibration.spearman, empty.calibration.brier, empty.calibration.deciles) == (few, few, ())
    assert (empty.hit_rates, empty.endings, empty.groups) == ((), (), ())
    assert (empty.filled, empty.finished, empty.longest_losing_run, empty.open_r) == (0, 0, 0, 0.0)
    assert empty.resolvable


def test_even_equity_without_a_single_point_is_no_error() -> None:
    bare = summarise(replace(hand_backtest(), equity=()))
    assert (bare.sharpe, bare.drawdown) == (Unsaid("0 of 60 days"), Unsaid("equity never fell"))


def test_averages_are_told_from_thirty_trades_on_twenty_days() -> None:
    few = told(WON_AND_LOST[:29])
    assert few.worth == Insufficient(29, 29)
    assert few.win_rate == Unsaid("29 of 30 trades on 29 of 20 days")
    assert few.hit_rates == ()
    enough = told(WON_AND_LOST)
    assert isinstance(enough.worth, Expectancy)
    assert enough.worth.mean == 0.0
    crowded = summarise(hand_backtest(hand_trade(1.0, decided_ms=EIGHT + n % 19 * DAY_MS) for n in range(57)))
    assert crowded.payoff == Unsaid("57 of 30 trades on 19 of 20 days")


def test_days_are_utc_days_of_the_decision() -> None:
    first, last, next_day = (hand_trade(decided_ms=MONDAY_MS + ms) for ms in (0, DAY_MS - 1, DAY_MS))
    assert summarise(hand_backtest([first, last])).worth == Insufficient(2, 1)
    assert summarise(hand_backtest([last, next_day])).worth == Insufficient(2, 2)


def test_wins_and_losses_make_rate_factor_payoff_and_median() -> None:
    said = told(WON_AND_LOST)
    assert said.win_rate == Figure(pytest.approx(1 / 3), 30)
    assert said.profit_factor == Figure(1.0, 30)
    assert said.payoff == Figure(2.0, 30)
    assert said.median_r == Figure(-1.0, 30)


def test_a_trade_that_came_out_even_is_neither_won_nor_lost() -> None:
    said = told([2.0, -1.0, 0.0] * 10)
    assert said.win_rate == Figure(pytest.approx(1 / 3), 30)
    assert said.payoff == Figure(2.0, 30)
    assert said.longest_losing_run == 1


def test_without_a_loser_there_is_no_profit_factor_and_without_a_winner_no_payoff() -> None:
    assert (told([1.0] * 30).profit_factor, told([1.0] * 30).payoff) == (Unsaid("no losing trade"),) * 2
    lost = told([-1.0] * 30)
    assert (lost.profit_factor, lost.payoff) == (Figure(0.0, 30), Unsaid("no winning trade"))


def test_excursions_are_averaged_and_capture_is_what_was_kept_of_the_peaks() -> None:
    trades = daily([1.0] * 15, worst_r=-0.2, peak_r=3.0) + [
        hand_trade(-1.0, decided_ms=EIGHT + day * DAY_MS, worst_r=-1.0, peak_r=0.5, symbol="ETH/USDT")
        for day in range(20)
    ]
    said = summarise(hand_backtest(trades))
    assert said.worst_r == Figure(pytest.approx(-(15 * 0.2 + 20) / 35), 35)
    assert said.peak_r == Figure(pytest.approx((15 * 3 + 20 * 0.5) / 35), 35)
    assert said.capture == Figure(pytest.approx(-5 / 55), 35)
    assert summarise(hand_backtest(daily([-1.0] * 30, peak_r=0.0))).capture == Unsaid("no trade went its way")


def test_targets_count_as_reached_where_they_or_further_ones_were_paid() -> None:
    def paid(legs: str, day: int) -> Trade:
        trade = hand_trade(1.0, decided_ms=EIGHT + day * DAY_MS)
        fills = tuple(Fill(leg, MONDAY_MS, 1.0, CAPITAL, "maker", 0.0) for leg in legs.split())
        return replace(trade, outcome=replace(trade.outcome, fills=fills))

    ways = ["entry stop", "entry target-1 stop", "entry target-1 target-2", "entry target-2"]
    said = summarise(hand_backtest(paid(ways[day % 4], day) for day in range(40)))
    assert said.hit_rates == (Figure(0.75, 40), Figure(0.5, 40))


def test_a_plan_with_one_target_is_not_asked_for_its_second() -> None:
    trades = daily(WON_AND_LOST)
    plan = trades[0].setup.plan
    single = replace(plan, targets=(replace(plan.targets[0], fraction=CAPITAL / CAPITAL),))
    trades[0] = replace(trades[0], setup=replace(trades[0].setup, plan=single))
    assert [figure.n for figure in summarise(hand_backtest(trades)).hit_rates] == [30, 29]


def test_the_time_held_is_the_median_from_fill_to_end() -> None:
    trades = daily([1.0] * 21, hours=2.0) + daily([-1.0] * 20, hours=20.0, symbol="ETH/USDT")
    assert summarise(hand_backtest(trades)).hours_held == Figure(2.0, 41)


def test_exposure_counts_overlapping_positions_once_and_open_ones_too() -> None:
    trades = [
        hand_trade(1.0, decided_ms=MONDAY_MS + 1 * HOUR_MS, hours=4),
        hand_trade(1.0, decided_ms=MONDAY_MS + 3 * HOUR_MS, hours=4, symbol="ETH/USDT"),
        hand_trade(0.0, decided_ms=MONDAY_MS + 4 * HOUR_MS, hours=1, symbol="SOL/USDT"),
        hand_trade(1.0, decided_ms=MONDAY_MS + 9 * HOUR_MS, ending=Ending.EXPIRED),
        hand_trade(0.3, decided_ms=MONDAY_MS + 20 * HOUR_MS, hours=100, ending=Ending.OPEN),
    ]
    day = hand_backtest(trades, until_ms=MONDAY_MS + DAY_MS)
    assert summarise(day).exposure == Figure(pytest.approx((6 + 3) / 24), 4)


def test_a_losing_run_is_counted_in_the_order_in_which_trades_ended() -> None:
    slow = hand_trade(1.0, decided_ms=EIGHT, hours=100)
    assert summarise(hand_backtest([slow, *daily([-1.0, -1.0, -1.0])])).longest_losing_run == 3
    quick = hand_trade(1.0, decided_ms=EIGHT + DAY_MS, hours=1, symbol="ETH/USDT")
    assert summarise(hand_backtest([quick, *daily([-1.0, -1.0, -1.0])])).longest_losing_run == 2


def test_endings_count_every_setup_in_the_order_of_a_plans_life() -> None:
    endings = [Ending.TIME, Ending.STOP, Ending.EXPIRED, Ending.STOP, Ending.PENDING]
    trades = [hand_trade(-1.0, decided_ms=EIGHT + n * DAY_MS, ending=e) for n, e in enumerate(endings)]
    said = summarise(hand_backtest(trades))
    assert said.endings == (("pending", 1), ("expired", 1), ("stop", 2), ("time", 1))
    assert (said.filled, said.finished) == (3, 3)


def test_what_is_still_open_is_told_apart_and_counts_in_nothing_else() -> None:
    held = hand_trade(50.0, decided_ms=EIGHT + 3 * DAY_MS, ending=Ending.OPEN, symbol="ETH/USDT")
    alone, beside = told(WON_AND_LOST), summarise(hand_backtest([*daily(WON_AND_LOST), held]))
    assert (beside.open_trades, beside.open_r, beside.filled, beside.finished) == (1, 50.0, 31, 30)
    assert (beside.worth, beside.median_r, beside.hit_rates) == (alone.worth, alone.median_r, alone.hit_rates)


def test_two_readings_on_both_sides_of_nothing_are_not_resolvable() -> None:
    def read(best_r: float) -> Statistics:
        doubtful = [
            hand_trade(-1.0, best_r=best_r, decided_ms=EIGHT + n * DAY_MS, symbol="ETH/USDT")
            for n in range(3)
        ]
        return summarise(hand_backtest([*daily(WON_AND_LOST), *doubtful]))

    clear, straddling = read(-0.5), read(2.0)
    assert (clear.resolvable, straddling.resolvable) == (True, False)
    from_nothing = hand_trade(0.0, best_r=2.0)
    assert summarise(hand_backtest([from_nothing])).resolvable
    assert straddling.ambiguous == 3
    assert isinstance(straddling.worth, Expectancy)
    assert straddling.worth.mean == pytest.approx(-3 / 33)
    assert straddling.worth.best == pytest.approx(6 / 33)


def test_a_doubt_about_a_trade_that_is_still_open_is_not_counted_yet() -> None:
    assert summarise(hand_backtest([hand_trade(0.2, best_r=1.0, ending=Ending.OPEN)])).ambiguous == 0


def test_funding_without_a_rate_on_record_is_counted() -> None:
    trades = [
        hand_trade(-1.0, funding=Funding(0.2, 3, 2)),
        hand_trade(1.0, funding=Funding(0.1, 1, 1), ending=Ending.OPEN, symbol="ETH/USDT"),
    ]
    assert summarise(hand_backtest(trades)).funding_missing == 3


@pytest.mark.parametrize("name", ["result_r", "best_r", "worst_r", "peak_r"])
def test_a_result_that_is_no_number_is_refused_by_name(name: str) -> None:
    trade = hand_trade(-1.0)
    trade = replace(trade, outcome=replace(trade.outcome, **{name: math.nan}))
    with pytest.raises(ContractError, match=f"{name} of id-btc.* must be finite, found nan"):
        summarise(hand_backtest([trade], equity=[10_000]))


def test_equity_that_is_no_number_is_refused() -> None:
    with pytest.raises(ContractError, match="equity at 1704240000000 must be finite"):
        summarise(hand_backtest(equity=[10_000, math.nan, 10_000]))


# Equity


def of_equity(totals: Sequence[float]) -> Backtest:
    return hand_backtest(equity=totals)


def test_days_without_a_point_keep_the_total_of_the_day_before() -> None:
    whole = of_equity([10_100, 10_100, 10_100, 10_300])
    assert daily_equity(whole).tolist() == [10_000, 10_100, 10_100, 10_100, 10_300]
    sparse = replace(whole, equity=(whole.equity[0], whole.equity[3]))
    assert daily_equity(sparse).tolist() == daily_equity(whole).tolist()


def test_of_several_points_in_a_day_the_last_counts() -> None:
    day = of_equity([10_100, 10_200])
    earlier = replace(day.equity[1], time_ms=day.equity[1].time_ms - HOUR_MS, settled=CAPITAL * 2)
    assert daily_equity(replace(day, equity=(*day.equity, earlier))).tolist() == [10_000, 10_100, 10_200]


def test_an_account_begins_with_its_capital_whatever_is_noted_at_that_instant() -> None:
    rising = of_equity([10_100, 10_200])
    noted = replace(rising.equity[0], time_ms=MONDAY_MS, settled=CAPITAL / 2)
    said = summarise(replace(rising, equity=(noted, *rising.equity)))
    assert said.drawdown == Unsaid("equity never fell")


def test_ratios_are_told_from_sixty_days_on() -> None:
    zigzag = [10_100 if day % 2 else 10_000 for day in range(60)]
    assert summarise(of_equity(zigzag[:59])).sharpe == Unsaid("59 of 60 days")
    assert isinstance(summarise(of_equity(zigzag)).sharpe, Figure)


def test_equity_that_never_moves_has_no_ratio_and_one_that_never_falls_no_sortino() -> None:
    still = summarise(of_equity([10_000] * 70))
    assert still.sharpe == still.probabilistic_sharpe == Unsaid("equity does not vary")
    assert still.sortino == Unsaid("no losing day")
    steady = summarise(of_equity([10_000 * 1.01**day for day in range(1, 71)]))
    assert steady.sharpe == Unsaid("equity does not vary")
    rising = summarise(of_equity([10_000 + 10 * day**2 for day in range(70)]))
    assert isinstance(rising.sharpe, Figure)
    assert (rising.sortino, rising.drawdown) == (Unsaid("no losing day"), Unsaid("equity never fell"))


def test_equity_that_falls_to_nothing_has_no_ratio_but_a_whole_drawdown() -> None:
    ruined = summarise(of_equity([10_000] * 69 + [0]))
    assert ruined.sharpe == ruined.sortino == ruined.probabilistic_sharpe == Unsaid("equity fell to nothing")
    assert isinstance(ruined.drawdown, Drawdown)
    assert (ruined.drawdown.pct, ruined.drawdown.is_open) == (100.0, True)


def at(day: int) -> int:
    """The end of the day, counted from 1."""
    return MONDAY_MS + day * DAY_MS


def test_the_deepest_fall_is_told_from_its_peak_to_its_recovery() -> None:
    said = summarise(of_equity([12_000, 12_000, 10_800, 9_000, 11_000, 12_000, 13_000, 12_500]))
    assert said.drawdown == Drawdown(pytest.approx(25.0), at(2), at(4), 4.0, is_open=False)


def test_a_fall_that_has_not_come_back_is_open_until_the_end() -> None:
    said = summarise(of_equity([12_000, 11_000, 12_000, 6_000, 7_000, 8_000]))
    assert said.drawdown == Drawdown(pytest.approx(50.0), at(3), at(4), 3.0, is_open=True)


def test_a_fall_from_the_start_is_taken_from_the_capital() -> None:
    said = summarise(of_equity([9_000, 9_500]))
    assert said.drawdown == Drawdown(pytest.approx(10.0), MONDAY_MS, at(1), 2.0, is_open=True)


def test_a_fall_is_weighed_by_its_peak_not_in_money() -> None:
    said = summarise(of_equity([8_000, 20_000, 17_000, 20_000]))
    assert isinstance(said.drawdown, Drawdown)
    assert (said.drawdown.pct, said.drawdown.trough_ms) == (pytest.approx(20.0), at(1))
