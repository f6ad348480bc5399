"""Who is told of a scan: its new setups as parcels for every channel, decided with the scan's own records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final

from bot.notifications.noise import Noise, Past, composed
from bot.notifications.notices import with_record
from contracts.notification_contract import Channel, Outbox
from shared.errors import SniperError
from shared.models.context import SniperContext
from shared.models.notifications import Notice, Parcel
from shared.models.statistics import Unsaid
from shared.models.track import Alike

Draw = Callable[[SniperContext], bytes]
"""A PNG of a context's plan."""
Remember = Callable[[], Past]
"""What was told before, and how it went."""
Recall = Callable[[SniperContext], Alike | Unsaid]
"""What recorded setups like a context's plan were worth out of sample. Raises SniperError where the record cannot be
read."""
UNREAD: Final = "track_record_unread"
"""The flag of a scan whose setups were told without the track record, which could not be read."""


def undrawn(context: SniperContext) -> bytes:
    """No picture."""
    return b""


def unrecalled(context: SniperContext) -> Alike | Unsaid:
    """No track record."""
    return Unsaid("no track record is read")


@dataclass(frozen=True, slots=True)
class Telling:
    """The channels of a run, how much they are told, and the outbox in which their parcels are kept until they are sent. It is in
    the journal's own file, so a scan that is told of is recorded there. ``draw`` makes the picture of a new setup, ``recall`` says what
    setups like it were worth."""

    channels: tuple[Channel, ...]
    open_outbox: Callable[[], AbstractContextManager[Outbox]]
    noise: Noise
    remember: Remember
    draw: Draw = undrawn
    recall: Recall = unrecalled


@dataclass(frozen=True, slots=True)
class Told:
    """The requests that tell a scan's new setups, and a flag for each thing that is missing in them."""

    parcels: tuple[Parcel, ...] = ()
    flags: tuple[str, ...] = ()


def told_parcels(
    notices: Sequence[Notice], contexts: Sequence[SniperContext], telling: Telling, outbox: Outbox, slot: str
) -> Told:
    """Every request that tells a scan's new setups: those nobody was told of before, as loudly and as many as is set, each with
    its picture and what setups like it were worth. ``slot`` names the scan."""
    new = [notice for notice in notices if not is_told(notice.fingerprint, telling.channels, outbox)]
    if not new:
        return Told()
    by_symbol = {context.symbol: context for context in contexts}
    told = [
        _complete(notice, by_symbol[notice.symbol], telling) if notice.kind == "setup" else (notice, "")
        for notice in composed(new, telling.noise, telling.remember(), slot)
    ]
    flags = tuple(dict.fromkeys(flag for _, flag in told if flag))
    return Told(parcels_of([notice for notice, _ in told], telling.channels, outbox), flags)


def _complete(notice: Notice, context: SniperContext, telling: Telling) -> tuple[Notice, str]:
    """The notice with its picture, and with the track record if that has anything to say; where it cannot be read, without it and with a
    flag."""
    pictured = replace(notice, picture=telling.draw(context))
    try:
        alike = telling.recall(context)
    except SniperError as fault:
        return pictured, f"{UNREAD}: {fault.problem}"
    return with_record(pictured, alike) if isinstance(alike, Alike) else pictured, ""


def is_told(fingerprint: str, channels: Sequence[Channel], outbox: Outbox) -> bool:
    """Whether any channel has a parcel of a setup."""
    return any(outbox.threads(channel.name, fingerprint) for channel in channels)


def parcels_of(notices: Sequence[Notice], channels: Sequence[Channel], outbox: Outbox) -> tuple[Parcel, ...]:
    """Every request that tells these notices, notice by notice."""
    return tuple(
        parcel
        for notice in notices
        for channel in channels
        for parcel in channel.parcels(notice, outbox.threads(channel.name, notice.fingerprint))
    )
