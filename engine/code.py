"""Which code decides: our version and sources, and everything of others that may change a context."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from engine.hooks import Hooks
from shared.utils.serialization import digest_of
from shared.version import VERSION

ROOT: Final = Path(__file__).resolve().parents[1]
DECIDING: Final = (
    "shared",
    "contracts",
    "indicators",
    "data",
    "strategy",
    "risk",
    "ml",
    "bot/executor",
    "bot/ui",
    "engine",
)
"""Packages a decision or its document depends on."""


def code_digest(hooks: Hooks) -> str:
    """SHA-256 over the version, the sources, the hooks and the packages that extend us, as 64 hex digits."""
    return digest_of((VERSION, source_digest(), hooks.signature()))


@cache
def source_digest() -> str:
    """SHA-256 over names and bytes of the deciding packages' source files."""
    sha = hashlib.sha256()
    for package in DECIDING:
        for path in sorted((ROOT / package).rglob("*.py")):
            sha.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()
