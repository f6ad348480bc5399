"""Every symbol decided on its own: in this process or on an executor, with the same result."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace

from engine.border import Border
from engine.edges import Progress
from engine.hooks import Hooks
from engine.pipeline import Pipeline, hold_to_contract
from shared.errors import SniperError
from shared.models.context import SniperContext
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.scan import SymbolFault

CHUNK = 8
"""Symbols handed to a worker at once: fewer, and a process pool spends its time on messages."""


def decide_all(
    pipeline: Pipeline,
    contexts: Sequence[SniperContext],
    executor: Executor | None,
    progress: Progress,
) -> tuple[tuple[SniperContext, ...], tuple[SymbolFault, ...]]:
    """Decided contexts and faults, each in the order of ``contexts``; one symbol's fault never stops the others."""
    jobs = [(pipeline, context) for context in contexts]
    ends = executor.map(decide_one, jobs, chunksize=CHUNK) if executor else map(decide_one, jobs)
    decided: list[SniperContext] = []
    faults: list[SymbolFault] = []
    with no_cycle_search():
        for done, end in enumerate(ends, 1):
            (faults if isinstance(end, SymbolFault) else decided).append(end)  # type: ignore[arg-type]
            progress("decide", done, len(jobs))
    return tuple(decided), tuple(faults)


@contextmanager
def no_cycle_search() -> Iterator[None]:
    """Pause the search for reference cycles: deciding makes many small frozen values and no cycles, and the search, which
    looks at all of them again and again, would take a tenth of the time and more."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def decide_one(job: tuple[Pipeline, SniperContext]) -> SniperContext | SymbolFault:
    """One symbol's end."""
    pipeline, context = job
    try:
        return relieved(pipeline.decide(context))
    except SniperError as error:
        return fault_of(context.symbol, error)


def relieved(context: SniperContext) -> SniperContext:
    """Of a rejected symbol without its indicators and structure: no later stage and no hook looks at them, and of 500 symbols they
    are nearly a gigabyte. Its candles stay, for the returns of an open position."""
    if not isinstance(context.plan, Rejection):
        return context
    return replace(context, multi_tf_indicators=None, smc_snapshot=None)


def hook_each(
    contexts: Sequence[SniperContext], hooks: Hooks, point: str, checked: str
) -> tuple[tuple[SniperContext, ...], tuple[SymbolFault, ...]]:
    """Every context that has a plan through the hooks of ``point``, its field ``checked`` held to its contract; the others as
    they are. One symbol's fault never stops the others."""
    kept: list[SniperContext] = []
    faults: list[SymbolFault] = []
    for context in contexts:
        try:
            kept.append(_hooked(context, hooks, point, checked))
        except SniperError as error:
            faults.append(fault_of(context.symbol, error))
    return tuple(kept), tuple(faults)


def _hooked(context: SniperContext, hooks: Hooks, point: str, checked: str) -> SniperContext:
    if not isinstance(context.plan, TradePlan):
        return context
    hooked = hooks.run(point, context)
    with Border(point.partition("_")[2], f"hooks at {point!r}", context.symbol, "Mend or remove the hook"):
        hold_to_contract(checked, getattr(hooked, checked))
    return hooked


def fault_of(symbol: str, error: SniperError) -> SymbolFault:
    """The record of a fault, with the stage or hook it came from."""
    problem = f"{error.problem} (in {error.place})" if error.place else error.problem
    return SymbolFault(symbol, error.stage or "data", type(error).__name__, problem, error.action)
