"""Every fault an answer can have, at every call, at every venue: all end typed or harmless, none silent, each by its deadline.

``python -m pytest tests/conformance/test_fault_matrix.py -s`` shows the table.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from data.adapters.ccxt_feed import CcxtFeed
from data.echo import Known, check_echo
from shared.errors import SniperError
from shared.models.data import Candles
from shared.models.timeframe import DAY_MS, Timeframe
from tests.conformance.stands import CARRIED, NOW, VenueStand, venue_stand
from tests.servers.faults import OF_A_SYMBOL, OF_ANY, OF_ROWS

TIMEOUT_S, SLACK_S = 0.4, 0.5
LEAST_FAULTS = 44
TRIES = 3
BTC = "BTC/USDT"
MARKS = {"typed": "T", "same": "=", "declared": "d", "silent": "SILENT", "untyped": "UNTYPED", "late": "LATE"}
GOOD_ENDS = {"typed", "same", "declared"}


@dataclass(frozen=True, slots=True)
class Call:
    """One read of a feed, the part of the address it is known by, and the faults it can meet."""

    path: str
    work: Callable[[CcxtFeed, str], Awaitable[Any]]
    faults: tuple[str, ...] = OF_ANY


@dataclass(frozen=True, slots=True)
class Good:
    """A feed that was answered well, and its answers."""

    feed: CcxtFeed
    answers: dict[str, Any]


async def checked_candles(feed: CcxtFeed, symbol: str) -> Candles:
    """Candles up to now, held against the last price as a scan does."""
    found = await feed.candles(symbol, Timeframe.M15, NOW - DAY_MS, NOW)
    last = (await feed.tickers())[symbol].last
    nothing = Candles.empty(Timeframe.M15)
    check_echo(f"{feed.exchange} {symbol}", found, Known(last, nothing, nothing))
    return found


CALLS = {
    "time": Call("/time", lambda feed, symbol: feed.time_ms()),
    "markets": Call("in", lambda feed, symbol: feed.markets()),
    "tickers": Call("/ticker", lambda feed, symbol: feed.tickers()),
    "quotes": Call("/bookTicker", lambda feed, symbol: feed.tickers()),
    "candles": Call("/kline", checked_candles, OF_ANY + OF_A_SYMBOL + OF_ROWS),
    "order_book": Call("/", lambda feed, symbol: feed.order_book(symbol, 5), OF_ANY + OF_A_SYMBOL),
}
KNOWN = {
    "time": (),
    "markets": (),
    "tickers": ("_markets",),
    "quotes": ("_markets",),
    "candles": ("_markets", "_tickers", "_now_ms"),
    "order_book": ("_markets", "_tickers"),
}
"""What a feed remembers from before when the call is made."""
LISTINGS = {"binance": "exchangeInfo", "bybit": "instruments-info"}
BOOKS = {"binance": "depth", "bybit": "orderbook"}


def address(name: str, call: str) -> str:
    """The part of the address by which the loopback exchange tells a call."""
    house = name.split("-")[0]
    return {"markets": LISTINGS[house], "order_book": BOOKS[house]}.get(call, CALLS[call].path)


def cases(stand: VenueStand) -> Iterator[tuple[str, str]]:
    """Every call with every fault; quotes only where they are asked apart."""
    for name, call in CALLS.items():
        if name != "quotes" or len(stand.venue.dialect.tickers) > 1:
            yield from ((name, kind) for kind in call.faults)


async def outcome(stand: VenueStand, name: str, kind: str, good: Good) -> str:
    """How one case ends."""
    feed = _remembering(stand, name, good.feed)
    stand.server.fault(address(stand.name, name), kind, times=99)
    began = time.perf_counter()
    try:
        found = await CALLS[name].work(feed, stand.unified(BTC))
    except SniperError as fault:
        end = "typed" if str(fault) and "\n" not in str(fault) else "untyped"
    except Exception:  # noqa: BLE001 - that none comes this way is what is proved
        end = "untyped"
    else:
        end = "same" if found == good.answers[name] else _told(found)
    late = time.perf_counter() - began > TIMEOUT_S + SLACK_S
    stand.server.faults.clear()
    stand.forget_waits()
    return "late" if late else end


async def patient(stand: VenueStand, name: str, kind: str, good: Good) -> str:
    """The same; a case that came late is tried twice more, for the machine may have stalled."""
    for _ in range(TRIES):
        end = await outcome(stand, name, kind, good)
        if end != "late":
            break
    return end


def _remembering(stand: VenueStand, call: str, good: CcxtFeed) -> CcxtFeed:
    feed = stand.make()
    assert isinstance(feed, CcxtFeed)
    for part in KNOWN[call]:
        setattr(feed, part, getattr(good, part))
    return feed


def _told(found: Any) -> str:
    """Candles say themselves that some are missing; whoever needs them refuses."""
    is_told = isinstance(found, Candles) and (not len(found) or found.gaps() > 0)
    return "declared" if is_told else "silent"


def matrix_of(name: str) -> dict[tuple[str, str], str]:
    """Every case of one venue."""
    with venue_stand(CARRIED[name], TIMEOUT_S) as stand:
        stand.server.weight_limit = 10**9

        async def run() -> dict[tuple[str, str], str]:
            feed = stand.make()
            assert isinstance(feed, CcxtFeed)
            answers = {name: await call.work(feed, stand.unified(BTC)) for name, call in CALLS.items()}
            good = Good(feed, answers)
            return {(call, kind): await patient(stand, call, kind, good) for call, kind in cases(stand)}

        return stand.runner.run(run())


def table(ends: dict[str, dict[tuple[str, str], str]]) -> str:
    """Faults by venues; a cell counts how the calls ended."""
    lines = [f"{'fault':18}" + "".join(f"{name:>16}" for name in ends)]
    for kind in OF_ANY + OF_A_SYMBOL + OF_ROWS:
        cells = []
        for found in ends.values():
            counted = Counter(end for (_, met), end in found.items() if met == kind)
            cells.append(" ".join(f"{counted[end]}{MARKS[end]}" for end in MARKS if counted[end]))
        lines.append(f"{kind:18}" + "".join(f"{cell:>16}" for cell in cells))
    totals = {name: Counter(found.values()) for name, found in ends.items()}
    lines.append("")
    for end in MARKS:
        lines.append(f"{end:18}" + "".join(f"{totals[name][end]:>16}" for name in ends))
    lines.append(f"{'cases':18}" + "".join(f"{len(found):>16}" for found in ends.values()))
    return "\n".join(lines)


def test_every_fault_at_every_call_of_every_venue_ends_typed_and_in_time() -> None:
    assert len(OF_ANY) >= LEAST_FAULTS
    with ThreadPoolExecutor(len(CARRIED)) as pool:
        ends = dict(zip(CARRIED, pool.map(matrix_of, CARRIED), strict=True))
    print("\n" + table(ends))
    bad = {
        (name, *case): end
        for name, found in ends.items()
        for case, end in found.items()
        if end not in GOOD_ENDS
    }
    assert not bad
