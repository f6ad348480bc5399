"""What scans approved, held against the backtest of the same closes: the same; or the candle, setting, rule, market or fill that differs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from data.cache import SqliteCandleStore
from data.journal import SqliteJournal
from engine.commands.app import run
from engine.commands.edges import SystemClock
from engine.edges import Edges, ScanRequest
from engine.following.follow import outcome_document, played_out
from engine.following.setups import setups_since
from engine.orchestrator import run_scan
from engine.parity.check import Bench, check_parity
from risk.audit_pipeline import chain
from shared.config.profiles import load_profile
from shared.models.fills import Ending, Fill
from shared.models.journal import Batch, Entry, RecordKind
from shared.models.parity import Cause, Ended, GateMoved, LiveSetup, Measure, Miss, Parity
from shared.models.profile import Profile
from shared.models.risk import Account
from shared.models.timeframe import DAY_MS, Timeframe, from_iso
from tests.fixtures.past import END_MS, EQUITY, SYMBOLS, past_store

FIRST, QUIET, LONG, LAST = (
    "2026-05-21T00:15:00Z",
    "2026-05-21T03:00:00Z",
    "2026-05-21T06:00:00Z",
    "2026-05-21T16:00:00Z",
)
"""Closes of 15m. At all but the second the backtest takes a setup: ADA short, BTC long, ADA short."""
LATE_MS = 7_000
"""How long after a close a scan runs."""
ADA, BTC = "ADA/USDT", "BTC/USDT"
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "snipersight.parity-1.schema.json"


@dataclass
class Clock:
    """A clock that is set."""

    at_ms: int

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_s(self) -> float:
        return self.at_ms / 1000


@dataclass
class World:
    """A store, a journal, and the settings in force."""

    store: SqliteCandleStore
    journal: SqliteJournal
    profile: Profile

    def scans(self, *closes: str, symbols: tuple[str, ...] = SYMBOLS) -> None:
        """A scan of its present a moment after each close; without symbols of the profile's universe."""
        for close in closes or (FIRST, QUIET, LONG, LAST):
            edges = Edges(None, self.store, Clock(from_iso(close) + LATE_MS), open_journal=self.kept)
            run_scan(ScanRequest(self.profile, "binance", EQUITY, symbols, offline=True), edges)

    @contextmanager
    def kept(self) -> Iterator[SqliteJournal]:
        yield self.journal

    def parity(self) -> Parity:
        edges = Edges(None, self.store, Clock(END_MS))
        return check_parity(Bench(self.journal, edges, self.settled), END_MS - 30 * DAY_MS)

    def settled(self, exchange: str, profile: Profile) -> tuple[Profile, Account]:
        assert (exchange, profile.name) == ("binance", "balanced")
        return self.profile, EQUITY

    def revise(self, symbol: str, timeframe: Timeframe, open_at: str, **factors: float) -> None:
        """Have one candle come again with columns that are so many times what they were."""
        open_ms = from_iso(open_at)
        candle = self.store.read("binance", symbol, timeframe, open_ms, open_ms + timeframe.ms)
        other: dict[str, Any] = {name: getattr(candle, name) * factor for name, factor in factors.items()}
        assert self.store.write("binance", symbol, replace(candle, **other)).revised == 1

    def follows(self) -> None:
        """Record what has become of every setup by now, as a run that notifies does."""
        for setup in setups_since(self.journal, 0):
            outcome = played_out(setup, self.store, "binance", END_MS)
            content = {**outcome_document(setup.plan, outcome, END_MS), "states": []}
            entry = Entry(RecordKind.OUTCOME, content, setup.fingerprint)
            self.journal.append(Batch(setup.fingerprint, "", "", "", (entry,)), END_MS)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with five months of four markets."""
    home = tmp_path_factory.mktemp("stored")
    past_store(home).close()
    return home


@pytest.fixture
def world(stored: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(stored, tmp_path, dirs_exist_ok=True)
    (tmp_path / "data").mkdir()
    store = SqliteCandleStore(tmp_path / "cache" / "candles.sqlite3", lambda: END_MS)
    journal = SqliteJournal(tmp_path / "data" / "journal.sqlite3", chain)
    yield World(store, journal, load_profile("balanced"))
    store.close()
    journal.close()


def by_close(parity: Parity) -> Mapping[str, LiveSetup]:
    """Setups by the close they were decided on."""
    return {
        close: setup
        for close in (FIRST, QUIET, LONG, LAST)
        for setup in parity.setups
        if setup.as_of_ms == from_iso(close) + LATE_MS
    }


def test_the_same_candles_settings_and_code_are_the_same(world: World) -> None:
    world.scans()
    world.follows()
    parity = world.parity()
    assert [(one.symbol, one.decided.cause, one.differs) for one in parity.setups] == [
        (ADA, Cause.SAME, False), (BTC, Cause.SAME, False), (ADA, Cause.SAME, False),
    ]  # fmt: skip
    assert all(one.outcome.recorded == one.outcome.found for one in parity.setups)
    assert (parity.missed, parity.differing, parity.exit_code) == ((), 0, 0)
    (course,) = parity.courses
    assert (course.scans, course.trades, course.symbols) == (4, 3, SYMBOLS)


def test_a_revised_candle_is_named_with_what_it_was_and_is(world: World) -> None:
    world.scans(FIRST)
    was = world.store.read("binance", ADA, Timeframe.M15, from_iso(FIRST) - Timeframe.M15.ms, from_iso(FIRST))
    world.revise(ADA, Timeframe.M15, "2026-05-21T00:00:00Z", close=0.9999, low=0.999)
    parity = world.parity()
    decided = by_close(parity)[FIRST].decided
    assert decided.cause is Cause.CANDLES
    (series,) = decided.series
    assert (series.symbol, series.timeframe, series.proven) == (ADA, Timeframe.M15, True)
    (candle,) = series.candles
    assert (candle.open_ms, candle.seen_ms) == (from_iso("2026-05-21T00:00:00Z"), END_MS)
    assert candle.then[3] == was.close[0]
    assert candle.now == (was.open[0], was.high[0], was.low[0] * 0.999, was.close[0] * 0.9999, was.volume[0])
    assert parity.exit_code == 10


def test_a_candle_that_changes_nothing_is_no_difference(world: World) -> None:
    world.scans(LONG)
    world.revise("SOL/USDT", Timeframe.H4, "2026-05-20T00:00:00Z", volume=1.01)
    parity = world.parity()
    assert parity.exit_code == 0
    assert [one.what for one in by_close(parity)[LONG].decided.differences] == ["candles of SOL/USDT 4h"]


def test_a_threshold_is_named_with_the_gate_that_stops_by_it(world: World) -> None:
    world.scans(LONG)
    world.profile = load_profile("balanced", {"gates": {"min_score": 70}})
    setup = by_close(world.parity())[LONG]
    assert setup.decided.cause is Cause.SETTINGS
    gate = setup.decided.gate
    assert isinstance(gate, GateMoved)
    old = load_profile("balanced").gates.min_score
    assert (gate.then, gate.now) == (Measure(setup.score, old), Measure(setup.score, 70))
    assert [one.what for one in setup.decided.differences] == ["profile.gates.min_score"]
    assert f"no plan now: {gate.code}" in setup.decided.why


def test_other_prices_are_told_in_ticks(world: World) -> None:
    world.scans(LONG)
    world.profile = load_profile("balanced", {"plan": {"pool_clearance_atr": 0.5}})
    (setup,) = world.parity().setups
    assert setup.decided.cause is Cause.SETTINGS
    stop = next(price for price in setup.decided.prices if price.what == "stop")
    assert stop.ticks == float((stop.now - stop.then) / setup_tick(world)) < 0
    assert "stop" in setup.decided.why


def setup_tick(world: World) -> Any:
    return world.store.markets("binance")[BTC].tick


def test_a_close_without_a_scan_is_missed_and_so_is_one_where_a_gate_said_no(world: World) -> None:
    world.scans(FIRST, QUIET, LAST)
    (missed,) = world.parity().missed
    assert (missed.symbol, missed.decided_ms, missed.why) == (BTC, from_iso(LONG), Miss.NO_SCAN)
    assert (missed.run_id, missed.later_ms, missed.ending) == ("", 0, Ending.TIME)


def test_what_a_scan_turned_down_and_the_backtest_takes_is_told_with_the_scans_gate(world: World) -> None:
    world.profile = load_profile("balanced", {"gates": {"min_score": 70}})
    world.scans(LONG)
    world.profile = load_profile("balanced")
    parity = world.parity()
    (missed,) = parity.missed
    assert (missed.symbol, missed.why, missed.run_id[:2]) == (BTC, Miss.GATE, "r-")
    gate = missed.gate
    assert isinstance(gate, GateMoved)
    assert gate.then == Measure(missed.score, 70)
    assert gate.now == Measure(missed.score, world.profile.gates.min_score)
    assert parity.exit_code == 10


def test_a_setup_approved_at_a_later_close_than_it_was_taken_is_late(world: World) -> None:
    world.profile = load_profile("balanced", {"gates": {"min_score": 80}})
    world.scans(FIRST)
    world.profile = load_profile("balanced")
    world.scans(QUIET)
    parity = world.parity()
    (late,) = parity.missed
    assert (late.symbol, late.why, late.later_ms) == (ADA, Miss.GATE, from_iso(QUIET))
    assert by_close(parity)[QUIET].decided.cause is Cause.SAME


def test_other_trading_rules_are_named(world: World) -> None:
    world.scans(LONG)
    market = world.store.markets("binance")[BTC]
    world.store.save_markets({BTC: replace(market, tick=market.tick * 100)})
    (setup,) = world.parity().setups
    assert setup.decided.cause is Cause.RULES
    assert [one.what for one in setup.decided.differences] == [f"tick of {BTC}"]


def test_a_universe_is_chosen_again_and_who_would_not_be_in_it_is_told_by_its_gate(world: World) -> None:
    world.scans(FIRST, LONG, symbols=())
    parity = world.parity()
    assert [(one.symbol, one.differs) for one in parity.setups] == [(ADA, False), (BTC, False)]
    world.profile = load_profile("balanced", {"universe": {"min_age_days": 160}})
    for setup in world.parity().setups:
        decided = setup.decided
        assert decided.cause is Cause.UNIVERSE
        assert isinstance(decided.gate, GateMoved)
        assert decided.gate.code == "universe.age"
        assert [one.what for one in decided.differences] == ["profile.universe.min_age_days"]


def test_another_history_of_the_benchmark_is_another_market(world: World) -> None:
    world.scans(FIRST, symbols=(ADA,))
    world.revise(BTC, Timeframe.H1, "2026-05-20T20:00:00Z", close=0.99, low=0.985)
    (setup,) = world.parity().setups
    assert setup.decided.cause is Cause.MARKET
    assert [one.what for one in setup.decided.differences] == [f"benchmark {BTC}"]


def test_a_plan_that_the_backtests_book_has_no_room_for_is_told(world: World) -> None:
    world.profile = load_profile("balanced", {"risk": {"max_positions": 1, "max_same_side": 1}})
    world.scans(FIRST, LONG)
    parity = world.parity()
    assert by_close(parity)[FIRST].decided.cause is Cause.SAME
    decided = by_close(parity)[LONG].decided
    assert decided.cause is Cause.EXPOSURE
    gate = decided.gate
    assert isinstance(gate, GateMoved)
    assert gate.code.startswith("risk.")
    assert isinstance(gate.then, Measure)
    assert gate.code in decided.why


def test_a_fill_that_today_comes_at_another_price_is_told_with_its_candle(world: World) -> None:
    world.scans(LONG)
    world.follows()
    world.revise(BTC, Timeframe.M5, "2026-05-24T07:25:00Z", open=1.0001, high=1.001)
    (setup,) = world.parity().setups
    assert setup.decided.cause is Cause.SAME
    assert setup.outcome.differs
    (moved,) = setup.outcome.fills
    assert isinstance(moved.then, Fill)
    assert isinstance(moved.now, Fill)
    assert (moved.leg, moved.now.bar_ms) == ("time", moved.then.bar_ms)
    assert moved.now.price > moved.then.price
    then, now = setup.outcome.recorded, setup.outcome.found
    assert isinstance(then, Ended)
    assert isinstance(now, Ended)
    assert now.result_r > then.result_r


def test_settings_that_cannot_be_read_any_more_leave_a_setup_undecided(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.scans(LONG)
    monkeypatch.setattr("engine.replay.read_account", broken)
    (setup,) = world.parity().setups
    assert setup.decided.cause is Cause.UNDECIDED
    assert "no such account" in setup.decided.why


def broken(*_: object) -> None:
    from shared.errors import ConfigFault

    raise ConfigFault("no such account", "Make one")


def test_a_scan_as_of_an_earlier_time_is_none_of_its_present(world: World) -> None:
    edges = Edges(None, world.store, Clock(END_MS), open_journal=world.kept)
    asked = ScanRequest(world.profile, "binance", EQUITY, SYMBOLS, as_of_ms=from_iso(LONG), offline=True)
    assert run_scan(asked, edges).setups
    assert world.parity().courses == ()


@pytest.fixture
def cli(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: END_MS)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(["parity", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_on_the_command_line(world: World, cli: Any) -> None:
    assert cli("-e", "demo")[0] == 2
    world.scans(FIRST, LONG)
    code, out, err = cli("--json")
    assert code == 0, err
    validator = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    validator.validate(json.loads(out))
    world.follows()
    world.revise(BTC, Timeframe.M15, "2026-05-21T05:45:00Z", close=0.9999, low=0.999)
    world.revise(BTC, Timeframe.M5, "2026-05-24T07:25:00Z", open=1.0001, high=1.001)
    code, out, err = cli("--json", "-p", "balanced", "-e", "binance")
    assert code == 10, err
    document = json.loads(out)
    validator.validate(document)
    assert [one["cause"] for one in document["setups"]] == ["same", "candles"]
    assert document["setups"][1]["outcome"]["fills"][0]["leg"] == "time"
    code, out, err = cli()
    assert out.splitlines()[0].startswith("kind\tdecided\texchange")
    assert "what was really bought and sold is not recorded" in err
    assert cli("-p", "trend", "--json")[0] == 0
    assert cli("--days", "0")[0] == 2
