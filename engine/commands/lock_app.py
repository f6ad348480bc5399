"""``locks list``, ``add`` and ``remove`` on the command line; what they do stands in ``locks``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import Debug, Json, Plain, Quiet, flags_of


def add_lock_commands(app: typer.Typer) -> None:
    """Put the commands under ``locks``."""
    locks = typer.Typer(
        help="Locks that keep plans from being approved: list, add, remove.", rich_markup_mode=None
    )
    locks.command("list")(locks_list)
    locks.command("add")(locks_add)
    locks.command("remove")(locks_remove)
    app.add_typer(locks, name="locks")


def locks_list(
    *,
    ended: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """What is locked, why and until when."""
    flags = flags_of(locals())
    from engine.commands.locks import list_locks as run

    return run(flags, ended=ended)


def locks_add(
    scope: Annotated[str, typer.Argument(help="all, long, short, or a symbol like BTC/USDT.")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; a refused plan says it.")],
    hours: Annotated[float, typer.Option("--hours", help="How long.")],
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Approve no plan of the scope for some hours. Prints the lock's id."""
    flags = flags_of(locals())
    from engine.commands.locks import add_lock as run

    return run(scope, reason, hours, flags)


def locks_remove(
    lock_id: Annotated[str, typer.Argument(help="The id that 'locks list' shows.")],
    *,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """End a lock now."""
    flags = flags_of(locals())
    from engine.commands.locks import remove_lock as run

    return run(lock_id, flags)
