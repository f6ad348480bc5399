"""A scan keeps its universe and goes on where that fails; looking and explaining keep none."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.universe_contract import UniverseStore
from data.adapters.demo import DEMO_AS_OF_MS, DemoFeed
from data.universe_store import SqliteUniverseStore
from engine.edges import Edges, ScanRequest
from engine.explanation import explain_symbol
from engine.gather import look_up_universe
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.errors import StorageFault
from shared.models.risk import Account
from shared.models.scan import RunStatus
from shared.models.universe import UniverseSnapshot
from tests.unit.data.test_universe import Remembering

REQUEST = ScanRequest(load_profile("balanced"), "demo", Account(Decimal(10_000), "USDT"), top=2)


class Clock:
    def now_ms(self) -> int:
        return DEMO_AS_OF_MS


class Full(Remembering):
    """A store on a full disk."""

    def save(self, snapshot: UniverseSnapshot) -> None:
        raise StorageFault("universes could not be written: database or disk is full")


def edges(universes: UniverseStore) -> Edges:
    return Edges(DemoFeed, None, Clock(), universes=universes)


def test_a_scan_keeps_its_universe() -> None:
    kept = Remembering()
    result = run_scan(REQUEST, edges(kept))
    (snapshot,) = kept.held
    assert [member.symbol for member in snapshot.chosen] == ["BTC/USDT", "ETH/USDT"]
    drops = [drop for drop in result.rejections if drop.stage == "universe"]
    assert tuple(drops) == snapshot.dropped
    assert result.flags == ()


def test_a_universe_that_cannot_be_kept_is_flagged_and_the_scan_goes_on() -> None:
    result = run_scan(REQUEST, edges(Full()))
    assert result.flags == ("universe_not_kept: universes could not be written: database or disk is full",)
    assert (result.status, result.coverage) == (RunStatus.DEGRADED, (2, 2))


@pytest.mark.parametrize(
    "ask", [look_up_universe, lambda request, at: explain_symbol(request, "BTC/USDT", at)]
)
def test_looking_and_explaining_keep_none(ask: object) -> None:
    kept = Remembering()
    ask(REQUEST, edges(kept))  # type: ignore[operator]
    assert kept.held == ()


@pytest.mark.parametrize("how", ["folder", "garbage"])
@pytest.mark.parametrize("symbols", [(), ("BTC/USDT",)])
def test_a_file_of_universes_that_is_ruined_is_flagged_and_the_scan_goes_on(
    tmp_path: Path, how: str, symbols: tuple[str, ...]
) -> None:
    path = tmp_path / "universes.sqlite3"
    path.mkdir() if how == "folder" else path.write_bytes(b"not a database" * 999)
    with closing(SqliteUniverseStore(path)) as universes:
        result = run_scan(replace(REQUEST, symbols=symbols), edges(universes))
    assert result.status is RunStatus.DEGRADED
    assert [flag.partition(":")[0] for flag in result.flags] == ["universe_forgotten", "universe_not_kept"]
    assert result.coverage[0] == result.coverage[1] > 0
