"""A parcel as one line of JSON, the form that files and streams have in common."""

from __future__ import annotations

import json

from shared.models.notifications import Level, Notice, Parcel, parcel_id
from shared.utils.serialization import document_json


def line_parcel(channel: str, address: str, notice: Notice) -> tuple[Parcel, ...]:
    """The one parcel of a notice for a channel that takes whole documents; none where it is not to be told."""
    if notice.level is Level.OFF:
        return ()
    return (
        Parcel(
            id=parcel_id(channel, address, notice.key),
            channel=channel,
            address=address,
            verb="send",
            body=notice.document,
            at_ms=notice.at_ms,
            expires_ms=notice.expires_ms,
            fingerprint=notice.fingerprint,
            low_value=notice.is_of_low_value,
        ),
    )


def line_of(parcel: Parcel) -> str:
    """The line: the parcel's id, whether it may be a repeat, how late it is, and the notice."""
    document = {
        "id": parcel.id,
        "repeat": parcel.is_repeat,
        "late_ms": parcel.late_ms,
        "notice": json.loads(parcel.body),
    }
    return document_json(document) + "\n"


def line_begin(name: str) -> str:
    """What only the line of the parcel of this id begins with."""
    return f'{{"id":"{name}"'
