"""``track`` and ``track forget`` on the command line; what they do stands in ``track``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import Debug, Json, Plain, Quiet, flags_of


def add_track_commands(app: typer.Typer) -> None:
    """Put the commands under ``track``."""
    track = typer.Typer(rich_markup_mode=None)
    track.callback(invoke_without_command=True)(track_list)
    track.command("forget")(track_forget)
    app.add_typer(track, name="track")


def track_list(
    context: typer.Context,
    *,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Out-of-sample trades on record, of which alerts may speak: a line a walk-forward and profile; forget drops some."""
    flags = flags_of(locals())
    if context.invoked_subcommand is not None:
        return 0
    from engine.commands.track import list_track as run

    return run(flags)


def track_forget(
    source: Annotated[str, typer.Argument(help="A walk-forward on record, as 'track' shows it (w-…).")],
    *,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Drop what was kept of a walk-forward: nothing speaks of its trades any more."""
    flags = flags_of(locals())
    from engine.commands.track import forget as run

    return run(source, flags)
