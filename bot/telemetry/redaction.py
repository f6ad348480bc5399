"""Secrets taken out of text before it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from shared.config.secret import HIDDEN, Secret

SECRET_NAME: Final = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSPHRASE|API_?KEY|__KEY$|CHAT_ID|PRIVATE|APPRISE", re.IGNORECASE
)
SHORTEST: Final = 6
"""Values shorter than this are not hidden by value: they would blank ordinary words."""

PATTERNS: Final = (
    re.compile(r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}"),
    re.compile(r"(?<=://)[^/\s@]+(?=@)"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(
        r"(?i)(?:(?<=token)|(?<=secret)|(?<=signature)|(?<=password)|(?<=passphrase)|(?<=api[_-]key)|(?<=apikey)|(?<=listenkey))"
        r"(?:\\*['\"]?\s*[=:]\s*\\*['\"]?)([A-Za-z0-9._~+/-]{6,})"
    ),
)
"""Bot tokens, credentials in addresses, bearer tokens, and values behind a telling name."""


def secrets_of(environ: Mapping[str, str], known: Iterable[Secret] = ()) -> tuple[str, ...]:
    """Values of variables whose name says they are secret (of a list of addresses, each), and ``known`` ones, longest first."""
    named = [value for name, value in environ.items() if SECRET_NAME.search(name)]
    listed = [part for value in named if "://" in value for part in value.split()]
    found = {one.reveal() for one in known if one} | {
        value for value in (*named, *listed) if len(value) >= SHORTEST
    }
    return tuple(sorted(found, key=len, reverse=True))


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """``text`` with known ``secrets`` and everything that looks like one hidden."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    for pattern in PATTERNS:
        text = pattern.sub(_hide, text)
    return text


def _hide(match: re.Match[str]) -> str:
    if match.re.groups and match[1]:
        return match[0].replace(match[1], HIDDEN)
    return HIDDEN
