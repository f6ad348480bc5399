"""Addresses that may be spoken to."""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.errors import ConfigFault


def check_url(url: str, where: str) -> None:
    """Refuse an address that is not plain http(s) with a host; an empty one is none at all.

    Raises:
        ConfigFault: what is wrong with it; the address itself is quoted only if it holds no secret.
    """
    if not url:
        return
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ConfigFault(f"{where} is not an address: {error}", "Write it like https://host:port") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigFault(f"{where} must not hold a user name or password", "Remove what stands before the @")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine:
        raise ConfigFault(
            f"{where} must be http:// or https:// with a host, found {url!r}",
            "Write it like https://host:port",
        )
    if parts.query or parts.fragment:
        raise ConfigFault(
            f"{where} must not have a query or fragment, found {url!r}", "Remove what follows the path"
        )
