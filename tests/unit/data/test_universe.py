"""Choosing symbols: every one is in, or has the code and the numbers that left it out; what is not known is not guessed."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.data_contract import Ticker
from data.adapters.demo import DEMO_AS_OF_MS, DemoFeed
from data.seats import Seats
from data.source import Source
from data.universe import Universe, choose, select_universe
from data.universe_gates import UNIVERSE_GATES
from data.universe_known import MEMORY_MS, Known, Place
from shared.config.profiles import load_profile
from shared.errors import ConfigFault, DamagedPage, NotFound
from shared.models.data import Candles, Market
from shared.models.gates import Rejection
from shared.models.profile import Profile, UniverseRules
from shared.models.timeframe import DAY_MS, Timeframe
from shared.models.universe import UniverseSnapshot

NOW = 1_722_859_200_000
"""2024-08-05T12:00:00Z"""
PROFILE = load_profile("balanced")
PLACE = Place("x", NOW)


def market(base: str, quote: str = "USDT", **changed: Any) -> Market:
    ordinary = Market(
        "x", f"{base}/{quote}", base + quote, base, quote, "spot", Decimal("0.01"), Decimal(1), Decimal(0), True,
        "exchange", onboard_ms=NOW - 400 * DAY_MS, delivery_ms=NOW + 400 * DAY_MS,
    )  # fmt: skip
    return replace(ordinary, **changed)


def ticker(base: str, volume: float = 1e9, **changed: float) -> Ticker:
    return replace(Ticker(f"{base}/USDT", 100.0, volume, 99.99, 100.01, 103.0, 98.0), **changed)


def swinging(timeframe: Timeframe, width: float, bars: int = 15) -> Candles:
    """Closed candles that each reach ``width`` around 100."""
    times = timeframe.floor(NOW) - timeframe.ms * np.arange(bars, 0, -1)
    middle, half = np.full(bars, 100.0), np.full(bars, width / 2)
    return Candles(timeframe, times, middle, middle + half, middle - half, middle, np.ones(bars))


def stored(day: float = 4.0, anchor: float = 1.0) -> Any:
    return lambda _symbol, timeframe: swinging(timeframe, day if timeframe is Timeframe.D1 else anchor)


def known(*entries: tuple[Market, Ticker], **more: Any) -> Known:
    markets = {entry.symbol: entry for entry, _ in entries}
    tickers = {entry.symbol: figures for entry, figures in entries}
    return Known(markets, tickers, NOW, **({"stored": stored()} | more))


def outcome(
    entry: Market, figures: Ticker, settings: Profile = PROFILE, wanted: tuple[str, ...] = (), **more: Any
) -> str | Rejection:
    """What becomes of one symbol beside BTC: ``in``, or its rejection."""
    bitcoin = (market("BTC"), ticker("BTC", 9e9))
    universe = choose(wanted, settings, PLACE, known(bitcoin, (entry, figures), **more))
    if entry.symbol in universe.symbols:
        return "in"
    (drop,) = (one for one in universe.drops if one.symbol == entry.symbol)
    return drop


def ruled(**changed: Any) -> Profile:
    return replace(PROFILE, universe=replace(PROFILE.universe, **changed))


def test_an_ordinary_symbol_is_in_and_nothing_about_it_is_unknown() -> None:
    universe = choose((), PROFILE, PLACE, known((market("ETH"), ticker("ETH"))))
    assert universe.symbols == ("ETH/USDT",)
    assert (universe.drops, universe.snapshot.unmeasured) == ((), ())


GATES: list[tuple[str, Market, Ticker, dict[str, Any], float, float]] = [
    ("not_trading", market("SOL", active=False), ticker("SOL"), {}, 0, 1),
    ("not_trading", market("SOL"), ticker("SOL", 0.0), {}, 0, 1),
    ("quote", market("SOL", "EUR"), ticker("SOL"), {}, 0, 1),
    ("renamed", market("SOL"), ticker("SOL"), {"known_ids": {"SOL/USDT": "LUNAUSDT"}}, 1, 0),
    ("delisting", market("SOL", delivery_ms=NOW + 3 * DAY_MS), ticker("SOL"), {}, 3, 7),
    ("pegged", market("FDUSD"), ticker("FDUSD"), {}, 1, 0),
    ("pegged", market("USDC"), ticker("USDC"), {}, 1, 0),
    ("pegged", market("WBTC"), ticker("WBTC"), {}, 1, 0),
    ("leveraged", market("BTCUP"), ticker("BTCUP"), {}, 1, 0),
    ("leveraged", market("BTC3S"), ticker("BTC3S"), {}, 1, 0),
    ("volume", market("SOL"), ticker("SOL", 19e6), {}, 19, 20),
    ("age", market("SOL", onboard_ms=NOW - 59 * DAY_MS), ticker("SOL"), {}, 59, 60),
    ("spread", market("SOL"), ticker("SOL", bid=99.9, ask=100.1), {}, 20, 15),
    ("tick_price", market("SOL", tick=Decimal("0.2")), ticker("SOL"), {}, 20, 15),
    ("range_low", market("SOL"), ticker("SOL", high=100.2, low=99.8), {}, 0.4, 0.5),
    ("range_high", market("SOL"), ticker("SOL", high=170.0, low=90.0), {}, 80, 60),
    ("volatility_low", market("SOL"), ticker("SOL"), {"stored": stored(day=0.5)}, 0.5, 1),
    ("volatility_high", market("SOL"), ticker("SOL"), {"stored": stored(day=40.0)}, 40, 30),
    ("stop_precision", market("SOL"), ticker("SOL"), {"stored": stored(anchor=0.05)}, 5, 10),
]


@pytest.mark.parametrize(
    ("code", "entry", "figures", "more", "measured", "threshold"),
    GATES,
    ids=[f"{row[0]}-{row[1].base}" for row in GATES],
)
def test_each_gate_drops_with_its_code_and_the_numbers(
    code: str, entry: Market, figures: Ticker, more: dict[str, Any], measured: float, threshold: float
) -> None:
    drop = outcome(entry, figures, **more)
    assert isinstance(drop, Rejection)
    assert (drop.stage, drop.code, drop.threshold) == ("universe", f"universe.{code}", threshold)
    assert drop.measured == pytest.approx(measured)
    assert f"needs {drop.comparison} {threshold:g}" in drop.reason


def test_every_gate_has_a_row_above_or_a_test_of_its_own() -> None:
    own = {"universe.kind", "universe.include", "universe.exclude"}
    assert {gate.row.code for gate in UNIVERSE_GATES} == {f"universe.{row[0]}" for row in GATES} | own


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"kind": "perpetual"}, "universe.kind"),
        ({"kind": "spot"}, ""),
        ({"exclude": ("SO?/USDT",)}, "universe.exclude"),
        ({"exclude": ("sol",)}, "universe.exclude"),
        ({"exclude": ("S", "*X")}, ""),
        ({"include": ("BTC", "E*")}, "universe.include"),
        ({"include": ("SOL/*",)}, ""),
        ({"min_days_left": 500.0}, "universe.delisting"),
        ({"min_age_days": 400.0}, ""),
    ],
)
def test_the_profile_says_which_kinds_and_patterns_are_looked_at(rules: dict[str, Any], code: str) -> None:
    end = outcome(market("SOL"), ticker("SOL"), ruled(**rules))
    assert (end.code if isinstance(end, Rejection) else "") == code


@pytest.mark.parametrize("base", ["SYRUP", "JUP", "UP", "SUPER", "BULLISH"])
def test_a_coin_whose_name_only_sounds_leveraged_is_none(base: str) -> None:
    assert outcome(market(base), ticker(base)) == "in"


UNKNOWN = [
    ("delisting", {"delivery_ms": 0}, {}, {}),
    ("age", {"onboard_ms": 0}, {}, {}),
    ("spread", {}, {"bid": 0.0}, {}),
    ("spread", {}, {"bid": 101.0}, {}),
    ("range_low", {}, {"low": 0.0}, {}),
    ("range_high", {}, {"high": 0.0}, {}),
    ("volatility_low", {}, {}, {"stored": lambda _symbol, timeframe: swinging(timeframe, 0.001, 14)}),
    ("stop_precision", {}, {}, {"stored": lambda _symbol, timeframe: Candles.empty(timeframe)}),
]


@pytest.mark.parametrize(("code", "of_market", "of_ticker", "more"), UNKNOWN)
def test_what_is_not_known_is_not_held_against_a_symbol_and_is_said(
    code: str, of_market: dict[str, Any], of_ticker: dict[str, float], more: dict[str, Any]
) -> None:
    entry, figures = market("SOL", **of_market), ticker("SOL", **of_ticker)
    universe = choose((), PROFILE, PLACE, known((entry, figures), **more))
    assert universe.symbols == ("SOL/USDT",)
    said = {one.code: one for one in universe.snapshot.unmeasured}
    assert said[f"universe.{code}"].symbols == 1
    assert said[f"universe.{code}"].why


@pytest.mark.parametrize(
    ("first_day", "all_there_is", "code"),
    [(100, False, ""), (100, True, ""), (30, True, "universe.age"), (30, False, "")],
)
def test_a_store_that_begins_late_proves_youth_only_where_nothing_can_be_fetched(
    first_day: int, all_there_is: bool, code: str
) -> None:
    days = {"SOL/USDT": NOW - first_day * DAY_MS}
    end = outcome(market("SOL", onboard_ms=0), ticker("SOL"), first_days=days, all_there_is=all_there_is)
    assert (end.code if isinstance(end, Rejection) else "") == code


@pytest.mark.parametrize(("open_ms", "code"), [(NOW - DAY_MS, "universe.age"), (NOW - DAY_MS + 1, "")])
def test_a_first_day_counts_from_its_close_on(open_ms: int, code: str) -> None:
    days = {"SOL/USDT": open_ms}
    end = outcome(market("SOL", onboard_ms=0), ticker("SOL"), first_days=days, all_there_is=True)
    assert (end.code if isinstance(end, Rejection) else "") == code


def test_a_symbol_asked_for_by_name_only_has_to_trade_in_the_profiles_currency_and_go_on() -> None:
    thin = market("DUST", onboard_ms=NOW), ticker("DUST", 1.0, bid=1.0, ask=200.0)
    assert outcome(*thin, wanted=("DUST/USDT",)) == "in"
    for changed, code in (
        ({"active": False}, "not_trading"),
        ({"quote": "EUR"}, "quote"),
        ({"delivery_ms": NOW}, "delisting"),
    ):
        drop = outcome(replace(thin[0], **changed), thin[1], wanted=("DUST/USDT",))
        assert isinstance(drop, Rejection)
        assert drop.code == f"universe.{code}"


def test_a_misspelt_symbol_is_answered_with_near_ones_and_a_renamed_one_with_its_new_name() -> None:
    polygon = (market("POL"), ticker("POL"))
    with pytest.raises(NotFound, match=r"Did you mean POL/USDT\?"):
        choose(("POLL/USDT",), PROFILE, PLACE, known(polygon))
    with pytest.raises(NotFound, match="It was renamed: ask for POL/USDT"):
        choose(("MATIC/USDT",), PROFILE, PLACE, known(polygon))


def test_a_changed_market_id_is_refused_until_a_renaming_explains_it() -> None:
    entry, figures = market("SOL", market_id="NEWUSDT"), ticker("SOL")
    ids = {"SOL/USDT": "SOLUSDT"}
    drop = outcome(entry, figures, known_ids=ids)
    assert isinstance(drop, Rejection)
    assert (drop.code, "SOLUSDT to NEWUSDT" in drop.what) == ("universe.renamed", True)
    named = outcome(entry, figures, wanted=("SOL/USDT",), known_ids=ids)
    assert isinstance(named, Rejection)
    assert (
        outcome(entry, figures, ruled(renamed=("SOLUSDT>MIDUSDT", "MIDUSDT>NEWUSDT")), known_ids=ids) == "in"
    )
    assert (
        outcome(entry, figures, ruled(renamed=("SOLUSDT>MIDUSDT", "MIDUSDT>SOLUSDT")), known_ids=ids) != "in"
    )


@pytest.mark.parametrize("entry", ["MATICUSDT", "A>", ">B", "A>A", "A>B>C"])
def test_a_renaming_that_is_none_is_refused(entry: str) -> None:
    with pytest.raises(ConfigFault, match="is not old>new"):
        UniverseRules(renamed=(entry,))


def snapshot(*bases: str, ids: Mapping[str, str] | None = None) -> UniverseSnapshot:
    """A universe of these, as an earlier scan chose it."""
    entries = [
        (market(base, **({"market_id": ids[base]} if ids else {})), ticker(base, 1e9 - place))
        for place, base in enumerate(bases)
    ]
    return replace(choose((), ruled(size=99), PLACE, known(*entries)).snapshot, as_of_ms=NOW - DAY_MS)


def test_a_member_that_is_no_longer_listed_is_told_with_its_new_name() -> None:
    before = (snapshot("MATIC", "FTT"),)
    universe = choose((), PROFILE, PLACE, known((market("POL"), ticker("POL")), before=before))
    told = {drop.symbol: drop.reason for drop in universe.drops}
    assert told == {
        "FTT/USDT": "listed by the exchange: 0, needs >= 1",
        "MATIC/USDT": "listed by the exchange (now POL/USDT): 0, needs >= 1",
    }


def ranked(
    volumes: Mapping[str, float], before: tuple[str, ...] = (), size: int = 5, band: float = 20.0
) -> Universe:
    settings = ruled(size=size, hysteresis_pct=band, min_quote_volume_musd=0.0)
    entries = [(market(base), ticker(base, volume)) for base, volume in volumes.items()]
    earlier = (snapshot(*before),) if before else ()
    return choose((), settings, PLACE, known(*entries, before=earlier))


VOLUMES = {"A": 900e6, "B": 800e6, "C": 700e6, "D": 600e6, "E": 500e6, "F": 400e6, "G": 300e6}


def bases(universe: Universe) -> str:
    return "".join(symbol.partition("/")[0] for symbol in universe.symbols)


@pytest.mark.parametrize(
    ("before", "chosen", "rejected"),
    [
        ("", "ABCDE", {"F": (6, 5), "G": (7, 5)}),
        ("ABCDE", "ABCDE", {"F": (6, 4), "G": (7, 4)}),
        ("ABCDF", "ABCDF", {"E": (5, 4), "G": (7, 4)}),
        ("ABCDG", "ABCDE", {"F": (6, 4), "G": (7, 6)}),
        ("EF", "ABCDE", {"F": (6, 5), "G": (7, 4)}),
    ],
)
def test_one_already_in_stays_until_it_falls_below_the_band(
    before: str, chosen: str, rejected: dict[str, tuple[int, int]]
) -> None:
    universe = ranked(VOLUMES, tuple(before))
    assert bases(universe) == chosen
    assert {drop.symbol[0]: (drop.measured, drop.threshold) for drop in universe.drops} == rejected
    assert {drop.code for drop in universe.drops} == {"universe.rank"}
    assert {member.symbol[0] for member in universe.snapshot.chosen if member.was_in} == set(before) & set(
        chosen
    )


def test_a_number_asked_for_replaces_the_profiles() -> None:
    settings = ruled(min_quote_volume_musd=0.0)
    entries = [(market(base), ticker(base, volume)) for base, volume in VOLUMES.items()]
    assert bases(choose((), settings, replace(PLACE, top=2), known(*entries))) == "AB"


volumes_by_base = st.dictionaries(
    st.sampled_from("ABCDEFGHKLMN"), st.floats(1e6, 1e10), min_size=1, max_size=12
)
befores = st.lists(st.sampled_from("ABCDEFGHKLMN"), unique=True, max_size=8).map(tuple)


@given(volumes_by_base, befores, st.integers(1, 8), st.floats(0, 50))
def test_seats_are_filled_and_never_overfilled_whoever_was_in(
    volumes: dict[str, float], before: tuple[str, ...], size: int, band: float
) -> None:
    universe = ranked(volumes, before, size, band)
    assert len(universe.symbols) == min(size, len(volumes))
    listed = {f"{base}/USDT" for base in volumes}
    gone = {f"{base}/USDT" for base in before} - listed
    assert set(universe.symbols) | {drop.symbol for drop in universe.drops} == listed | gone
    assert all(not drop.distance <= 0 for drop in universe.drops)


@given(volumes_by_base, befores, st.integers(1, 8), st.floats(0, 50), st.floats(1, 100), st.data())
def test_more_volume_never_costs_a_seat(
    volumes: dict[str, float],
    before: tuple[str, ...],
    size: int,
    band: float,
    factor: float,
    data: st.DataObject,
) -> None:
    chosen = ranked(volumes, before, size, band).symbols
    lucky = data.draw(st.sampled_from(chosen)).partition("/")[0]
    better = volumes | {lucky: volumes[lucky] * factor}
    assert f"{lucky}/USDT" in ranked(better, before, size, band).symbols


@given(volumes_by_base, befores, st.randoms())
def test_the_order_in_which_an_exchange_lists_does_not_matter(
    volumes: dict[str, float], before: tuple[str, ...], chance: Any
) -> None:
    shuffled = list(volumes.items())
    chance.shuffle(shuffled)
    assert ranked(volumes, before).snapshot == ranked(dict(shuffled), before).snapshot


@given(st.integers(1, 5000), st.floats(0, 50))
def test_the_band_lies_around_the_last_seat(size: int, band: float) -> None:
    seats = Seats.of(size, band)
    assert 1 <= seats.enter <= seats.size <= seats.leave <= 2 * seats.size


BETTER: dict[str, tuple[str, float]] = {
    "spread": ("ask", -1.0),
    "range_low": ("high", 1.0),
    "range_high": ("high", -1.0),
    "volume": ("quote_volume", 1.0),
}


@pytest.mark.parametrize("code", BETTER)
@given(worse=st.floats(100.0, 300.0), step=st.floats(0.0, 50.0))
def test_a_better_measure_never_drops_where_a_worse_one_passed(code: str, worse: float, step: float) -> None:
    name, better = BETTER[code]
    (gate,) = (one for one in UNIVERSE_GATES if one.row.code == f"universe.{code}")
    unit = 1e6 if name == "quote_volume" else 1.0
    values = sorted((max(100.0, worse - step), worse), reverse=better < 0)

    def passes(value: float) -> bool:
        end = outcome(market("SOL"), ticker("SOL", **{name: value * unit}))
        return not (isinstance(end, Rejection) and end.code == gate.row.code)

    assert passes(values[0]) <= passes(values[1])


class Remembering:
    """A universe store that holds one snapshot, or a damaged one."""

    def __init__(self, *held: UniverseSnapshot, damaged: bool = False) -> None:
        self.held, self.damaged = held, damaged

    def save(self, snapshot: UniverseSnapshot) -> None:
        self.held = (snapshot,)

    def last(self, exchange: str, profile: str, before_ms: int) -> tuple[UniverseSnapshot, ...]:
        if self.damaged:
            raise DamagedPage("the universe is damaged")
        return tuple(one for one in self.held if one.as_of_ms < before_ms)

    def market_ids(self, exchange: str) -> Mapping[str, str]:
        return {member.symbol: member.market_id for one in self.held for member in one.chosen}

    def close(self) -> None: ...


def of_demo(universes: Remembering, as_of_ms: int = DEMO_AS_OF_MS, size: int = 20) -> Universe:
    source = Source(DemoFeed(), None, universes)
    return asyncio.run(select_universe((), ruled(size=size), source, Place("demo", as_of_ms)))


def test_an_earlier_universe_is_held_to_for_a_week() -> None:
    first = of_demo(Remembering(), size=28).snapshot
    for age, held in ((1, True), (MEMORY_MS, True), (MEMORY_MS + 1, False)):
        again = of_demo(Remembering(replace(first, as_of_ms=DEMO_AS_OF_MS - age))).snapshot
        assert any(member.was_in for member in again.chosen) is held
        assert (again.enter_rank, again.leave_rank) == ((16, 24) if held else (20, 20))


def test_a_universe_of_the_same_moment_is_not_an_earlier_one() -> None:
    first = of_demo(Remembering()).snapshot
    assert of_demo(Remembering(first)).snapshot == first


def test_a_damaged_memory_is_said_and_the_choice_made_without() -> None:
    universe = of_demo(Remembering(damaged=True))
    assert universe.flags == ("universe_forgotten: the universe is damaged",)
    assert len(universe.symbols) == 20


def test_of_a_past_moment_neither_book_nor_range_is_taken_from_now() -> None:
    class Quoting(DemoFeed):
        async def tickers(self) -> Mapping[str, Ticker]:
            found = await super().tickers()
            return {
                name: replace(one, bid=one.last, ask=one.last * 1.001, high=one.last * 1.03, low=one.last)
                for name, one in found.items()
            }

    def blind(as_of_ms: int) -> set[str]:
        source = Source(Quoting(), None)
        universe = asyncio.run(select_universe((), ruled(), source, Place("demo", as_of_ms)))
        assert universe.snapshot.figures_ms == DEMO_AS_OF_MS
        return {one.code for one in universe.snapshot.unmeasured}

    assert not {"universe.spread", "universe.range_low"} & blind(DEMO_AS_OF_MS)
    assert {"universe.spread", "universe.range_low"} <= blind(DEMO_AS_OF_MS - 1)


@pytest.mark.parametrize("name", ["balanced", "trend", "range", "aggressive", "mobile"])
def test_a_profile_asks_for_at_least_the_days_its_context_needs(name: str) -> None:
    profile = load_profile(name)
    hold_ms = (profile.plan.expiry_bars + profile.plan.hold_bars) * profile.timeframes.anchor.ms
    assert profile.universe.min_age_days >= profile.min_bars(Timeframe.D1)
    assert profile.universe.min_days_left >= math.ceil(hold_ms / DAY_MS)
