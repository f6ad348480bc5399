"""A whole backtest: the same whoever does the work and however often it is stopped, true to its own beginning, and its books add up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from bot.executor.paper_broker import play
from bot.executor.terms import Terms
from data.adapters.demo_market import BY_SYMBOL
from data.aggregation import aggregate
from data.cache import SqliteCandleStore
from engine.backtest.around import read_around
from engine.backtest.desk import Desk
from engine.backtest.flags import flags_of
from engine.backtest.kept import FileShelf
from engine.backtest.market import MarketPast
from engine.backtest.portfolio import EQUITY_RULES, Book, Portfolio, _looked_at, follow_out
from engine.backtest.positions import Taken
from engine.backtest.request import BacktestRequest
from engine.backtest.run import Replayed, run_backtest
from engine.backtest.standing import history_at, locks_at
from engine.hooks import Hooks
from shared.errors import NotFound, StorageFault
from shared.models.backtest import Backtest
from shared.models.context import SniperContext
from shared.models.data import Candles
from shared.models.fills import Ending, Outcome
from shared.models.risk import Lock
from shared.models.smc import Side
from shared.models.timeframe import DAY_MS, Timeframe
from shared.models.trades import EquityPoint
from shared.utils.serialization import canonical_json, to_plain
from tests.fixtures.hand_scan import HOUR_MS
from tests.fixtures.past import END_MS, SYMBOLS, made_base, past_edges, past_request, past_store

DAYS = 40


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteCandleStore]:
    made = past_store(tmp_path_factory.mktemp("past"), days=140)
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(store: SqliteCandleStore) -> Replayed:
    return run_backtest(asked(), past_edges(store), hooks=Hooks())


def asked(days: float = DAYS, symbols: tuple[str, ...] = SYMBOLS) -> BacktestRequest:
    """The profile that plans most often, with shorts allowed: enough trades to look at."""
    request = past_request(days, "aggressive", symbols)
    risk = replace(request.profile.risk, allow_spot_shorts="information")
    return replace(request, profile=replace(request.profile, risk=risk))


def bytes_of(backtest: Backtest) -> str:
    return canonical_json(to_plain(backtest))


@contextmanager
def dask() -> Iterator[Executor]:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            protocol="tcp://",
            dashboard_address=None,
            host="127.0.0.1",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


EXECUTORS: dict[str, Callable[[], AbstractContextManager[Executor]]] = {
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
    "dask": dask,
}


@pytest.mark.parametrize("name", list(EXECUTORS))
def test_whoever_does_the_work_the_bytes_are_the_same(
    store: SqliteCandleStore, whole: Replayed, name: str
) -> None:
    with EXECUTORS[name]() as executor:
        shared = run_backtest(asked(), replace(past_edges(store), executor=executor), hooks=Hooks())
    assert len(whole.backtest.trades) > 5
    assert bytes_of(shared.backtest) == bytes_of(whole.backtest)


def test_what_was_decided_until_a_time_does_not_depend_on_what_came_after(
    store: SqliteCandleStore, whole: Replayed
) -> None:
    request = asked()
    cut_ms = request.since_ms + 20 * DAY_MS
    short = run_backtest(replace(request, until_ms=cut_ms), past_edges(store), hooks=Hooks()).backtest
    early = [trade for trade in whole.backtest.trades if trade.decided_ms <= cut_ms]
    assert len(early) > 3
    assert [bytes_of_setup(trade) for trade in short.trades] == [bytes_of_setup(trade) for trade in early]


def bytes_of_setup(trade: object) -> str:
    return canonical_json(to_plain(trade))


def test_objects_decide_what_the_columns_decide(store: SqliteCandleStore) -> None:
    """A hook makes every close be decided with objects; this one changes nothing."""
    request, hooks = asked(2), Hooks()
    columns = run_backtest(request, past_edges(store), hooks=Hooks()).backtest
    hooks.register("after_plan", unchanged)
    objects = run_backtest(request, past_edges(store), hooks=hooks).backtest
    assert objects.run_id != columns.run_id
    assert bytes_of(replace(objects, run_id=columns.run_id)) == bytes_of(columns)


def unchanged(context: SniperContext) -> SniperContext:
    return context


def test_columns_that_were_kept_are_not_decided_again(
    store: SqliteCandleStore, whole: Replayed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = FileShelf(tmp_path / "kept")
    first = run_backtest(asked(), past_edges(store), hooks=Hooks(), kept=kept).backtest
    assert len(list(kept.folder.glob("*.npz"))) == len(SYMBOLS)

    def never(work: object) -> None:
        raise AssertionError(f"decided again: {work}")

    monkeypatch.setattr("engine.backtest.desk.decide_or_fault", never)
    richer = replace(asked(), account=replace(asked().account, equity=Decimal(50_000)))
    assert bytes_of(run_backtest(asked(), past_edges(store), hooks=Hooks(), kept=kept).backtest) == bytes_of(
        first
    )
    again = run_backtest(richer, past_edges(store), hooks=Hooks(), kept=kept).backtest
    assert bytes_of(first) == bytes_of(whole.backtest)
    assert again.equity[0].settled == 50_000


@pytest.mark.parametrize("harm", ["cut", "other bytes", "another's", "another packing"])
def test_a_kept_file_that_is_not_what_was_written_is_made_anew(
    store: SqliteCandleStore, tmp_path: Path, harm: str
) -> None:
    kept, request = FileShelf(tmp_path / "kept"), asked(5)
    first = run_backtest(request, past_edges(store), hooks=Hooks(), kept=kept).backtest
    one, other = sorted(kept.folder.glob("*.npz"))[:2]
    whole = one.read_bytes()
    packing = whole.rindex(b"PK\x01\x02") + 10
    harmed = {
        "another packing": whole[:packing] + b"\x63" + whole[packing + 1 :],
        "cut": whole[: len(whole) // 2],
        "other bytes": whole[:400] + bytes([whole[400] ^ 255]) + whole[401:],
        "another's": other.read_bytes(),
    }
    one.write_bytes(harmed[harm])
    again = run_backtest(request, past_edges(store), hooks=Hooks(), kept=kept).backtest
    assert bytes_of(again) == bytes_of(first)
    assert one.read_bytes() != harmed[harm]


def test_what_a_killed_run_left_half_written_goes_after_a_day(
    store: SqliteCandleStore, tmp_path: Path
) -> None:
    kept = FileShelf(tmp_path)
    old, young = tmp_path / "a.1.part", tmp_path / "b.2.part"
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (1, 1))
    run_backtest(asked(2), past_edges(store), hooks=Hooks(), kept=kept)
    assert not old.exists()
    assert young.exists()


def test_funding_is_part_of_what_a_position_is_worth_while_it_is_held(whole: Replayed) -> None:
    longest = max(
        (one for one in whole.book.taken if one.trade.is_finished and one.charges),
        key=lambda one: one.trade.outcome.ended_ms - one.trade.outcome.filled_ms,
    )
    outcome = longest.trade.outcome
    assert sum(charge.paid for charge in longest.charges) == pytest.approx(outcome.funding.paid)
    (first, *_) = longest.charges
    free = replace(longest, terms=replace(longest.terms, perpetual=False))
    before, after = first.stamp_ms, first.stamp_ms + whole.backtest.base.ms
    assert longest.worth(before) == free.worth(before)
    assert float(free.worth(after) - longest.worth(after)) == pytest.approx(first.paid)
    times = np.array([before, after])
    assert longest.marks(times) == pytest.approx([float(longest.worth(at)) for at in times.tolist()])


def test_a_folder_that_takes_nothing_says_so(store: SqliteCandleStore, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(StorageFault, match="--no-resume"):
        run_backtest(asked(2), past_edges(store), hooks=Hooks(), kept=FileShelf(tmp_path / "kept"))


def test_the_books_add_up(whole: Replayed) -> None:
    backtest = whole.backtest
    results = sum(Decimal(repr(trade.outcome.result)) for trade in backtest.trades if not trade.outcome.alive)
    assert backtest.equity[-1].settled == backtest.capital + results
    assert sum(row.stopped for row in backtest.funnel) <= backtest.decisions
    assert backtest.funnel[0].reached == backtest.decisions == len(SYMBOLS) * len(asked().closes_ms)
    last = backtest.funnel[-1]
    taken_at = {(trade.symbol, trade.decided_ms) for trade in backtest.trades}
    assert len(taken_at) == len(backtest.trades)
    assert last.reached - last.stopped > 0


def test_no_limit_is_broken_at_any_close(whole: Replayed) -> None:
    rules = asked().profile.risk
    fingerprints = [trade.setup.plan.fingerprint for trade in whole.backtest.trades]
    assert len(set(fingerprints)) == len(fingerprints)
    for one in whole.book.taken:
        now_ms = one.trade.decided_ms
        beside = [
            other
            for other in whole.book.taken
            if other is not one and other.trade.decided_ms <= now_ms and not other.is_over(now_ms)
        ]
        assert all(other.symbol != one.symbol for other in beside if other.trade.decided_ms < now_ms)
        assert len(beside) < rules.max_positions
        assert sum(other.trade.side is one.trade.side for other in beside) < rules.max_same_side
        heat = one.heat_r + sum(other.position(now_ms).risk_r for other in beside)
        assert heat <= rules.max_heat_r + 1e-9
        assert one.trade.risk <= one.trade.setup.risk.equity * Decimal(str(rules.risk_pct)) / 100


def test_an_account_that_lost_everything_trades_no_more(
    store: SqliteCandleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ruinous(terms: Terms, candles: Candles) -> Outcome:
        outcome = play(terms, candles)
        return replace(outcome, result=-20_000.0) if outcome.filled and not outcome.alive else outcome

    monkeypatch.setattr("engine.backtest.portfolio.play", ruinous)
    backtest = run_backtest(asked(20), past_edges(store), hooks=Hooks()).backtest
    ruined_ms = min(trade.outcome.ended_ms for trade in backtest.finished)
    assert backtest.equity[-1].settled < 0
    assert all(trade.decided_ms < ruined_ms for trade in backtest.trades)
    assert "account.ruined" in {turned.code for turned in backtest.turned}


def test_a_trade_is_marked_alike_one_by_one_and_all_at_once(whole: Replayed) -> None:
    for one in whole.book.taken:
        times = np.arange(one.terms.live_ms, one.trade.outcome.ended_ms + HOUR_MS, HOUR_MS // 2)
        assert one.marks(times).tolist() == pytest.approx([float(one.worth(now)) for now in times.tolist()])


@pytest.mark.parametrize(
    "limits",
    [
        {"drawdown_pct": 2.0, "daily_loss_pct": 0.7},
        {"drawdown_pct": 0.0, "daily_loss_pct": 0.7},
        {"drawdown_pct": 1.5, "daily_loss_pct": 0.0},
    ],
)
def test_losses_on_paper_lock_as_if_every_trigger_close_had_been_looked_at(
    store: SqliteCandleStore, limits: dict[str, float]
) -> None:
    request = asked()
    rules = replace(request.profile.protection, stop_guard_stops=0, low_profit_trades=0, **limits)
    request = replace(request, profile=replace(request.profile, protection=rules))
    book = run_backtest(request, past_edges(store), hooks=Hooks()).book
    judged = sorted({now_ms for _, now_ms in book.ends})
    grid = range(request.since_ms, judged[-1], request.profile.timeframes.trigger.ms)
    locks: tuple[Lock, ...] = ()
    every: list[Lock] = []
    for look_ms in sorted({*grid, *judged}):
        known = [one for one in book.taken if one.trade.decided_ms < look_ms]
        locks = locks_at(history_at(known, request.account.equity, look_ms), request.profile, locks)
        every += locks

    def locked(found: Iterable[Lock]) -> set[int]:
        spans = {(lock.since_ms, lock.until_ms) for lock in found if lock.rule in EQUITY_RULES}
        return {now for now in judged if any(since <= now < until for since, until in spans)}

    assert locked(book.locks.values()) == locked(every)
    assert locked(every)
    ends = {one.trade.outcome.ended_ms for one in book.taken} | set(judged)
    assert any(lock.since_ms not in ends for lock in book.locks.values() if lock.rule in EQUITY_RULES)


def test_every_trade_was_decided_before_it_was_filled(whole: Replayed) -> None:
    base_ms = whole.backtest.base.ms
    for trade in whole.backtest.trades:
        assert asked().since_ms < trade.decided_ms <= asked().until_ms
        assert all(fill.bar_ms >= trade.decided_ms for fill in trade.outcome.fills)
        assert (
            trade.outcome.ending is not Ending.PENDING
        ) or trade.outcome.ended_ms >= asked().until_ms - base_ms


def test_a_symbol_that_is_not_listed_is_refused_with_the_nearest(store: SqliteCandleStore) -> None:
    with pytest.raises(NotFound, match="ETH/USDT"):
        run_backtest(asked(2, ("ETHH/USDT",)), past_edges(store), hooks=Hooks())


def test_a_process_with_another_hash_seed_gives_the_same_bytes(
    store: SqliteCandleStore, whole: Replayed
) -> None:
    code = (
        "import sys; from tests.integration.test_backtest_run import *; from data.cache import SqliteCandleStore;"
        f"s = SqliteCandleStore(Path({str(store.path)!r}));"
        "print(bytes_of(run_backtest(asked(), past_edges(s), hooks=Hooks()).backtest)); s.close()"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == bytes_of(whole.backtest)


def test_a_symbol_without_candles_to_fill_on_is_a_fault_and_stops_no_other(tmp_path: Path) -> None:
    """It has the timeframes that decide, but not the base."""
    store = past_store(tmp_path, ("BTC/USDT",), days=60)
    base = made_base("ETH/USDT", 60)
    coarser = [aggregate(base, frame) for frame in Timeframe if frame is not Timeframe.M5]
    store.write_many("binance", {"ETH/USDT": coarser})
    store.save_markets({"ETH/USDT": replace(BY_SYMBOL["ETH/USDT"].market(active=True), exchange="binance")})
    backtest = run_backtest(asked(2, ("BTC/USDT", "ETH/USDT")), past_edges(store), hooks=Hooks()).backtest
    store.close()
    assert backtest.symbols == ("BTC/USDT",)
    assert [(fault.symbol, "no 5m candles" in fault.problem) for fault in backtest.faults] == [
        ("ETH/USDT", True)
    ]


def without(replayed: Replayed, symbol: str, first_ms: int, until_ms: int) -> Portfolio:
    """The pass's own view of a replay, with a hole in the base candles of a symbol."""
    history = replayed.history
    base = asked().profile.timeframes.base
    held = history.candles[symbol][base]
    keep = (held.open_ms < first_ms) | (held.open_ms >= until_ms)
    columns = (getattr(held, name)[keep] for name in ("open_ms", "open", "high", "low", "close", "volume"))
    candles = {**history.candles, symbol: {**history.candles[symbol], base: Candles(base, *columns)}}
    holed = replace(history, candles=candles)
    request = asked()
    market = MarketPast.of(request, holed)
    desk = Desk(request, holed, market, read_around(market), Hooks())
    return Portfolio(request, holed, market, {symbol: desk.replayer(symbol)})


def test_a_time_stop_in_a_gap_closes_at_the_first_candle_after_it(whole: Replayed) -> None:
    """Three hours without candles about the time at which a position's time is over: it is not left open for good."""
    one = next(one for one in whole.book.taken if one.trade.outcome.ending is Ending.TIME)
    out_ms = one.trade.outcome.fills[-1].bar_ms
    hole = without(whole, one.symbol, out_ms - HOUR_MS, out_ms + 2 * HOUR_MS)
    again = follow_out(hole, judged(hole, one), asked().account).trade.outcome
    assert (again.ending, again.fills[-1].bar_ms) == (Ending.TIME, out_ms + 2 * HOUR_MS)


def test_an_order_on_a_market_that_ends_expires_by_the_clock(whole: Replayed) -> None:
    """No candle comes after its time; the place it took is free again. A position held then is said to be stranded."""
    one = next(one for one in whole.book.taken if one.trade.outcome.ending is Ending.EXPIRED)
    ends = without(whole, one.symbol, one.terms.live_ms + HOUR_MS, END_MS)
    again = follow_out(ends, judged(ends, one), asked().account)
    assert (again.trade.outcome.ending, again.trade.outcome.ended_ms) == (
        Ending.EXPIRED,
        one.terms.expires_ms,
    )
    assert again.is_over(one.terms.expires_ms)


def test_a_position_on_a_market_that_ends_is_said_to_be_stranded_and_takes_no_place_for_good(
    whole: Replayed,
) -> None:
    one = next(one for one in whole.book.taken if one.trade.outcome.ending is Ending.TIME)
    ends = without(whole, one.symbol, one.trade.outcome.filled_ms + HOUR_MS, END_MS)
    again = follow_out(ends, judged(ends, one), asked().account)
    assert again.trade.outcome.ending is Ending.OPEN
    book = Book(active=[again], settled=[EquityPoint(0, Decimal(10_000), Decimal(0))])
    book.settle(again.trade.outcome.filled_ms + one.terms.hold_ms)
    assert book.active == [again]
    book.settle(again.trade.outcome.filled_ms + one.terms.hold_ms + asked().profile.timeframes.base.ms)
    assert (book.active, book.stranded) == ([], [again])
    (flag, *_) = flags_of(asked(), whole.history.markets, [again])
    assert flag.startswith(f"held when the candles of {one.symbol} end")


def judged(portfolio: Portfolio, one: Taken) -> SniperContext:
    """The context a trade was approved with."""
    now_ms = one.terms.live_ms
    context = portfolio.replayers[one.symbol].decide(now_ms, portfolio.market.context(now_ms))
    return replace(context, risk_plan=one.trade.setup.risk)


def test_shorts_on_spot_are_flagged_and_positions_of_the_account_too_whose_returns_are_read(
    whole: Replayed,
) -> None:
    shorts = [one for one in whole.book.taken if one.trade.side is Side.SHORT]
    assert len(shorts) > 1
    spot = {name: replace(market, kind="spot") for name, market in whole.history.markets.items()}
    (flag,) = flags_of(asked(), spot, whole.book.taken)
    assert flag.startswith(f"{len(shorts)} setups sell short on spot")
    assert whole.backtest.flags == ()
    position = shorts[0].position(shorts[0].terms.live_ms)
    hole = without(whole, position.symbol, END_MS, END_MS)
    account = replace(asked().account, positions=(position,))
    own = replace(hole, request=replace(hole.request, account=account))
    looked = tuple(_looked_at(own, Book(), shorts[0].terms.live_ms))
    assert [context.symbol for context in looked] == [position.symbol]
    request = replace(asked(), account=replace(asked().account, positions=(position,)))
    assert flags_of(request, whole.history.markets, []) == (
        "1 open positions of the account count against its limits all along",
    )
