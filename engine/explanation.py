"""Explain: one symbol through the same stages, going on past failed gates as far as its inputs allow."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contracts.data_contract import BookStore
from engine.edges import Edges, ScanRequest, silent
from engine.gather import gather
from engine.hooks import HOOKS, Hooks
from engine.orchestrator import reduce_scan, result_of
from engine.pipeline import LOOK, Pipeline
from engine.reduce import risk_gates
from engine.run import Run
from engine.story import last_happenings
from engine.symbols import decide_all, fault_of
from shared.errors import ContractError, SniperError, StorageFault
from shared.models.context import SniperContext
from shared.models.data import OrderBook
from shared.models.gates import GateResult, Rejection
from shared.models.scan import Explanation, ScanResult, Setup, SideReview, SymbolFault
from shared.models.smc import Side, Standing
from shared.models.story import Happening
from shared.models.timeframe import MINUTE_MS
from strategy.confluence.scorer import check_plugin_weights
from strategy.planner.planner_service import review_side
from strategy.smc.alignment import standing

YOUNG_BOOK_MS: Final = 60 * MINUTE_MS
"""An older order book says nothing of now."""


def explain_symbol(request: ScanRequest, symbol: str, edges: Edges, *, hooks: Hooks = HOOKS) -> Explanation:
    """The outcome a scan of ``symbol`` has, with every gate whose inputs exist and both directions reviewed.

    Raises:
        NotFound: the exchange does not list ``symbol``.
        SniperError: as :func:`engine.orchestrator.run_scan`.
    """
    request = replace(request, symbols=(symbol,))
    check_plugin_weights(request.profile, hooks.extensions)
    pipeline = Pipeline.of(hooks)
    run = Run.of(request, gather(LOOK, request, edges, silent), hooks, edges.secrets)
    decided, broken = decide_all(pipeline, run.contexts(), None, silent)
    reduction = reduce_scan(run, decided, hooks)
    scan = result_of(run, reduction, broken)
    context, gates = _walk_on(pipeline, run.contexts()[0]) if run.contexts() else (None, ())
    reviews = _reviews(context) if context else ()
    story, place = (_story(context), _standing(context)) if context else ((), ())
    books = _books(context, edges) if context else ()
    gates = (*gates, *risk_gates(reduction))
    return Explanation(symbol, _outcome(scan), context, gates, reviews, scan, story, place, books)


def _walk_on(pipeline: Pipeline, context: SniperContext) -> tuple[SniperContext, tuple[GateResult, ...]]:
    """Every step that can be taken, whatever the gates say. The fault that ends the walk is the scan's, if it is one."""
    gates: list[GateResult] = []
    try:
        for walk in pipeline.walk(context):
            context = walk.context
            gates += walk.gates
    except SniperError as error:
        context = replace(
            context, metadata={**context.metadata, "stopped": fault_of(context.symbol, error).problem}
        )
    return context, tuple(gates)


def _reviews(context: SniperContext) -> tuple[SideReview, ...]:
    """Both directions, when everything a review reads is there."""
    data, measured, structure = context.multi_tf_data, context.multi_tf_indicators, context.smc_snapshot
    regime, breakdown = context.regime, context.confluence_breakdown
    if data is None or measured is None or structure is None or regime is None or breakdown is None:
        return ()
    return tuple(
        review_side(side, data, measured, structure, regime, breakdown, context.settings) for side in Side
    )


def _story(context: SniperContext) -> tuple[Happening, ...]:
    """What the anchor timeframe's structure did last, once its candles are there."""
    data, settings = context.multi_tf_data, context.settings
    anchor = settings.timeframes.anchor
    if data is None or anchor not in data.candles:
        return ()
    return last_happenings(data.candles[anchor], settings.smc, data.market.tick)


def _standing(context: SniperContext) -> tuple[Standing, ...]:
    """Where the anchor timeframe's last close stands, once there is structure."""
    anchor, snapshot = context.settings.timeframes.anchor, context.smc_snapshot
    if snapshot is None or anchor not in snapshot.timeframes:
        return ()
    return (standing(snapshot, anchor),)


def _books(context: SniperContext, edges: Edges) -> tuple[OrderBook, ...]:
    """The newest stored order book, if it is young; none where it is damaged, which ``data verify`` tells."""
    data = context.multi_tf_data
    if data is None or not isinstance(edges.store, BookStore):
        return ()
    try:
        found = edges.store.books(
            data.market.exchange, data.symbol, data.as_of_ms - YOUNG_BOOK_MS, data.as_of_ms
        )
    except StorageFault:
        return ()
    return found[-1:]


def _outcome(scan: ScanResult) -> Setup | Rejection | SymbolFault:
    ends: tuple[Setup | Rejection | SymbolFault, ...] = (*scan.setups, *scan.rejections, *scan.faults)
    if len(ends) != 1:
        raise ContractError(f"explain: one symbol ended in {len(ends)} outcomes")
    return ends[0]
