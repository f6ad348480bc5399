"""What a scan leaves in the journal: enough to show, to prove and to replay it, and no more.

A batch has five kinds of records. ``scan``: who asked what, with the effective profile and account. ``universe``: who was chosen by
which rank, everybody's 24h volume, rules and a digest per timeframe of every symbol that was read, the benchmark's rules, the 4h
trends beside it, and who was left out, could not be measured or could not be read. ``rejection``: every later stop by code and
numbers. ``plan``: each approved plan's whole published document. ``decision``: the SHA-256 of the very bytes that ``scan --json``
prints. Sentences of those rejections are not kept: they are written from the numbers, and the digest covers them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.ui.documents import fault_part, market_part, plan_document, rejection_part, scan_json
from engine.code import code_digest, source_digest
from engine.hooks import Hooks
from engine.run import Run
from shared.config.account import account_table
from shared.models.data import Market, MultiTimeframeData
from shared.models.gates import Rejection
from shared.models.journal import Batch, Entry, RecordKind
from shared.models.regime import MarketContext, RiskAppetite
from shared.models.scan import ScanResult
from shared.models.timeframe import Timeframe
from shared.utils.serialization import digest_of, to_plain

SHORT: Final = 12
"""Hex digits of a series' digest that are kept: they say which series changed; the whole data digest proves that none did."""
CHOSEN_COLUMNS: Final = ("symbol", "market_id", "rank", "was_in")
UNIVERSE_HEAD: Final = ("figures_ms", "basis", "size", "enter_rank", "leave_rank")
MARKET_COLUMNS: Final = (
    "exchange",
    "market_id",
    "base",
    "quote",
    "kind",
    "tick",
    "lot_step",
    "min_notional",
    "active",
    "source",
    "onboard_ms",
    "delivery_ms",
    "contract_size",
    "settle",
)
STOP_COLUMNS: Final = ("symbol", "stage", "code", "measured", "comparison", "threshold", "unit")


def batch_of(run: Run, result: ScanResult, hooks: Hooks) -> Batch:
    """The batch of one scan."""
    plans = tuple(
        Entry(RecordKind.PLAN, plan_document(setup), setup.plan.fingerprint) for setup in result.setups
    )
    return Batch(
        run_id=run.run_id,
        data=run.data_digest,
        config=run.config_digest,
        code=code_digest(hooks),
        entries=(
            Entry(RecordKind.SCAN, _scan(run, result)),
            Entry(RecordKind.UNIVERSE, _universe(run)),
            Entry(RecordKind.REJECTION, _stops(run, result)),
            *plans,
            Entry(RecordKind.DECISION, _decision(result)),
        ),
    )


def document_digest(result: ScanResult) -> str:
    """SHA-256 of what ``scan --json`` prints, its last line break included, as 64 hex digits."""
    return hashlib.sha256(f"{scan_json(result)}\n".encode()).hexdigest()


def series_digests(data: MultiTimeframeData, series: Mapping[Timeframe, str]) -> dict[str, str]:
    """Number of candles and the first digits of their digest, by timeframe."""
    return {
        timeframe.value: f"{len(data.candles[timeframe])}:{digest[:SHORT]}"
        for timeframe, digest in series.items()
    }


def market_digest(market: MarketContext) -> str:
    """The first digits of the digest of all that is read of the benchmark; the appetite for risk rests on others beside it."""
    return digest_of(replace(market, risk_appetite=RiskAppetite.NEUTRAL, basis=""))[:SHORT]


def _scan(run: Run, result: ScanResult) -> Mapping[str, object]:
    request = run.request
    return {
        "version": result.version,
        "source_digest": source_digest(),
        "hooks": run.hooks,
        "exchange": result.exchange,
        "as_of_ms": result.as_of_ms,
        "asked": {
            "symbols": request.symbols,
            "top": request.top or 0,
            "now": request.as_of_ms is None,
            "offline": request.offline,
        },
        "profile": to_plain(request.profile),
        "account": account_table(request.account),
        "market": {**market_part(result.market_context), "digest": market_digest(result.market_context)},
        "status": result.status,
        "flags": result.flags,
        "coverage": {"read": result.coverage[0], "asked": result.coverage[1]},
        "counts": {
            "plans": len(result.setups),
            "rejections": len(result.rejections),
            "faults": len(result.faults),
        },
    }


def _universe(run: Run) -> Mapping[str, object]:
    gathered, universe = run.gathered, run.gathered.universe
    return {
        **{name: getattr(universe, name) for name in UNIVERSE_HEAD},
        "chosen_columns": CHOSEN_COLUMNS,
        "chosen": [[getattr(member, name) for name in CHOSEN_COLUMNS] for member in universe.chosen],
        "columns": ("symbol", "market", "series", "flags"),
        "market_columns": MARKET_COLUMNS,
        "symbols": [
            (symbol, _rules(data.market), series_digests(data, run.series[symbol]), data.flags)
            for symbol, data in gathered.data.items()
        ],
        "quote_volumes": gathered.quote_volumes,
        "trends": {symbol: trend.name.lower() for symbol, trend in gathered.benchmark.breadth.trends},
        "benchmark": [(market.symbol, _rules(market)) for market in gathered.benchmark.rules],
        "drops": [rejection_part(drop) for drop in universe.dropped],
        "unmeasured": [to_plain(one) for one in universe.unmeasured],
        "faults": [fault_part(fault) for fault in gathered.faults],
    }


def _rules(market: Market) -> list[Any]:
    return [to_plain(getattr(market, name)) for name in MARKET_COLUMNS]


def _stops(run: Run, result: ScanResult) -> Mapping[str, object]:
    dropped, unread = set(run.gathered.drops), set(run.gathered.faults)
    return {
        "columns": STOP_COLUMNS,
        "rows": [_stop(stop) for stop in result.rejections if stop not in dropped],
        "faults": [fault_part(fault) for fault in result.faults if fault not in unread],
    }


def _stop(stop: Rejection) -> list[Any]:
    return [getattr(stop, name) for name in STOP_COLUMNS]


def _decision(result: ScanResult) -> Mapping[str, object]:
    return {
        "document_digest": document_digest(result),
        "status": result.status,
        "approved": [setup.plan.fingerprint for setup in result.setups],
    }
