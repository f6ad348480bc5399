"""Open setups are followed on closed candles: each stage is recorded and told once, and results lead to locks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.following.setups import setups_since
from engine.following.track import finished, shown, track_record
from engine.following.turn import covers
from shared.models.risk import Lock
from shared.models.statistics import Insufficient
from shared.models.timeframe import DAY_MS, MINUTE_MS
from tests.fixtures.followed import World, on_binance, world
from tests.fixtures.hand_scan import BTC as DEMO_BTC
from tests.fixtures.hand_scan import SHIB as DEMO_SHIB

BTC, SHIB = on_binance(DEMO_BTC), on_binance(DEMO_SHIB)
"""Long at 67,300 with its stop at 66,540, half each for 68,900 and 70,450."""
CALM = "67400 67450 67350 67400"
FILLED = "67400 67410 67200 67350"
FIRST_TARGET = "67350 69000 67340 68950"
LAST_TARGET = "68950 70500 68900 70400"
STOPPED = "67350 67360 66500 66600"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def test_nothing_is_told_while_nothing_happens(here: World) -> None:
    here.approves(BTC)
    here.trades(", ".join([CALM] * 3))
    assert here.follow(3).reached == 0
    assert here.told() == ["new"]


def test_a_whole_life_is_told_stage_by_stage(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{CALM}, {FILLED}, {FIRST_TARGET}, {LAST_TARGET}")
    for bars in (1, 2, 3, 4):
        here.follow(bars)
    assert here.told() == ["new", "entered", "target_1", "closed"]
    assert here.outcome()["ending"] == "target"
    assert here.outcome()["result_r"] > 2


def test_a_scan_that_came_late_is_not_credited_with_what_had_happened_before_it(here: World) -> None:
    here.approves(BTC, late_ms=7 * MINUTE_MS)
    here.trades(f"{FILLED}, {CALM}, {CALM}")
    assert here.follow(3).reached == 0
    assert here.told() == ["new"]


def test_seconds_after_a_close_the_next_candle_counts_from_its_open(here: World) -> None:
    here.approves(BTC, late_ms=20_000)
    here.trades(f"{FILLED}, {CALM}")
    assert here.follow(2).reached == 1


def test_a_late_look_tells_every_stage_that_was_missed_in_order(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, {FIRST_TARGET}, {LAST_TARGET}")
    assert here.follow(3).reached == 3
    assert here.told() == ["new", "entered", "target_1", "closed"]


def test_looking_again_tells_nothing_again(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, {STOPPED}")
    for _ in range(3):
        here.follow(2)
    assert here.told() == ["new", "entered", "closed"]
    assert here.follow(2).open == 0


def test_a_setup_that_nobody_was_told_of_is_followed_in_silence(here: World) -> None:
    here.approves(BTC, tells=False)
    here.trades(f"{FILLED}, {STOPPED}")
    here.follow(2)
    assert here.told() == []
    assert here.outcome()["ending"] == "stop"


def test_a_scan_of_the_past_is_not_followed(here: World) -> None:
    here.approves(BTC, now=False)
    here.trades(FILLED)
    assert here.follow(1).open == 0


def test_a_setup_approved_again_is_followed_as_it_was_first(here: World) -> None:
    here.approves(BTC)
    here.approves(BTC, "r-ba9876543210")
    (only,) = setups_since(here.journal, 0)
    assert only.fingerprint == BTC.plan.fingerprint


def test_a_symbol_whose_market_is_gone_is_a_fault_and_the_others_are_followed(here: World) -> None:
    here.approves(BTC)
    here.approves(SHIB, "r-ba9876543210")
    here.trades(f"{FILLED}, {STOPPED}")
    report = here.follow(2)
    assert [fault.symbol for fault in report.faults] == ["SHIB/USDT"]
    assert here.outcome()["ending"] == "stop"


def test_a_loss_lets_its_symbol_rest(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, {STOPPED}")
    (lock,) = here.follow(2).locks
    assert (lock.rule, lock.scope) == ("cool-down", "BTC/USDT")
    assert here.locks.locks() == (lock,)
    assert here.follow(2).locks == ()


STRICT = {"cooldown_hours": 0, "daily_loss_pct": 0.4, "drawdown_pct": 0.4, "drawdown_lock_hours": 1}
"""One stopped setup costs half a percent of the account."""


def test_the_first_loss_counts_against_the_equity_before_it(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, {STOPPED}")
    locks = here.follow(2, protection=STRICT).locks
    assert {(lock.rule, lock.scope) for lock in locks} == {("daily loss", "all"), ("drawdown", "all")}
    lost_pct = -here.outcome()["result"] / 100
    assert [lock.measured for lock in locks] == pytest.approx([lost_pct, lost_pct])


def test_the_day_of_the_daily_loss_ends_where_the_profile_says(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, {STOPPED}")
    locks = here.follow(2, protection=STRICT, risk={"trading_zone": "Asia/Tokyo"}).locks
    (ends_ms,) = [lock.until_ms for lock in locks if lock.rule == "daily loss"]
    assert ends_ms % DAY_MS == 15 * 3_600_000


def test_a_fall_that_is_over_locks_once_and_not_at_every_look(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, {STOPPED}, {CALM}")
    (lock,) = (lock for lock in here.follow(2, protection=STRICT).locks if lock.rule == "drawdown")
    assert here.follow(3, protection=STRICT).locks == ()
    assert here.follow(30, protection=STRICT).locks == ()
    assert lock in here.locks.locks()


def test_an_open_loss_locks_the_day_once(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, 67350 67360 66600 66620, 66620 66650 66590 66610")
    first = here.follow(2, protection=STRICT).locks
    assert [lock.rule for lock in first if lock.rule == "daily loss"] == ["daily loss"]
    later = here.follow(3, protection=STRICT).locks
    assert "daily loss" not in {lock.rule for lock in later}


def test_a_lock_lifted_by_hand_is_not_set_again_for_the_same_loss(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, {STOPPED}")
    (lock,) = here.follow(2).locks
    assert here.locks.remove(lock.id)
    assert here.follow(2).locks == ()
    assert here.locks.locks() == ()


def test_an_open_loss_sets_one_drawdown_lock_and_none_at_the_next_look(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, 67350 67360 66600 66620, 66620 66650 66590 66610")
    first, later = (here.follow(bars, protection=STRICT).locks for bars in (2, 3))
    assert [lock.rule for lock in (*first, *later) if lock.rule == "drawdown"] == ["drawdown"]


def test_a_track_record_of_few_trades_says_so_and_no_number(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, {STOPPED}")
    here.follow(2)
    setups = setups_since(here.journal, 0)
    assert len(finished(setups)) == 1
    assert track_record(setups) == Insufficient(1, 1)
    assert str(track_record(setups)) == "insufficient: 1 of 30 trades on 1 of 20 days"


def test_how_a_setup_stands_is_read_from_its_newest_outcome(here: World) -> None:
    here.approves(BTC)
    here.trades(f"{FILLED}, {STOPPED}")
    here.follow(1)
    (open_one,) = setups_since(here.journal, 0)
    assert (shown(open_one).state, shown(open_one).is_filled) == ("entered", True)
    here.follow(2)
    (closed,) = setups_since(here.journal, 0)
    assert (shown(closed).state, shown(closed).ending) == ("closed", "stop")
    assert shown(closed).result_r < -1


def test_a_lifted_equity_lock_answers_later_losses_until_it_would_have_ended() -> None:
    kept = Lock("all", "drawdown", "fell", 0, 100, 5.0, 4.0, "% of equity")
    later = replace(kept, since_ms=50, until_ms=150)
    assert (covers(kept, later, 60), covers(kept, later, 100)) == (True, False)
    assert not covers(replace(kept, unit="stops"), replace(later, unit="stops"), 60)
    assert not covers(kept, replace(later, scope="long"), 60)
