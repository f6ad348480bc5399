"""The whole comparison: scans by kind, the backtest of their time, every setup decided again, and what the backtest takes beyond them.

Nothing is fetched: candles are those that are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from contracts.journal_contract import Journal
from engine.backtest.kept import FileShelf
from engine.backtest.request import BacktestRequest
from engine.backtest.run import run_backtest
from engine.edges import Edges, Progress, silent
from engine.following.follow import played_out
from engine.following.setups import Followed
from engine.hooks import HOOKS, Hooks
from engine.parity.comparing import Said, said_of
from engine.parity.courses import Live, approved, live_since
from engine.parity.ladder import Again, decided_today, undecided
from engine.parity.outcomes import outcome_check
from engine.parity.replayed import Past
from engine.replay import RecordedRun
from shared.errors import ConfigFault, SniperError
from shared.models.backtest import Trade
from shared.models.parity import Course, Decided, LiveSetup, Miss, Missed, OutcomeCheck, Parity
from shared.models.profile import Profile
from shared.models.risk import Account
from shared.models.smc import Side
from shared.models.statistics import Unsaid

Settled = Callable[[str, Profile], tuple[Profile, Account]]
"""The profile in force for an exchange and a recorded profile, and the account."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the comparison is made with: where scans are recorded, what is stored, which settings are in force."""

    journal: Journal
    edges: Edges
    settled: Settled
    hooks: Hooks = field(default_factory=lambda: HOOKS)
    kept: FileShelf | None = None
    progress: Progress = silent


def check_parity(bench: Bench, since_ms: int, exchange: str = "", profile: str = "") -> Parity:
    """Compare the scans recorded since a wall time, of one exchange or profile where it is named.

    Raises:
        ConfigFault: nothing is stored where nothing can be replayed: the made-up market.
        DataFault: nothing is stored of an exchange that was scanned.
        StorageFault: journal or store cannot be read.
    """
    if bench.edges.store is None:
        raise ConfigFault("the made-up market keeps no candles: nothing can be compared", "Name an exchange")
    first = approved(bench.journal)
    courses, setups, missed = list[Course](), list[LiveSetup](), list[Missed]()
    for live in live_since(bench.journal, since_ms, exchange, profile):
        past = _past(live, bench)
        courses.append(_course(live, past))
        setups += _setups(live, past, bench)
        missed += _missed(live, past, first, bench.journal)
    return Parity(
        since_ms,
        tuple(courses),
        tuple(sorted(setups, key=lambda one: (one.as_of_ms, one.symbol))),
        tuple(sorted(missed, key=lambda one: (one.decided_ms, one.symbol))),
    )


def _past(live: Live, bench: Bench) -> Past:
    """The backtest of the closes from the first scan to the last, asked what the scans were asked."""
    profile, account = bench.settled(live.kind.exchange, live.profile)
    frames = profile.timeframes
    times = [scan.as_of_ms for scan in live.scans]
    request = BacktestRequest(
        profile=profile,
        exchange=live.kind.exchange,
        account=account,
        since_ms=frames.trigger.floor(min(times)) - frames.base.ms,
        until_ms=frames.base.floor(max(times)),
        symbols=live.kind.symbols,
        top=live.kind.top,
    )
    return Past(
        run_backtest(request, bench.edges, hooks=bench.hooks, kept=bench.kept, progress=bench.progress)
    )


def _course(live: Live, past: Past) -> Course:
    backtest = past.replayed.backtest
    looked_at = live.kind.symbols or backtest.symbols
    return Course(
        exchange=live.kind.exchange,
        profile=live.kind.profile,
        symbols=live.kind.symbols,
        top=live.kind.top,
        first_ms=past.close(min(scan.as_of_ms for scan in live.scans)),
        last_ms=past.close(max(scan.as_of_ms for scan in live.scans)),
        scans=len(live.scans),
        backtest_id=backtest.run_id,
        trades=len(backtest.trades),
        faults=tuple(fault for fault in backtest.faults if fault.symbol in looked_at),
    )


def _setups(live: Live, past: Past, bench: Bench) -> Iterator[LiveSetup]:
    done = 0
    for run_id, setups in groupby(live.setups, key=lambda one: one.run_id):
        again = _again(run_id, past, bench)
        for setup in setups:
            done += 1
            bench.progress("compare", done, len(live.setups))
            decided = (
                again if isinstance(again, Decided) else decided_today(setup.plan, again, past, bench.edges)
            )
            yield _setup(setup, live.as_of_ms(run_id), decided, _outcome(setup, bench))


def _again(run_id: str, past: Past, bench: Bench) -> Again | Decided:
    try:
        recorded = RecordedRun.of(run_id, bench.journal.records(run_id))
        return Again.of(recorded, past.replayed.desk.request.profile, bench.edges, bench.hooks)
    except SniperError as fault:
        return undecided(fault)


def _setup(setup: Followed, as_of_ms: int, decided: Decided, outcome: OutcomeCheck) -> LiveSetup:
    plan = setup.plan
    return LiveSetup(
        fingerprint=setup.fingerprint,
        run_id=setup.run_id,
        exchange=plan["exchange"],
        profile=plan["profile"],
        symbol=plan["symbol"],
        side=Side[plan["side"].upper()],
        as_of_ms=as_of_ms,
        score=plan["score"],
        decided=decided,
        outcome=outcome,
    )


def _outcome(setup: Followed, bench: Bench) -> OutcomeCheck:
    """The recorded outcome beside that of today's candles up to the same close; up to now where none is recorded."""
    store = bench.edges.store
    as_of_ms = int(setup.outcome.get("as_of_ms", bench.edges.clock.now_ms()))
    if store is None:
        raise ConfigFault("nothing is stored", "Name an exchange")
    return outcome_check(
        setup.outcome, played_out(setup, store, str(setup.plan["exchange"]), as_of_ms), as_of_ms
    )


def _missed(live: Live, past: Past, first: Mapping[str, int], journal: Journal) -> Iterator[Missed]:
    """Setups that the backtest takes at a close by which no scan had approved them."""
    backtest = past.replayed.backtest
    runs = live.closes(backtest.trigger)
    for trade in backtest.trades:
        plan = trade.setup.plan
        live_ms = first.get(plan.fingerprint, 0)
        if 0 < live_ms <= trade.decided_ms:
            continue
        run_id = runs.get(trade.decided_ms, "")
        said = said_of(tuple(journal.records(run_id)), plan) if run_id else NO_SCAN
        yield _miss(trade, run_id, said, live_ms)


NO_SCAN = Said(Miss.NO_SCAN, "no scan ran at that close", Unsaid("no scan ran"))


def _miss(trade: Trade, run_id: str, said: Said, later_ms: int) -> Missed:
    plan = trade.setup.plan
    return Missed(
        fingerprint=plan.fingerprint,
        exchange=plan.exchange,
        profile=plan.profile,
        symbol=plan.symbol,
        side=plan.side,
        decided_ms=plan.decided_ms,
        score=plan.score,
        why=said.why,
        said=said.words,
        gate=said.gate,
        run_id=run_id,
        later_ms=later_ms,
        ending=trade.outcome.ending,
        result_r=trade.outcome.result_r,
    )
