"""One trade on its candles, as SVG text: the entry zone, stop and targets as lines, fills as marks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from bot.ui.numbers import price_shown
from bot.ui.svg_axes import LETTER, Scale, box, label, line, number, picture, scale_over, spread, time_ticks
from shared.models.backtest import Trade
from shared.models.data import Candles
from shared.models.fills import Fill
from shared.models.smc import Side
from shared.models.timeframe import Timeframe

WIDTH: Final = 560.0
TOP: Final = 22.0
BOTTOM: Final = 272.0
LETTERS: Final = 16.0
"""The size of letters on a phone, in the picture's units."""
MOST_BARS: Final = 160
LEAD_BARS: Final = 12
"""Candles shown before the decision and after the end, at least."""
LEAD_SHARE: Final = 0.25
"""The same as a share of the time between."""
MARKS: Final = {"entry": "M-5 4L0-5L5 4Z", "stop": "M-4-4L4 4M-4 4L4-4", "time": "M-4-4H4V4H-4Z"}
TARGET_MARK: Final = "M0-5L5 0L0 5L-5 0Z"
SIGNS: Final = {"stop": "×", "time": "□"}
TARGET_SIGN: Final = "◇"


def fill_sign(leg: str, side: Side) -> str:
    """The sign that stands for a fill in words, like its mark on the chart."""
    if leg == "entry":
        return "▲" if side is Side.LONG else "▼"
    return SIGNS.get(leg, TARGET_SIGN)


def shown_candles(candles: Candles, trade: Trade) -> Candles:
    """Candles from a bit before the decision to a bit after the end, in the finest timeframe that shows it in 160 candles or fewer; a
    longer trade's first ones."""
    since, until = trade.decided_ms, max(trade.outcome.ended_ms, trade.decided_ms)
    for timeframe in [one for one in Timeframe if one.ms >= candles.timeframe.ms]:
        lead = max(LEAD_BARS * timeframe.ms, int((until - since) * LEAD_SHARE))
        window = candles.between(since - lead, until + lead)
        coarse = window if timeframe is candles.timeframe else merged(window, timeframe)
        if len(coarse) <= MOST_BARS:
            return coarse
    return coarse.head(MOST_BARS)


def merged(candles: Candles, timeframe: Timeframe) -> Candles:
    """Candles put together into a coarser timeframe; the first and last may be parts."""
    if not len(candles):
        return Candles.empty(timeframe)
    opens = candles.open_ms - (candles.open_ms - timeframe.anchor_ms) % timeframe.ms
    first = np.flatnonzero(np.diff(opens, prepend=opens[0] - 1))
    last = np.append(first[1:], len(opens)) - 1
    return Candles(
        timeframe,
        opens[first],
        candles.open[first],
        np.maximum.reduceat(candles.high, first),
        np.minimum.reduceat(candles.low, first),
        candles.close[last],
        np.add.reduceat(candles.volume, first),
    )


def trade_svg(trade: Trade, candles: Candles) -> str:
    """The picture. Rising candles are hollow, falling ones filled."""
    shown, levels = shown_candles(candles, trade), _levels(trade)
    right = WIDTH - max(len(text) for _, text, _ in levels) * LETTER * LETTERS - 10
    plan = trade.setup.plan
    prices = [price for price, _, _ in levels] + [float(plan.entry.near), float(plan.entry.far)]
    price = scale_over((*prices, *map(float, shown.low), *map(float, shown.high)), BOTTOM - 4, TOP + 4, 0.02)
    first = int(shown.open_ms[0]) if len(shown) else trade.decided_ms
    last = int(shown.close_ms[-1]) if len(shown) else max(trade.outcome.ended_ms, first + plan.trigger.ms)
    time = Scale(first, max(last, first + 1), 2, right)
    title = f"{plan.symbol} {plan.side.word} on {shown.timeframe} candles: {trade.outcome.ending.value}"
    parts = [
        *_axis(time),
        _zone(trade, time, price),
        *_candles(shown, time, price),
        line(time(trade.decided_ms), TOP, time(trade.decided_ms), BOTTOM, "when"),
        *_decided(time(trade.decided_ms)),
        *_lines(trade, time, price),
        *_marks(trade.outcome.fills, int(plan.side), time, price),
    ]
    return picture(WIDTH, 292, title, parts, "t")


def _levels(trade: Trade) -> list[tuple[float, str, str]]:
    plan = trade.setup.plan
    rows = [("stop", plan.stop.price, "stop"), ("in", plan.entry.price, "entry")]
    rows += [(f"T{place}", target.price, "target") for place, target in enumerate(plan.targets, 1)]
    return [(float(price), f"{name} {price_shown(price, plan.tick)}", kind) for name, price, kind in rows]


def _axis(time: Scale) -> Iterator[str]:
    for time_ms, text in time_ticks(int(time.low), int(time.high), 5):
        x = time(time_ms)
        half = len(text) * LETTER * LETTERS / 2
        yield line(x, TOP, x, BOTTOM, "grid")
        yield label(min(max(x, half), WIDTH - half), BOTTOM + 16, text, "m")


def _decided(x: float) -> Iterator[str]:
    words = "decided"
    half = len(words) * LETTER * LETTERS / 2
    yield label(max(x, half + 2), 15, words, "m")


def _zone(trade: Trade, time: Scale, price: Scale) -> str:
    entry = trade.setup.plan.entry
    until = trade.outcome.filled_ms or min(entry.expires_ms, trade.outcome.ended_ms)
    left, right = time(trade.decided_ms), min(time(max(until, trade.decided_ms)), time.stop)
    top, bottom = sorted((price(float(entry.near)), price(float(entry.far))))
    return box(left, top, max(right - left, 3), max(bottom - top, 1), "zone")


def _candles(candles: Candles, time: Scale, price: Scale) -> Iterator[str]:
    width = max(0.8, (time.stop - time.start) * candles.timeframe.ms / (time.high - time.low) * 0.7)
    paths: dict[str, list[str]] = {"up": [], "down": []}
    rows = zip(candles.open_ms, candles.open, candles.high, candles.low, candles.close, strict=True)
    for open_ms, opened, high, low, closed in rows:
        x = time(float(open_ms) + candles.timeframe.ms / 2)
        top, bottom = price(max(opened, closed)), price(min(opened, closed))
        body = f"M{number(x - width / 2)} {number(top)}h{number(width)}V{number(bottom)}h{number(-width)}Z"
        wicks = f"M{number(x)} {number(price(high))}V{number(top)}M{number(x)} {number(bottom)}V{number(price(low))}"
        paths["up" if closed >= opened else "down"].append(wicks + body)
    for kind, drawn in paths.items():
        if drawn:
            yield f'<path class="{kind}" d="{"".join(drawn)}"/>'


def _lines(trade: Trade, time: Scale, price: Scale) -> Iterator[str]:
    levels = _levels(trade)
    start = max(time(trade.decided_ms), time.start)
    places = spread([price(value) for value, _, _ in levels], LETTERS + 1, TOP, BOTTOM)
    for (value, text, kind), place in zip(levels, places, strict=True):
        y = price(value)
        yield line(start, y, time.stop, y, kind)
        if math.fabs(place - y) > 2:
            yield line(time.stop, y, time.stop + 6, place, "tick")
        yield label(time.stop + 8, place + 4, text, kind)


def _marks(fills: tuple[Fill, ...], side: int, time: Scale, price: Scale) -> Iterator[str]:
    for fill in fills:
        x, y = time(fill.bar_ms), price(fill.price)
        turned = " scale(1 -1)" if fill.leg == "entry" and side < 0 else ""
        shape = MARKS.get(fill.leg, TARGET_MARK)
        yield f'<path class="fill" transform="translate({number(x)} {number(y)}){turned}" d="{shape}"/>'
