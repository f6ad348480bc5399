"""``audit`` and ``replay``: the journal proven, shown, handed out, moved aside; a decision made again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.ui.audit import checked_line, plan_lines, record_json, run_lines, scans_table
from bot.ui.replay_document import replay_json, replay_lines
from data.outbox_store import SqliteOutbox
from engine.commands.console import Console
from engine.commands.edges import DEMO, exchange_names, open_edges, open_journal
from engine.commands.flags import Flags
from engine.commands.paths import is_there, journal_file
from engine.commands.settings import configure
from risk.audit_pipeline import check_chain, proven
from shared.errors import EXIT_OK, NotFound, StorageFault
from shared.models.journal import RecordKind

if TYPE_CHECKING:
    from data.journal import SqliteJournal
    from shared.models.journal import Record

RUN = "r-"
"""How a run's id begins; a plan's has no such sign."""


def verify(flags: Flags, environ: Mapping[str, str] = os.environ, *, accept: bool = False) -> int:
    """Recompute the whole chain, hold it to its witness, and the outbox to the chain; with ``accept`` take its head as the newest
    there is.

    Raises:
        DamagedJournal: it is not what was written.
    """
    console = Console.of(flags.output, environ)
    with _kept(environ, accept=accept) as journal:
        journal.examine()
        SqliteOutbox(journal).examine()
        checked = check_chain(journal.records(), journal.head())
        if accept:
            journal.accept(checked.head)
    console.result([console.look.signs(checked_line(checked, str(journal.path)))])
    if accept:
        console.remark([f"its head is the newest from now on, as {journal.witness.name} says"])
    return EXIT_OK


def show(wanted: str | None, last: int, flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """The last scans, or one run or plan by its id.

    Raises:
        NotFound: nothing is recorded, or nothing of that id.
    """
    console = Console.of(flags.output, environ)
    with _kept(environ) as journal:
        records = tuple(journal.newest(last) if wanted is None else _of(journal, wanted))
    if flags.output.json:
        console.result(map(record_json, records))
    elif wanted is None:
        console.result(scans_table(records, console.look))
    elif wanted.startswith(RUN):
        console.result(run_lines(records, console.look))
    else:
        console.result(line for record in records for line in plan_lines(record.content, console.look))
    return EXIT_OK


def export(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Every record as one JSON object a line, each proven before it is written.

    Raises:
        DamagedJournal: a record is not what was written; those before it are out.
    """
    console = Console.of(flags.output, environ)
    with _kept(environ) as journal:
        for record in proven(journal.records()):
            console.result([record_json(record)])
    return EXIT_OK


def quarantine(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Move the journal and everything that belongs to it aside; the next scan begins a new one.

    Raises:
        NotFound: there is none.
        StorageFault: it cannot be moved.
    """
    path = journal_file(environ)
    files = [
        one
        for one in path.parent.glob(f"{path.stem}.*")
        if one.name.startswith((path.name, f"{path.stem}.head"))
    ]
    if not files:
        raise _nothing(path)
    aside = path.parent / f"quarantine-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    try:
        aside.mkdir()
        for file in files:
            file.rename(aside / file.name)
    except OSError as error:
        raise StorageFault(f"journal {path} cannot be moved aside: {error}", "Move it by hand") from error
    Console.of(flags.output, environ).result([f"moved to {aside}"])
    return EXIT_OK


def replay(wanted: str, run_id: str | None, flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Make a journaled decision again and compare; 0 the same bytes, 20 its inputs are not what they were, 30 a defect.

    Raises:
        NotFound: no such run or plan is journaled.
    """
    from engine.plugins.loader import register_plugins
    from engine.replay import RecordedRun, replay_run

    console = Console.of(flags.output, environ)
    plan_id = "" if wanted.startswith(RUN) else wanted
    with _kept(environ) as journal:
        found = run_id or (journal.run_of(plan_id) if plan_id else wanted)
        if not found:
            raise _unknown(wanted)
        recorded = RecordedRun.of(found, journal.records(found))
    if plan_id and plan_id not in recorded.plans:
        raise NotFound(
            f"run {found} approved no plan {plan_id!r}", f"It approved {', '.join(recorded.plans)}"
        )
    request = recorded.request()
    register_plugins()
    settings = configure(flags, environ, exchange_names()).settings
    with open_edges(settings, replace(request, offline=request.exchange != DEMO), environ) as edges:
        made_again = replay_run(recorded, request, edges, plan_id=plan_id)
    console.result([replay_json(made_again)] if flags.output.json else replay_lines(made_again, console.look))
    return made_again.verdict.exit_code


def _of(journal: SqliteJournal, wanted: str) -> Iterator[Record]:
    run_id = wanted if wanted.startswith(RUN) else journal.run_of(wanted)
    records = tuple(journal.records(run_id)) if run_id else ()
    if not records:
        raise _unknown(wanted)
    for record in records:
        if wanted == run_id or (record.kind is RecordKind.PLAN and record.name == wanted):
            yield record


def _unknown(wanted: str) -> NotFound:
    return NotFound(f"no run or plan {wanted!r} is journaled", "List what is with 'audit show'")


def _nothing(path: Path) -> NotFound:
    return NotFound(
        f"nothing is journaled yet in {path}", "Scan a real exchange, or pass --journal to a scan"
    )


@contextmanager
def _kept(environ: Mapping[str, str], *, accept: bool = False) -> Iterator[SqliteJournal]:
    """The journal, if there is one: looking at it never begins it."""
    path = journal_file(environ)
    if not is_there(path) and not is_there(path.with_suffix(".head")):
        raise _nothing(path)
    with open_journal(environ, accept=accept) as journal, closing(journal):
        yield journal
