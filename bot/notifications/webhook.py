"""A channel that posts each notice as JSON to an address of the user's own, signed, with an id that tells a repeat.

The receiver does once per ``Idempotency-Key`` what it does, so a repeat is harmless there; ``docs/notification_spec.md`` says how to
verify the signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from bot.notifications.aside import aside
from bot.notifications.lines import line_of, line_parcel
from contracts.data_contract import Clock
from contracts.notification_contract import Threads
from shared.errors import ConfigFault
from shared.models.notifications import Delivered, Delivery, Notice, Parcel, Refused, Unknown
from shared.utils.timed_http import connected, retry_after_s

TOO_MANY: Final = 429
UNSURE: Final = frozenset({408, 409, 425})
"""Refusals that may come of an earlier request that was taken."""
LONGEST_WAIT_S: Final = 86_400.0
SHORTEST_SECRET: Final = 16
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Hook:
    """One receiver, known by ``name``; address and secret are told nowhere. Without a ``secret`` nothing is signed.

    Raises:
        ConfigFault: an address that is not https (this machine's own may be http), or a secret that can be guessed.
    """

    name: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    proxy: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse what would be read or forged on the way."""
        parts = urlsplit(self.url)
        is_near = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not parts.hostname or (parts.scheme != "https" and not is_near):
            raise ConfigFault(
                f"webhook {self.name}: its address must be https", "Write it like https://host/path"
            )
        if self.secret and len(self.secret) < SHORTEST_SECRET:
            raise ConfigFault(
                f"webhook {self.name}: its secret has {len(self.secret)} characters, at least {SHORTEST_SECRET} are needed",
                "Make one with 'openssl rand -hex 32'",
            )


class Webhook:
    """Posts to every hook; a parcel's address is its hook's name. Each request is one connection in a thread of its own."""

    name = "webhook"

    def __init__(self, hooks: Sequence[Hook], clock: Clock, deadline_s: float = 15.0) -> None:
        """Nothing is sent yet. ``deadline_s`` bounds a request from its first byte out to its answer."""
        self._hooks = {hook.name: hook for hook in hooks}
        self._clock = clock
        self.deadline_s = deadline_s

    def pace_s(self, address: str) -> float:  # noqa: ARG002 - it takes what comes
        """Requests may follow at once."""
        return 0.0

    def parcels(self, notice: Notice, threads: Threads) -> tuple[Parcel, ...]:  # noqa: ARG002 - a document has no thread
        """One request to each hook."""
        return tuple(parcel for name in self._hooks for parcel in line_parcel(self.name, name, notice))

    async def send(self, parcel: Parcel, parent_remote_id: str) -> Delivery:  # noqa: ARG002 - a document has no thread
        """Post it. A hook that is set no more takes nothing, ever."""
        hook = self._hooks.get(parcel.address)
        if hook is None:
            return Refused("no such webhook is set any more", None)
        ends_s = time.monotonic() + self.deadline_s
        body = line_of(parcel).encode()
        headers = _headers(parcel, body, hook.secret, self._clock.now_ms() // 1000)
        try:
            async with asyncio.timeout(self.deadline_s):
                return await aside(lambda: _post(hook, body, headers, ends_s))
        except TimeoutError:
            return Unknown(f"no answer within {self.deadline_s:g} s")

    async def close(self) -> None:
        """Nothing stays open between requests."""


def signature(secret: str, at_s: int, body: bytes) -> str:
    """HMAC-SHA256 over the time (UTC seconds), a full stop, and the body, in hex."""
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()


def _headers(parcel: Parcel, body: bytes, secret: str, at_s: int) -> Mapping[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": parcel.id,
        "User-Agent": "SniperSight",
        "Connection": "close",
    }
    if parcel.is_repeat:
        headers["X-SniperSight-Repeat"] = "1"
    if secret:
        headers["X-SniperSight-Signature"] = f"t={at_s},v1={signature(secret, at_s, body)}"
    return headers


def _post(hook: Hook, body: bytes, headers: Mapping[str, str], ends_s: float) -> Delivery:
    """One request. What fails before a byte of it is out was not taken; what fails after may have been."""
    try:
        connection, target = connected(urlsplit(hook.url), hook.proxy, ends_s)
    except (OSError, http.client.HTTPException) as error:
        return Refused(f"cannot be reached ({type(error).__name__})", 0.0)
    try:
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        return classified(answer.status, answer.headers.get("Retry-After", ""))
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Unknown(f"no whole answer ({type(error).__name__})")
    finally:
        connection.close()


def classified(status: int, retry_after: str) -> Delivery:
    """What a status means: 2xx taken; 429 not taken, later; other 4xx never, but those that may come of an earlier request; all else
    unknown. Redirects are not followed."""
    if 200 <= status < 300:
        return Delivered()
    if status == TOO_MANY:
        return Refused(f"HTTP {status}", min(retry_after_s(retry_after, 0.0), LONGEST_WAIT_S))
    if 400 <= status < 500 and status not in UNSURE:
        return Refused(f"HTTP {status}", None)
    return Unknown(f"HTTP {status}")
