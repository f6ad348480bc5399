"""The same inputs and settings give the same bytes: run twice, without the compiler, on several processes, over a hook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.ui.documents import scan_json
from data.adapters.demo import DemoFeed
from engine.edges import Edges, ScanRequest
from engine.explanation import explain_symbol
from engine.hooks import Hooks
from engine.orchestrator import run_scan
from ml.feature_buffer import FeatureBuffer
from ml.scoring_adapter import LogisticModel, rescoring_hook
from risk.gates import GATES as RISK_GATES
from shared.config.profiles import load_profile
from shared.errors import ClockFault, NotFound
from shared.models.context import SniperContext
from shared.models.data import Candles
from shared.models.planner import TradePlan
from shared.models.risk import Account
from shared.models.scan import RunStatus, Setup
from shared.models.smc import Side

AS_OF = "2024-08-05T12:00:00Z"
TRADING = 15
REQUEST = ScanRequest(load_profile("balanced"), "demo", Account(Decimal(10_000), "USDT"))


class Clock:
    def now_ms(self) -> int:
        return 4_000_000_000_000


EDGES = Edges(DemoFeed, None, Clock())


def cli(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "sniper_sight_cli", *words]
    return subprocess.run(
        call, env=os.environ | environ, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def imported_home(tmp_path_factory: pytest.TempPathFactory, market_dir: Path) -> Iterator[str]:
    home = str(tmp_path_factory.mktemp("imported"))
    done = cli("data", "import", str(market_dir), SNIPERSIGHT_HOME=home)
    assert done.returncode == 0, done.stderr
    return home


def test_recorded_candles_scan_to_the_same_bytes_with_and_without_the_compiler(imported_home: str) -> None:
    words = ("scan", "--exchange", "binance", "--offline", "--as-of", AS_OF, "--json")
    first = cli(*words, SNIPERSIGHT_HOME=imported_home)
    assert first.returncode == 0, first.stderr
    assert cli(*words, SNIPERSIGHT_HOME=imported_home, PYTHONHASHSEED="7").stdout == first.stdout
    assert cli(*words, SNIPERSIGHT_HOME=imported_home, SNIPERSIGHT_NO_JIT="1").stdout == first.stdout
    document = json.loads(first.stdout)
    idle = [drop for drop in document["rejections"] if drop["code"] == "universe.not_trading"]
    assert document["funnel"][0]["reached"] - len(idle) == TRADING


def test_what_was_decided_on_recorded_candles_is_replayed_byte_for_byte_by_another_process(
    imported_home: str,
) -> None:
    plans = []
    for day, no_jit in (("2024-03-05", "1"), ("2024-11-12", "0")):
        words = ("scan", "--offline", "--as-of", f"{day}T12:00:00Z", "-p", "aggressive", "--json")
        done = cli(*words, SNIPERSIGHT_HOME=imported_home)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        plans += [plan["id"] for plan in document["plans"]]
        again = cli(
            "replay", document["run_id"], "--json", SNIPERSIGHT_HOME=imported_home, SNIPERSIGHT_NO_JIT=no_jit
        )
        assert again.returncode == 0, again.stdout + again.stderr
        assert json.loads(again.stdout)["differences"] == []
    assert plans
    assert cli("replay", plans[0], SNIPERSIGHT_HOME=imported_home).returncode == 0
    assert cli("audit", "verify", SNIPERSIGHT_HOME=imported_home).returncode == 0


def test_a_scan_does_not_depend_on_the_executor() -> None:
    alone = scan_json(run_scan(REQUEST, EDGES))
    with ThreadPoolExecutor(2) as pool:
        assert scan_json(run_scan(REQUEST, replace(EDGES, executor=pool))) == alone


def test_candles_after_the_as_of_time_change_nothing() -> None:
    as_of = REQUEST.as_of_ms or 1_794_000_000_000
    earlier = replace(REQUEST, as_of_ms=as_of, symbols=("BTC/USDT", "ETH/USDT", "SOL/USDT"))
    known = run_scan(earlier, replace(EDGES, open_feed=lambda: DemoFeed(as_of)))
    later = run_scan(earlier, EDGES)
    assert (later.setups, later.rejections) == (known.setups, known.rejections)


class OneBroken(DemoFeed):
    """SOL/USDT answers with candles that are none."""

    async def candles(self, symbol, timeframe, since_ms, until_ms):  # type: ignore[no-untyped-def]
        made = await super().candles(symbol, timeframe, since_ms, until_ms)
        if symbol == "SOL/USDT":
            return Candles(
                timeframe, made.open_ms + 1, made.open, made.high, made.low, made.close, made.volume
            )
        return made


def drawn(setup: Setup) -> TradePlan:
    """The plan without the sentence that counts symbols."""
    return replace(setup.plan, rationale=replace(setup.plan.rationale, bias="counted"))


def test_one_bad_symbol_never_stops_the_others_and_is_shown() -> None:
    result = run_scan(REQUEST, replace(EDGES, open_feed=OneBroken))
    assert result.status is RunStatus.DEGRADED
    assert [fault.symbol for fault in result.faults] == ["SOL/USDT"]
    whole = run_scan(REQUEST, EDGES)
    assert result.market_context.basis.replace("of 27", "of 28") == whole.market_context.basis
    assert [drawn(s) for s in result.setups] == [
        drawn(s) for s in whole.setups if s.plan.symbol != "SOL/USDT"
    ]


def test_a_hook_that_breaks_its_contract_is_named_in_every_symbols_fault() -> None:
    hooks = Hooks()

    def scores_too_high(context: SniperContext) -> SniperContext:
        breakdown = context.confluence_breakdown
        assert breakdown is not None
        return replace(context, confluence_breakdown=breakdown.adjusted(Side.LONG, 99.0))

    hooks.register("after_strategy", scores_too_high)
    result = run_scan(replace(REQUEST, symbols=("BTC/USDT", "ETH/USDT")), EDGES, hooks=hooks)
    assert result.status is RunStatus.REFUSED
    assert len(result.faults) == 2
    assert all("scores_too_high" in fault.problem for fault in result.faults)


def test_an_adjusting_hook_moves_the_score_by_what_it_says() -> None:
    plain = run_scan(REQUEST, EDGES).setups[0]
    hooks = Hooks()

    def adds_two(context: SniperContext) -> SniperContext:
        breakdown = context.confluence_breakdown
        assert breakdown is not None
        return replace(context, confluence_breakdown=breakdown.adjusted(plain.plan.side, 2.0))

    hooks.register("after_confluence", adds_two)
    moved = run_scan(replace(REQUEST, symbols=(plain.plan.symbol,)), EDGES, hooks=hooks).setups[0]
    assert moved.plan.score == pytest.approx(min(100.0, plain.plan.score + 2.0))


def test_a_future_as_of_is_refused() -> None:
    with pytest.raises(ClockFault, match="in the future"):
        run_scan(replace(REQUEST, as_of_ms=3_900_000_000_000), EDGES)


def test_explain_reaches_the_outcome_of_the_scan() -> None:
    setup = run_scan(REQUEST, EDGES).setups[0]
    explained = explain_symbol(REQUEST, setup.plan.symbol, EDGES)
    assert isinstance(explained.outcome, Setup)
    assert explained.outcome == setup
    assert {review.side for review in explained.reviews} == {setup.plan.side, setup.plan.side.opposite}


def test_explain_shows_every_gate_of_risk_also_of_a_plan_that_risk_refused() -> None:
    setup = run_scan(REQUEST, EDGES).setups[0]
    killed = replace(REQUEST, account=replace(REQUEST.account, killed=True))
    explained, refused = (explain_symbol(asked, setup.plan.symbol, EDGES) for asked in (REQUEST, killed))
    codes = [gate.code for gate in RISK_GATES]
    asked_of_risk = [[gate for gate in one.gates if gate.stage == "risk"] for one in (explained, refused)]
    assert [[gate.code for gate in gates] for gates in asked_of_risk] == [codes, codes]
    assert tuple(asked_of_risk[0]) == setup.risk.gates
    assert [gate.code for gate in asked_of_risk[1] if not gate.passed] == ["risk.kill_switch"]


def test_an_unknown_symbol_is_answered_with_near_ones() -> None:
    with pytest.raises(NotFound, match=r"Did you mean .*BTC/USDT"):
        explain_symbol(REQUEST, "BTX/USDT", EDGES)


def test_a_model_re_scores_through_the_hook_and_collects_what_it_saw() -> None:
    hooks, seen = Hooks(), FeatureBuffer(limit=100)
    hooks.register("after_strategy", rescoring_hook(LogisticModel(8.0, {"alignment": 0.0})))
    hooks.register("after_strategy", seen)
    plain, scored = (run_scan(REQUEST, EDGES, hooks=used) for used in (Hooks(), hooks))
    before = {setup.plan.symbol: setup.plan.score for setup in plain.setups}
    moved = {
        setup.plan.symbol: setup.plan.score - before[setup.plan.symbol]
        for setup in scored.setups
        if setup.plan.symbol in before
    }
    assert moved
    assert all(0 < points <= 10 for points in moved.values())
    assert {row["side"] for row in seen.rows()} == {"long", "short"}
    assert all("factor.order_block" in row for row in seen.rows())
