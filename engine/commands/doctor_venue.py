"""What ``doctor`` measures of the exchange: the way there and back, its clock, the budget of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Final

from engine.commands.edges import DEMO, SystemClock, feed_of, open_ledger
from engine.commands.paths import is_there, request_file
from engine.doctor.budget import judge_budget
from engine.doctor.exchange import judge_exchange, judge_silence
from engine.doctor.keys import NOT_SET, USELESS, judge_key, judge_unknown_key
from engine.doctor.store import judge_closed_store
from engine.exchange_time import Reading, read_exchange_time
from shared.errors import SniperError
from shared.models.health import Finding, Verdict

if TYPE_CHECKING:
    from data.adapters.venue import KeyRights, Venue
    from shared.config.settings import ExchangeSettings, Settings

QUESTIONS: Final = 3


def keys(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Ask the exchange what the key may do, if there is one."""
    reached = settings.of_exchange(settings.exchange)
    if not reached.key:
        return (NOT_SET,)
    from data.adapters.venues import VENUES

    if settings.exchange not in VENUES:
        return (USELESS,)
    try:
        rights = asyncio.run(_rights(VENUES[settings.exchange], reached, environ))
    except SniperError as fault:
        return (judge_unknown_key(fault),)
    return (judge_key(settings.exchange, rights),)


async def _rights(venue: Venue, reached: ExchangeSettings, environ: Mapping[str, str]) -> KeyRights:
    from data.adapters.key_check import read_key_rights

    with closing(open_ledger(environ)) as ledger:
        return await read_key_rights(venue, reached, ledger)


def exchange(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Ask the exchange for its time, a few times."""
    if settings.exchange == DEMO:
        return (Finding("exchange", Verdict.OK, "demo: made up, no network used"),)
    try:
        readings = asyncio.run(_readings(settings, environ))
    except SniperError as fault:
        return judge_silence(fault)
    return judge_exchange(settings.exchange, readings)


async def _readings(settings: Settings, environ: Mapping[str, str]) -> list[Reading]:
    with closing(open_ledger(environ)) as ledger:
        return [
            await read_exchange_time(
                lambda: feed_of(settings, settings.exchange, None, ledger), SystemClock()
            )
            for _ in range(QUESTIONS)
        ]


def budget(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the ledger of this machine's requests says of the exchange; nothing is made where there is none."""
    path = request_file(environ)
    try:
        if settings.exchange == DEMO or not is_there(path):
            return (Finding("budget", Verdict.OK, "nothing sent yet"),)
        venue, now_ms = _venue(settings.exchange), SystemClock().now_ms()
        with closing(open_ledger(environ)) as ledger:
            kept = ledger.change(_key(settings, venue), lambda spending: (spending, spending))
    except SniperError as fault:
        return (Finding("budget", Verdict.FAIL, fault.problem, judge_closed_store(fault).advice),)
    return (judge_budget(kept, venue.allowance, now_ms),)


def _venue(name: str) -> Venue:
    from data.adapters.rest_feed import BINANCE_LITE
    from data.adapters.venues import VENUES

    return {**VENUES, BINANCE_LITE.name: BINANCE_LITE}[name]


def _key(settings: Settings, venue: Venue) -> str:
    """What the budget of this exchange is kept under."""
    from data.adapters.http_guard import budget_key

    reached = settings.of_exchange(settings.exchange)
    own_url = venue.testnet_url if reached.testnet else venue.url
    return budget_key(reached.base_url or own_url, reached.proxy)
