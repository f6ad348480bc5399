"""Notices of what a scan found (``snipersight.notice/1``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from bot.notifications.formatters import setup_text
from shared.models.notifications import NOTICE, Level, Notice, SetupState, notice_key
from shared.models.scan import Setup
from shared.models.timeframe import iso
from shared.models.track import Alike
from shared.utils.serialization import canonical_json


def setup_notice(setup: Setup, plan: Mapping[str, object], at_ms: int) -> Notice:
    """That a setup is new. ``plan`` is its published document; ``at_ms`` is when the scan decided."""
    key = notice_key(setup.plan.fingerprint, SetupState.NEW)
    expires_ms = setup.plan.entry.expires_ms
    document = {
        "schema": NOTICE,
        "key": key,
        "kind": "setup",
        "state": SetupState.NEW,
        "fingerprint": setup.plan.fingerprint,
        "symbol": setup.plan.symbol,
        "at": iso(at_ms),
        "expires": iso(expires_ms),
        "text": setup_text(setup),
        "plan": plan,
    }
    return Notice(
        key=key,
        kind="setup",
        state=SetupState.NEW,
        fingerprint=setup.plan.fingerprint,
        symbol=setup.plan.symbol,
        at_ms=at_ms,
        expires_ms=expires_ms,
        level=Level.ON,
        document=canonical_json(document),
    )


def with_record(notice: Notice, alike: Alike) -> Notice:
    """The notice of a new setup with what those before it were worth, as the last line of its text and as ``record``."""
    document = json.loads(notice.document)
    told = {"text": f"{document['text']}\n{alike}", "record": alike.document()}
    return replace(notice, document=canonical_json({**document, **told}))
