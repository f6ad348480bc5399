"""What a scan would have said at a past close is what the backtest decided there, byte for byte, rejections included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.cache import SqliteCandleStore
from data.file_import import Reading, import_path
from engine.backtest.around import read_around
from engine.backtest.desk import Desk, decide_all
from engine.backtest.frames import Shelves
from engine.backtest.history import History, read_history
from engine.backtest.market import MarketPast
from engine.backtest.replayer import Replayer
from engine.backtest.request import BacktestRequest
from engine.edges import Edges, ScanRequest, silent
from engine.gather import Gathered, gather
from engine.hooks import Hooks
from engine.pipeline import LOOK, Pipeline
from engine.run import Run
from engine.symbols import decide_all as decide_each
from shared.models.context import SniperContext
from shared.models.data import Market, MultiTimeframeData
from shared.models.events import object_id
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.smc import Side, ZoneKind
from shared.models.timeframe import from_iso
from shared.utils.serialization import canonical_json, to_plain
from strategy.columns.span import Decisions
from strategy.gates import GATES
from strategy.planner.planner_service import fingerprint
from tests.fixtures.past import SYMBOLS, StandingClock, past_edges, past_request, past_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteCandleStore]:
    """Half a year of four markets, one with holes."""
    made = past_store(tmp_path_factory.mktemp("past"), holes=((30_000, 30_009), (40_500, 40_500)), days=170)
    yield made
    made.close()


def scanned(
    request: BacktestRequest, edges: Edges, as_of_ms: int
) -> tuple[Gathered, dict[str, SniperContext]]:
    """What a scan as of a close has gathered, and every symbol's decided context."""
    asked = ScanRequest(
        request.profile, request.exchange, request.account, request.symbols, as_of_ms=as_of_ms, offline=True
    )
    gathered = gather(LOOK, asked, edges, silent)
    decided, faults = decide_each(
        Pipeline.of(Hooks()), Run.of(asked, gathered, Hooks()).contexts(), None, silent
    )
    assert not faults
    return gathered, {context.symbol: context for context in decided}


def replayer_of(request: BacktestRequest, history: History, symbol: str) -> Replayer:
    profile = request.profile
    series = {name: history.candles[symbol][name] for name in profile.timeframes.needed}
    shelves = Shelves.of(history.markets[symbol], series, profile.smc, profile.data.history_bars)
    return Replayer(profile, shelves, Hooks(), request.until_ms)


def closes_of(request: BacktestRequest, seed: int, count: int) -> list[int]:
    """Random closes of the base timeframe, the first and the last."""
    closes = request.closes_ms
    drawn = np.random.default_rng(seed).choice(closes, count, replace=False)
    return sorted({int(closes[0]), int(closes[-1]), *map(int, drawn)})


@pytest.mark.parametrize("name", ["balanced", "aggressive", "mobile"])
def test_a_replayed_close_has_the_bytes_of_a_scan_as_of_it(store: SqliteCandleStore, name: str) -> None:
    request, edges = past_request(40, name), past_edges(store)
    history = read_history(request, edges, silent)
    market = MarketPast.of(request, history)
    replayers = {symbol: replayer_of(request, history, symbol) for symbol in SYMBOLS}
    ends = set()
    for as_of_ms in closes_of(request, seed=len(name), count=5):
        gathered, scans = scanned(request, edges, as_of_ms)
        context = market.context(as_of_ms)
        assert context == gathered.market_context
        for symbol, scan in scans.items():
            replayed = replayers[symbol].decide(as_of_ms, context)
            assert canonical_json(to_plain(replayed.plan)) == canonical_json(to_plain(scan.plan))
            assert replayed.confluence_breakdown == scan.confluence_breakdown
            ends.add(type(scan.plan).__name__)
    assert "Rejection" in ends


@pytest.mark.parametrize("name", ["balanced", "aggressive", "trend", "range", "mobile"])
def test_the_columns_decide_what_a_scan_decides(store: SqliteCandleStore, name: str) -> None:
    request, edges = past_request(40, name), past_edges(store)
    desk, tables = decided(request, edges)
    for as_of_ms in (*closes_of(request, seed=11, count=3), *planned_closes(tables, 2)):
        _, scans = scanned(request, edges, as_of_ms)
        for symbol, scan in scans.items():
            table = tables[symbol]
            row = int(np.searchsorted(table.as_of_ms, as_of_ms, "right")) - 1
            assert said(table, row, request, desk.history.markets[symbol]) == answer(scan)


@pytest.fixture(scope="module")
def recorded(market_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteCandleStore]:
    """Four recorded markets of 2024: one that leads, one that follows, a thin one, one listed in March."""
    made = SqliteCandleStore(tmp_path_factory.mktemp("recorded") / "candles.sqlite3")
    for coin in ("BTC", "SOL", "ELF", "WIF"):
        import_path(market_dir / f"binance__{coin}-USDT__5m.parquet", made, Reading(StandingClock().now_ms()))
    yield made
    made.close()


@pytest.mark.parametrize("name", ["balanced", "aggressive"])
def test_on_recorded_candles_too(recorded: SqliteCandleStore, name: str) -> None:
    symbols = ("BTC/USDT", "ELF/USDT", "SOL/USDT", "WIF/USDT")
    request = replace(
        past_request(1, name, symbols),
        since_ms=from_iso("2024-03-20T00:00:00Z"),
        until_ms=from_iso("2024-08-30T00:00:00Z"),
    )
    edges = past_edges(recorded)
    desk, tables = decided(request, edges)
    for as_of_ms in (*closes_of(request, seed=3, count=3), *planned_closes(tables, 3)):
        gathered, scans = scanned(request, edges, as_of_ms)
        context = desk.market.context(as_of_ms)
        assert context == gathered.market_context
        for symbol, scan in scans.items():
            row = int(np.searchsorted(tables[symbol].as_of_ms, as_of_ms, "right")) - 1
            assert said(tables[symbol], row, request, desk.history.markets[symbol]) == answer(scan)
            replayed = desk.replayer(symbol).decide(as_of_ms, context)
            assert canonical_json(to_plain(replayed.plan)) == canonical_json(to_plain(scan.plan))


def decided(request: BacktestRequest, edges: Edges) -> tuple[Desk, dict[str, Decisions]]:
    """Every symbol decided as columns."""
    history = read_history(request, edges, silent)
    market = MarketPast.of(request, history)
    desk = Desk(request, history, market, read_around(market), Hooks())
    tables, faults = decide_all(desk, None, None, silent)
    assert not faults
    return desk, tables


def planned_closes(tables: dict[str, Decisions], count: int) -> list[int]:
    """Some closes at which there is a plan, if there are any."""
    closes = np.unique(np.concatenate([table.as_of_ms[table.planned] for table in tables.values()]))
    return [int(close) for close in closes[:: max(1, len(closes) // count)][:count]]


def said(table: Decisions, row: int, request: BacktestRequest, market: Market) -> tuple[object, ...]:
    """A row in words: the setup's name, or the gate and what it measured."""
    if table.place[row] >= 0:
        return GATES[int(table.place[row])].code, float(table.measured[row])
    side, zone = Side(int(table.side[row])), tuple(ZoneKind)[int(table.zone_kind[row])]
    name = object_id(zone.value, "", int(side), int(table.zone_ms[row]))
    data = MultiTimeframeData(market, 0, {}, (), ())
    scored = table.long_tenths if side > 0 else table.short_tenths
    return fingerprint(data, request.profile, side, name), int(scored[row]) / 10


def answer(scan: SniperContext) -> tuple[object, ...]:
    """A scan's decision in the same words."""
    if isinstance(scan.plan, TradePlan):
        return scan.plan.fingerprint, scan.plan.score
    assert isinstance(scan.plan, Rejection)
    return scan.plan.code, scan.plan.measured


def test_the_universe_of_a_close_is_the_one_a_scan_would_choose(store: SqliteCandleStore) -> None:
    request, edges = past_request(40, symbols=()), past_edges(store)
    market = MarketPast.of(request, read_history(request, edges, silent))
    for as_of_ms in closes_of(request, seed=5, count=6):
        gathered, _ = scanned(request, edges, as_of_ms)
        assert market.ranked_at(as_of_ms) == tuple(sorted(one.symbol for one in gathered.universe.chosen))


def test_a_window_moves_on_at_calendar_boundaries_alone(store: SqliteCandleStore) -> None:
    request = past_request(60)
    history = read_history(request, past_edges(store), silent)
    shelves = replayer_of(request, history, "BTC/USDT").shelves
    spans = list(shelves.spans(request.closes_ms))
    assert np.array_equal(np.concatenate([span.as_of_ms for span in spans]), request.closes_ms)
    bars = request.profile.data.history_bars
    for span in spans:
        for name, frame in span.frames.items():
            starts = {name.window_start(int(at), bars) for at in (span.as_of_ms[0], span.as_of_ms[-1])}
            assert len(starts) == 1
            assert int(frame.candles.open_ms[0]) >= starts.pop()
            assert frame.last_bars(span.as_of_ms)[-1] < len(frame.candles)
    assert len(spans) > 1
    assert {name for span in spans for name in span.frames} == set(request.profile.timeframes.needed)
