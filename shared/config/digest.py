"""The digest of a configuration, part of every run's id."""

from __future__ import annotations

from shared.utils.serialization import digest_of


def config_digest(*parts: object) -> str:
    """SHA-256 of the canonical JSON of ``parts`` (a profile, an account, settings), as 64 hex digits.

    The same effective values give the same digest, wherever they came from; the order of ``parts`` counts.
    """
    return digest_of(parts)
