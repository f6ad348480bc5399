"""What ``doctor`` measures of the channels and the outbox. Nothing is sent to anybody."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine.commands.notify import SIGNED_WITH, open_outbox, secret_of, token_of
from engine.commands.paths import is_there, journal_file
from engine.doctor import telling as of_telling
from shared.errors import SniperError
from shared.models.health import Finding, Verdict

if TYPE_CHECKING:
    from shared.config.settings import Settings


def telegram(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Ask the bot who it is, and for its chats."""
    from bot.notifications.telegram import API, Access
    from bot.notifications.telegram_check import look_at_bot

    said = settings.telegram
    if not said.chats:
        return ()
    try:
        token = token_of(environ)
    except SniperError as fault:
        return (of_telling.judge_wrong_setting("telegram", fault),)
    if not token:
        return (
            of_telling.judge_silent_bot("telegram.chats is set, but the bot has no token", is_refused=True),
        )
    seen = asyncio.run(look_at_bot(Access(token, said.chats, said.base_url or API)))
    if seen.problem:
        return (of_telling.judge_silent_bot(seen.problem, is_refused=seen.is_refused),)
    return (of_telling.judge_telegram(seen.name, said.chats, seen.lost),)


def webhook(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Connect to the webhook, certificate and all, and let go."""
    from bot.notifications.webhook import Hook
    from shared.utils.timed_http import connected

    url = settings.notify.webhook_url
    if not url:
        return ()
    try:
        hook = Hook("webhook", url, secret_of(SIGNED_WITH, environ))
    except SniperError as fault:
        return (of_telling.judge_wrong_setting("webhook", fault),)
    problem = ""
    try:
        connection, _ = connected(urlsplit(url), "", time.monotonic() + settings.notify.timeout_s)
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        problem = type(error).__name__
    return (of_telling.judge_webhook(problem, is_signed=bool(hook.secret)),)


def alerts(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """How many parcels stand where; the journal is not made where there is none."""
    try:
        if not is_there(journal_file(environ)):
            return (Finding("alerts", Verdict.OK, "nothing told yet"),)
        with open_outbox(environ) as outbox:
            return (of_telling.judge_outbox(outbox.tally()),)
    except SniperError as fault:
        return (of_telling.judge_wrong_setting("alerts", fault),)
