"""``bot``, ``telegram link`` and ``telegram test`` on the command line; what they do stands in modules of their own."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import (
    Account,
    Config,
    Debug,
    Exchange,
    LogFormat,
    LogJson,
    NoColor,
    Profile,
    Quiet,
    Symbols,
    Top,
    Verbose,
    flags_of,
)

Wait = Annotated[
    float, typer.Option("--wait", min=1, max=3600, help="How long to wait for START, in seconds.")
]


def add_bot_commands(app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.command()(bot)
    telegram = typer.Typer(help="Set up the Telegram bot: link, test.", rich_markup_mode=None)
    telegram.command("link")(telegram_link)
    telegram.command("test")(telegram_test)
    app.add_typer(telegram, name="telegram")


def bot(
    *,
    profile: Profile = None,
    exchange: Exchange = None,
    symbols: Symbols = None,
    top: Top = None,
    account: Account = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
    debug: Debug = False,
    log_format: LogFormat = "console",
    log_json: LogJson = None,
) -> int:
    """Answer commands in Telegram (/scan, /why, /chart, /signals, /status, /locks, /pause, /mute, /help) and record Approve, Half and
    Skip, for telegram.users in telegram.chats only; send what waits in the outbox. Until stopped."""
    flags = flags_of(locals())
    from engine.commands.bot import bot as run

    return run(flags)


def telegram_link(
    *,
    wait: Wait = 300,
    config: Config = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Wait until you press START in Telegram; show your user id and the chat's as settings. Nothing is written."""
    flags = flags_of(locals())
    from engine.commands.telegram import link as run

    return run(flags, wait)


def telegram_test(*, config: Config = None, quiet: Quiet = False, debug: Debug = False) -> int:
    """Send a test message to every chat of telegram.chats."""
    flags = flags_of(locals())
    from engine.commands.telegram import try_chats as run

    return run(flags)
