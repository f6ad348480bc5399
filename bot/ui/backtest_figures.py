"""The pictures of a backtest, each as SVG text: equity over its drawdown, the spread of results, calibration, an interval in a row.

Letters are sized by the page's style sheet and grow on a phone, where the picture shrinks: margins are measured for the larger size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from bot.ui.backtest_reading import interval_text, money_text, r_text
from bot.ui.svg_axes import (
    LETTER,
    Scale,
    axis_texts,
    box,
    dot,
    label,
    line,
    number,
    picture,
    points,
    scale_over,
    tick_step,
    ticks,
    time_ticks,
)
from shared.models.backtest import Backtest
from shared.models.statistics import Calibration, Decile, Expectancy, Insufficient
from shared.models.timeframe import iso

WIDTH: Final = 480.0
LETTERS: Final = 15.0
"""The size of letters on a phone, in a picture's units."""
RIGHT: Final = 474.0
BINS: Final = 24
"""Most bars of a histogram."""
ROW_WIDTH: Final = 160.0


def width_of(texts: Sequence[str], letters: float = LETTERS) -> float:
    """Room the longest of some labels takes."""
    return max((len(text) for text in texts), default=0) * LETTER * letters


@dataclass(frozen=True, slots=True)
class Curve:
    """Equity over time: ``times`` in UTC ms, ``totals`` in currency, ``falls`` below the highest so far in percent, at or below 0."""

    times: tuple[int, ...]
    totals: tuple[float, ...]
    falls: tuple[float, ...]


def curve_of(backtest: Backtest) -> Curve:
    """Mark-to-market equity from the capital at the start on."""
    start = float(backtest.capital)
    times = (backtest.since_ms, *(point.time_ms for point in backtest.equity))
    totals = (start, *(float(point.total) for point in backtest.equity))
    peaks = accumulate(totals, max)
    falls = tuple(min(0.0, (total / peak - 1) * 100) for total, peak in zip(totals, peaks, strict=True))
    return Curve(times, totals, falls)


def equity_svg(backtest: Backtest) -> str:
    """Equity in currency (left) and percent of the capital (right), its drawdown below."""
    curve, capital = curve_of(backtest), float(backtest.capital)
    money = scale_over((*curve.totals, capital), 196, 24)
    rungs = ticks(money, 5)
    texts, gains = axis_texts(rungs), _gains(rungs, capital)
    left, right = width_of((*texts, backtest.currency)) + 8, WIDTH - width_of(gains) - 8
    time = Scale(
        curve.times[0], max(curve.times[-1], backtest.until_ms, curve.times[0] + 1), left + 4, right - 4
    )
    title = f"Equity from {money_text(capital)} to {money_text(curve.totals[-1])} {backtest.currency}, deepest fall {min(curve.falls):.2f} %"
    parts = [
        label(left - 4, 12, backtest.currency, "e"),
        label(right + 4, 12, "%"),
        *(
            part
            for value, text, gain in zip(rungs, texts, gains, strict=True)
            for part in _rung(money(value), text, gain, left, right)
        ),
        line(left, money(capital), right, money(capital), "zero"),
        *_time_axis(time, 304, (24, 288)),
        *_falls(curve, time, left, right),
        f'<path class="curve" d="{points(map(time, curve.times), map(money, curve.totals))}"/>',
    ]
    return picture(WIDTH, 312, title, parts)


def _gains(rungs: Sequence[float], capital: float) -> tuple[str, ...]:
    texts = axis_texts([(value / capital - 1) * 100 for value in rungs])
    return tuple(text if text.startswith("−") or text == "0" else f"+{text}" for text in texts)


def _rung(y: float, text: str, gain: str, left: float, right: float) -> Iterator[str]:
    yield line(left, y, right, y, "grid")
    yield label(left - 4, y + 4, text, "e")
    yield label(right + 4, y + 4, gain)


def _falls(curve: Curve, time: Scale, left: float, right: float) -> Iterator[str]:
    deepest = min(-0.01, *curve.falls)
    fall = Scale(deepest * 1.05, 0, 286, 222)
    rungs = [value for value in ticks(fall, 2) if value <= 0]
    for value, text in zip(rungs, axis_texts(rungs), strict=True):
        yield line(left, fall(value), right, fall(value), "grid")
        yield label(left - 4, fall(value) + 4, text, "e")
    xs = [time(value) for value in curve.times]
    outline = points([xs[0], *xs, xs[-1]], [fall(0), *(fall(value) for value in curve.falls), fall(0)])
    yield f'<path class="fall" d="{outline}Z"/>'
    yield label(left + 4, 216, "drawdown, % below the highest so far", "s")


def _time_axis(time: Scale, y: float, heights: tuple[float, float]) -> Iterator[str]:
    for time_ms, text in time_ticks(int(time.low), int(time.high), 5):
        x = time(time_ms)
        half = width_of([text]) / 2
        yield line(x, heights[0], x, heights[1], "grid")
        yield label(min(max(x, half), WIDTH - half), y, text, "m")


@dataclass(frozen=True, slots=True)
class Bins:
    """Counts of results in steps of ``width`` R from ``low`` on."""

    low: float
    width: float
    counts: tuple[int, ...]


def bins_of(results: Sequence[float]) -> Bins:
    """At most 24 bars, of 0.25 R or a rounder step; 0 is an edge, and a result on an edge lies above it."""
    low, high = min((0.0, *results)), max((0.0, *results))
    width = max(0.25, tick_step(max(high - low, 0.25), BINS - 2))
    first = math.floor(low / width + 1e-9)
    places = [math.floor(result / width + 1e-9) - first for result in results]
    counts = [0] * (max(places, default=0) + 1)
    for place in places:
        counts[place] += 1
    return Bins(first * width, width, tuple(counts))


def results_svg(results: Sequence[float], worth: Expectancy | Insufficient) -> str:
    """How often each result came, in R, with the average and its interval above."""
    bins = bins_of(results)
    high = bins.low + bins.width * len(bins.counts)
    edges = [bins.low, high] + ([worth.low, worth.high] if isinstance(worth, Expectancy) else [])
    count = Scale(0, max((1, *bins.counts)) * 1.05, 250, 58)
    rungs = [value for value in ticks(count, 4) if value == int(value)]
    left = width_of([f"{value:.0f}" for value in rungs]) + 8
    x = scale_over((*edges, 0.0), left, RIGHT, 0.02)
    parts = [
        label(left - 4, 46, "N", "e"),
        *(line(left, count(value), RIGHT, count(value), "grid") for value in rungs),
        *(label(left - 4, count(value) + 4, f"{value:.0f}", "e") for value in rungs),
        *_bars(bins, x, count),
        line(x(0), 50, x(0), 250, "zero"),
        *_r_axis(x),
        *_average(worth, x),
    ]
    return picture(WIDTH, 286, f"{len(results)} results in R; {worth}", parts)


def _bars(bins: Bins, x: Scale, count: Scale) -> Iterator[str]:
    for place, trades in enumerate(bins.counts):
        if trades:
            start = bins.low + place * bins.width
            kind = "won" if start >= -1e-9 else "lost"
            left, right = x(start), x(start + bins.width)
            yield box(left + 0.5, count(trades), right - left - 1, count(0) - count(trades), kind)


def _r_axis(x: Scale) -> Iterator[str]:
    rungs = ticks(x, 7)
    for value, text in zip(rungs, axis_texts(rungs), strict=True):
        yield line(x(value), 250, x(value), 254, "tick")
        half = width_of([text]) / 2
        yield label(min(x(value), WIDTH - half), 267, text, "m")
    yield label(RIGHT, 283, "result, R after costs", "e s")


def _average(worth: Expectancy | Insufficient, x: Scale) -> Iterator[str]:
    if isinstance(worth, Insufficient):
        yield label(WIDTH / 2, 16, str(worth).partition(" on ")[0], "m")
        yield label(WIDTH / 2, 33, f"on {str(worth).partition(' on ')[2]}", "m")
        return
    text = f"average {r_text(worth.mean)} {interval_text(worth.low, worth.high)}".replace("-", "−")
    half = width_of([text]) / 2
    yield label(min(max(x(worth.mean), half + 2), WIDTH - half - 2), 16, text, "m")
    yield from whisker(x(worth.low), x(worth.mean), x(worth.high), 32)
    yield line(x(worth.mean), 36, x(worth.mean), 250, "mean")


def whisker(low: float, middle: float, high: float, y: float) -> Iterator[str]:
    """An interval lying down: a line with ends and a dot on its middle."""
    yield f'<path class="span" d="M{number(low)} {number(y - 4)}v8m0-4H{number(high)}m0-4v8"/>'
    yield dot(middle, y, 3.5, "dot")


def calibration_svg(calibration: Calibration) -> str:
    """Expectancy by tenth of the scores with intervals, N under each; at least one tenth. A hollow dot has too few trades for a number."""
    deciles = calibration.deciles
    told = [decile.worth for decile in deciles if isinstance(decile.worth, Expectancy)]
    reach = [edge for worth in told for edge in (worth.low, worth.high)] or [-1.0, 1.0]
    y = scale_over((*reach, 0.0), 214, 20, 0.08)
    rungs = ticks(y, 5)
    texts = axis_texts(rungs)
    left = width_of(texts) + 8
    step = (RIGHT - 12 - left) / max(1, len(deciles))
    parts = [
        label(left - 4, 12, "R", "e"),
        *(line(left, y(value), RIGHT, y(value), "grid") for value in rungs),
        *(label(left - 4, y(value) + 4, text, "e") for value, text in zip(rungs, texts, strict=True)),
        line(left, y(0), RIGHT, y(0), "zero"),
        *(
            part
            for place, decile in enumerate(deciles)
            for part in _decile(decile, left + step * (place + 0.5), y)
        ),
        *_scores(deciles, left, step),
    ]
    filled = sum(decile.trades for decile in deciles)
    return picture(WIDTH, 286, f"Average result by score, {filled} trades in {len(deciles)} groups", parts)


def _decile(decile: Decile, x: float, y: Scale) -> Iterator[str]:
    yield label(x, 250, str(decile.trades), "m")
    if isinstance(decile.worth, Insufficient):
        yield dot(x, y(0), 4.5, "hollow")
        return
    worth = decile.worth
    low, high = y(worth.low), y(worth.high)
    yield f'<path class="span" d="M{number(x - 5)} {number(low)}h10m-5 0V{number(high)}m-5 0h10"/>'
    yield dot(x, y(worth.mean), 4.5, "dot")


def _scores(deciles: Sequence[Decile], left: float, step: float) -> Iterator[str]:
    yield label(left - 4, 250, "N", "e")
    edges = [*(decile.low for decile in deciles), deciles[-1].high]
    decimals = 0 if edges[-1] - edges[0] >= 20 else 1
    every = 1 if step >= width_of([f"{edges[-1]:.{decimals}f}"]) + 3 else 2
    for place, edge in enumerate(edges):
        x = left + step * place
        yield line(x, 214, x, 218, "tick")
        if place % every == 0:
            yield label(x, 232, f"{edge:.{decimals}f}", "m")
    yield label(RIGHT, 281, "score, points (a tenth of the trades each)", "e s")


def interval_svg(worth: Expectancy | Insufficient, reach: tuple[float, float]) -> str:
    """One row's interval on a scale that its table shares, ``reach`` in R; only the line at 0 where there is no number."""
    x = Scale(min(0.0, reach[0]) - 1e-6, max(0.0, reach[1]) + 1e-6, 6, ROW_WIDTH - 6)
    parts = [line(x(0), 0, x(0), 18, "zero")]
    if isinstance(worth, Expectancy):
        parts += whisker(x(worth.low), x(worth.mean), x(worth.high), 9)
    return picture(ROW_WIDTH, 18, str(worth), parts, "r")


def first_and_last(curve: Curve) -> str:
    """The span of a curve in words."""
    return f"{iso(curve.times[0])[:10]} to {iso(curve.times[-1])[:10]}"
