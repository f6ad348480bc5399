"""``signals``, ``alerts`` and ``alarm`` on the command line; what they do stands in ``following`` and ``alerts``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import Config, Debug, Json, NoColor, Plain, Quiet, StoredOnly, flags_of

Days = Annotated[float, typer.Option("--days", help="Setups that were decided within so many days.")]
AlertId = Annotated[str, typer.Argument(metavar="ID", help="The id that 'alerts' shows, or how it begins.")]


def add_alert_commands(app: typer.Typer) -> None:
    """Put the commands on the command line."""
    alerts = typer.Typer(
        help="What waits to be told, and what only you can settle; retry or drop it.",
        rich_markup_mode=None,
        invoke_without_command=True,
    )
    alerts.callback()(list_alerts)
    alerts.command("retry")(retry_alert)
    alerts.command("drop")(drop_alert)
    app.add_typer(alerts, name="alerts")
    app.command()(signals)
    app.command()(alarm)


def signals(
    *,
    days: Days = 30,
    exchange: StoredOnly = None,
    json: Json = False,
    plain: Plain = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """The setups of the last days and how they stand on closed candles; what all finished ones were worth, costs included."""
    flags = flags_of(locals())
    from engine.commands.following import signals as run

    return run(flags, days)


def list_alerts(
    context: typer.Context,
    *,
    json: Json = False,
    plain: Plain = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """What waits to be told, and what only you can settle (dead, held) with the reason."""
    if context.invoked_subcommand is not None:
        return 0
    flags = flags_of({name: value for name, value in locals().items() if name != "context"})
    from engine.commands.alerts import list_alerts as run

    return run(flags)


def retry_alert(alert_id: AlertId, *, quiet: Quiet = False, debug: Debug = False) -> int:
    """Have a dead or held alert sent again, with its mark where it may have arrived; the next run with --notify sends it."""
    flags = flags_of(locals())
    from engine.commands.alerts import retry as run

    return run(alert_id, flags)


def drop_alert(alert_id: AlertId, *, quiet: Quiet = False, debug: Debug = False) -> int:
    """Give a dead or held alert up."""
    flags = flags_of(locals())
    from engine.commands.alerts import drop as run

    return run(alert_id, flags)


def alarm(
    text: Annotated[str, typer.Argument(help="What is wrong.")],
    *,
    config: Config = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Tell the channels that are set that something is wrong: for a service manager whose service failed. The same text is told once
    an hour."""
    flags = flags_of(locals())
    from engine.commands.alerts import alarm as run

    return run(text, flags)
