"""One trade on its candles: which candles are shown, what is marked, and that nothing is left out."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from bot.ui.trade_chart import MOST_BARS, fill_sign, merged, shown_candles, trade_svg
from shared.models.data import Candles
from shared.models.fills import Ending
from shared.models.smc import Side
from shared.models.timeframe import Timeframe
from tests.fixtures.hand_backtest import hand_trade
from tests.fixtures.hand_scan import HOUR_MS
from tests.fixtures.hand_told import hand_candles


@pytest.mark.parametrize(
    ("hours", "timeframe"),
    [(6, Timeframe.M15), (30, Timeframe.H1), (200, Timeframe.H4), (2000, Timeframe.D1)],
)
def test_a_longer_trade_is_shown_on_coarser_candles(hours: float, timeframe: Timeframe) -> None:
    trade = hand_trade(1.0, hours=hours)
    shown = shown_candles(hand_candles(trade, lead=4000), trade)
    assert shown.timeframe is timeframe
    assert len(shown) <= MOST_BARS
    assert shown.open_ms[0] < trade.decided_ms
    assert shown.close_ms[-1] > trade.outcome.ended_ms


def test_what_lies_far_before_and_after_is_left_out() -> None:
    trade = hand_trade(1.0, hours=6)
    shown = shown_candles(hand_candles(trade, lead=4000), trade)
    assert trade.decided_ms - 4 * HOUR_MS < shown.open_ms[0]
    assert shown.close_ms[-1] < trade.outcome.ended_ms + 4 * HOUR_MS


def test_candles_put_together_keep_their_reach() -> None:
    candles = hand_candles(hand_trade(1.0), lead=61)
    coarse = merged(candles, Timeframe.H4)
    assert (coarse.high.max(), coarse.low.min()) == (candles.high.max(), candles.low.min())
    assert coarse.volume.sum() == candles.volume.sum()
    assert (coarse.open[0], coarse.close[-1]) == (candles.open[0], candles.close[-1])
    inside = candles.open_ms // Timeframe.H4.ms == coarse.open_ms[3] // Timeframe.H4.ms
    assert coarse.high[3] == candles.high[inside].max()
    assert coarse.close[3] == candles.close[np.flatnonzero(inside)[-1]]


def test_no_candle_put_together_is_no_candle() -> None:
    assert len(merged(Candles.empty(Timeframe.M15), Timeframe.H1)) == 0


def test_every_level_of_the_plan_is_named_with_its_price() -> None:
    trade = hand_trade(1.0)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", trade_svg(trade, hand_candles(trade)))
    assert {"in 67,300.0", "stop 66,540.0", "T1 68,900.0", "T2 70,450.0", "decided"} <= set(texts)


def test_every_fill_is_marked_where_it_happened() -> None:
    trade = hand_trade(1.0)
    drawn = trade_svg(trade, hand_candles(trade))
    marks = re.findall(r'class="fill" transform="translate\(([\d.]+) ([\d.]+)\)', drawn)
    assert len(marks) == len(trade.outcome.fills) == 3
    xs, ys = [float(x) for x, _ in marks], [float(y) for _, y in marks]
    assert xs[0] < xs[1] == xs[2]
    assert ys[0] > ys[1] > ys[2]


def test_an_entry_points_to_the_side_of_its_trade() -> None:
    short = hand_trade(1.0, side=Side.SHORT)
    assert "scale(1 -1)" in trade_svg(short, hand_candles(short))
    assert [fill_sign("entry", side) for side in Side] == ["▲" if side is Side.LONG else "▼" for side in Side]
    assert [fill_sign(leg, Side.LONG) for leg in ("stop", "time", "target-2")] == ["×", "□", "◇"]


def test_every_candle_is_drawn_once_hollow_or_filled() -> None:
    trade = hand_trade(1.0)
    candles = shown_candles(hand_candles(trade), trade)
    drawn = trade_svg(trade, hand_candles(trade))
    rising = re.search(r'class="up" d="([^"]*)"', drawn)
    falling = re.search(r'class="down" d="([^"]*)"', drawn)
    assert rising
    assert falling
    assert rising[1].count("Z") == int((candles.close >= candles.open).sum())
    assert falling[1].count("Z") == int((candles.close < candles.open).sum())


@pytest.mark.parametrize("ending", [Ending.EXPIRED, Ending.RAN_AWAY, Ending.OPEN])
def test_a_trade_without_an_exit_is_drawn_too(ending: Ending) -> None:
    trade = hand_trade(0.4, ending=ending)
    root = ElementTree.fromstring(trade_svg(trade, hand_candles(trade)))
    assert (root[0].text or "").endswith(ending.value)


def test_levels_alone_are_drawn_where_there_is_no_candle() -> None:
    trade = hand_trade(1.0)
    drawn = trade_svg(trade, Candles.empty(Timeframe.M15))
    assert "T2 70,450.0" in drawn
    assert "nan" not in drawn


def test_a_trade_that_ended_when_it_was_decided_is_drawn() -> None:
    trade = hand_trade(1.0)
    ended = replace(trade, outcome=replace(trade.outcome, ended_ms=trade.decided_ms, fills=()))
    assert "stop 66,540.0" in trade_svg(ended, hand_candles(ended))
