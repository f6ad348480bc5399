"""The universe at each of many instants is, gate by gate, the one that a scan of the store at that instant would have chosen."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from contracts.data_contract import CandleStore, SeriesInfo
from data.aggregation import aggregate
from data.source import Source
from data.universe import Universe, choose
from data.universe_history import DROPS, Stored, UniverseHistory, membership
from data.universe_known import Place, what_is_known
from shared.config.profiles import load_profile
from shared.errors import StaleData
from shared.models.data import Candles, Ints, Market
from shared.models.profile import Profile
from shared.models.timeframe import DAY_MS, Timeframe

START_MS = 1_704_067_200_000
"""2024-01-01T00:00:00Z"""
DAYS = 40
CODES = tuple(gate.code for gate in DROPS)
KEPT = (Timeframe.H1, Timeframe.H4, Timeframe.D1)
LOOSE = replace(
    load_profile("balanced"),
    universe=replace(load_profile("balanced").universe, min_age_days=3.0, size=6),
)


class HeldStore:
    """What :class:`Stored` holds, as a store gives it."""

    def __init__(self, held: Stored) -> None:
        self.held = held

    def markets(self, exchange: str) -> Mapping[str, Market]:
        return self.held.markets

    def series(self, exchange: str | None = None) -> tuple[SeriesInfo, ...]:
        return tuple(self._infos())

    def _infos(self) -> Iterator[SeriesInfo]:
        for symbol, frames in self.held.candles.items():
            for timeframe, held in frames.items():
                if len(held):
                    ends = int(held.open_ms[0]), int(held.open_ms[-1])
                    yield SeriesInfo("x", symbol, timeframe, *ends, len(held), held.gaps(), 0)

    def read(self, exchange: str, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        frames = self.held.candles.get(symbol, {})
        return frames.get(timeframe, Candles.empty(timeframe)).between(since_ms, until_ms)


def market(base: str, **changed: Any) -> Market:
    plain = Market(
        "x", f"{base}/USDT", f"{base}USDT", base, "USDT", "spot",
        Decimal("0.001"), Decimal("0.01"), Decimal(0), True, "inferred",
    )  # fmt: skip
    return replace(plain, **changed)


def hours(seed: int, first_day: float = 0.0, last_day: float = DAYS, step: float = 0.006) -> Candles:
    """Hours whose turnover swings about 20 to 60 millions a day, with holes, from one day to another."""
    draw = np.random.default_rng(seed)
    count = DAYS * 24
    close = 100 * np.exp(np.cumsum(step * draw.standard_normal(count)))
    open_ = np.r_[100.0, close[:-1]]
    reach = np.abs(draw.normal(0, step / 2, count))
    mood = np.exp(np.cumsum(draw.normal(0, 0.05, count)))
    volume = draw.lognormal(9.6, 0.5, count) * mood / mood.mean()
    at = np.arange(count)
    kept = (at >= first_day * 24) & (at < last_day * 24) & (draw.random(count) > 0.004)
    kept[draw.integers(0, count) :][:30] = False
    columns = (
        open_,
        np.maximum(open_, close) * (1 + reach),
        np.minimum(open_, close) * (1 - reach),
        close,
        volume,
    )
    times = START_MS + at * Timeframe.H1.ms
    return Candles(Timeframe.H1, times[kept], *(column[kept] for column in columns))


def held_of(markets: Sequence[Market], series: Mapping[str, Candles]) -> Stored:
    candles = {symbol: {name: aggregate(fine, name) for name in KEPT} for symbol, fine in series.items()}
    days = {
        symbol: int(frames[Timeframe.D1].open_ms[0])
        for symbol, frames in candles.items()
        if len(frames[Timeframe.D1])
    }
    return Stored({one.symbol: one for one in markets}, candles, days)


def made_up() -> Stored:
    """Twelve coins that trade all the time, and some of which each is odd in its own way."""
    ordinary = [market(f"C{one:02}") for one in range(12)]
    odd = [
        market("LATE"),
        market("DEAD"),
        market("OLD", onboard_ms=START_MS - 90 * DAY_MS),
        market("NEW", onboard_ms=START_MS + 10 * DAY_MS + 1234),
        market("GOES", delivery_ms=START_MS + 30 * DAY_MS + 4321),
        market("SHUT", active=False),
        market("USDC"),
        market("C00UP", symbol="C00UP/USDT"),
        market("EUR", symbol="C00/EUR", quote="EUR"),
        market("ROUGH", tick=Decimal("0.2")),
        market("CALM"),
        market("WILD"),
        market("NOTHING"),
        market("TWIN", symbol="TWIN/USDT"),
    ]
    series = {one.symbol: hours(seed) for seed, one in enumerate((*ordinary, *odd))}
    del series["NOTHING/USDT"]
    series["LATE/USDT"] = hours(101, first_day=20.3)
    series["DEAD/USDT"] = hours(102, last_day=25.6)
    series["CALM/USDT"] = hours(103, step=0.0005)
    series["WILD/USDT"] = hours(104, step=0.1)
    series["TWIN/USDT"] = series["C03/USDT"]
    return held_of((*ordinary, *odd), series)


def instants(step_ms: int = 5 * 60_000, first_day: float = 1.0) -> Ints:
    return np.arange(START_MS + int(first_day * DAY_MS), START_MS + (DAYS + 2) * DAY_MS, step_ms)


def chosen_at(held: Stored, settings: Profile, as_of_ms: int, wanted: tuple[str, ...] = ()) -> Universe:
    place = Place("x", as_of_ms)
    source = Source(None, cast(CandleStore, HeldStore(held)))
    return choose(wanted, settings, place, asyncio.run(what_is_known(settings, source, place)))


def hold(
    history: UniverseHistory,
    held: Stored,
    settings: Profile,
    places: Sequence[int],
    wanted: tuple[str, ...] = (),
) -> Counter[str]:
    """Hold the history against a scan at some of its instants; how often each gate dropped somebody."""
    seen = Counter[str]()
    for at in places:
        try:
            universe = chosen_at(held, settings, int(history.as_of_ms[at]), wanted)
        except StaleData:
            assert {CODES[row] for row in history.dropped[:, at]} == {"universe.not_trading"}
            seen["nothing stored"] += 1
            continue
        told = {
            symbol: CODES[row]
            for symbol, row in zip(history.symbols, history.dropped[:, at], strict=True)
            if row >= 0
        }
        assert told == {drop.symbol: drop.code for drop in universe.drops}
        assert history.chosen(at) == universe.symbols
        volumes = dict(
            zip(history.symbols, history.quote_volume[:, history.figures[at]].tolist(), strict=True)
        )
        assert volumes == universe.quote_volumes
        seen.update(told.values())
    return seen


def some_of(history: UniverseHistory, count: int) -> list[int]:
    """Random instants, half of them on the hour."""
    draw = np.random.default_rng(3)
    full = np.flatnonzero(history.as_of_ms % Timeframe.H1.ms == 0)
    return [
        *draw.choice(history.as_of_ms.size, count // 2, replace=False).tolist(),
        *draw.choice(full, count // 2, replace=False).tolist(),
    ]


def test_every_instant_has_the_universe_that_a_scan_of_it_chooses() -> None:
    held = made_up()
    history = membership(held, LOOSE, instants())
    seen = hold(history, held, LOOSE, some_of(history, 120))
    dropped = {
        *("not_trading", "quote", "delisting", "pegged", "leveraged", "volume", "age", "tick_price"),
        *("range_low", "range_high", "rank"),
    }
    assert {f"universe.{code}" for code in dropped} <= seen.keys()
    assert seen["nothing stored"] > 0
    assert history.members.sum(axis=0).max() == 6


@pytest.mark.parametrize("name", ["trend", "range", "aggressive", "mobile"])
def test_every_profile_chooses_by_its_own_rules(name: str) -> None:
    profile = load_profile(name)
    rules = replace(profile.universe, min_age_days=2.5, min_quote_volume_musd=25.0, min_atr_pct=3.0)
    settings, held = replace(profile, universe=rules), made_up()
    history = membership(held, settings, instants(7_000_000))
    assert hold(history, held, settings, some_of(history, 30) if name != "trend" else range(0, 500, 17))


def test_ranges_of_days_and_of_anchor_candles_are_held_against_a_symbol_once_they_are_known() -> None:
    held = made_up()
    rules = replace(
        LOOSE.universe, min_age_days=0.0, min_atr_pct=3.2, max_atr_pct=3.8, min_quote_volume_musd=0.1
    )
    data = replace(LOOSE.data, min_atr_ticks=1000.0)
    settings = replace(LOOSE, universe=rules, data=data)
    history = membership(held, settings, instants(1_500_000))
    seen = hold(history, held, settings, some_of(history, 60))
    assert {"universe.volatility_low", "universe.volatility_high", "universe.stop_precision"} <= seen.keys()


def test_symbols_asked_for_by_name_are_dropped_by_the_gates_for_names_alone() -> None:
    held = made_up()
    wanted = ("C01/USDT", "DEAD/USDT", "C00/EUR", "GOES/USDT", "USDC/USDT", "NONE/USDT", "C01/USDT")
    history = membership(held, LOOSE, instants(1_500_000), wanted)
    assert history.symbols == ("C00/EUR", "C01/USDT", "DEAD/USDT", "GOES/USDT", "USDC/USDT")
    seen = hold(history, held, LOOSE, some_of(history, 40), wanted)
    assert seen.keys() - {"nothing stored"} == {
        "universe.not_trading",
        "universe.quote",
        "universe.delisting",
    }


def test_a_coin_is_of_age_and_about_to_go_from_the_very_instant_on() -> None:
    held = held_of(
        [
            market("NEW", onboard_ms=START_MS + 1234),
            market("GOES", delivery_ms=START_MS + 30 * DAY_MS + 1234),
        ],
        {"NEW/USDT": hours(1), "GOES/USDT": hours(2)},
    )
    rules = replace(LOOSE.universe, min_quote_volume_musd=0.0, min_age_days=5.0, min_days_left=20.0)
    settings = replace(LOOSE, universe=rules)
    edges = np.array([START_MS + days * DAY_MS + 1234 + off for days in (5, 10) for off in (-1, 0, 1)])
    history = membership(held, settings, edges)
    hold(history, held, settings, range(edges.size))
    assert (history.dropped[1, :3] == -1).tolist() == [False, True, True]
    assert (history.dropped[0, 3:] == -1).tolist() == [True, True, False]


def test_no_instants_and_no_markets_give_an_empty_history() -> None:
    assert membership(made_up(), LOOSE, np.empty(0, np.int64)).dropped.shape == (26, 0)
    assert membership(Stored({}, {}, {}), LOOSE, instants()).symbols == ()


def test_recorded_coins_have_the_universe_that_a_scan_chooses(market_dir: Path) -> None:
    from data.parquet_import import read_candles

    coins = ("BTC", "ELF", "PEPE", "SOL", "SUI")
    native = market_dir / "native"
    candles = {
        f"{coin}/USDT": {
            name: read_candles(native / f"binance__{coin}-USDT__{name}.parquet", name) for name in KEPT
        }
        for coin in coins
    }
    days = {symbol: int(frames[Timeframe.D1].open_ms[0]) for symbol, frames in candles.items()}
    held = Stored({f"{coin}/USDT": market(coin, tick=Decimal("0.00000001")) for coin in coins}, candles, days)
    rules = replace(LOOSE.universe, size=3, min_quote_volume_musd=5.0)
    settings = replace(LOOSE, universe=rules)
    history = membership(held, settings, np.arange(START_MS, START_MS + 200 * DAY_MS, 300_000))
    assert hold(history, held, settings, some_of(history, 60))["universe.rank"] > 0


def test_a_market_that_was_closed_since_is_in_for_as_long_as_it_traded() -> None:
    """Nothing tells SHUT from the same market while it was open: leaving it out would be knowing that it would die."""
    stored = made_up()
    last_ms = int(stored.candles["DEAD/USDT"][Timeframe.H1].close_ms[-1])
    candles = {**stored.candles, "SHUT/USDT": stored.candles["DEAD/USDT"]}
    closed = replace(stored, candles=candles)
    opened = replace(closed, markets={**closed.markets, "SHUT/USDT": market("SHUT")})
    as_of_ms = instants(Timeframe.H1.ms)
    found = [membership(each, LOOSE, as_of_ms) for each in (closed, opened)]
    row = found[0].symbols.index("SHUT/USDT")
    assert np.array_equal(found[0].dropped, found[1].dropped)
    assert found[0].members[row, as_of_ms <= last_ms].any()
    assert not found[0].members[row, as_of_ms > last_ms + DAY_MS].any()
