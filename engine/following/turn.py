"""One turn of following: open setups brought up to date, what has become of them recorded and put into the outbox at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.notifications.life import Stage, life_notice
from bot.notifications.noise import Noise, levelled
from contracts.data_contract import CandleStore
from contracts.journal_contract import Journal
from contracts.lock_contract import LockStore
from contracts.notification_contract import Channel, Outbox
from data.sync import Wish, sync
from engine.edges import Edges, ScanRequest
from engine.following.follow import Development, follow
from engine.following.setups import LONGEST_MS, Followed, setups_since
from engine.following.track import history_of
from engine.gather import open_source
from engine.telling import is_told, parcels_of
from risk.protections import locks_in_force
from shared.errors import ConfigFault
from shared.models.data import Market
from shared.models.journal import Batch
from shared.models.notifications import Notice
from shared.models.risk import Lock
from shared.models.scan import SymbolFault

EQUITY = "% of equity"
"""Unit of the rules that measure equity."""
NO_RUN = ("", "", "", "")
"""What a batch of outcomes belongs to."""


@dataclass(frozen=True, slots=True)
class Record:
    """Where outcomes are kept and told: the journal, the outbox in its file, who is told and how loudly, and whether the first
    message of a setup has a picture."""

    journal: Journal
    outbox: Outbox
    channels: tuple[Channel, ...]
    noise: Noise
    pictured: bool


@dataclass(frozen=True, slots=True)
class FollowReport:
    """What a turn did: open setups looked at, stages reached, symbols whose candles could not be brought up to date, and locks
    that bad results set."""

    open: int
    reached: int
    faults: tuple[SymbolFault, ...]
    locks: tuple[Lock, ...]


def follow_setups(
    record: Record, request: ScanRequest, edges: Edges, locks: LockStore, as_of_ms: int
) -> FollowReport:
    """Follow every open setup of the request's exchange on closed candles up to ``as_of_ms``.

    Raises:
        ConfigFault: nothing is stored where nothing can be followed: the made-up market.
        StorageFault: candles, journal or locks cannot be read or written.
    """
    if edges.store is None:
        raise ConfigFault("the made-up market keeps no candles: nothing can be followed", "Name an exchange")
    now_ms = edges.clock.now_ms()
    setups = setups_since(record.journal, now_ms - LONGEST_MS, request.exchange)
    alive = [setup for setup in setups if not setup.is_over]
    faults = asyncio.run(_refreshed(alive, request, edges, edges.store, as_of_ms))
    developments = follow(alive, edges.store, request.exchange, as_of_ms)
    news = [one for one in developments if one.stages]
    if news:
        batch = Batch(*NO_RUN, tuple(one.entry() for one in news))
        record.outbox.decide(
            batch, parcels_of(_notices(news, record), record.channels, record.outbox), now_ms
        )
    standing = {one.setup.fingerprint: one.now for one in developments}
    known = [standing.get(setup.fingerprint, setup) for setup in setups]
    fresh = _locked(known, request, locks, now_ms)
    return FollowReport(len(alive), sum(len(one.stages) for one in news), faults, fresh)


async def _refreshed(
    alive: Iterable[Followed], request: ScanRequest, edges: Edges, store: CandleStore, as_of_ms: int
) -> tuple[SymbolFault, ...]:
    """Bring the candles of every open setup up to date; those a scan has just read cost nothing."""
    stored = store.markets(request.exchange)
    symbols = sorted({str(setup.plan["symbol"]) for setup in alive})
    markets: Mapping[str, Market] = {symbol: stored[symbol] for symbol in symbols if symbol in stored}
    lost = tuple(_lost(symbol) for symbol in symbols if symbol not in stored)
    if edges.open_feed is None or not markets:
        return lost
    wish = Wish(request.exchange, markets, (request.profile.timeframes.base,), as_of_ms)
    async with open_source(edges) as source:
        report = await sync(wish, source, request.profile, lambda done, total: None)
    return (*lost, *report.faults)


def _lost(symbol: str) -> SymbolFault:
    return SymbolFault(
        symbol,
        "follow",
        "NotFound",
        f"{symbol}: an open setup whose market is not stored any more",
        "Import or scan it",
    )


def _notices(news: Iterable[Development], record: Record) -> tuple[Notice, ...]:
    """What is to be told of setups that were told of when they were new."""
    notices: list[Notice] = []
    for one in news:
        if is_told(one.setup.fingerprint, record.channels, record.outbox):
            notices += [
                levelled(
                    life_notice(one.setup.plan, stage, _due_ms(one, stage), pictured=record.pictured),
                    record.noise,
                )
                for stage in one.stages
            ]
    return tuple(notices)


def _due_ms(one: Development, stage: Stage) -> int:
    """When a stage could be told first: with the scan that looked next, one trigger candle after it at most; else it is late."""
    in_time = one.as_of_ms - stage.at_ms < one.setup.profile.timeframes.trigger.ms
    return one.as_of_ms if in_time else stage.at_ms


def _locked(
    known: Iterable[Followed], request: ScanRequest, locks: LockStore, now_ms: int
) -> tuple[Lock, ...]:
    """Set the locks that the results so far ask for, except where a lock of that rule and scope is in force already or was lifted; those
    that were set."""
    history, profile = history_of(known, request.account.equity, now_ms), request.profile
    asked = locks_in_force(history, profile.protection, profile.risk.zone)
    held = {(lock.rule, lock.scope) for lock in locks.locks() if lock.until_ms > now_ms}
    lifted = locks.lifted()
    fresh = tuple(
        lock
        for lock in asked
        if (lock.rule, lock.scope) not in held and not any(covers(one, lock, now_ms) for one in lifted)
    )
    for lock in fresh:
        locks.add(lock)
    return fresh


def covers(lifted: Lock, asked: Lock, now_ms: int) -> bool:
    """Whether a lock that was lifted by hand is the one that a rule asks for again: of the same rule and scope, it was to last as long; or
    it was set for equity, which is measured at every look, and would not have ended yet."""
    if (lifted.rule, lifted.scope) != (asked.rule, asked.scope):
        return False
    return lifted.until_ms >= asked.until_ms or (asked.unit == EQUITY and lifted.until_ms > now_ms)
