"""Alerts: CPU time of one with its chart, and how long 500 take to a Bot API that keeps Telegram's limits."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import snipersight as ss
from benchmarks.walk import cpu_s
from bot.notifications.delivery import Delivery
from bot.notifications.notices import setup_notice
from bot.notifications.telegram import Access, TelegramChannel
from bot.notifications.telegram_parcels import parcels_for
from bot.ui.chart_theme import Theme
from bot.ui.charts import png
from bot.ui.documents import plan_document
from data.journal import SqliteJournal
from data.outbox_store import SqliteOutbox
from engine.commands.edges import SystemClock
from risk.audit_pipeline import chain
from shared.models.notifications import Level, Notice
from shared.models.outbox import Fate
from tests.servers.telegram import TOKEN, Limits, TelegramServer

CHATS: Final = tuple(str(1000 + number) for number in range(25))
EACH: Final = 20
LIMITS: Final = Limits(chat_per_s=1, overall_per_s=30)


def run() -> None:
    """Print both."""
    logging.disable(logging.WARNING)
    result = ss.scan(exchange="demo")
    setup, scene = result.setups[0], result.scenes[0]
    notice = setup_notice(setup, plan_document(setup), setup.plan.decided_ms)
    text = cpu_s(lambda: parcels_for("77", notice, {}, TOKEN), 20)
    chart = cpu_s(lambda: png(scene, Theme.DARK), 15)
    print(f"one alert: {text * 1e3:.1f} ms CPU its text, {chart * 1e3:.0f} ms its chart (aim: 150 together)")
    with tempfile.TemporaryDirectory() as folder:
        _drain(Path(folder))


def _drain(folder: Path) -> None:
    clock = SystemClock()
    now_ms = clock.now_ms()
    chats = {int(chat): "private" for chat in CHATS}
    with (
        TelegramServer(chats=chats, limits=LIMITS) as api,
        closing(SqliteJournal(folder / "journal.sqlite3", chain)) as journal,
    ):
        outbox = SqliteOutbox(journal)
        channel = TelegramChannel(Access(TOKEN, CHATS, api.base_url))
        parcels = [parcel for number in range(EACH) for parcel in channel.parcels(_news(number, now_ms), {})]
        outbox.decide(None, parcels, now_ms)
        began = time.monotonic()
        asyncio.run(_sent(Delivery(outbox, [channel], clock, "benchmark"), channel))
        took = time.monotonic() - began
        count, asked = len(CHATS) * EACH, api.flooded
        done = len(outbox.letters(Fate.DONE))
    limit = max((count - LIMITS.overall_per_s) / LIMITS.overall_per_s, (EACH - 1) / LIMITS.chat_per_s)
    print(
        f"{done} of {count} alerts to {len(CHATS)} chats: {took:.1f} s, {took / limit:.2f} times what the limits allow "
        f"({limit:.1f} s); asked to wait {asked} times"
    )


async def _sent(sender: Delivery, channel: TelegramChannel) -> None:
    await sender.drain(600.0)
    await channel.close()


def _news(number: int, now_ms: int) -> Notice:
    document = f'{{"kind":"alarm","text":"alert {number}"}}'
    return Notice(f"bench-{number}", "alarm", None, "", "", now_ms, now_ms + 3_600_000, Level.ON, document)
