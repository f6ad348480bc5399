"""The command line of the journal: ``audit`` and ``replay``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import Config, Debug, Json, NoColor, Plain, Quiet, flags_of

audit = typer.Typer(help="The journal: verify, show, export, quarantine.", rich_markup_mode=None)


def replay(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="A plan's id, or a run's (r-…).")],
    *,
    run: Annotated[
        str | None, typer.Option("--run", help="Replay the plan of this run. [the newest that approved it]")
    ] = None,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Make a journaled decision again from stored candles: the same bytes, or what differs."""
    flags = flags_of(locals())
    from engine.commands.audit import replay as run_it

    return run_it(wanted, run, flags)


@audit.command("verify")
def verify_journal(
    *,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept", help="Take the journal's own head as the newest, after putting a copy back."
        ),
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Recompute every hash, and compare with the newest head in the witness file. 30 if anything was changed, cut or lost."""
    flags = flags_of(locals())
    from engine.commands.audit import verify as run

    return run(flags, accept=accept)


@audit.command("show")
def show_journal(
    wanted: Annotated[
        str | None, typer.Argument(metavar="ID", help="A run's id (r-…) or a plan's. [the last scans]")
    ] = None,
    *,
    last: Annotated[int, typer.Option("--last", min=1, max=10_000, help="So many scans.")] = 20,
    json: Json = False,
    plain: Plain = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Recorded scans, newest first; or all of one scan, or one plan. With --json whole records, one a line."""
    flags = flags_of(locals())
    from engine.commands.audit import show as run

    return run(wanted, last, flags)


@audit.command("export")
def export_journal(*, debug: Debug = False) -> int:
    """Every record as one JSON object a line, on standard output, proven as it goes."""
    flags = flags_of(locals())
    from engine.commands.audit import export as run

    return run(flags)


@audit.command("quarantine")
def quarantine_journal(*, debug: Debug = False) -> int:
    """Move a damaged journal aside, witness and all, so that the next scan begins a new one."""
    flags = flags_of(locals())
    from engine.commands.audit import quarantine as run

    return run(flags)
