"""An account at a close of a backtest is what following would make of it live: the same history, and locks that last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from bot.executor.terms import terms_of
from engine.backtest.positions import Taken
from engine.backtest.standing import history_at, locks_at
from engine.following.setups import Followed
from engine.following.track import history_of
from shared.config.profiles import load_profile
from shared.models.backtest import Trade
from shared.models.data import Candles, Market
from shared.models.fills import Ending
from shared.models.profile import CostRules
from shared.models.risk import EVERYTHING, Lock
from shared.models.timeframe import DAY_MS, Timeframe
from shared.models.trades import EquityPoint, History
from tests.fixtures.hand_backtest import CAPITAL, MONDAY_MS, RISK, hand_trade
from tests.fixtures.hand_scan import HOUR_MS

BAR_MS = Timeframe.M15.ms
PROFILE = load_profile("balanced")
STEP = Decimal("0.00001")
MARKET = Market(
    "demo", "BTC/USDT", "BTCUSDT", "BTC", "USDT", "spot", Decimal("0.1"), STEP, Decimal(5), True, "exchange"
)
NOTHING: Mapping[str, Any] = MappingProxyType({})


def taken(trade: Trade, last: float = 67_300.0) -> Taken:
    """The trade on ten days of candles that all close at ``last``."""
    times = trade.decided_ms + BAR_MS * np.arange(10 * DAY_MS // BAR_MS, dtype=np.int64)
    price = np.full(times.size, last)
    candles = Candles(Timeframe.M15, times, price, price, price, price, np.ones(times.size))
    terms = terms_of(trade.setup.plan, trade.setup.risk.quantity, MARKET, CostRules())
    return Taken(trade, terms, 1.0, candles)


def followed(trade: Trade) -> Followed:
    """The same trade as the journal has it."""
    outcome, plan = trade.outcome, trade.setup.plan
    told = {
        "ending": outcome.ending,
        "ended_ms": outcome.ended_ms,
        "result": outcome.result,
        "result_r": outcome.result_r,
        "symbol": plan.symbol,
        "side": plan.side.word,
    }
    stamp = np.datetime_as_string(np.datetime64(plan.decided_ms, "ms"), "s") + "Z"
    return Followed({"decided_at": stamp, "id": plan.fingerprint}, PROFILE, False, told, "")


def test_a_history_of_ended_setups_is_the_one_that_following_reads() -> None:
    """Loser, winner, and an order that expired between them: it left no equity point, so it can measure no old fall anew."""
    trades = [
        hand_trade(-1.0, decided_ms=MONDAY_MS + 40 * HOUR_MS),
        hand_trade(2.0, decided_ms=MONDAY_MS + 50 * HOUR_MS),
        hand_trade(decided_ms=MONDAY_MS + 60 * HOUR_MS, ending=Ending.EXPIRED),
    ]
    now_ms = MONDAY_MS + 5 * DAY_MS
    read = history_at(map(taken, trades), CAPITAL, now_ms)
    assert read == history_of(map(followed, trades), CAPITAL, now_ms)
    assert [point.settled for point in read.equity] == [CAPITAL, CAPITAL - RISK, CAPITAL + RISK]


def test_the_capital_counts_from_when_the_first_was_decided() -> None:
    """However long ago the period began: its first loss is a fall from it."""
    first = hand_trade(-1.0, decided_ms=MONDAY_MS + 90 * DAY_MS)
    assert history_at([taken(first)], CAPITAL, first.outcome.ended_ms).equity[0] == EquityPoint(
        first.decided_ms, CAPITAL, Decimal(0)
    )


def test_nothing_of_a_trade_is_known_before_its_fill_and_its_end() -> None:
    trade = hand_trade(-1.0, hours=6)
    filled_ms, ended_ms = trade.outcome.filled_ms, trade.outcome.ended_ms
    one = taken(trade, 67_200.0)
    pending, held, over = (
        history_at([one], CAPITAL, now) for now in (filled_ms, filled_ms + HOUR_MS, ended_ms)
    )
    lost = Decimal(-100) * trade.setup.risk.quantity
    assert [(len(each.trades), each.equity[-1].settled) for each in (pending, held, over)] == [
        (0, CAPITAL),
        (0, CAPITAL),
        (1, CAPITAL - RISK),
    ]
    assert pending.equity[-1].unrealised == 0
    assert float(held.equity[-1].unrealised) == pytest.approx(float(lost))


def test_a_lock_lasts_though_equity_has_recovered() -> None:
    """11 % down on paper at one look, even again an hour later."""
    points = [EquityPoint(MONDAY_MS, Decimal(10_000), Decimal(0))]
    down_ms, later_ms = MONDAY_MS + DAY_MS, MONDAY_MS + DAY_MS + HOUR_MS
    down = History(down_ms, (), (*points, EquityPoint(down_ms, Decimal(10_000), Decimal(-1_100))))
    even = History(later_ms, (), (*points, EquityPoint(later_ms, Decimal(10_000), Decimal(0))))
    set_then = locks_at(down, PROFILE, ())
    assert {lock.rule for lock in set_then} == {"drawdown", "daily loss"}
    assert locks_at(even, PROFILE, ()) == ()
    assert locks_at(even, PROFILE, set_then) == set_then


def test_a_lock_in_force_is_not_set_again_and_goes_when_it_ends() -> None:
    old = Lock(EVERYTHING, "drawdown", "by hand", MONDAY_MS, MONDAY_MS + HOUR_MS, 0.0, 0.0, "")
    points = (
        EquityPoint(MONDAY_MS, Decimal(10_000), Decimal(0)),
        EquityPoint(MONDAY_MS + 1, Decimal(8_000), Decimal(0)),
    )
    rules = replace(PROFILE.protection, daily_loss_pct=0.0)
    profile = replace(PROFILE, protection=rules)
    assert locks_at(History(MONDAY_MS + 2, (), points), profile, (old,)) == (old,)
    (new,) = locks_at(History(old.until_ms, (), points), profile, (old,))
    assert new.rule == "drawdown"
    assert new != old
