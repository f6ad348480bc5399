"""Which symbols a scan looks at: the ones asked for, or the most traded; every symbol left out has a typed reason."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.data_contract import CandleFeed, CandleStore, Ticker
from shared.errors import DataFault, NotFound
from shared.models.data import Market
from shared.models.gates import GateResult, Rejection
from shared.models.profile import Profile, UniverseRules
from shared.models.timeframe import DAY_MS, Timeframe

MILLION: Final = 1e6


@dataclass(frozen=True, slots=True)
class Universe:
    """Symbols to look at, most traded first, their rules and 24h quote volumes, and who was left out and why."""

    symbols: tuple[str, ...]
    markets: Mapping[str, Market]
    quote_volumes: Mapping[str, float]
    drops: tuple[Rejection, ...]


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
        NotFound: a symbol of ``wanted`` is not listed.
        DataFault: nothing is listed at all.
    """
    markets = await feed.markets() if feed else _stored_markets(store, place)
    if not markets:
        raise DataFault(
            f"no market of {place.exchange} is known",
            "Import candles with 'data import PATH' or scan without --offline",
        )
    tickers = await feed.tickers() if feed else _stored_tickers(markets, store, place)
    return rank(wanted, settings.universe, place.top, markets, tickers)


def rank(
    wanted: Sequence[str],
    rules: UniverseRules,
    top: int,
    markets: Mapping[str, Market],
    tickers: Mapping[str, Ticker],
) -> Universe:
    """The symbols to look at. Asked by name, a symbol is only dropped when it does not trade, or in a currency the account is not in."""
    names = [_listed(name, markets) for name in dict.fromkeys(wanted)] or sorted(markets)
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
    return Universe(chosen, {name: markets[name] for name in chosen}, volumes, tuple(drops))


def _listed(name: str, markets: Mapping[str, Market]) -> str:
    if name in markets:
        return name
    near = difflib.get_close_matches(name.upper(), markets, 3, 0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else "See 'data status' or the exchange's list"
    raise NotFound(f"symbol {name!r} is not listed", hint)


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
    reason = f"{gate.what}: {gate.measured:g} {gate.unit}".rstrip()
    return Rejection.of(symbol, gate, f"{reason}, needs {gate.comparison} {gate.threshold:g}")


def _stored_markets(store: CandleStore | None, place: Place) -> Mapping[str, Market]:
    return store.markets(place.exchange) if store else {}


def _stored_tickers(
    markets: Mapping[str, Market], store: CandleStore | None, place: Place
) -> Mapping[str, Ticker]:
    """24-hour figures as of the scan, from stored hours: the sum of close times volume."""
    tickers = {}
    for name in markets if store else ():
        hours = store.read(place.exchange, name, Timeframe.H1, place.as_of_ms - DAY_MS, place.as_of_ms)  # type: ignore[union-attr]
        if len(hours):
            turnover = float((hours.close * hours.volume).sum())
            tickers[name] = Ticker(name, float(hours.close[-1]), turnover)
    return tickers
