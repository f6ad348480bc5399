"""A dead-man's switch: an address of the user's own that raises an alarm of its own when it is not asked for a while."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

from shared.errors import NotifyFault
from shared.utils.timed_http import connected


def ping_switch(url: str, deadline_s: float) -> None:
    """Ask ``url`` once; everything has ended within ``deadline_s``. Redirects are not followed.

    Raises:
        NotifyFault: it did not answer with 2xx. The address is not told.
    """
    ends_s = time.monotonic() + deadline_s
    try:
        connection, target = connected(urlsplit(url), "", ends_s)
        try:
            connection.request("GET", target, headers={"User-Agent": "SniperSight", "Connection": "close"})
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _unanswered(type(error).__name__) from error
    if not 200 <= status < 300:
        raise _unanswered(f"HTTP {status}")


def _unanswered(why: str) -> NotifyFault:
    return NotifyFault(f"notify.ping_url did not answer ({why})", "Check the address, or leave it out")
