"""API keys on the loopback: what one may do, and whether a request was signed with its secret. HMAC-SHA256 by the venues' public
documentation, computed here once more."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from tests.servers.wire import Request

KEY_HEADERS = ("x-mbx-apikey", "x-bapi-api-key")
SIGNS = ("signature", "sign", "api_key")


@dataclass
class ServedKey:
    """A key the exchange has given out."""

    secret: str
    reads: bool = True
    trades: bool = False
    withdraws: bool = False
    ip_bound: bool = False
    from_here: bool = True
    expired: bool = False


def carries_key(request: Request) -> bool:
    """Whether anything of a key is in the request."""
    return any(name in request.headers for name in KEY_HEADERS) or any(
        name in request.query for name in SIGNS
    )


def signature(secret: str, text: str) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
