"""``telegram link`` and ``telegram test``: getting acquainted with the bot. Nothing is written, and no secret is shown."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.commands.bot import access_of
from engine.commands.console import Console
from engine.commands.edges import exchange_names
from engine.commands.flags import Flags
from engine.commands.settings import configure
from shared.errors import EXIT_FAILED, EXIT_OK, ConfigFault, NotifyFault

if TYPE_CHECKING:
    from bot.notifications.linking import Linked
    from bot.notifications.telegram import Access
    from shared.config.settings import TelegramSettings

HELLO = "SniperSight: this chat is linked. What is told here is not advice."
TEST = "SniperSight: a test message. Alerts will reach this chat."


def link(flags: Flags, wait_s: float, environ: Mapping[str, str] = os.environ) -> int:
    """Wait for somebody to press START behind a code, and say what to set.

    Raises:
        ConfigFault: no token, or one that Telegram does not know.
        TransportFault: Telegram cannot be reached.
        NotifyFault: nobody came, or the chat cannot be written to.
    """
    configured = configure(flags, environ, exchange_names())
    console = Console.of(flags.output, environ)
    access = access_of(configured.settings, environ)
    found = asyncio.run(_linked(access, wait_s, console))
    settings = configured.settings.telegram
    console.remark(
        [f"hello from user {found.user} in chat {found.address} ({found.kind}). In your settings:"]
    )
    console.result(link_lines(settings, found))
    return EXIT_OK


def link_lines(settings: TelegramSettings, found: Linked) -> list[str]:
    """The settings with the new user and chat."""
    users = dict.fromkeys((*settings.users, str(found.user)))
    chats = dict.fromkeys((*settings.chats, found.address))
    return ["[telegram]", f"users = [{_listed(users)}]", f"chats = [{_listed(chats)}]"]


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(f'"{name}"' for name in names)


async def _linked(access: Access, wait_s: float, console: Console) -> Linked:
    from bot.notifications.linking import greet, linked, username
    from bot.notifications.telegram import connect, disconnect

    bot, code = connect(access), secrets.token_hex(4)
    until_s = time.monotonic() + wait_s
    try:
        name = await username(bot)
        console.warn(
            [
                f"open https://t.me/{name}?start={code} and press START, or write in the group: /start@{name} {code}",
                f"waiting {wait_s:g} s, Ctrl-C ends it",
            ]
        )
        found = await linked(bot, code, lambda: time.monotonic() > until_s)
        if found is None:
            raise NotifyFault("nobody pressed START in time", "Run 'telegram link' again")
        await greet(bot, found.address, HELLO)
        return found
    finally:
        await disconnect(bot)


def try_chats(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Send one message to every chat that is set; 30 where one does not take it.

    Raises:
        ConfigFault: no token, no chat, or a token that Telegram does not know.
        TransportFault: Telegram cannot be reached.
    """
    configured = configure(flags, environ, exchange_names())
    console = Console.of(flags.output, environ)
    access = access_of(configured.settings, environ)
    if not access.chats:
        raise ConfigFault("no chat is set", "Set telegram.chats: 'snipersight telegram link' shows yours")
    troubles = asyncio.run(_tested(access))
    for chat, trouble in troubles.items():
        console.result([f"{chat}\t{trouble or 'ok'}"])
    return EXIT_FAILED if any(troubles.values()) else EXIT_OK


async def _tested(access: Access) -> Mapping[str, str]:
    """By chat, what went wrong; empty where nothing did."""
    from bot.notifications.linking import greet
    from bot.notifications.telegram import connect, disconnect

    bot, troubles = connect(access), {}
    try:
        for chat in access.chats:
            try:
                await greet(bot, chat, TEST)
                troubles[chat] = ""
            except NotifyFault as fault:
                troubles[chat] = str(fault)
        return troubles
    finally:
        await disconnect(bot)
