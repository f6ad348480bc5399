"""A channel to the hundred other services of the ``apprise`` library: plain text, and the picture where a service takes one.

The library says of a request only that it went well or that it did not: refused, cut and lost look alike. So what did not go well is of
unknown fate here, and is sent again with its mark, as often as is set; nothing the library is told may repeat by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bot.notifications.aside import aside
from bot.notifications.lines import line_parcel
from bot.notifications.markup import with_plain_times
from contracts.notification_contract import Threads
from shared.errors import ConfigFault
from shared.models.notifications import Delivered, Delivery, Notice, Parcel, Refused, Unknown

if TYPE_CHECKING:
    from apprise import Apprise

DIGITS: Final = 8
WANTED: Final = "Write it as apprise's own pages say, like ntfy://topic or discord://id/token"


class AppriseChannel:
    """Tells the services of ``urls``, which hold secrets and are told nowhere: a parcel's address is the service's scheme and the
    first digits of its address's SHA-256.

    Raises:
        ConfigFault: the library is not installed, or an address is none that it knows.
    """

    name = "apprise"
    deadline_s = 25.0

    def __init__(self, urls: Sequence[str]) -> None:
        """Nothing is sent yet."""
        self._services = {_address(url): _service(url, place) for place, url in enumerate(urls, 1)}

    def pace_s(self, address: str) -> float:  # noqa: ARG002 - it takes what comes
        """Requests may follow at once."""
        return 0.0

    def parcels(self, notice: Notice, threads: Threads) -> tuple[Parcel, ...]:  # noqa: ARG002 - a text has no thread
        """One request to each service."""
        return tuple(
            replace(parcel, picture=notice.picture)
            for address in self._services
            for parcel in line_parcel(self.name, address, notice)
        )

    async def send(self, parcel: Parcel, parent_remote_id: str) -> Delivery:  # noqa: ARG002 - a text has no thread
        """Hand it to the library. A service that is set no more takes nothing, ever."""
        service = self._services.get(parcel.address)
        if service is None:
            return Refused("no such service is set any more", None)
        try:
            async with asyncio.timeout(self.deadline_s):
                went_well = await aside(lambda: bool(service.notify(**_message(parcel))))
        except TimeoutError:
            return Unknown(f"no answer within {self.deadline_s:g} s")
        return Delivered() if went_well else Unknown("apprise says that it did not go well, and no more")

    async def close(self) -> None:
        """Nothing stays open between requests."""


def _message(parcel: Parcel) -> dict[str, Any]:
    """What the library is handed."""
    from apprise import AppriseAttachment, NotifyFormat
    from apprise.attachment.memory import AttachMemory

    document = json.loads(parcel.body)
    repeat = f"possible repeat #{parcel.short_id}\n" if parcel.is_repeat else ""
    late = f"late by {max(1, parcel.late_ms // 60_000)} min\n" if parcel.late_ms else ""
    message = {
        "title": document["symbol"] or "SniperSight",
        "body": f"{repeat}{late}{with_plain_times(document['text'])}\n#{parcel.short_id}",
        "body_format": NotifyFormat.TEXT,
    }
    if parcel.picture:
        picture = AttachMemory(content=parcel.picture, name="chart.png", mimetype="image/png")  # type: ignore[no-untyped-call]
        message["attach"] = AppriseAttachment(picture)
    return message


def _address(url: str) -> str:
    scheme = url.partition("://")[0].lower()
    return f"{scheme}-{hashlib.sha256(url.encode()).hexdigest()[:DIGITS]}"


def _service(url: str, place: int) -> Apprise:
    try:
        from apprise import Apprise
    except ImportError as error:
        raise ConfigFault(
            "SNIPERSIGHT_APPRISE_URLS is set, but apprise is not installed",
            "pip install 'snipersight[apprise]'",
        ) from error
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        service = Apprise.instantiate(url)
    if service is None:
        raise ConfigFault(f"address {place} of SNIPERSIGHT_APPRISE_URLS is none that apprise knows", WANTED)
    service.retry = 0
    alone = Apprise()
    alone.add(service)
    return alone
