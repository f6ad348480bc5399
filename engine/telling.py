"""Who is told of a scan: its new setups as parcels for every channel, decided with the scan's own records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from bot.notifications.noise import Noise, Past, composed
from contracts.notification_contract import Channel, Outbox
from shared.models.context import SniperContext
from shared.models.notifications import Notice, Parcel

Draw = Callable[[SniperContext], bytes]
"""A PNG of a context's plan."""
Remember = Callable[[], Past]
"""What was told before, and how it went."""


def undrawn(context: SniperContext) -> bytes:
    """No picture."""
    return b""


@dataclass(frozen=True, slots=True)
class Telling:
    """The channels of a run, how much they are told, and the outbox in which their parcels are kept until they are sent. It is in
    the journal's own file, so a scan that is told of is recorded there. ``draw`` makes the picture of a new setup."""

    channels: tuple[Channel, ...]
    open_outbox: Callable[[], AbstractContextManager[Outbox]]
    noise: Noise
    remember: Remember
    draw: Draw = undrawn


def told_parcels(
    notices: Sequence[Notice], contexts: Sequence[SniperContext], telling: Telling, outbox: Outbox, slot: str
) -> tuple[Parcel, ...]:
    """Every request that tells a scan's new setups: those nobody was told of before, as loudly and as many as is set, each with
    its picture. ``slot`` names the scan."""
    new = [notice for notice in notices if not is_told(notice.fingerprint, telling.channels, outbox)]
    if not new:
        return ()
    by_symbol = {context.symbol: context for context in contexts}
    told = composed(new, telling.noise, telling.remember(), slot)
    pictured = [
        replace(notice, picture=telling.draw(by_symbol[notice.symbol])) if notice.kind == "setup" else notice
        for notice in told
    ]
    return parcels_of(pictured, telling.channels, outbox)


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
