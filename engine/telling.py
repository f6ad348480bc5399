"""Who is told of a scan: its notices as parcels for every channel, decided with the scan's own records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from contracts.notification_contract import Channel, Outbox
from shared.models.notifications import Notice, Parcel


@dataclass(frozen=True, slots=True)
class Telling:
    """The channels of a run, and the outbox in which their parcels are kept until they are sent. It is in the journal's own file, so
    a scan that is told of is recorded there."""

    channels: tuple[Channel, ...]
    open_outbox: Callable[[], AbstractContextManager[Outbox]]


def parcels_of(notices: Sequence[Notice], channels: Sequence[Channel], outbox: Outbox) -> tuple[Parcel, ...]:
    """Every request that tells these notices, notice by notice."""
    return tuple(
        parcel
        for notice in notices
        for channel in channels
        for parcel in channel.parcels(notice, outbox.threads(channel.name, notice.fingerprint))
    )
