"""A candle that one exchange alone printed, against two loopback exchanges and the real command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.cache import SqliteCandleStore
from engine.commands.app import run
from engine.commands.paths import candle_file
from shared.models.timeframe import Timeframe
from tests.servers.binance import BinanceServer
from tests.servers.bybit import BybitServer
from tests.servers.market import DAY, Rows, ServedMarket

NOW = 1_722_600_450_000
"""2024-08-02 12:07:30."""
MIDNIGHT = NOW - NOW % DAY
HOUR = 3_600_000
SPIKE_MS = NOW - NOW % HOUR - 3 * HOUR
LOW = 0.65
"""What one exchange printed of a coin worth a dollar everywhere else, for one candle."""


def steady(times: Rows) -> Rows:
    """A coin that stays within a thousandth of a dollar, and trades."""
    steps = np.arange(len(times)) % 2
    price = 0.9995 + 0.0005 * steps
    return np.column_stack([times, price, price + 0.0004, price - 0.0004, price, np.full(len(times), 5e6)])


def market(*, spiked: bool) -> ServedMarket:
    made = ServedMarket.synthetic(["BTC/USDT"], MIDNIGHT - 430 * DAY, MIDNIGHT + DAY)
    rows = steady(made.base["BTC/USDT"][:, 0])
    if spiked:
        rows[rows[:, 0] == SPIKE_MS, 3] = LOW
    return replace(made, base={**made.base, "USDE/USDT": rows})


@dataclass
class Venues:
    """Binance prints the candle; Bybit is asked about it."""

    binance: BinanceServer
    bybit: BybitServer
    scan: Callable[[], tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def markets() -> dict[bool, ServedMarket]:
    return {spiked: market(spiked=spiked) for spiked in (False, True)}


@pytest.fixture
def venues(
    markets: dict[bool, ServedMarket],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Venues]:
    monkeypatch.chdir(tmp_path)

    def scan() -> tuple[int, dict[str, Any]]:
        code = run(["scan", "-s", "BTC,USDE", "--json"])
        return code, json.loads(capsys.readouterr().out)

    everywhere = getattr(request, "param", False)
    with BinanceServer(markets[True], NOW) as binance, BybitServer(markets[everywhere], NOW) as bybit:
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL", binance.base_url)
        monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BYBIT__BASE_URL", bybit.base_url)
        monkeypatch.setenv("SNIPERSIGHT_DATA__COMPARE_WITH", "bybit")
        yield Venues(binance, bybit, scan)


def spike_flags(document: dict[str, Any]) -> list[str]:
    return [flag for flag in document["flags"] if flag.startswith("spike_")]


def stored_lows() -> list[float]:
    store = SqliteCandleStore(candle_file(os.environ))
    try:
        return [float(low) for low in store.read("binance", "USDE/USDT", Timeframe.M5, 0, 2**50).low]
    finally:
        store.close()


def test_a_candle_that_the_other_exchange_does_not_have_refuses_the_symbol_with_both_numbers(
    venues: Venues,
) -> None:
    code, document = venues.scan()
    assert (code, spike_flags(document)) == (10, [])
    (fault,) = document["faults"]
    assert (fault["symbol"], fault["error"]) == ("USDE/USDT", "SpikingData")
    assert "its low is 0.65, and 0.99" in fault["problem"]
    assert "bybit" in fault["problem"]
    assert min(stored_lows(), default=1.0) > LOW
    assert venues.bybit.count("kline") > 0


@pytest.mark.parametrize("venues", [True], indirect=True)
def test_a_crash_that_both_exchanges_saw_is_taken(venues: Venues) -> None:
    _, document = venues.scan()
    assert document["faults"] == []
    assert spike_flags(document) == []
    assert min(stored_lows()) == LOW
    asked = venues.bybit.count("kline")
    assert asked > 0
    _, document = venues.scan()
    assert venues.bybit.count("kline") == asked


def test_an_exchange_that_cannot_be_asked_leaves_a_flag(venues: Venues) -> None:
    venues.bybit.fault("/v5", "http_451", times=99)
    code, document = venues.scan()
    assert document["faults"] == []
    flags = spike_flags(document)
    assert flags
    assert all(flag.startswith("spike_unchecked: USDE/USDT") and "bybit" in flag for flag in flags)
    assert code == 10


def test_a_symbol_that_the_other_exchange_does_not_list_leaves_a_flag(venues: Venues) -> None:
    known = venues.bybit.market
    venues.bybit.market = replace(known, base={"BTC/USDT": known.base["BTC/USDT"]})
    _, document = venues.scan()
    assert document["faults"] == []
    assert any("no symbol 'USDE/USDT'" in flag for flag in spike_flags(document))


def test_without_the_setting_nobody_else_is_asked(venues: Venues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SNIPERSIGHT_DATA__COMPARE_WITH")
    _, document = venues.scan()
    assert document["faults"] == []
    assert venues.bybit.requests == []


def test_an_exchange_that_there_is_not_is_refused_with_the_nearest(
    venues: Venues, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNIPERSIGHT_DATA__COMPARE_WITH", "bybitt")
    assert run(["scan"]) == 2
    assert "'bybit'" in capsys.readouterr().err
