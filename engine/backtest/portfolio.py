"""The one sequential pass: at every close in order, the plans of all symbols are judged together against what is open by then.

A setup is taken once: what names it (symbol, side, zone) is remembered, as the trader is told of it once. One that risk turns down may
be taken at a later close, while it still passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

from bot.executor.paper_broker import play
from bot.executor.terms import Terms, terms_of
from data.universe_known import stored_ticker
from engine.backtest.history import History
from engine.backtest.market import MarketPast
from engine.backtest.positions import Taken
from engine.backtest.replayer import Replayer
from engine.backtest.request import BacktestRequest
from engine.backtest.standing import dips, history_at, locks_at
from engine.edges import Progress
from engine.reduce import judge_risk, setup_of
from engine.symbols import hook_each, no_cycle_search
from risk.position_sizing import isolated_liquidation, risk_unit
from shared.errors import ContractError
from shared.models.backtest import Trade, Turned
from shared.models.context import SniperContext
from shared.models.data import Candles, MultiTimeframeData
from shared.models.events import object_id
from shared.models.fills import Ending, Outcome
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.risk import Account, Lock
from shared.models.scan import SymbolFault
from shared.models.smc import Side, ZoneKind
from shared.models.timeframe import DAY_MS, Timeframe, iso
from shared.models.trades import EquityPoint
from shared.models.trades import History as TradeHistory
from strategy.columns.span import Decisions
from strategy.planner.planner_service import fingerprint

SAME_SETUP: Final = "setup.taken"
"""Why a plan is not judged again: its setup was taken at an earlier close."""
EARLIER: Final = "setup.before"
"""Why one is not judged: the trigger close it says lies before the period."""
LOCKED: Final = "risk.locked"
CONFLICT: Final = "risk.conflict"
SPOT_SHORT: Final = "risk.spot_short"
RUINED: Final = "account.ruined"
"""Why nothing is judged any more: ended trades left no equity."""
TAKEN: Final = "taken"
EQUITY_RULES: Final = ("drawdown", "daily loss")
"""What locks for losses on paper too."""
ZONES: Final = tuple(ZoneKind)


class Key(NamedTuple):
    """What names a setup."""

    symbol: str
    side: int
    zone_kind: int
    zone_ms: int


class Candidate(NamedTuple):
    """A planned row: the setup it names, and its score in tenths."""

    key: Key
    score_tenths: int


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What the pass reads. ``replayers`` make the objects of a plan that is judged."""

    request: BacktestRequest
    history: History
    market: MarketPast
    replayers: Mapping[str, Replayer]


@dataclass(slots=True)
class Book:
    """What the pass has done: setups taken (``active`` those not known to be over, ``stranded`` those that cannot end, ``settled`` what
    the others left), turned down by key, locks set (``in_force`` at the last close looked at, ``looked_ms``), how many planned rows ended
    how by symbol, and what broke."""

    taken: list[Taken] = field(default_factory=list)
    active: list[Taken] = field(default_factory=list)
    stranded: list[Taken] = field(default_factory=list)
    settled: list[EquityPoint] = field(default_factory=list)
    looked_ms: int = 0
    keys: set[Key] = field(default_factory=set)
    turned: dict[Key, Turned] = field(default_factory=dict)
    locks: dict[tuple[str, str], Lock] = field(default_factory=dict)
    in_force: tuple[Lock, ...] = ()
    ends: dict[tuple[str, int], str] = field(default_factory=dict)
    faults: dict[str, SymbolFault] = field(default_factory=dict)

    def settle(self, now_ms: int) -> None:
        """Let go of what is known to be over, and of what can never be left: it takes no place for good."""
        over = [one for one in self.active if one.is_over(now_ms) and one.trade.outcome.filled]
        for one in sorted(over, key=lambda one: one.trade.outcome.ended_ms):
            left = self.settled[-1].settled + one.worth(now_ms)
            self.settled.append(EquityPoint(one.trade.outcome.ended_ms, left, Decimal(0)))
        self.stranded += [one for one in self.active if one.is_stranded(now_ms)]
        self.active = [one for one in self.active if not one.is_over(now_ms) and not one.is_stranded(now_ms)]


def trade(portfolio: Portfolio, decisions: Mapping[str, Decisions], progress: Progress) -> Book:
    """Take every symbol's plans through risk, in the order of time."""
    request = portfolio.request
    book = Book(settled=[EquityPoint(0, request.account.equity, Decimal(0))], looked_ms=request.since_ms)
    instants = candidates_by_close(decisions)
    with no_cycle_search():
        for done, (now_ms, candidates) in enumerate(instants, 1):
            _look_back(portfolio, book, now_ms)
            book.settle(now_ms)
            ends = {one: _known_end(portfolio, book, one, now_ms) for one in candidates}
            fresh = [one for one in candidates if not ends[one]]
            book.ends |= {(one.key.symbol, now_ms): end for one, end in ends.items() if end}
            if fresh:
                _judge(portfolio, book, now_ms, fresh)
            progress("trade", done, len(instants))
    return book


def _look_back(portfolio: Portfolio, book: Book, now_ms: int) -> None:
    """Set the locks that losses on paper called for since the last look: live, every scan is followed by a look, with a plan or not."""
    profile = portfolio.request.profile
    trigger = profile.timeframes.trigger
    looks_ms = np.arange(trigger.floor(book.looked_ms) + trigger.ms, now_ms + 1, trigger.ms, dtype=np.int64)
    book.looked_ms = now_ms
    limits = profile.protection.drawdown_pct, profile.protection.daily_loss_pct
    may_lock = {rule for rule, pct in zip(EQUITY_RULES, limits, strict=True) if pct}
    for look_ms in dips((*book.active, *book.stranded), book.settled, profile, looks_ms).tolist():
        if may_lock - {lock.rule for lock in book.in_force if lock.until_ms > look_ms}:
            _lock(portfolio, book, history_at(book.taken, portfolio.request.account.equity, look_ms))


def _lock(portfolio: Portfolio, book: Book, history: TradeHistory) -> None:
    """Look at the account as of a close: which locks are in force then."""
    book.in_force = locks_at(history, portfolio.request.profile, book.in_force)
    book.locks |= {(lock.id, lock.scope): lock for lock in book.in_force}


def _known_end(portfolio: Portfolio, book: Book, one: Candidate, now_ms: int) -> str:
    """Why a plan is not asked about: its setup was taken, or its close lies before the period; empty if it is."""
    trigger = portfolio.request.profile.timeframes.trigger
    if one.key in book.keys:
        return SAME_SETUP
    return EARLIER if trigger.floor(now_ms) <= portfolio.request.since_ms else ""


def candidates_by_close(decisions: Mapping[str, Decisions]) -> list[tuple[int, list[Candidate]]]:
    """Every close with a plan, in order, with its plans by symbol."""
    found: dict[int, list[Candidate]] = {}
    for symbol in sorted(decisions):
        table = decisions[symbol]
        for row in table.planned.tolist():
            side = int(table.side[row])
            key = Key(symbol, side, int(table.zone_kind[row]), int(table.zone_ms[row]))
            scored = table.long_tenths if side > 0 else table.short_tenths
            found.setdefault(int(table.as_of_ms[row]), []).append(Candidate(key, int(scored[row])))
    return sorted(found.items())


def _foregone(portfolio: Portfolio, account: Account, one: Candidate, now_ms: int) -> str:
    """The gate of risk by which a plan is turned down for certain, as far as that is known without its objects: a lock, a short on
    spot, a market that is held; in the order of the gates, and empty if none of them."""
    symbol, side, rules = one.key.symbol, Side(one.key.side), portfolio.request.profile.risk
    short_on_spot = portfolio.history.markets[symbol].kind == "spot" and side is Side.SHORT
    certain = (
        (LOCKED, any(lock.holds(symbol, side, now_ms) for lock in account.locks)),
        (SPOT_SHORT, short_on_spot and rules.allow_spot_shorts == "reject"),
        (CONFLICT, any(position.symbol == symbol for position in account.positions)),
    )
    return next((code for code, holds in certain if holds), "")


def _turn_down(portfolio: Portfolio, book: Book, one: Candidate, now_ms: int, code: str) -> None:
    book.ends[one.key.symbol, now_ms] = code
    before = book.turned.get(one.key)
    first_ms = before.decided_ms if before else now_ms
    name, side = _name(portfolio, one.key), Side(one.key.side)
    book.turned[one.key] = Turned(name, one.key.symbol, side, first_ms, one.score_tenths / 10, code)


def _name(portfolio: Portfolio, key: Key) -> str:
    """The fingerprint of a setup, as its plan has it."""
    side, zone = Side(key.side), ZONES[key.zone_kind]
    data = MultiTimeframeData(portfolio.history.markets[key.symbol], 0, {}, (), ())
    return fingerprint(
        data, portfolio.request.profile, side, object_id(zone.value, "", int(side), key.zone_ms)
    )


def _judge(portfolio: Portfolio, book: Book, now_ms: int, fresh: list[Candidate]) -> None:
    """Plans of setups that were not taken before: turned down at once, or made into objects and judged together."""
    history = history_at(book.taken, portfolio.request.account.equity, now_ms)
    if history.equity[-1].settled <= 0:
        for one in fresh:
            _turn_down(portfolio, book, one, now_ms, RUINED)
        return
    account = _account(portfolio, book, history)
    foregone = {one: _foregone(portfolio, account, one, now_ms) for one in fresh}
    for one in fresh:
        if foregone[one]:
            _turn_down(portfolio, book, one, now_ms, foregone[one])
    if wanted := [one for one in fresh if not foregone[one]]:
        _judge_objects(portfolio, book, account, now_ms, wanted)


def _judge_objects(
    portfolio: Portfolio, book: Book, account: Account, now_ms: int, wanted: list[Candidate]
) -> None:
    """Plans that only risk as a whole can turn down."""
    contexts = tuple(_decided(portfolio, now_ms, wanted))
    hooks = next(iter(portfolio.replayers.values())).hooks
    kept, broken = hook_each(contexts, hooks, "before_risk", "plan")
    others = tuple(_looked_at(portfolio, book, now_ms))
    volumes = {one.symbol: _quote_volume(portfolio.history, one.symbol, now_ms) for one in kept}
    judged = judge_risk((*kept, *others), account, portfolio.request.profile, volumes)
    ends, failed = hook_each(judged, hooks, "after_risk", "risk_plan")
    book.faults |= {fault.symbol: fault for fault in (*broken, *failed)}
    by_symbol = {one.key.symbol: one for one in wanted}
    for context in ends:
        if isinstance(context.plan, TradePlan):
            _end(portfolio, book, context, by_symbol[context.symbol], account)


def _decided(portfolio: Portfolio, now_ms: int, wanted: list[Candidate]) -> Iterator[SniperContext]:
    """The contexts of planned rows.

    Raises:
        ContractError: the objects have no plan where the columns have one.
    """
    market = portfolio.market.context(now_ms)
    for one in wanted:
        context = portfolio.replayers[one.key.symbol].decide(now_ms, market)
        plan = context.plan
        if not isinstance(plan, TradePlan) or int(plan.side) != one.key.side:
            raise ContractError(
                f"{one.key.symbol} at {iso(now_ms)}: the columns of this history have a plan, its objects do not",
                "This is a bug: report it with the period and profile",
            )
        yield context


def _looked_at(portfolio: Portfolio, book: Book, now_ms: int) -> Iterator[SniperContext]:
    """Contexts of markets that are held, for their returns."""
    market = portfolio.market.context(now_ms)
    own = {position.symbol for position in portfolio.request.account.positions}
    held = own | {one.symbol for one in book.active}
    for symbol in sorted(held & portfolio.replayers.keys()):
        yield portfolio.replayers[symbol].context(now_ms, market)


def _end(portfolio: Portfolio, book: Book, context: SniperContext, one: Candidate, account: Account) -> None:
    """A judged plan: taken and followed to its end, or turned down."""
    now_ms, answer = context.as_of_ms, context.risk_plan
    if isinstance(answer, Rejection):
        _turn_down(portfolio, book, one, now_ms, answer.code)
        return
    book.ends[context.symbol, now_ms] = TAKEN
    book.turned.pop(one.key, None)
    book.keys.add(one.key)
    taken = follow_out(portfolio, context, account)
    book.taken.append(taken)
    book.active.append(taken)


def follow_out(portfolio: Portfolio, context: SniperContext, account: Account) -> Taken:
    """An approved context with what becomes of it on later candles; ``account`` is the one it was approved for."""
    setup = setup_of(context)
    terms = _terms(portfolio, context)
    candles = _lifetime(portfolio, setup.plan.symbol, terms)
    outcome = _by_the_clock(play(terms, candles), terms, portfolio.request.until_ms)
    structure = context.smc_snapshot.timeframes[setup.plan.anchor] if context.smc_snapshot else None
    if structure is None:
        raise ContractError(f"{context.symbol}: an approval without structure")
    heat_r = float(setup.risk.risk_amount / risk_unit(account, portfolio.request.profile.risk))
    return Taken(Trade(setup, structure.atr, terms.risk, outcome), terms, heat_r, candles)


def _terms(portfolio: Portfolio, context: SniperContext) -> Terms:
    """The plan's orders, alive from the close at which it was approved: between two closes of the trigger timeframe a plan says the
    earlier one, and nothing may be filled on candles from before the decision."""
    setup, profile = setup_of(context), portfolio.request.profile
    market = portfolio.history.markets[context.symbol]
    perpetual = market.kind == "perpetual"
    plan = setup.plan
    liquidation = isolated_liquidation(plan.entry.price, plan.side, profile.risk, perpetual=perpetual)
    terms = terms_of(plan, setup.risk.quantity, market, profile.costs, liquidation)
    return replace(terms, live_ms=context.as_of_ms)


def _lifetime(portfolio: Portfolio, symbol: str, terms: Terms) -> Candles:
    """Base candles up to the first past the latest time stop, however long a gap lies before it."""
    base = portfolio.request.profile.timeframes.base
    candles = portfolio.history.candles[symbol][base]
    latest_ms = max(terms.expires_ms, terms.live_ms + base.ms) + terms.hold_ms
    first, last = np.searchsorted(candles.open_ms, [terms.live_ms, latest_ms])
    return candles.rows(int(first), int(last) + 1)


def _by_the_clock(outcome: Outcome, terms: Terms, until_ms: int) -> Outcome:
    """An order ends at its time even where no candle comes after it any more."""
    if outcome.ending is not Ending.PENDING or terms.expires_ms > until_ms:
        return outcome
    return replace(outcome, ending=Ending.EXPIRED, ended_ms=terms.expires_ms)


def _account(portfolio: Portfolio, book: Book, history: TradeHistory) -> Account:
    """The account as of a close: what ended trades left, what is open, and the locks in force."""
    account, now_ms = portfolio.request.account, history.now_ms
    _lock(portfolio, book, history)
    positions = tuple(one.position(now_ms) for one in book.active)
    return replace(
        account,
        equity=history.equity[-1].settled,
        positions=(*account.positions, *positions),
        locks=book.in_force,
    )


def _quote_volume(history: History, symbol: str, now_ms: int) -> float:
    hours = history.candles[symbol][Timeframe.H1].between(now_ms - DAY_MS, now_ms)
    return stored_ticker(symbol, hours).quote_volume if len(hours) else 0.0


def equity_points(book: Book, request: BacktestRequest) -> tuple[EquityPoint, ...]:
    """Equity at the end of every UTC day of the period and, at last, when the last setup was over, marked to the last close."""
    last_ms = max([request.until_ms, *(one.trade.outcome.ended_ms for one in book.taken)])
    days = range((request.since_ms // DAY_MS + 1) * DAY_MS, last_ms, DAY_MS)
    return tuple(_point(book.taken, request.account.equity, now_ms) for now_ms in (*days, last_ms))


def _point(taken: Iterable[Taken], capital: Decimal, now_ms: int) -> EquityPoint:
    begun = [one for one in taken if one.terms.live_ms < now_ms]
    settled = sum((one.worth(now_ms) for one in begun if one.is_over(now_ms)), capital)
    unrealised = sum((one.worth(now_ms) for one in begun if not one.is_over(now_ms)), Decimal(0))
    return EquityPoint(now_ms, settled, unrealised)
