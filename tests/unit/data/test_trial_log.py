"""The trial log: what it took it keeps, and it counts what was tried on the same candles."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from data.trial_log import SqliteTrialLog
from shared.errors import DamagedPage
from shared.models.search import ANY, Daily, Ground, Touch, Trial
from shared.models.statistics import Expectancy, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS

START = 1_704_067_200_000
GROUND = Ground("demo", ("BTC/USDT", "ETH/USDT"), START, START + 100 * DAY_MS, "d" * 64)
WORTH = Expectancy(41, 30, 0.31, -0.02, 0.63, 0.33, 2)
TRIAL = Trial(
    0,
    (("gates.min_score", 70.0), ("plan.entry_kinds", ("limit",))),
    "a" * 64,
    WORTH,
    Daily(0.1, -0.5, 3.5, 30),
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "data" / "trials.sqlite3"


@pytest.fixture
def log(place: Path) -> Iterator[SqliteTrialLog]:
    with closing(SqliteTrialLog(place)) as opened:
        yield opened


def test_what_was_added_is_there_for_whoever_opens_the_file_next(log: SqliteTrialLog, place: Path) -> None:
    few = Trial(1, (("gates.min_score", 60),), "b" * 64, Insufficient(3, 2), Unsaid("2 of 3 days"))
    never = Trial(2, (("gates.min_score", 80),), "", Unsaid("they do not go"), Unsaid("they do not go"))
    for trial in (never, TRIAL, few):
        log.add("s", GROUND, trial)
    with closing(SqliteTrialLog(place)) as other:
        assert other.trials("s") == (TRIAL, few, never)
        assert other.trials("t") == ()


def test_a_number_that_is_taken_stays_as_it_was(log: SqliteTrialLog) -> None:
    log.add("s", GROUND, TRIAL)
    log.add("s", GROUND, replace(TRIAL, digest="b" * 64))
    assert log.trials("s") == (TRIAL,)


def test_a_held_back_time_is_touched_once_for_a_purpose(log: SqliteTrialLog) -> None:
    log.touch("p", GROUND, Touch("a" * 64, WORTH))
    log.touch("p", GROUND, Touch("b" * 64, Insufficient(3, 2)))
    assert log.touches("p") == (Touch("a" * 64, WORTH),)
    assert log.touches("q") == ()


@pytest.mark.parametrize("change", ["UPDATE trial SET digest='x'", "DELETE FROM trial", "DELETE FROM touch"])
def test_nothing_is_changed_or_removed(log: SqliteTrialLog, place: Path, change: str) -> None:
    log.add("s", GROUND, TRIAL)
    log.touch("p", GROUND, Touch("a" * 64, WORTH))
    with closing(sqlite3.connect(place)) as db, pytest.raises(sqlite3.IntegrityError, match="only added to"):
        db.execute(change)
    assert log.trials("s") == (TRIAL,)


def test_configurations_count_once_wherever_candles_are_shared(log: SqliteTrialLog) -> None:
    later = replace(GROUND, since_ms=GROUND.until_ms, until_ms=GROUND.until_ms + 50 * DAY_MS)
    log.add("s", GROUND, TRIAL)
    log.add("s", GROUND, replace(TRIAL, number=1, digest="b" * 64))
    log.add("t", replace(GROUND, symbols=("BTC/USDT",)), TRIAL)
    log.add("t", GROUND, replace(TRIAL, number=1, digest=""))
    log.touch("p", later, Touch("c" * 64, WORTH))

    def tried(ground: Ground) -> int:
        return log.tried(ground.exchange, ground.symbols, ground.since_ms, ground.until_ms)

    assert tried(GROUND) == 2
    assert tried(later) == 1
    assert tried(replace(GROUND, until_ms=later.until_ms)) == 3
    assert tried(replace(GROUND, symbols=("ETH/USDT", "SOL/USDT"))) == 2
    assert tried(replace(GROUND, symbols=("SOL/USDT",))) == 0
    assert tried(replace(GROUND, exchange="other")) == 0
    assert tried(replace(GROUND, symbols=(ANY,))) == 2
    log.add("u", replace(GROUND, symbols=(ANY,)), replace(TRIAL, digest="e" * 64))
    assert tried(replace(GROUND, symbols=("SOL/USDT",))) == 1


def test_a_time_is_spent_by_other_purposes_on_some_of_the_candles(log: SqliteTrialLog) -> None:
    log.touch("p", GROUND, Touch("a" * 64, WORTH))
    assert log.spent(GROUND, "p") == 0
    assert log.spent(GROUND, "q") == 1
    assert log.spent(replace(GROUND, symbols=("SOL/USDT",)), "q") == 0
    assert log.spent(replace(GROUND, since_ms=GROUND.until_ms, until_ms=GROUND.until_ms + 1), "q") == 0


def test_a_row_that_is_not_what_was_written_is_told(log: SqliteTrialLog, place: Path) -> None:
    row = ("s", 0, "demo", "[]", 0, 1, "d", "a", '{"changes": [], "worth": ["Fortune", {}], "daily": []}')
    with closing(sqlite3.connect(place)) as db, db:
        db.execute(f"INSERT INTO trial VALUES ({', '.join('?' * len(row))})", row)
    with pytest.raises(DamagedPage, match="not what was written"):
        log.trials("s")
