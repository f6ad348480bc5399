"""Every backtest is on record, and says how many were tried on its candles."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from engine.backtest.request import BacktestRequest
from engine.commands.trials import note_trial
from shared.config.profiles import load_profile
from shared.models.risk import Account
from shared.models.timeframe import DAY_MS
from tests.fixtures.hand_backtest import MONDAY_MS


def test_profiles_count_once_on_the_same_candles(tmp_path: Path) -> None:
    account = Account(Decimal(10_000), "USDT")
    until_ms = MONDAY_MS + 90 * DAY_MS
    request = BacktestRequest(load_profile(), "demo", account, MONDAY_MS, until_ms, ("BTC/USDT",))
    environ = {"SNIPERSIGHT_HOME": str(tmp_path)}
    other, universe = replace(request, profile=load_profile("trend")), replace(request, symbols=())
    assert [note_trial(one, environ) for one in (request, request, other)] == [1, 1, 2]
    assert note_trial(replace(request, symbols=("SOL/USDT",)), environ) == 1
    assert note_trial(replace(universe, profile=load_profile("range")), environ) == 3
    assert note_trial(replace(request, since_ms=until_ms, until_ms=until_ms + DAY_MS), environ) == 1
