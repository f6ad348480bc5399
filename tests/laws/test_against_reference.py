"""The engine against a second, plain reading of the same rules: event for event, over made-up markets of every sort."""

from __future__ import annotations

import math
import os
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models.data import Candles
from shared.models.events import EventLog
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from strategy.smc.engine import detect
from tests.reference.log import ACCUMULATED, EVENTS, FORMED, KINDS, LAYER_ADDED, POOL, SESSION, Options, Row
from tests.reference.smc import Reference, reference_log

NIGHTLY = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
BATCHES, PER_BATCH = (400, 10) if NIGHTLY else (20, 10)
SHORT_BARS = 400 if NIGHTLY else 260
REST = range(150, 1145)
"""A market at rest has a thousand bars without a pivot, after which references are too old to be broken."""
MOODS = ("walk", "jumps", "flat", "coarse", "holes", "waves", "calm then wild")
STARTS = [
    (2024, 3, 8), (2024, 11, 1), (2023, 12, 30), (2022, 6, 15), (2025, 2, 27), (2021, 10, 30),
]  # fmt: skip
"""Some just before New York's clock changes, the turn of a year or a leap day."""
SCALES = [(2.0**-10, 20000), (2.0**-4, 700), (0.01, 6000), (1e-8, 1500), (1e-8, 120), (0.5, 2_000_000), (0.1, 10_000_000)]  # fmt: skip
"""Tick, and ticks to the starting price."""
SHARES = (3, 6, 3, 1, 3, 0.5)
"""How often each timeframe is drawn, finest first."""


@dataclass(frozen=True)
class Case:
    """A series and the options it is read with."""

    candles: Candles
    options: dict[str, Any]
    tick: float


def ticks_of(draw: random.Random, count: int, mood: str, start: int) -> list[tuple[int, int, int, int]]:
    """Open, high, low and close of every bar in whole ticks, never below one."""
    size = max(2.0, start * draw.choice([0.0008, 0.003, 0.012]))
    bars, close, speed = [], start, 0.0
    for i in range(count):
        if mood == "rest" and i in REST:
            bars.append((close, close + 2, max(1, close - 2), close))
            continue
        scale = size * (4.0 if mood == "calm then wild" and i % 120 > 80 else 1.0)
        step = draw.gauss(0, scale)
        open_ = close
        if mood == "jumps":
            open_ += round(draw.gauss(0, scale)) if draw.random() < 0.2 else 0
            step += draw.gauss(0, 9 * scale) if draw.random() < 0.05 else 0
        if mood == "waves":
            speed = 0.9 * speed + draw.gauss(0, 0.3 * scale) - (close - start) * 0.01
            step = 0.6 * step + speed
        grid = max(1, round(size * 1.5)) if mood == "coarse" else 1
        still = mood == "flat" and (i // 25) % 3 == 1
        close = max(2, open_ + (0 if still else round(step / grid) * grid))
        open_ = max(2, open_)
        wick = [0 if still else round(abs(draw.gauss(0, 0.7 * scale)) / grid) * grid for _ in "ul"]
        bars.append((open_, max(open_, close) + wick[0], max(1, min(open_, close) - wick[1]), close))
    return bars


def volumes_of(draw: random.Random, count: int, *, untraded: bool) -> list[float]:
    """Volumes: random, all the same, or with bars in which nothing traded."""
    if draw.random() < 0.15:
        return [7.0] * count
    return [0.0 if untraded and draw.random() < 0.05 else float(draw.randint(1, 900)) for _ in range(count)]


def times_of(draw: random.Random, count: int, timeframe: Timeframe, *, holes: bool) -> list[int]:
    """Open times on the grid, with bars or whole days missing."""
    start = int(datetime(*draw.choice(STARTS), tzinfo=UTC).timestamp() * 1000)
    now = timeframe.floor(start + draw.randrange(6 * 86_400_000))
    times = []
    for _ in range(count):
        times.append(now)
        now += timeframe.ms
        if holes and draw.random() < 0.03:
            now += timeframe.ms * draw.choice([1, 2, 3, 17, 96, 200])
    return times


def options_of(draw: random.Random) -> dict[str, Any]:
    """Options anywhere in their ranges; a good part of them at their defaults."""
    swing = draw.choice([5, 8, 12, 20])
    options = {
        "internal_reach": draw.randint(2, min(6, swing - 1)),
        "swing_reach": swing,
        "break_on": draw.choice(["close", "wick"]),
        "break_buffer_atr": draw.choice([0.0, round(draw.uniform(0, 0.5), 3)]),
        "min_gap_atr": draw.choice([0.0, round(draw.uniform(0, 0.6), 3)]),
        "displacement_atr": round(draw.uniform(0.5, 2.5), 3),
        "reclaim_bars": draw.randint(1, 6),
        "equal_atr": round(draw.uniform(0.01, 1.0), 3),
        "zone_expiry_bars": draw.choice([50, 70, 500]),
        "spawn_expiry_bars": draw.choice([20, 35, 200]),
        "pool_expiry_bars": draw.choice([50, 80, 1000]),
        "zone_body_only": draw.random() < 0.5,
        "block_candle": draw.choice(["last_opposite", "extreme"]),
        "invalidate_on": draw.choice(["close", "wick"]),
        "sessions": draw.choice(["New York", "UTC"]),
    }
    if draw.random() < 0.3:
        options |= {"internal_reach": 5, "swing_reach": 20}
    kept = draw.choice([0.0, 0.4, 1.0])
    return {name: value for name, value in options.items() if name.endswith("reach") or draw.random() >= kept}


def case(
    seed: int, most: int, mood: str | None = None, timeframe: Timeframe | None = None, least: int = 60
) -> Case:
    """The case of a seed: ``least`` to ``most`` bars of a mood on a timeframe, at some scale of prices."""
    draw = random.Random(seed)
    count = draw.randint(least, most)
    chosen_mood, chosen_frame = draw.choice(MOODS), draw.choices(list(Timeframe), SHARES)[0]
    mood, timeframe = mood or chosen_mood, timeframe or chosen_frame
    tick, start = draw.choice(SCALES)
    prices = ticks_of(draw, count, mood, start)
    broken = mood == "holes" or draw.random() < 0.15
    columns = [[bar[i] * tick for bar in prices] for i in range(4)]
    times = times_of(draw, count, timeframe, holes=broken)
    candles = Candles(timeframe, times, *columns, volumes_of(draw, count, untraded=broken))  # type: ignore[arg-type, call-arg]
    return Case(candles, options_of(draw), tick)


def rows_of(log: EventLog) -> list[Row]:
    """The engine's rows in the shape of the reference's."""
    return [(*ints, *floats) for ints, floats in zip(log.ints.tolist(), log.floats.tolist(), strict=True)]


def by_bar(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Rows of each bar, sorted."""
    bars: dict[int, list[Row]] = {}
    for row in rows:
        bars.setdefault(row[0], []).append(row)
    return {bar: sorted(found) for bar, found in bars.items()}


def close_to(one: float, other: float, *, price: bool = False) -> bool:
    """Equal to 1e-9; prices relatively alone, as they may be as small as that themselves."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=0.0 if price else 1e-9)


def same_row(one: Row, other: Row) -> bool:
    """Integers exactly, edges and a zone's frozen ATR as prices, the rest as ratios."""
    if one[:7] != other[:7]:
        return False
    price_cells = (7, 8, 9) if one[2] == FORMED and one[1] in (1, 2, 7, 8, 9) else (7, 8)
    return all(close_to(one[i], other[i], price=i in price_cells) for i in range(7, 15))


def shown(rows: list[Row]) -> str:
    """Rows as lines to read."""
    lines = [
        f"  {KINDS.get(row[1], row[1])} {EVENTS.get(row[2], row[2])} side {row[3]:+d} layer {row[4]} object {row[5]}"
        f" origin {row[6]} low..f {' '.join(f'{cell:.12g}' for cell in row[7:])}"
        for row in rows
    ]
    return "\n".join(lines) or "  nothing"


def first_difference(log: EventLog, reference: Reference) -> str | None:
    """The first bar whose rows or state differ, with what both say of it; None if they agree."""
    ours, theirs = by_bar(rows_of(log)), by_bar(reference.rows)
    for bar in range(len(reference.atr)):
        one, other = ours.get(bar, []), theirs.get(bar, [])
        if len(one) != len(other) or not all(map(same_row, one, other)):
            extra = [row for row in one if not any(same_row(row, there) for there in other)]
            lacking = [row for row in other if not any(same_row(row, here) for here in one)]
            return (
                f"bar {bar}\nengine:\n{shown(one)}\nreference:\n{shown(other)}\n"
                f"only in the engine:\n{shown(extra)}\nonly in the reference:\n{shown(lacking)}"
            )
        state = state_difference(log, reference, bar)
        if state:
            return f"bar {bar}: {state}\nrows of both:\n{shown(other)}"
    strays = sorted(set(ours) - set(range(len(reference.atr))))
    return f"rows at bars {strays[:5]}, which do not exist" if strays else None


def state_difference(log: EventLog, reference: Reference, bar: int) -> str | None:
    """The first state column that differs at the bar."""
    columns: list[tuple[str, Any, Any]] = [("atr", log.atr, reference.atr)]
    for layer, name in enumerate(("internal", "swing")):
        columns += [
            (f"{name} trend", log.trend[layer], reference.trend[layer]),
            (f"{name} range_low", log.range_low[layer], reference.range_low[layer]),
            (f"{name} range_high", log.range_high[layer], reference.range_high[layer]),
        ]
    for name, one, other in columns:
        if not close_to(float(one[bar]), float(other[bar]), price=True):
            return f"{name} is {one[bar]!r} in the engine, {other[bar]!r} in the reference"
    return None


def assert_agrees(one: Case, name: str) -> None:
    """The engine and the reference read the case alike."""
    log = detect(one.candles, SmcRules(**one.options), one.tick)
    assert len(log.atr) == len(one.candles)
    different = first_difference(log, reference_log(one.candles, Options(**one.options), one.tick))
    if different:
        pytest.fail(f"{name}: {one.candles!r}, tick {one.tick}, options {one.options}\n{different}")


@pytest.mark.parametrize("batch", range(BATCHES))
def test_seeded_markets_are_read_by_the_rules(batch: int) -> None:
    for seed in range(batch * PER_BATCH, (batch + 1) * PER_BATCH):
        assert_agrees(case(seed, SHORT_BARS), f"case({seed}, {SHORT_BARS})")


@given(
    seed=st.integers(0, 10**9),
    mood=st.sampled_from(MOODS),
    timeframe=st.sampled_from([Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.D1]),
)
def test_any_market_is_read_by_the_rules(seed: int, mood: str, timeframe: Timeframe) -> None:
    name = f"case({seed}, 700, {mood!r}, Timeframe.{timeframe.name})"
    assert_agrees(case(seed, 700, mood, timeframe), name)


@pytest.mark.parametrize("seed", range(100 if NIGHTLY else 10))
def test_markets_with_a_long_rest_are_read_by_the_rules(seed: int) -> None:
    name = f"case({seed}, 1300, 'rest', Timeframe.H1, 1200)"
    assert_agrees(case(seed, 1300, "rest", Timeframe.H1, 1200), name)


@pytest.mark.parametrize("seed", range(10, 16))
def test_without_a_price_step_nothing_is_too_thin_but_what_has_no_height(seed: int) -> None:
    one = case(seed, 260, "coarse")
    assert_agrees(Case(one.candles, one.options, 0.0), f"case({seed}, 260, 'coarse') without a step")


def test_an_empty_and_a_one_bar_series_are_read_by_the_rules() -> None:
    one = case(1, 60)
    for count in (0, 1, 2, 14, 15):
        assert_agrees(Case(one.candles.head(count), one.options, one.tick), f"case(1, 60), {count} bars")


POSSIBLE = {
    1: {1, 6, 7, 8, 9, 10, 11, 12}, 2: {1, 2, 6, 7, 8, 9, 10, 11, 12}, 3: {1, 4, 12, 13, 14, 15, 16, 17, 21},
    4: {1, 3}, 5: {1, 5}, 6: {1}, 7: {1, 6, 7, 8, 9, 10, 11, 12}, 8: {1, 6, 7, 8, 9, 10, 11, 12},
    9: {1, 6, 7, 8, 9, 10, 11, 12}, 10: {18, 19, 20},
}  # fmt: skip
"""Events of each kind."""


def test_the_markets_of_this_test_make_every_event() -> None:
    seen: Counter[tuple[int, int]] = Counter()
    layers: set[tuple[int, int, int]] = set()
    for seed in range(60):
        one = case(seed, SHORT_BARS)
        rows = reference_log(one.candles, Options(**one.options), one.tick).rows
        seen.update((row[1], row[2]) for row in rows)
        layers.update(row[1:3] + row[4:5] for row in rows)
    assert set(seen) == {(kind, event) for kind, events in POSSIBLE.items() for event in events}
    assert {layer for kind, event, layer in layers if (kind, event) == (POOL, FORMED)} == {0, 2, 3, 4}
    assert {layer for kind, event, layer in layers if (kind, event) == (POOL, LAYER_ADDED)} == {
        0,
        1,
        2,
        3,
        4,
    }
    assert seen[SESSION, ACCUMULATED] > 10


def test_a_missing_row_a_wrong_number_and_a_wrong_state_are_noticed() -> None:
    one = case(3, 260)
    reference = reference_log(one.candles, Options(**one.options), one.tick)
    assert first_difference(as_log(reference), reference) is None
    lacking = as_log(Reference(reference.rows[:40] + reference.rows[41:], *states(reference)))
    assert "only in the reference" in str(first_difference(lacking, reference))
    row = reference.rows[40]
    wrong = (*row[:7], row[7] * (1 + 1e-7), *row[8:])
    changed = as_log(Reference([*reference.rows[:40], wrong, *reference.rows[41:]], *states(reference)))
    assert f"bar {row[0]}\n" in str(first_difference(changed, reference))
    trend, *rest = states(reference)
    turned = as_log(Reference(reference.rows, ([*trend[0][:-1], 7], trend[1]), *rest))
    assert "internal trend is" in str(first_difference(turned, reference))


def states(reference: Reference) -> tuple[Any, ...]:
    """The state columns of a reference, as its constructor takes them."""
    return reference.trend, reference.range_low, reference.range_high, reference.atr


def as_log(reference: Reference) -> Any:
    """The reference in the shape of the engine's log."""
    return SimpleNamespace(
        ints=np.array([row[:7] for row in reference.rows], np.int64),
        floats=np.array([row[7:] for row in reference.rows], np.float64),
        atr=np.array(reference.atr),
        trend=reference.trend,
        range_low=reference.range_low,
        range_high=reference.range_high,
    )
