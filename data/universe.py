"""Which symbols a scan looks at: the ones asked for, or the most traded; every symbol left out has a typed reason."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.data_contract import CandleFeed, CandleStore, SeriesInfo, Ticker
from shared.errors import DamagedPage, DataFault, NotFound, StaleData
from shared.models.data import Market
from shared.models.gates import GateResult, Rejection, unit_of
from shared.models.profile import Profile, UniverseRules
from shared.models.scan import SymbolFault
from shared.models.timeframe import DAY_MS, Timeframe, iso

MILLION: Final = 1e6


@dataclass(frozen=True, slots=True)
class Universe:
    """Symbols to look at, most traded first, their rules and 24h quote volumes, who was left out and why, and who broke: a
    name asked for beside others that is not listed, a symbol whose stored figures are damaged."""

    symbols: tuple[str, ...]
    markets: Mapping[str, Market]
    quote_volumes: Mapping[str, float]
    drops: tuple[Rejection, ...]
    faults: tuple[SymbolFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a scan looks: the exchange, the as-of time, and at most how many symbols (0: the profile's number)."""

    exchange: str
    as_of_ms: int
    top: int = 0


async def select_universe(
    wanted: Sequence[str], settings: Profile, feed: CandleFeed | None, store: CandleStore | None, place: Place
) -> Universe:
    """Rank what the exchange (or, without a feed, the store) lists.

    Raises:
        NotFound: no symbol of ``wanted`` is listed.
        DataFault: nothing is listed at all.
        StaleData: nothing stored reaches the day before the as-of time.
    """
    markets = await feed.markets() if feed else _stored_markets(store, place)
    if not markets:
        raise DataFault(
            f"no market of {place.exchange} is known",
            "Import candles with 'data import PATH' or scan without --offline",
        )
    if feed:
        return rank(wanted, settings.universe, place.top, markets, await feed.tickers())
    if store is None or not (kept := store.series(place.exchange)):
        raise nothing_stored(place.exchange)
    tickers, faults = _stored_tickers(markets, store, place)
    if not tickers and not faults:
        raise _out_of_reach(kept, place)
    whole = {
        name: market for name, market in markets.items() if name not in {fault.symbol for fault in faults}
    }
    return rank(wanted, settings.universe, place.top, whole, tickers, faults)


def nothing_stored(exchange: str) -> DataFault:
    """The fault of scanning an empty store."""
    return DataFault(
        f"no candles of {exchange} are stored",
        "Import some with 'data import PATH' or scan without --offline",
    )


def _out_of_reach(kept: Sequence[SeriesInfo], place: Place) -> StaleData:
    """The fault of an as-of time beside everything stored, with what is stored."""
    first = min(info.first_ms for info in kept)
    last = max(info.last_ms + info.timeframe.ms for info in kept)
    return StaleData(
        f"no symbol of {place.exchange} has stored candles in the 24 h before {iso(place.as_of_ms)}; "
        f"what is stored reaches from {iso(first)} to {iso(last)}",
        "Give an --as-of inside that, import more with 'data import PATH', or scan without --offline",
    )


def rank(
    wanted: Sequence[str],
    rules: UniverseRules,
    top: int,
    markets: Mapping[str, Market],
    tickers: Mapping[str, Ticker],
    faults: Sequence[SymbolFault] = (),
) -> Universe:
    """The symbols to look at. Asked by name, a symbol is only dropped when it does not trade, or in a currency the account is
    not in; a name that is not listed is its own fault beside others, and everybody's when there is no other. ``faults`` are
    of symbols left out of ``markets``.
    """
    names, broken = _named(wanted, markets, faults) if wanted else (sorted(markets), tuple(faults))
    gates = NAMED_GATES if wanted else (*NAMED_GATES, *OPEN_GATES)
    volumes = {name: tickers[name].quote_volume if name in tickers else 0.0 for name in names}
    kept, drops = [], []
    for name in names:
        failed = [
            result for gate in gates if not (result := gate(markets[name], volumes[name], rules)).passed
        ]
        (drops.append(_drop(name, failed[0])) if failed else kept.append(name))
    kept.sort(key=lambda name: (-volumes[name], name))
    size = len(kept) if wanted else top or rules.size
    drops += [_drop(name, _rank_gate(place, size)) for place, name in enumerate(kept) if place >= size]
    chosen = tuple(kept[:size])
    return Universe(chosen, {name: markets[name] for name in chosen}, volumes, tuple(drops), broken)


def _named(
    wanted: Sequence[str], markets: Mapping[str, Market], faults: Sequence[SymbolFault]
) -> tuple[list[str], tuple[SymbolFault, ...]]:
    """The names that are listed, and the faults of the others."""
    known = {fault.symbol: fault for fault in faults}
    names = [name for name in dict.fromkeys(wanted) if name in markets]
    broken = [
        known.get(name) or _not_listed(name, markets) for name in dict.fromkeys(wanted) if name not in markets
    ]
    if not names and broken and all(fault.stage == "universe" for fault in broken):
        raise NotFound("; ".join(fault.problem for fault in broken), broken[0].action)
    return names, tuple(broken)


def _not_listed(name: str, markets: Mapping[str, Market]) -> SymbolFault:
    near = difflib.get_close_matches(name.upper(), markets, 3, 0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else "See 'data status' or the exchange's list"
    return SymbolFault(name, "universe", NotFound.__name__, f"symbol {name!r} is not listed", hint)


def _gate(code: str, what: str, unit: str, measured: float, needed: float) -> GateResult:
    return GateResult("universe", code, what, unit, measured, ">=", needed)


def _trades(market: Market, volume: float, rules: UniverseRules) -> GateResult:
    trading = float(market.active and volume > 0)
    return _gate("universe.not_trading", "market open, with candles in the last 24 h", "", trading, 1.0)


def _quoted(market: Market, volume: float, rules: UniverseRules) -> GateResult:
    return _gate("universe.quote", f"quoted in {rules.quote}", "", float(market.quote == rules.quote), 1.0)


def _wanted_base(market: Market, volume: float, rules: UniverseRules) -> GateResult:
    leveraged = any(
        market.base.endswith(suffix) and len(market.base) > len(suffix) + 1
        for suffix in rules.exclude_suffixes
    )
    allowed = market.base not in rules.exclude_bases and not leveraged
    return _gate("universe.excluded", "no stable, pegged or leveraged token", "", float(allowed), 1.0)


def _liquid(market: Market, volume: float, rules: UniverseRules) -> GateResult:
    what, unit = "24h quote volume", f"M {market.quote}"
    return _gate("universe.volume", what, unit, volume / MILLION, rules.min_quote_volume_musd)


def _rank_gate(place: int, size: int) -> GateResult:
    return GateResult(
        "universe", "universe.rank", "rank by 24h quote volume", "", float(place + 1), "<=", float(size)
    )


UniverseGate = Callable[[Market, float, UniverseRules], GateResult]
NAMED_GATES: Final[tuple[UniverseGate, ...]] = (_trades, _quoted)
OPEN_GATES: Final[tuple[UniverseGate, ...]] = (_wanted_base, _liquid)


def _drop(symbol: str, gate: GateResult) -> Rejection:
    reason = f"{gate.what}: {gate.measured:g} {unit_of(gate.measured, gate.unit)}".rstrip()
    return Rejection.of(symbol, gate, f"{reason}, needs {gate.comparison} {gate.threshold:g}")


def _stored_markets(store: CandleStore | None, place: Place) -> Mapping[str, Market]:
    return store.markets(place.exchange) if store else {}


def _stored_tickers(
    markets: Mapping[str, Market], store: CandleStore, place: Place
) -> tuple[Mapping[str, Ticker], tuple[SymbolFault, ...]]:
    """24-hour figures as of the scan, from stored hours: the sum of close times volume; and whose are damaged."""
    tickers, faults = {}, []
    for name in markets:
        try:
            hours = store.read(place.exchange, name, Timeframe.H1, place.as_of_ms - DAY_MS, place.as_of_ms)
        except DamagedPage as damage:
            faults.append(SymbolFault(name, "data", DamagedPage.__name__, damage.problem, damage.action))
            continue
        if len(hours):
            turnover = float((hours.close * hours.volume).sum())
            tickers[name] = Ticker(name, float(hours.close[-1]), turnover)
    return tickers, tuple(faults)
