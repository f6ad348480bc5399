"""Risk appetite over whole scans of a store: the same for a symbol alone and among the others, as of a time, and in a replay."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.ui.documents import score_part
from bot.ui.explain_document import explain_json
from data.cache import SqliteCandleStore
from data.universe_store import SqliteUniverseStore
from engine.commands.app import run
from engine.edges import Edges, ScanRequest
from engine.explanation import explain_symbol
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.models.regime import RiskAppetite
from shared.models.risk import Account
from shared.models.scan import ScanResult
from shared.models.timeframe import Timeframe
from tests.fixtures.stored import NOON, filled_home, series, store_file

NAMES = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOT", "LTC", "TRX", "INJ", "TIA", "SUI", "ARB")
SYMBOLS = tuple(f"{name}/USDT" for name in NAMES)
TOO_CALM = "SUI/USDT"
"""Its walk moves too little for the universe, so its trend does not count."""
CHOSEN = tuple(symbol for symbol in SYMBOLS if symbol != TOO_CALM)
REQUEST = ScanRequest(
    load_profile("balanced"), "binance", Account(Decimal(10_000), "USDT"), as_of_ms=NOON, offline=True
)


class Clock:
    def now_ms(self) -> int:
        return NOON


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled_home(tmp_path_factory.mktemp("twelve"), SYMBOLS)


@pytest.fixture
def edges(home: Path, tmp_path: Path) -> Edges:
    store = SqliteCandleStore(store_file(home))
    return Edges(None, store, Clock(), universes=SqliteUniverseStore(tmp_path / "universes.sqlite3"))


def scan(edges: Edges, *symbols: str, **changes: Any) -> ScanResult:
    return run_scan(replace(REQUEST, symbols=symbols, **changes), edges)


def test_a_scan_rests_on_its_universe_and_counts_it(edges: Edges) -> None:
    market = scan(edges).market_context
    assert market.basis == "6 of 11 symbols' 4h trends are up, BTC/USDT's own is up"
    assert market.risk_appetite is RiskAppetite.NEUTRAL


@pytest.mark.parametrize("scanned_before", [True, False])
def test_a_symbol_explained_alone_has_the_bytes_it_has_in_the_scan(
    edges: Edges, *, scanned_before: bool
) -> None:
    among = scan(edges) if scanned_before else None
    alone = {symbol: explain_symbol(REQUEST, symbol, edges) for symbol in CHOSEN[:4]}
    among = among or scan(edges)
    stops = {stop.symbol: stop for stop in among.rejections}
    for symbol, explained in alone.items():
        assert explained.scan.market_context == among.market_context
        assert explained.outcome == stops[symbol]
        assert among.market_context.basis in explain_json(explained)
    named = scan(edges, *SYMBOLS[:3])
    assert named.market_context == among.market_context
    assert set(named.rejections) == {stops[symbol] for symbol in SYMBOLS[:3]}


def test_the_factors_sentence_has_the_numbers(edges: Edges) -> None:
    explained = explain_symbol(REQUEST, "ETH/USDT", edges)
    assert explained.context
    assert explained.context.confluence_breakdown
    for scored in (explained.context.confluence_breakdown.long, explained.context.confluence_breakdown.short):
        (factor,) = (part for part in score_part(scored)["factors"] if part["name"] == "regime")
        assert factor["why"].endswith(explained.scan.market_context.basis)


def test_workers_and_later_candles_change_nothing(edges: Edges, tmp_path: Path) -> None:
    before = scan(edges)
    with ThreadPoolExecutor(2) as pool:
        assert scan(replace(edges, executor=pool)) == before
    later = filled_home(tmp_path, SYMBOLS)
    with closing(SqliteCandleStore(store_file(later))) as store:
        for seed, symbol in enumerate(SYMBOLS):
            ahead = series(Timeframe.H4, seed + 50, NOON + 30 * Timeframe.H4.ms)
            store.write("binance", symbol, ahead.between(NOON, NOON + 30 * Timeframe.H4.ms))
        assert scan(replace(edges, store=store)) == before


def test_a_universe_of_fewer_than_ten_is_the_benchmarks_trend_alone(edges: Edges) -> None:
    basis = scan(edges, top=9).market_context.basis
    assert basis.startswith("BTC/USDT's 4h swing trend alone, ")
    assert basis.endswith(" (4h trends of 9 symbols are known, 10 are needed)")


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    filled_home(tmp_path, SYMBOLS)
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_scan_of_one_symbol_is_replayed_with_the_trends_of_the_others(cli: Run, tmp_path: Path) -> None:
    words = ("scan", "--offline", "--as-of", "2024-08-05T12:00:00Z", "--json", "-s", "ETH/USDT")
    code, out, err = cli(*words)
    assert code == 0, err
    document = json.loads(out)
    assert " of 11 symbols' " in document["market"]["basis"]
    code, out, _ = cli("replay", document["run_id"], "--json")
    assert (code, json.loads(out)["differences"]) == (0, [])

    turned = series(Timeframe.H4, 7)
    upside = [400.0 - column for column in (turned.open, turned.low, turned.high, turned.close)]
    other = type(turned)(Timeframe.H4, turned.open_ms, *upside, turned.volume)
    with closing(SqliteCandleStore(store_file(tmp_path))) as store:
        store.write("binance", "TRX/USDT", other)
    code, out, _ = cli("replay", document["run_id"], "--json")
    (difference,) = json.loads(out)["differences"]
    assert (code, difference["what"]) == (20, "4h trend of TRX/USDT")
    assert {difference["recorded"], difference["found"]} == {"up", "down"}
