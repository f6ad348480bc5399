"""A trader's decision on a setup: one for good, recorded together with what is told of it. Nothing is sent to an exchange."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from engine.commands.edges import SystemClock, open_journal
from engine.commands.locks import open_locks
from engine.commands.notify import telling_of
from engine.commands.paths import is_there, kill_file, lock_file
from shared.models.desk import Answer, Decision, Verdict
from shared.models.fills import Ending
from shared.models.journal import Entry, RecordKind
from shared.models.notifications import SetupState
from shared.models.smc import Side
from shared.models.timeframe import from_iso
from shared.utils.serialization import canonical_json

if TYPE_CHECKING:
    from bot.notifications.life import Stage
    from data.journal import SqliteJournal
    from shared.config.settings import Settings

SHORT: Final = 16
"""Digits of a plan's hash that people are shown; the record has all of them."""
NOWHERE: Final = "Nothing was sent to an exchange"
STATES: Final = {
    Verdict.APPROVED: (SetupState.ARMED, "armed: approved"),
    Verdict.HALF: (SetupState.ARMED, "armed: approved at half size"),
    Verdict.SKIPPED: (SetupState.SKIPPED, "skipped, still followed"),
}
"""Where a verdict takes a setup, and how its head reads from then on."""


def plan_hash(plan: Mapping[str, Any]) -> str:
    """SHA-256 of a published plan, as 64 hex digits: a decision is on this plan and no other."""
    return hashlib.sha256(canonical_json(plan).encode()).hexdigest()


def ruled(
    decision: Decision, plan: Mapping[str, Any], settings: Settings, environ: Mapping[str, str]
) -> Answer:
    """Take a decision, unless one was taken before, the plan is no longer valid, or nothing may be approved now. The record and
    the parcels that tell of it are one transaction.

    Raises:
        SniperError: the journal cannot be read or written; nothing was decided then.
    """
    from bot.notifications.life import life_notice
    from bot.notifications.noise import levelled
    from data.outbox_store import SqliteOutbox
    from engine.telling import parcels_of, undrawn

    digest, now_ms = plan_hash(plan), SystemClock().now_ms()
    name = f"{plan['symbol']} plan {digest[:SHORT]}"
    telling = telling_of(settings, settings.profile.name, environ)
    with open_journal(environ) as journal:
        standing = journal.newest_of(decision.fingerprint, RecordKind.VERDICT)
        if standing is None:
            why = _hindrance(decision, plan, journal, environ, now_ms)
            if why:
                return Answer("Not done", (why,))
            outbox = SqliteOutbox(journal)
            pictured = telling.draw is not undrawn
            stage = _stage(decision, digest, now_ms)
            notice = levelled(life_notice(plan, stage, now_ms, pictured=pictured), telling.noise)
            parcels = parcels_of([notice], telling.channels, outbox)
            standing = outbox.rule(_entry(decision, digest), parcels, now_ms)
    if standing is None or standing.content["update_id"] == decision.update_id:
        return Answer(f"{decision.verdict.capitalize()}: {name}", (NOWHERE,))
    return Answer(f"Already {standing.content['verdict']}: {name}", ("The first decision stands",))


def _entry(decision: Decision, digest: str) -> Entry:
    content = {
        "verdict": decision.verdict,
        "user": decision.user,
        "chat": decision.chat,
        "update_id": decision.update_id,
        "plan_digest": digest,
    }
    return Entry(RecordKind.VERDICT, content, decision.fingerprint)


def _stage(decision: Decision, digest: str, now_ms: int) -> Stage:
    from bot.notifications.life import Stage

    state, status = STATES[decision.verdict]
    return Stage(state, now_ms, f"{decision.verdict}, plan hash {digest[:SHORT]}. {NOWHERE}.", status)


def _hindrance(
    decision: Decision,
    plan: Mapping[str, Any],
    journal: SqliteJournal,
    environ: Mapping[str, str],
    now_ms: int,
) -> str:
    """Why it cannot be decided now; empty where it can. Skipping needs only a plan that is still valid."""
    if now_ms >= from_iso(plan["valid_until"]):
        return f"the plan was valid until {plan['valid_until']}"
    if decision.verdict is Verdict.SKIPPED:
        return ""
    newest = journal.newest_of(decision.fingerprint, RecordKind.OUTCOME)
    ending = Ending(newest.content["ending"]) if newest else Ending.PENDING
    if ending is not Ending.PENDING:
        return f"its entry is over ({ending.replace('_', ' ')}): approving it now would chase the price"
    if is_there(kill_file(environ)):
        return "the kill switch is set: nothing is approved"
    side = Side[plan["side"].upper()]
    if is_there(lock_file(environ)):
        with open_locks(environ) as store:
            held = [str(lock) for lock in store.locks() if lock.holds(str(plan["symbol"]), side, now_ms)]
        return f"locked: {held[0]}" if held else ""
    return ""
