"""Scales, ticks and marks of small pictures, as SVG text. Coordinates are in the picture's own units, y downwards."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

from shared.models.timeframe import DAY_MS

NICE: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
SUFFIXES: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
SHORTEN: Final = 10_000.0
"""Numbers from here on are written with a suffix."""
LETTER: Final = 0.6
"""Width of a letter, as a share of the size of the type."""
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high`` laid along ``start`` to ``stop``."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Where ``value`` lies."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)


def scale_over(values: Iterable[float], start: float, stop: float, room: float = 0.05) -> Scale:
    """A scale that holds every value, with ``room`` as a share of their span at both ends."""
    held = list(values) or [0.0]
    low, high = min(held), max(held)
    span = high - low or abs(high) * 0.02 or 1.0
    middle = (low + high) / 2
    half = max(high - low, span) / 2 + span * room
    return Scale(middle - half, middle + half, start, stop)


def tick_step(span: float, about: int) -> float:
    """The round step that gives at most ``about`` ticks over ``span``."""
    raw = span / max(1, about)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * nice for nice in NICE if power * nice >= raw * (1 - 1e-9))


def ticks(scale: Scale, about: int) -> tuple[float, ...]:
    """Round values on the scale, ascending."""
    step = tick_step(scale.high - scale.low, about)
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    return tuple(place * step for place in range(first, last + 1))


def axis_texts(values: Sequence[float]) -> tuple[str, ...]:
    """Labels of evenly spaced values: as many decimals as their step needs, large ones with a suffix (``12.5k``)."""
    largest = max((abs(value) for value in values), default=0.0)
    unit, suffix = next(
        ((unit, suffix) for unit, suffix in SUFFIXES if largest >= max(unit, SHORTEN)), (1.0, "")
    )
    step = (
        min((after - before for before, after in itertools.pairwise(values)), default=largest or 1.0) / unit
    )
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    decimals += round(step * 10**decimals, 6) % 1 != 0
    texts = (f"{value / unit:z,.{decimals}f}{suffix}" for value in values)
    return tuple(
        "0" if abs(value) < step * unit / 1e6 else text.replace("-", "−")
        for value, text in zip(values, texts, strict=True)
    )


def time_ticks(first_ms: int, last_ms: int, about: int) -> tuple[tuple[int, str], ...]:
    """Round instants between two times with their labels: years, months, days or hours, whichever gives at most ``about``."""
    span = max(1, last_ms - first_ms)
    for hours in (1, 3, 6, 12):
        if span / (hours * HOUR_MS) <= about:
            return tuple(_even(first_ms, last_ms, hours * HOUR_MS))
    for days in (1, 2, 5, 10):
        if span / (days * DAY_MS) <= about:
            return tuple(_even(first_ms, last_ms, days * DAY_MS))
    for months in (1, 2, 3, 6, 12, 24, 60, 120):
        if span / (months * 30.4 * DAY_MS) <= about:
            return tuple(_by_months(first_ms, last_ms, months))
    return ()


def _even(first_ms: int, last_ms: int, step_ms: int) -> Iterator[tuple[int, str]]:
    for time_ms in range(-(-first_ms // step_ms) * step_ms, last_ms + 1, step_ms):
        moment = datetime.fromtimestamp(time_ms // 1000, UTC)
        day = f"{moment.day} {MONTHS[moment.month - 1]}"
        yield time_ms, day if time_ms % DAY_MS == 0 else f"{moment:%H:%M}"


def _by_months(first_ms: int, last_ms: int, step: int) -> Iterator[tuple[int, str]]:
    count = datetime.fromtimestamp(first_ms // 1000, UTC).year * 12
    while True:
        year, month = divmod(count, 12)
        time_ms = int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * 1000
        if time_ms > last_ms:
            return
        if time_ms >= first_ms:
            yield time_ms, str(year) if step >= 12 else f"{MONTHS[month]} {year % 100:02d}"
        count += step


def number(value: float) -> str:
    """A coordinate with one decimal at most."""
    text = f"{value:z.1f}"
    return text.removesuffix(".0")


def points(xs: Iterable[float], ys: Iterable[float]) -> str:
    """A path through points, left to right."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in zip(xs, ys, strict=True))


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line of a class."""
    return f'<path class="{kind}" d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"/>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle of a class."""
    return (
        f'<rect class="{kind}" x="{number(x)}" y="{number(y)}" width="{number(max(width, 0.1))}" '
        f'height="{number(max(height, 0.1))}"/>'
    )


def dot(x: float, y: float, radius: float, kind: str) -> str:
    """A circle of a class."""
    return f'<circle class="{kind}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>'


def label(x: float, y: float, text: str, kind: str = "") -> str:
    """Words at a place; the classes ``m`` and ``e`` centre them there or end them there."""
    styled = f' class="{kind}"' if kind else ""
    return f'<text{styled} x="{number(x)}" y="{number(y)}">{escape(text)}</text>'


def picture(width: float, height: float, title: str, parts: Iterable[str], kind: str = "p") -> str:
    """The whole picture; ``title`` says in words what it shows."""
    body = "".join(parts)
    return (
        f'<svg class="{kind}" viewBox="0 0 {number(width)} {number(height)}" role="img">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def spread(places: Sequence[float], gap: float, low: float, high: float) -> tuple[float, ...]:
    """Places moved apart until they are ``gap`` from each other, as near as may be to where they were and, while there is room, between
    ``low`` and ``high``. In the order given."""
    order = sorted(range(len(places)), key=lambda place: places[place])
    moved = [0.0] * len(places)
    edge = low
    for place in order:
        moved[place] = max(places[place], edge)
        edge = moved[place] + gap
    edge = high
    for place in reversed(order):
        moved[place] = min(moved[place], edge)
        edge = moved[place] - gap
    return tuple(moved)
