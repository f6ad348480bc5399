"""The prefix law catches every way of rewriting the past, and finds none in our own detectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.verification.repaint import DETECTORS, STATE, Detect, differences, verify_repaint
from engine.verification.tallies import FEWEST, choose_cuts
from shared.models.data import Candles
from shared.models.events import Event, EventLog, Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from shared.models.verification import DetectorCheck, Series
from strategy.smc.engine import detect
from tests.laws.markets import MOODS, STEP, market
from tests.laws.tampering import kept
from tests.unit.engine.verification.hand_log import log_of

RULES = SmcRules()
SERIES = tuple(Series(f"{mood}/USDT", market(3, 600, mood, Timeframe.M15), STEP) for mood in MOODS)


def checked(find: Detect = detect, seed: int = 1) -> dict[str, DetectorCheck]:
    return {check.detector: check for check in verify_repaint(SERIES, RULES, cuts=8, seed=seed, find=find)}


def test_our_detectors_rewrite_nothing() -> None:
    found = checked()
    assert tuple(found) == DETECTORS
    assert {check.rewrites for check in found.values()} == {0}
    assert {check.cuts for check in found.values()} == {8 * len(SERIES)}


def test_every_event_of_every_series_is_counted_once() -> None:
    logs = [detect(one.candles, RULES, STEP) for one in SERIES]
    found = checked()
    assert sum(check.events for name, check in found.items() if name != STATE) == sum(map(len, logs))
    assert found[STATE].events == 600 * len(SERIES)
    assert all(check.shown <= check.events for check in found.values())


def test_the_lag_of_a_gap_is_its_third_candle_and_that_of_a_swing_its_reach() -> None:
    found = checked()
    gap, swing = found["fair_value_gap"].lag, found["swing"].lag
    assert gap is not None
    assert swing is not None
    assert (gap.median, gap.p90, gap.longest) == (1.0, 1.0, 1)
    assert (swing.median, swing.longest) == (RULES.internal_reach, RULES.swing_reach)
    assert found[STATE].lag is None


def peeks(candles: Candles, rules: SmcRules, tick: float) -> EventLog:
    """Claims to have known everything one bar before it could be known."""
    log = detect(candles, rules, tick)
    ints = log.ints.copy()
    ints[:, 0] = np.maximum(ints[:, 0] - 1, 0)
    return replace(log, ints=ints)


def forgets_the_dead(candles: Candles, rules: SmcRules, tick: float) -> EventLog:
    """Erases what was invalidated later."""
    log = detect(candles, rules, tick)
    births = log.formed[log.column("event") == Event.INVALIDATED]
    keep = ~np.isin(log.formed, births)
    return kept(log, np.flatnonzero(keep))


def measures_the_whole(candles: Candles, rules: SmcRules, tick: float) -> EventLog:
    """Writes a payload that depends on all the candles there are."""
    log = detect(candles, rules, tick)
    return replace(log, measures=log.measures / candles.high.max())


def reorders(candles: Candles, rules: SmcRules, tick: float) -> EventLog:
    """Turns the order of what became known at one bar once an even number of candles is there."""
    log = detect(candles, rules, tick)
    if len(candles) % 2:
        return log
    order = np.lexsort((-np.arange(len(log)), log.column("known")))
    return kept(log, order)


def repaints_the_trend(candles: Candles, rules: SmcRules, tick: float) -> EventLog:
    """Colours every bar by the trend of the last."""
    log = detect(candles, rules, tick)
    return replace(log, trend=(np.full_like(log.trend[0], log.trend[0][-1]), log.trend[1]))


CHEATS: list[tuple[Detect, str, str]] = [
    (peeks, "swing", "backdated"),
    (forgets_the_dead, "order_block", "vanished"),
    (measures_the_whole, "displacement", "changed"),
    (reorders, "pool", "changed"),
    (repaints_the_trend, STATE, "changed"),
]


@pytest.mark.parametrize(("cheat", "detector", "what"), CHEATS, ids=[cheat[0].__name__ for cheat in CHEATS])
def test_a_detector_that_cheats_is_caught(cheat: Detect, detector: str, what: str) -> None:
    assert getattr(checked(cheat)[detector], what) > 0


def test_only_the_detector_that_cheats_is_blamed() -> None:
    found = checked(repaints_the_trend)
    assert {name for name, check in found.items() if check.rewrites} == {STATE}


def test_the_same_seed_gives_the_same_result_and_another_other_cuts() -> None:
    assert checked(peeks, 5) == checked(peeks, 5)
    assert choose_cuts(600, 8, 5) != choose_cuts(600, 8, 6)


def test_cuts_are_different_lengths_shorter_than_the_series() -> None:
    cuts = choose_cuts(200, 100_000, 1)
    assert cuts == tuple(range(FEWEST, 200))


GAP = (2, Kind.FAIR_VALUE_GAP, Event.FORMED, 1, -1, 2, 1, (10.0, 11.0))
TOUCH = (3, Kind.FAIR_VALUE_GAP, Event.TOUCHED, 1, -1, 2, 1, (10.0, 11.0, 0.5))
SWING = (3, Kind.SWING, Event.FORMED, -1, 0, 5, 1, (12.0,))
DEEPER = (*TOUCH[:7], (10.0, 11.0, 0.75))


@pytest.mark.parametrize(
    ("then", "later", "expected"),
    [
        ((GAP, TOUCH), (GAP, TOUCH), set()),
        ((GAP, TOUCH), (GAP,), {("fair_value_gap", "vanished")}),
        ((GAP,), (GAP, SWING), {("swing", "backdated")}),
        ((GAP, TOUCH), (GAP, DEEPER), {("fair_value_gap", "changed")}),
        ((TOUCH, SWING), (SWING, TOUCH), {("fair_value_gap", "changed"), ("swing", "changed")}),
        ((GAP, GAP), (GAP,), {("fair_value_gap", "vanished")}),
    ],
)
def test_a_difference_is_named_by_what_became_of_the_row(
    then: tuple[tuple[object, ...], ...],
    later: tuple[tuple[object, ...], ...],
    expected: set[tuple[str, str]],
) -> None:
    found = {finding[:2] for finding in differences(log_of(5, *then), log_of(5, *later))}  # type: ignore[arg-type]
    assert found == expected


def test_a_changed_yardstick_is_a_change_of_state_at_its_bars() -> None:
    before, after = log_of(4, GAP), log_of(4, GAP)
    after.atr[2] = 2.0
    assert set(differences(before, replace(after, trend=before.trend))) == {
        (STATE, "changed", (2,)),
    }
