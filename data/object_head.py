"""What an object store knows of itself: a head lists an exchange's series, a series lists its parts. Text behind a digest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, get_type_hints

from shared.errors import StorageFault
from shared.models.data import Market

VERSION: Final = 1


def digest_text(body: bytes) -> str:
    """BLAKE2b-128 of an object, as text."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Part:
    """One object of candles: its key and digest, the open times of its first and last candle, candles and bytes."""

    key: str
    digest: str
    first_ms: int
    last_ms: int
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One series in a head: the object that lists its parts, and their sums."""

    key: str
    digest: str
    first_ms: int
    last_ms: int
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Head:
    """All that is stored of an exchange at one ``generation``: series by ``symbol|timeframe``, the object of its trading rules
    (key and digest, empty if there are none), and objects no longer used with the generation that replaced them."""

    generation: int = 0
    series: Mapping[str, Entry] = field(default_factory=dict)
    markets: tuple[str, str] = ("", "")
    replaced: tuple[tuple[int, str], ...] = ()


def pack_head(head: Head) -> bytes:
    """A head as an object."""
    return _sealed({"version": VERSION, **dataclasses.asdict(head)})


def unpack_head(body: bytes, name: str) -> Head:
    """A head of an object called ``name``.

    Raises:
        StorageFault: damaged, or written by a newer version.
    """
    known = _opened(body, name)
    if known.pop("version", None) != VERSION:
        raise StorageFault(
            f"{name}: written by a newer version", "Update SniperSight or name another store.url"
        )
    return Head(
        known["generation"],
        {key: Entry(**entry) for key, entry in known["series"].items()},
        tuple(known["markets"]),
        tuple((generation, key) for generation, key in known["replaced"]),
    )


def pack_parts(parts: Mapping[str, Part]) -> bytes:
    """A series' parts by period, as an object."""
    return _sealed({period: dataclasses.asdict(part) for period, part in sorted(parts.items())})


def unpack_parts(body: bytes, name: str) -> dict[str, Part]:
    """A series' parts by period.

    Raises:
        StorageFault: damaged.
    """
    return {period: Part(**part) for period, part in _opened(body, name).items()}


def pack_markets(markets: Mapping[str, Market]) -> bytes:
    """Trading rules as an object; decimals as text."""
    rules = {symbol: dataclasses.asdict(market) for symbol, market in sorted(markets.items())}
    return _sealed(rules)


def unpack_markets(body: bytes, name: str) -> dict[str, Market]:
    """Trading rules by symbol.

    Raises:
        StorageFault: damaged.
    """
    return {symbol: _market(rules) for symbol, rules in _opened(body, name).items()}


def _market(rules: Mapping[str, Any]) -> Market:
    hints = get_type_hints(Market)
    exact: dict[str, Any] = {
        name: Decimal(value) if hints[name] is Decimal else value for name, value in rules.items()
    }
    return Market(**exact)


def _sealed(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(document, separators=(",", ":"), default=str).encode()
    return digest_text(text).encode() + b"\n" + text


def _opened(body: bytes, name: str) -> dict[str, Any]:
    digest, _, text = body.partition(b"\n")
    if digest != digest_text(text).encode():
        raise StorageFault(
            f"{name} is damaged", "Restore that object or the one before it, or name another store.url"
        )
    document: dict[str, Any] = json.loads(text)
    return document
