"""The digest of a configuration, part of every run's id."""

from __future__ import annotations

from typing import Final

from shared.models.profile import Profile
from shared.utils.serialization import Plain, digest_of, to_plain


def config_digest(*parts: object) -> str:
    """SHA-256 of the canonical JSON of ``parts`` (a profile, an account, settings), as 64 hex digits.

    The same effective values give the same digest, wherever they came from: ``14`` and ``14.0`` are one number. The order of
    ``parts`` counts.
    """
    return digest_of([_settled(to_plain(part)) for part in parts])


DECIDING: Final = ("timeframes", "data", "smc", "confluence", "gates", "costs", "plan")
"""The sections of a profile that a setup, its score and its prices depend on."""


def decision_digest(profile: Profile) -> str:
    """The digest of all that decides or prices a profile's setups, as 64 hex digits.

    Its name, the symbols it looks at, how much it risks and what protects it are left out: they change which setups are taken and
    how large, not what a setup is.
    """
    return config_digest({section: getattr(profile, section) for section in DECIDING})


def _settled(value: Plain) -> Plain:
    """Whole numbers without a fraction, however they were written."""
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
