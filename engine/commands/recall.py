"""What setups like a new one were worth out of sample: the track record's file, read for alerts and for ``explain``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.commands.paths import is_there, track_file
from shared.errors import SniperError

if TYPE_CHECKING:
    from contracts.track_contract import TrackStore
    from shared.models.context import SniperContext
    from shared.models.scan import Explanation
    from shared.models.statistics import Unsaid
    from shared.models.track import Alike


@contextmanager
def open_track(environ: Mapping[str, str]) -> Iterator[TrackStore]:
    """The track record in its usual place.

    Raises:
        StorageFault: it cannot be opened.
    """
    from data.track_store import SqliteTrackStore

    store = SqliteTrackStore(track_file(environ))
    try:
        yield store
    finally:
        store.close()


def recalled(environ: Mapping[str, str], context: SniperContext) -> Alike | Unsaid:
    """What recorded setups like a context's plan were worth: of its exchange, under the rules it was decided by.

    Raises:
        StorageFault: the track record is there and cannot be read.
        DamagedPage: it is not what was written.
    """
    from bot.telemetry.likeness import setups_like
    from shared.config.digest import decision_digest
    from shared.models.planner import TradePlan
    from shared.models.statistics import Unsaid

    plan = context.plan
    if not isinstance(plan, TradePlan):
        return Unsaid("no plan")
    if not is_there(track_file(environ)):
        return Unsaid("no trade on record")
    with open_track(environ) as store:
        rows = store.rows(plan.exchange, decision_digest(context.settings))
    return setups_like(rows, plan.score, plan.decided_ms)


def with_past(explanation: Explanation, environ: Mapping[str, str]) -> tuple[Explanation, tuple[str, ...]]:
    """An explanation with what setups like its approved one were worth, if there is enough to say so; and a flag where that could not be
    read."""
    from engine.telling import UNREAD
    from shared.models.scan import Setup
    from shared.models.track import Alike

    if explanation.context is None or not isinstance(explanation.outcome, Setup):
        return explanation, ()
    try:
        alike = recalled(environ, explanation.context)
    except SniperError as fault:
        return explanation, (f"{UNREAD}: {fault.problem}",)
    return (replace(explanation, past=(alike,)) if isinstance(alike, Alike) else explanation), ()
