"""The beginning of a scan, at the network's edge: which symbols, their closed candles, the benchmark's state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from contracts.hook_point import hook_point
from data.ingestion_pipeline import Ingested, ingest
from data.source import Source
from data.universe import Universe, select_universe
from data.universe_known import Place
from engine.breadth import Desk, counted_symbols, known_trends
from engine.clean import clean_faults, clean_flags, clean_market
from engine.edges import Edges, Progress, ScanRequest, silent, timed
from engine.steps import assemble
from shared.errors import ClockFault, DataFault, StaleData, StorageFault, TransportFault
from shared.models.data import Market, MultiTimeframeData
from shared.models.gates import Rejection
from shared.models.profile import Profile, TimeframeRules
from shared.models.regime import Breadth, MarketContext
from shared.models.scan import SymbolFault
from shared.models.timeframe import DAY_MS, Timeframe, iso
from shared.models.universe import UniverseSnapshot
from strategy.confluence.regime_detection import market_context as market_context_of
from strategy.confluence.regime_detection import unknown_market
from strategy.smc.snapshot import find_structure

T = TypeVar("T")
Stages = tuple[Callable[..., Any], ...]

BENCHMARK_BASE: Final = "BTC"
BENCHMARK_TIMEFRAMES: Final = TimeframeRules(
    context=(Timeframe.H4, Timeframe.H1), information=(), anchor=Timeframe.H1, trigger=Timeframe.M15
)
"""What the benchmark's regime reads, whatever the profile trades. It reads no sessions, so it needs no time zones."""
MOST_CLOCK_MS: Final = 3_600_000
"""Beyond an hour a clock is not late but wrong."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The benchmark's state, its trading rules (none where it is not listed), and the trends beside it."""

    context: MarketContext
    rules: tuple[Market, ...] = ()
    breadth: Breadth = Breadth()


@dataclass(frozen=True, slots=True)
class GatherState:
    """State of the gather stages. ``wanted`` are the symbols asked for; none means the profile's universe."""

    settings: Profile
    wanted: tuple[str, ...]
    place: Place
    source: Source
    progress: Progress
    universe: Universe | None = None
    flags: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    candles: Ingested | None = None
    breadth: Breadth | None = None
    benchmark: Benchmark | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a scan decides on. ``data`` has every symbol whose candles could be read, ``universe`` those that were chosen and left
    out, ``faults`` those that broke; ``flags`` are remarks on the run."""

    as_of_ms: int
    data: Mapping[str, MultiTimeframeData]
    quote_volumes: Mapping[str, float]
    universe: UniverseSnapshot
    faults: tuple[SymbolFault, ...]
    benchmark: Benchmark
    flags: tuple[str, ...]

    @property
    def drops(self) -> tuple[Rejection, ...]:
        """Who the universe left out, and why."""
        return self.universe.dropped

    @property
    def market_context(self) -> MarketContext:
        """The benchmark's state, which every symbol reads."""
        return self.benchmark.context


@hook_point("universe", gives="universe")
async def select_symbols(wanted: Sequence[str], settings: Profile, source: Source, place: Place) -> Universe:
    """Which symbols, and why not the others."""
    return await select_universe(wanted, settings, source, place)


@hook_point("universe_kept", gives="kept")
async def keep_universe(universe: Universe, source: Source) -> tuple[str, ...]:
    """Store the universe's snapshot. A scan goes on without, and its flags say so."""
    if source.universes is None:
        return ()
    try:
        source.universes.save(universe.snapshot)
    except StorageFault as fault:
        return (f"universe_not_kept: {fault.problem}",)
    return ()


@hook_point("candles", gives="candles")
async def gather_candles(
    universe: Universe, settings: Profile, source: Source, place: Place, progress: Progress
) -> Ingested:
    """Every symbol's closed candles."""
    return await ingest(
        universe.markets,
        source,
        settings,
        place.as_of_ms,
        lambda done, total: progress("candles", done, total),
    )


@hook_point("breadth", gives="breadth")
async def read_breadth(
    universe: Universe, candles: Ingested, settings: Profile, source: Source, place: Place
) -> Breadth:
    """The universe's 4h swing trends."""
    desk = Desk(settings, source, place.as_of_ms)
    symbols = await counted_symbols(universe, place, desk)
    return await known_trends(symbols, await source.listed(place.exchange), candles, desk)


@hook_point("benchmark", gives="benchmark")
async def read_benchmark(
    candles: Ingested, breadth: Breadth, settings: Profile, source: Source, place: Place
) -> Benchmark:
    """The benchmark's regime; UNKNOWN, which vetoes, when it cannot be read."""
    markets = await source.listed(place.exchange)
    symbol = benchmark_symbol(markets, settings.universe.quote)
    if symbol not in markets:
        return Benchmark(unknown_market(symbol, f"{place.exchange} does not list {symbol}"), (), breadth)
    market, desk = markets[symbol], Desk(settings, source, place.as_of_ms)
    return Benchmark(await market_state(market, candles, breadth, desk), (market,), breadth)


async def market_state(benchmark: Market, candles: Ingested, breadth: Breadth, desk: Desk) -> MarketContext:
    """The regime of a known benchmark. What broke a moment ago is not asked again."""
    symbol = benchmark.symbol
    for fault in candles.faults:
        if fault.symbol == symbol:
            return unknown_market(symbol, fault.problem)
    rules = benchmark_rules(desk.settings)
    ingested = await ingest({symbol: benchmark}, desk.source, rules, desk.as_of_ms, lambda done, total: None)
    if ingested.faults:
        return unknown_market(symbol, ingested.faults[0].problem)
    data = ingested.data[symbol]
    return market_context_of(data, desk.as_of_ms, find_structure(data, rules), breadth)


def benchmark_rules(settings: Profile) -> Profile:
    """The settings the benchmark's regime is read by, whatever the profile trades."""
    return replace(settings, timeframes=BENCHMARK_TIMEFRAMES, smc=replace(settings.smc, sessions="off"))


def benchmark_symbol(markets: Mapping[str, Market], quote: str) -> str:
    """Its spot market's symbol; where only contracts are listed, the perpetual's."""
    spot = f"{BENCHMARK_BASE}/{quote}"
    contract = f"{spot}:{quote}"
    return contract if contract in markets and spot not in markets else spot


def gather(stages: Stages, request: ScanRequest, edges: Edges, progress: Progress) -> Gathered:
    """Run the gather ``stages`` to their end, also where an event loop is running already (a notebook).

    Raises:
        ClockFault: the as-of time is in the future.
        StaleData: offline, what is stored does not reach the time asked for.
        SniperError: the exchange or the store as a whole cannot be read.
    """
    return _gathered(run_now(lambda: _walk(stages, request, edges, progress)), edges.secrets)


def look_up_universe(request: ScanRequest, edges: Edges) -> Universe:
    """The universe a scan of ``request`` would look at now. Nothing is stored, so asking changes no later answer.

    Raises:
        SniperError: as :func:`gather`.
    """
    found = _held(run_now(lambda: _walk((select_symbols,), request, edges, silent)).universe)
    faults, flags = clean_faults(found.faults, edges.secrets), clean_flags(found.flags, edges.secrets)
    return replace(found, faults=faults, flags=flags)


async def _walk(stages: Stages, request: ScanRequest, edges: Edges, progress: Progress) -> GatherState:
    async with open_source(edges, offline=request.offline) as source:
        try:
            return await _walk_through(stages, request, edges, progress, source)
        except TransportFault as down:
            return await _walk_without(stages, request, edges, progress, source, down)


@asynccontextmanager
async def open_source(edges: Edges, *, offline: bool = False) -> AsyncIterator[Source]:
    """Where candles come from, its feeds closed at the end."""
    feed = None if offline or edges.open_feed is None else edges.open_feed()
    second = edges.open_second() if feed and edges.open_second else None
    try:
        yield Source(feed, edges.store, edges.universes, edges.notes, second, edges.stream)
    finally:
        for one in (feed, second and second.feed):
            if one:
                await one.close()


async def _walk_through(
    stages: Stages, request: ScanRequest, edges: Edges, progress: Progress, source: Source
) -> GatherState:
    as_of_ms, flags = await as_of(request, edges, source)
    place = Place(request.exchange, as_of_ms, request.top or 0)
    state = GatherState(request.profile, request.symbols, place, source, progress, flags=flags)
    for step in assemble(stages, GatherState, ("settings", "wanted", "place", "source", "progress")):
        with timed(edges.on_stage, step.name):
            state = replace(state, **{step.gives: await step(state)})
    return state


async def _walk_without(
    stages: Stages,
    request: ScanRequest,
    edges: Edges,
    progress: Progress,
    source: Source,
    down: TransportFault,
) -> GatherState:
    """The same from stored candles, if they are as young as the profile asks for; the run says so.

    Raises:
        TransportFault: nothing stored can stand in for an exchange that is down, or it refuses us.
    """
    if source.store is None or down.policy == "never":
        raise down
    try:
        state = await _walk_through(stages, request, edges, progress, replace(source, feed=None))
    except (DataFault, StorageFault):
        raise down from None
    age_s = (edges.clock.now_ms() - state.place.as_of_ms) // 1000
    cached = f"from_cache: all of {request.exchange}, age {age_s} s: {down.problem}"
    return replace(state, flags=(*state.flags, cached))


def _gathered(state: GatherState, secrets: tuple[str, ...]) -> Gathered:
    """What the stages gave, with nothing secret in what broke."""
    universe, candles, benchmark = _held(state.universe), _held(state.candles), _held(state.benchmark)
    context = clean_market(benchmark.context, secrets)
    unknown = (f"benchmark_unknown: {context.why}",) if context.state.value == "unknown" else ()
    return Gathered(
        as_of_ms=state.place.as_of_ms,
        data=candles.data,
        quote_volumes=universe.quote_volumes,
        universe=universe.snapshot,
        faults=clean_faults((*universe.faults, *candles.faults), secrets),
        benchmark=replace(benchmark, context=context),
        flags=clean_flags(
            (
                *state.flags,
                *universe.flags,
                *state.kept,
                *candles.flags,
                *unknown,
                *(flag for data in candles.data.values() for flag in data.flags),
            ),
            secrets,
        ),
    )


def _held(value: T | None) -> T:
    if value is None:
        raise DataFault("gather: a stage gave nothing")
    return value


async def as_of(request: ScanRequest, edges: Edges, source: Source) -> tuple[int, tuple[str, ...]]:
    """The as-of time: asked for, else the exchange's now, else the newest stored close; and what the clocks give cause to remark.

    A time is in the future when neither the exchange's clock nor, offline, ours has reached it.
    """
    asked_ms = edges.clock.now_ms()
    now = await source.feed.time_ms() if source.feed else asked_ms
    flags = _clock_flags(request.exchange, now, (asked_ms, edges.clock.now_ms()), edges.clock_limit_ms)
    if request.as_of_ms is not None:
        if request.as_of_ms > now:
            raise ClockFault(
                f"the as-of time {iso(request.as_of_ms)} is in the future: it is {iso(now)}",
                "Give a past time",
            )
        return request.as_of_ms, flags
    return (now if source.feed else _newest_stored(request, source, now)), flags


def _clock_flags(exchange: str, now_ms: int, ours_ms: tuple[int, int], limit_ms: int) -> tuple[str, ...]:
    """A remark when the exchange's clock, read between two readings of ours, is too far from it; candles close by the exchange's.

    Raises:
        ClockFault: it is so far that one of them cannot be a clock.
    """
    ahead_ms = max(ours_ms[0] - now_ms, 0) - max(now_ms - ours_ms[1], 0)
    if not limit_ms or abs(ahead_ms) <= limit_ms:
        return ()
    off = f"{abs(ahead_ms) / 1000:.1f} s {'ahead of' if ahead_ms > 0 else 'behind'}"
    if abs(ahead_ms) > MOST_CLOCK_MS:
        raise ClockFault(
            f"this machine's clock is {off} {exchange}'s: {iso(ours_ms[0])} here, {iso(now_ms)} there",
            "Set the clock; if it is right, something else answers for the exchange",
        )
    return (f"clock_offset: ours is {off} {exchange}'s",)


def _newest_stored(request: ScanRequest, source: Source, now_ms: int) -> int:
    """The newest stored close, unless it is older than the profile lets a newest candle be."""
    trigger, allowed = request.profile.timeframes.trigger, request.profile.data.max_age_bars
    newest = min(now_ms, source.newest_close(request.exchange, trigger))
    late = (trigger.floor(now_ms) - trigger.floor(newest)) // trigger.ms
    if late > allowed:
        raise StaleData(
            f"the newest stored {trigger} candle of {request.exchange} closed {iso(newest)}, {late:,} bars "
            f"({late * trigger.ms / DAY_MS:,.1f} days) ago; {request.profile.name} allows {allowed}",
            f"Give --as-of {iso(newest)} to look back, or scan without --offline",
        )
    return newest


def run_now(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run to the end, also where an event loop is running already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(work())).result()
