"""The run over many instants: what it holds a scan to, how it counts, and a few instants of the recorded candles."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from data.adapters.demo import DemoFeed
from data.cache import SqliteCandleStore
from devtools.instants import (
    FIRST_MS,
    LateClock,
    Tally,
    adds_up,
    broken_by,
    import_folder,
    interval,
    main,
    report,
    walk,
)
from devtools.plan_laws import LAWS, broken_laws
from engine.edges import Edges, ScanRequest
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.models.gates import GateResult
from shared.models.risk import Account
from shared.models.scan import ScanResult, SymbolFault
from shared.models.timeframe import DAY_MS

BALANCED = load_profile("balanced")
COINS = ("BTC", "FTM", "PEPE")
DAYS = (63, 100, 126, 171, 217)
"""The first is one where levels of FTM and PEPE fell on one tick."""


@pytest.fixture(scope="module")
def result() -> ScanResult:
    """A scan of the made-up market, with plans."""
    request = ScanRequest(BALANCED, "demo", Account(Decimal(10_000), "USDT"))
    return run_scan(request, Edges(DemoFeed, None, LateClock()))


def test_a_whole_scan_breaks_nothing(result: ScanResult) -> None:
    assert result.setups
    assert list(broken_by(result, BALANCED)) == []


def test_what_is_wrong_with_a_scan_is_found(result: ScanResult) -> None:
    stop, setup = result.rejections[0], result.setups[0]
    fault = SymbolFault("X/USDT", "plan", "ContractError", "out of order", "")
    failed = GateResult("plan", "plan.cost", "costs", "R", 0.3, "<=", 0.2)
    bent = replace(setup, plan=replace(setup.plan, gates=(failed,)))
    told = list(
        broken_by(
            replace(
                result,
                setups=(bent, *result.setups[1:]),
                rejections=(replace(stop, distance=0.0), *result.rejections[1:]),
                faults=(fault,),
            ),
            BALANCED,
        )
    )  # fmt: skip
    assert told == [
        f"{setup.plan.symbol} passed_every_gate",
        f"{stop.symbol} {stop.code} has no code, reason or distance",
        "X/USDT ContractError: out of order",
        "the funnel does not add up",
    ]


@pytest.mark.parametrize("place", range(8))
def test_a_funnel_that_loses_a_symbol_does_not_add_up(result: ScanResult, place: int) -> None:
    assert adds_up(result)
    rows = list(result.funnel)
    rows[place] = replace(rows[place], reached=rows[place].reached + 1)
    assert not adds_up(replace(result, funnel=tuple(rows)))


def test_every_law_of_plans_can_be_broken(result: ScanResult) -> None:
    plan = result.setups[0].plan
    entry, stop, first = plan.entry, plan.stop, plan.targets[0]
    off = plan.tick / 2
    other = {
        "is_on_tick": replace(plan, entry=replace(entry, near=entry.near + off)),
        "stands_inside_its_zone": replace(plan, entry=replace(entry, near=entry.far, far=entry.near)),
        "is_given_up_before_it_is_stopped": replace(plan, entry=replace(entry, invalidation=stop.price)),
        "has_a_stop_that_is_far_enough": replace(plan, stop=replace(stop, distance_atr=0.1)),
        "has_r_as_its_prices_say": replace(plan, targets=(replace(first, net_r=99.0), *plan.targets[1:])),
        "passed_every_gate": replace(plan, gates=()),
    }
    assert list(broken_laws(plan, BALANCED)) == []
    for law, broken in other.items():
        assert law in list(broken_laws(broken, BALANCED)), law
    refused_at_birth = {"is_in_order", "sells_exactly_what_it_buys", "misses_nothing"}
    assert set(LAWS) == refused_at_birth | set(other)


def test_the_interval_is_that_of_means_of_blocks() -> None:
    mean, half = interval([1] * 10 + [3] * 10)
    assert mean == 2.0
    assert half == pytest.approx(1.96 * 2**0.5 / 2**0.5)
    assert interval([1] * 19) == (1.0, float("inf"))


def test_the_report_counts_what_the_tallies_hold(result: ScanResult) -> None:
    tally = Tally("balanced")
    tally.take(result, BALANCED)
    tally.take(result, BALANCED)
    lines = list(report([tally]))
    found = len(result.setups)
    read = f"{result.coverage[0]:.1f}"
    planned = result.funnel[-1].reached
    assert lines[2] == (
        f"| balanced | 2 | {read} | {planned:.2f} | 0.00 | {found:.2f} ± inf | 0 | {found} | {found} | 0 |"
    )
    codes = MappingProxyType({code: count for row in result.funnel for code, count in row.codes})
    assert all(f"| `{code}` | {2 * count:,} |" in lines for code, count in codes.items())


def test_without_candles_it_is_skipped_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out.startswith("skipped: no recorded candles at ")


def test_a_few_instants_of_recorded_candles_break_nothing(market_dir: Path, tmp_path: Path) -> None:
    for coin in COINS:
        name = f"binance__{coin}-USDT__5m.parquet"
        (tmp_path / name).symlink_to(market_dir / name)
    store = SqliteCandleStore(tmp_path / "candles.sqlite3")
    import_folder(tmp_path, store)
    tally = walk(store, "aggressive", [FIRST_MS + day * DAY_MS for day in DAYS])
    store.close()
    assert tally.broken == []
    assert len(tally.plans) == len(DAYS)
    assert sum(tally.read) > len(DAYS)
    assert sum(tally.stops.values()) + sum(tally.plans) == tally.reached["universe"]
    assert tally.shorts == tally.stops["risk", "risk.spot_short"] > 0
