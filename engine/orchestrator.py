"""The one entry for CLI, notebook and script: a request and its edges in, a scan or an explanation out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from bot.telemetry.redaction import redact
from engine.clean import clean_faults
from engine.edges import Edges, Progress, ScanRequest, silent, timed
from engine.funnel import build_funnel
from engine.gather import gather
from engine.hooks import HOOKS, Hooks
from engine.pipeline import GATHER, REDUCE, Pipeline
from engine.recording import batch_of
from engine.reduce import Reduction, setups_of
from engine.run import Run
from engine.steps import assemble
from engine.symbols import decide_all, hook_each
from engine.telling import told_parcels
from shared.errors import SniperError
from shared.models.context import SniperContext
from shared.models.gates import Rejection
from shared.models.journal import Appended, Batch
from shared.models.scan import RunStatus, ScanResult, SymbolFault
from shared.version import VERSION
from strategy.confluence.scorer import check_plugin_weights

MIN_COVERAGE: Final = 0.5
"""Below this share of readable symbols a scan is refused: what is left is not the market."""


UNRECORDED: Final = "journal_failed"
"""The flag of a scan that could not be recorded."""


def run_scan(
    request: ScanRequest, edges: Edges, *, hooks: Hooks = HOOKS, progress: Progress = silent
) -> ScanResult:
    """Scan: gather, decide every symbol, judge all plans together, record it with what is to be told of it.

    Where it could not be recorded, nothing is told: the result says so in a flag, and is degraded.

    Raises:
        ConfigFault: the profile weighs a factor that no installed plugin offers.
        ClockFault: the as-of time is in the future.
        SniperError: the exchange or the store as a whole cannot be read. One symbol's fault never raises.
    """
    check_plugin_weights(request.profile, hooks.extensions)
    run = Run.of(request, gather(GATHER, request, edges, progress), hooks, edges.secrets)
    result, reduction = decide_run(run, edges, hooks, progress)
    flags = _recorded(run, result, reduction, hooks, edges)
    return _flagged(result, flags) if flags else result


def decide_run(run: Run, edges: Edges, hooks: Hooks, progress: Progress) -> tuple[ScanResult, Reduction]:
    """What a run decides on what it has gathered, and the judged contexts and notices of it."""
    with timed(edges.on_stage, "decide"):
        pipeline = Pipeline.of(hooks, compute=edges.compute)
        decided, broken = decide_all(pipeline, run.contexts(), edges.executor, progress)
    with timed(edges.on_stage, "reduce"):
        reduction = reduce_scan(run, decided, hooks)
    edges.on_judged(reduction.judged)
    return result_of(run, reduction, broken), reduction


def _recorded(
    run: Run, result: ScanResult, reduction: Reduction, hooks: Hooks, edges: Edges
) -> tuple[str, ...]:
    """Record a scan where scans are recorded, with what is to be told of it; a flag for each thing that went wrong."""
    if edges.open_journal is None and edges.telling is None:
        return ()
    try:
        with timed(edges.on_stage, "journal"):
            batch, now_ms = batch_of(run, result, hooks), edges.clock.now_ms()
            appended, flags = _told(batch, reduction, now_ms, edges) or _kept(batch, now_ms, edges)
    except SniperError as fault:
        return (redact(f"{UNRECORDED}: {fault}", edges.secrets),)
    if appended:
        edges.on_record(run.run_id, appended)
    return tuple(redact(flag, edges.secrets) for flag in flags)


def _told(
    batch: Batch, reduction: Reduction, now_ms: int, edges: Edges
) -> tuple[Appended | None, tuple[str, ...]] | None:
    if edges.telling is None:
        return None
    with edges.telling.open_outbox() as outbox:
        told = told_parcels(reduction.notices, reduction.judged, edges.telling, outbox, batch.run_id)
        return outbox.decide(batch, told.parcels, now_ms), told.flags


def _kept(batch: Batch, now_ms: int, edges: Edges) -> tuple[Appended | None, tuple[str, ...]]:
    if edges.open_journal is None:
        return None, ()
    with edges.open_journal() as journal:
        return journal.append(batch, now_ms), ()


def _flagged(result: ScanResult, flags: tuple[str, ...]) -> ScanResult:
    status = RunStatus.DEGRADED if result.status is RunStatus.OK else result.status
    return replace(result, status=status, flags=(*result.flags, *flags))


def reduce_scan(run: Run, decided: tuple[SniperContext, ...], hooks: Hooks) -> Reduction:
    """Run the reduce stages, in their proven order, with each context's hooks around the one that judges it."""
    state = Reduction(decided, run.request.account, run.request.profile, run.gathered.quote_volumes)
    for step in assemble(REDUCE, Reduction, ("contexts", "account", "settings", "quote_volumes")):
        state = _hooked(state, "contexts", hooks, f"before_{step.name}", "plan")
        state = replace(state, **{step.gives: step(state)})
        state = _hooked(state, step.gives, hooks, f"after_{step.name}", "risk_plan")
    return state


def _hooked(state: Reduction, contexts: str, hooks: Hooks, point: str, checked: str) -> Reduction:
    """The state with its ``contexts`` taken through the hooks of ``point``; one whose hook fails becomes a fault."""
    if not hooks.any_at(point):
        return state
    kept, faults = hook_each(getattr(state, contexts), hooks, point, checked)
    changed: dict[str, Any] = {contexts: kept}
    return replace(state, faults=(*state.faults, *faults), **changed)


def result_of(run: Run, reduction: Reduction, broken: tuple[SymbolFault, ...]) -> ScanResult:
    """Put the scan together. ``broken`` are symbols that could not be decided; those of the reduction come on top."""
    request, gathered = run.request, run.gathered
    broken = clean_faults((*broken, *reduction.faults), run.secrets)
    faults = tuple(sorted((*gathered.faults, *broken), key=lambda fault: fault.symbol))
    ends = [end for context in reduction.judged for end in (context.plan, context.risk_plan)]
    stops = [*gathered.drops, *(end for end in ends if isinstance(end, Rejection))]
    rejections = tuple(sorted(stops, key=lambda rejection: rejection.symbol))
    asked = len(gathered.data) + len(gathered.drops) + len(gathered.faults)
    unread = sum(fault.stage != "universe" for fault in gathered.faults)
    coverage = (len(gathered.data) - len(broken), len(gathered.data) + unread)
    return ScanResult(
        run_id=run.run_id,
        profile=request.profile.name,
        exchange=request.exchange,
        as_of_ms=gathered.as_of_ms,
        bar_ms=request.profile.timeframes.trigger.floor(gathered.as_of_ms),
        config_digest=run.config_digest,
        data_digest=run.data_digest,
        version=VERSION,
        status=status_of(coverage, faults, gathered.flags),
        flags=gathered.flags,
        coverage=coverage,
        market_context=gathered.market_context,
        setups=setups_of(reduction.judged),
        rejections=rejections,
        faults=faults,
        funnel=build_funnel(asked, rejections, faults),
    )


def status_of(
    coverage: tuple[int, int], faults: tuple[SymbolFault, ...], flags: tuple[str, ...]
) -> RunStatus:
    """Refused below the coverage floor, degraded by any fault or flag, else ok: a scan that rejects every symbol is a scan."""
    readable, asked = coverage
    if readable < MIN_COVERAGE * asked:
        return RunStatus.REFUSED
    return RunStatus.DEGRADED if faults or flags else RunStatus.OK
