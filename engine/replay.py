"""Replay: a journaled decision made again from stored candles and the recorded settings, and compared byte for byte.

1. The records of the run give profile, account, the universe, trading rules, volumes, and who could not be read.
2. Candles are read as of the run's time, from the store (the made-up market makes its own again); nothing is fetched. So are the
   4h trends of the symbols whose trends were counted.
3. Everything the decision is made of is compared with what was recorded: code, hooks, settings, every series, trends, the benchmark.
4. The same pipeline decides, and the documents' bytes are compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from bot.ui.documents import plan_document
from data.ingestion_pipeline import Ingested, ingest
from data.source import Source
from engine.breadth import Desk, known_trends
from engine.code import source_digest
from engine.edges import Edges, ScanRequest, silent
from engine.gather import Benchmark, Gathered, market_state
from engine.hooks import HOOKS, Hooks
from engine.orchestrator import decide_run
from engine.recording import (
    CHOSEN_COLUMNS,
    MARKET_COLUMNS,
    UNIVERSE_HEAD,
    document_digest,
    market_digest,
    series_digests,
)
from engine.run import Run
from shared.config.account import read_account
from shared.config.digest import config_digest
from shared.config.layers import planted
from shared.config.profiles import recorded_profile
from shared.errors import NotFound
from shared.models.context import SniperContext
from shared.models.data import Market
from shared.models.gates import Rejection
from shared.models.journal import Record, RecordKind
from shared.models.regime import Breadth, MarketContext, RegimeState, RiskAppetite
from shared.models.replay import Difference, Part, Replay
from shared.models.scan import ScanResult, Setup, SymbolFault
from shared.models.universe import Member, UniverseSnapshot, Unmeasured
from shared.utils.serialization import canonical_json
from shared.version import VERSION

ABSENT = "nothing"
DECIMALS = ("tick", "lot_step", "min_notional", "contract_size")
"""Columns of a market that are kept as decimal text."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run as the journal has it."""

    run_id: str
    config: str
    scan: Mapping[str, Any]
    universe: Mapping[str, Any]
    plans: Mapping[str, Mapping[str, Any]]
    document_digest: str

    @classmethod
    def of(cls, run_id: str, records: Iterable[Record]) -> RecordedRun:
        """The newest recording of a run among its records, oldest first.

        Raises:
            NotFound: there is none.
        """
        kept: list[Record] = []
        for record in records:
            kept = [record] if record.kind is RecordKind.SCAN else [*kept, record]
        if not kept:
            raise NotFound(f"no run {run_id!r} is journaled", "List them with 'audit show'")
        first = {record.kind: record.content for record in reversed(kept)}
        plans = {record.name: record.content for record in kept if record.kind is RecordKind.PLAN}
        config = str(kept[0].document["config_digest"])
        digest = str(first[RecordKind.DECISION]["document_digest"])
        return cls(run_id, config, first[RecordKind.SCAN], first[RecordKind.UNIVERSE], plans, digest)

    def request(self) -> ScanRequest:
        """What was asked, with nothing to be fetched.

        Raises:
            ConfigFault: this version cannot read the recorded profile or account.
        """
        asked = self.scan["asked"]
        return ScanRequest(
            profile=recorded_profile(self.scan["profile"]),
            exchange=self.scan["exchange"],
            account=read_account(planted(self.scan["account"], "journal"), "journal").account,
            symbols=tuple(asked["symbols"]),
            top=asked["top"] or None,
            as_of_ms=self.scan["as_of_ms"],
            offline=True,
        )

    def markets(self) -> dict[str, Market]:
        """Trading rules of every symbol that was read, in the order in which they were."""
        return {symbol: _market(symbol, rules) for symbol, rules, _, _ in self.universe["symbols"]}

    def benchmark_rules(self) -> tuple[Market, ...]:
        """Trading rules of the benchmark; none where it was not listed."""
        return tuple(_market(symbol, rules) for symbol, rules in self.universe["benchmark"])

    def snapshot(self) -> UniverseSnapshot:
        """Who was chosen and who was left out."""
        universe, volumes = self.universe, self.universe["quote_volumes"]
        chosen = [dict(zip(CHOSEN_COLUMNS, row, strict=True)) for row in universe["chosen"]]
        return UniverseSnapshot(
            exchange=self.scan["exchange"],
            profile=self.scan["profile"]["name"],
            as_of_ms=self.scan["as_of_ms"],
            chosen=tuple(Member(quote_volume=volumes[one["symbol"]], **one) for one in chosen),
            dropped=tuple(Rejection(**drop) for drop in universe["drops"]),
            unmeasured=tuple(Unmeasured(**one) for one in universe["unmeasured"]),
            **{name: universe[name] for name in UNIVERSE_HEAD},
        )

    def flags(self) -> dict[str, tuple[str, ...]]:
        """Remarks on each symbol's candles."""
        return {symbol: tuple(flags) for symbol, _, _, flags in self.universe["symbols"]}


@dataclass(frozen=True, slots=True)
class Redecided:
    """A recorded run decided again: what it gathered, what came out, every judged context, and what it is made of that is not as it was
    recorded."""

    run: Run
    result: ScanResult
    judged: tuple[SniperContext, ...]
    differences: tuple[Difference, ...]

    def approved(self, plan_id: str) -> tuple[Setup, ...]:
        """The setup of a plan's id, if it is approved."""
        return tuple(setup for setup in self.result.setups if setup.plan.fingerprint == plan_id)

    def has_same(self, plan: Mapping[str, Any]) -> bool:
        """Whether a published plan comes out again, byte for byte."""
        found = self.approved(plan["id"])
        return bool(found) and canonical_json(plan_document(found[0])) == canonical_json(plan)


def redecide(recorded: RecordedRun, request: ScanRequest, edges: Edges, hooks: Hooks = HOOKS) -> Redecided:
    """Decide again what was recorded. ``request`` is the recorded one, or one with another profile.

    Raises:
        SniperError: the store as a whole cannot be read.
    """
    gathered = asyncio.run(_gather_again(recorded, request, edges))
    run = Run.of(request, gathered, hooks, edges.secrets)
    result, reduction = decide_run(run, edges, hooks, silent)
    differences = (*_code(recorded, hooks), *_settings(recorded, request), *_data(recorded, run))
    return Redecided(run, result, reduction.judged, differences)


def replay_run(
    recorded: RecordedRun, request: ScanRequest, edges: Edges, *, plan_id: str = "", hooks: Hooks = HOOKS
) -> Replay:
    """Decide again what was recorded, and compare. ``request`` is the recorded one."""
    again = redecide(recorded, request, edges, hooks)
    found = document_digest(again.result)
    return Replay(
        run_id=recorded.run_id,
        plan_id=plan_id,
        exchange=request.exchange,
        as_of_ms=again.run.gathered.as_of_ms,
        same_plan=bool(plan_id) and again.has_same(recorded.plans[plan_id]),
        same_scan=found == recorded.document_digest,
        recorded_digest=recorded.document_digest,
        found_digest=found,
        differences=again.differences,
    )


async def _gather_again(recorded: RecordedRun, request: ScanRequest, edges: Edges) -> Gathered:
    """What the run had gathered, with its candles and its benchmark read again; an unknown benchmark is one of its inputs."""
    feed = edges.open_feed() if edges.open_feed else None
    source, as_of = Source(feed, edges.store), int(recorded.scan["as_of_ms"])
    try:
        candles = await ingest(recorded.markets(), source, request.profile, as_of, lambda done, total: None)
        benchmark = await _benchmark_again(recorded, candles, Desk(request.profile, source, as_of))
    finally:
        if feed:
            await feed.close()
    flags = recorded.flags()
    universe = recorded.universe
    return Gathered(
        as_of_ms=as_of,
        data={symbol: replace(data, flags=flags[symbol]) for symbol, data in candles.data.items()},
        quote_volumes=universe["quote_volumes"],
        universe=recorded.snapshot(),
        faults=(*(SymbolFault(**fault) for fault in universe["faults"]), *candles.faults),
        benchmark=benchmark,
        flags=tuple(recorded.scan["flags"]),
    )


def _market(symbol: str, rules: list[Any]) -> Market:
    told = dict(zip(MARKET_COLUMNS, rules, strict=True))
    steps = {name: Decimal(told[name]) for name in DECIMALS}
    return Market(symbol=symbol, **{**told, **steps})


async def _benchmark_again(recorded: RecordedRun, candles: Ingested, desk: Desk) -> Benchmark:
    rules, told = recorded.benchmark_rules(), recorded.scan["market"]
    markets = {**await desk.source.listed(recorded.scan["exchange"]), **recorded.markets()}
    breadth = await known_trends(recorded.universe["trends"], markets, candles, desk)
    if told["state"] == RegimeState.UNKNOWN:
        return Benchmark(_unknown_market(told), rules, breadth)
    return Benchmark(await market_state(rules[0], candles, breadth, desk), rules, breadth)


def _unknown_market(told: Mapping[str, Any]) -> MarketContext:
    return MarketContext(
        benchmark=told["benchmark"],
        state=RegimeState.UNKNOWN,
        impulse_z=told["impulse_z"],
        risk_appetite=RiskAppetite(told["risk_appetite"]),
        basis=told["basis"],
        why=told["why"],
    )


def _code(recorded: RecordedRun, hooks: Hooks) -> Iterator[Difference]:
    was = recorded.scan
    if was["version"] != VERSION:
        yield Difference("version", was["version"], VERSION, Part.CODE)
    if was["source_digest"] != source_digest():
        yield Difference("source code", was["source_digest"][:16], source_digest()[:16], Part.CODE)
    if tuple(was["hooks"]) != hooks.signature():
        then, now = ("; ".join(names) or ABSENT for names in (was["hooks"], hooks.signature()))
        yield Difference("hooks", then, now, Part.CODE)


def _settings(recorded: RecordedRun, request: ScanRequest) -> Iterator[Difference]:
    found = config_digest(request.profile, request.account)
    if found != recorded.config:
        what = "profile and account as this version reads them"
        yield Difference(what, recorded.config[:16], found[:16], Part.SETTINGS)


def _data(recorded: RecordedRun, run: Run) -> Iterator[Difference]:
    """Every series that is not what it was, symbol by symbol; then the trends; then the benchmark."""
    gathered = run.gathered
    unread = {fault.symbol: fault.problem for fault in gathered.faults}
    for symbol, _, series, _ in recorded.universe["symbols"]:
        data = gathered.data.get(symbol)
        if data is None:
            found = unread.get(symbol, ABSENT)
            yield Difference(f"candles of {symbol}", _told(series), found, Part.CANDLES, symbol)
        else:
            yield from _series(symbol, series, series_digests(data, run.series[symbol]))
    yield from _trends(recorded.universe["trends"], gathered.benchmark.breadth)
    was, found = recorded.scan["market"], market_digest(gathered.market_context)
    if found != was["digest"]:
        benchmark = was["benchmark"]
        yield Difference(f"benchmark {benchmark}", was["digest"], found, Part.BENCHMARK, benchmark)


def _series(symbol: str, was: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Difference]:
    for timeframe in dict.fromkeys((*was, *found)):
        before, now = was.get(timeframe, ABSENT), found.get(timeframe, ABSENT)
        if before != now:
            what = f"candles of {symbol} {timeframe}"
            yield Difference(what, before, now, Part.CANDLES, symbol, timeframe)


def _trends(was: Mapping[str, str], found: Breadth) -> Iterator[Difference]:
    now = {symbol: trend.name.lower() for symbol, trend in found.trends}
    for symbol, trend in was.items():
        if now.get(symbol, ABSENT) != trend:
            found_now = now.get(symbol, ABSENT)
            yield Difference(f"4h trend of {symbol}", trend, found_now, Part.TREND, symbol)


def _told(series: Mapping[str, str]) -> str:
    return ", ".join(f"{timeframe} {digest}" for timeframe, digest in series.items())
