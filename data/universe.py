"""Which symbols a scan looks at: the ones asked for, or the most traded; every symbol left out has a typed reason.

1. What is listed, with 24-hour figures: from the exchange, or offline from the store.
2. Each symbol through the gates of ``data.universe_gates``, to the first that it fails.
3. Those that passed, ranked by 24h quote volume, get the seats (``data.seats``); who was in before keeps his within a band.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from contracts.data_contract import Ticker
from data.seats import Seats
from data.source import Source
from data.universe_gates import ATR_BARS, NOT_LISTED, RANK, UNIVERSE_GATES, Facts, Listing, UniverseGate
from data.universe_known import Known, Place, what_is_known
from shared.errors import NotFound
from shared.models.data import Market
from shared.models.gates import GateResult, Rejection, unit_of
from shared.models.profile import Profile
from shared.models.scan import SymbolFault
from shared.models.timeframe import Timeframe
from shared.models.universe import Member, UniverseSnapshot, Unmeasured


@dataclass(frozen=True, slots=True)
class Universe:
    """What was chosen and dropped, the rules of the chosen, everybody's 24h quote volume, who broke (a name asked for beside
    others that is not listed, a symbol whose stored figures are damaged), and remarks on the run."""

    snapshot: UniverseSnapshot
    markets: Mapping[str, Market]
    quote_volumes: Mapping[str, float]
    faults: tuple[SymbolFault, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols to look at, most traded first."""
        return tuple(member.symbol for member in self.snapshot.chosen)

    @property
    def drops(self) -> tuple[Rejection, ...]:
        """Who was left out, and why."""
        return self.snapshot.dropped


async def select_universe(wanted: Sequence[str], settings: Profile, source: Source, place: Place) -> Universe:
    """Choose from what the exchange (or, without a feed, the store) lists.

    Raises:
        NotFound: no symbol of ``wanted`` is listed.
        DataFault: nothing is listed at all.
        StaleData: nothing stored reaches the day before the as-of time.
    """
    return choose(wanted, settings, place, await what_is_known(settings, source, place))


def choose(wanted: Sequence[str], settings: Profile, place: Place, known: Known) -> Universe:
    """The symbols to look at. Asked by name, a symbol is only dropped when it does not trade or is about to end, is quoted in
    another currency than the account's, or may be another one under the same name; a name that is not listed is its own
    fault beside others, and everybody's when there is no other.
    """
    names, broken = _named(wanted, settings, known) if wanted else (sorted(known.markets), known.faults)
    gates = tuple(gate for gate in UNIVERSE_GATES if gate.by_name or not wanted)
    tickers = {name: known.tickers.get(name, Ticker(name, 0.0, 0.0)) for name in names}
    passed, drops, unmeasured = _sift(names, tickers, gates, settings, place, known)
    passed.sort(key=lambda name: (-tickers[name].quote_volume, name))
    members = {} if wanted else known.members
    seats = _seats(len(passed) if wanted else place.top or settings.universe.size, settings, members)
    seated = frozenset(seats.filled(passed, members))
    ranked = tuple(enumerate(passed, 1))
    drops += [
        _outranked(name, rank, seats, settings, already_in=name in members)
        for rank, name in ranked
        if name not in seated
    ]
    gone = [] if wanted or known.all_there_is else _gone(known, settings)
    drops += gone
    chosen = tuple(
        Member(name, known.markets[name].market_id, rank, tickers[name].quote_volume, name in known.members)
        for rank, name in ranked
        if name in seated
    )
    return Universe(
        UniverseSnapshot(
            exchange=place.exchange,
            profile=settings.name,
            as_of_ms=place.as_of_ms,
            figures_ms=known.figures_ms,
            basis="named" if wanted else "ranked",
            size=seats.size,
            enter_rank=seats.enter,
            leave_rank=seats.leave,
            chosen=chosen,
            dropped=tuple(sorted(drops, key=lambda drop: drop.symbol)),
            unmeasured=unmeasured,
        ),
        {member.symbol: known.markets[member.symbol] for member in chosen},
        {name: ticker.quote_volume for name, ticker in tickers.items()},
        broken,
        (*known.flags, *map(_vanished, gone)),
    )


def _seats(size: int, settings: Profile, members: Mapping[str, Member]) -> Seats:
    """Without a universe before this one there is nothing to hold on to, so no band."""
    return Seats.of(size, settings.universe.hysteresis_pct if members else 0.0)


def _sift(
    names: Sequence[str],
    tickers: Mapping[str, Ticker],
    gates: Sequence[UniverseGate],
    settings: Profile,
    place: Place,
    known: Known,
) -> tuple[list[str], list[Rejection], tuple[Unmeasured, ...]]:
    """Who passed, who did not and by which gate, and how often a gate could not be applied."""
    listing = Listing(frozenset(market.base for market in known.markets.values()), known.known_ids)
    passed, drops, blind = [], [], Counter[str]()
    for name in names:
        facts = Facts(
            known.markets[name],
            tickers[name],
            settings,
            place.as_of_ms,
            listing,
            known.first_days.get(name, 0),
            known.all_there_is,
            partial(_mean_range, known, name),
        )
        failed = _first_failed(facts, gates, blind)
        (drops.append(_drop(name, failed[0])) if failed else passed.append(name))
    unmeasured = (
        Unmeasured(gate.row.code, gate.row.what, blind[gate.row.code], gate.unknown)
        for gate in gates
        if gate.row.code in blind
    )
    return passed, drops, tuple(unmeasured)


def _mean_range(known: Known, name: str, timeframe: Timeframe) -> float:
    return known.stored(name, timeframe).mean_true_range(ATR_BARS)


def _first_failed(facts: Facts, gates: Sequence[UniverseGate], blind: Counter[str]) -> tuple[GateResult, ...]:
    """The first gate that fails, or none; those on the way that cannot be applied are counted in ``blind``."""
    for gate in gates:
        found = gate.result(facts)
        if not found:
            blind[gate.row.code] += 1
        elif not found[0].passed:
            return found
    return ()


def _outranked(name: str, rank: int, seats: Seats, settings: Profile, *, already_in: bool) -> Rejection:
    what = f"{RANK.what} of one already in" if already_in else RANK.what
    needed = seats.needed(rank, already_in=already_in)
    return _drop(name, RANK.result(rank, settings, what=what, threshold=needed))


def _gone(known: Known, settings: Profile) -> list[Rejection]:
    """Members of the universe before this one that are no longer listed, with what they are called now if that is mapped."""
    by_id = {market.market_id: symbol for symbol, market in known.markets.items()}
    drops = []
    for name, member in known.members.items():
        if name in known.markets or any(fault.symbol == name for fault in known.faults):
            continue
        now = by_id.get(settings.universe.successors.get(member.market_id, ""), "")
        what = f"{NOT_LISTED.what} (now {now})" if now else NOT_LISTED.what
        drops.append(_drop(name, NOT_LISTED.result(0.0, settings, what=what)))
    return drops


def _vanished(drop: Rejection) -> str:
    """Said by the first scan that misses it; the next one's universe before it has it no more."""
    now = drop.what.removeprefix(NOT_LISTED.what)
    return f"vanished: {drop.symbol}, in the universe before this one, is not listed any more{now}"


def _drop(symbol: str, gate: GateResult) -> Rejection:
    reason = f"{gate.what}: {gate.measured:g} {unit_of(gate.measured, gate.unit)}".rstrip()
    return Rejection.of(symbol, gate, f"{reason}, needs {gate.comparison} {gate.threshold:g}")


def _named(
    wanted: Sequence[str], settings: Profile, known: Known
) -> tuple[list[str], tuple[SymbolFault, ...]]:
    """The names that are listed, and the faults of the others."""
    faults = {fault.symbol: fault for fault in known.faults}
    asked = tuple(dict.fromkeys(wanted))
    names = [name for name in asked if name in known.markets]
    broken = [
        faults.get(name) or _not_listed(name, known.markets, settings)
        for name in asked
        if name not in known.markets
    ]
    if not names and broken and all(fault.stage == "universe" for fault in broken):
        raise NotFound("; ".join(fault.problem for fault in broken), broken[0].action)
    return names, tuple(broken)


def _not_listed(name: str, markets: Mapping[str, Market], settings: Profile) -> SymbolFault:
    new_id = settings.universe.successors.get(name.partition(":")[0].replace("/", ""), "")
    renamed = [symbol for symbol, market in markets.items() if new_id and market.market_id == new_id]
    near = renamed or difflib.get_close_matches(name.upper(), markets, 3, 0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else "See 'data status' or the exchange's list"
    hint = f"It was renamed: ask for {renamed[0]}" if renamed else hint
    return SymbolFault(name, "universe", NotFound.__name__, f"symbol {name!r} is not listed", hint)
