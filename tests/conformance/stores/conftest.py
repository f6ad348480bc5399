"""Every candle store there is, each opened anew on an empty place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from contracts.data_contract import CandleStore
from data.cache import SqliteCandleStore
from tests.conformance.stores.damage import Damage, damage_object, damage_sqlite
from tests.servers.objects import BUCKET, pointed_at, running_s3

NUMBERS = count()


@dataclass(frozen=True)
class Place:
    """Where a store lies: ``open`` it as often as wanted, ``damage`` a piece of it that holds candles."""

    name: str
    open: Callable[[], CandleStore]
    damage: Damage


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with running_s3() as address, pointed_at(address):
        yield f"s3://{BUCKET}"


@pytest.fixture(params=["sqlite", "memory", "file", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    number = next(NUMBERS)
    if request.param == "sqlite":
        path = tmp_path / "c.sqlite3"
        yield Place("sqlite", lambda: SqliteCandleStore(path), lambda: damage_sqlite(path))
        return
    pytest.importorskip("pyarrow")
    pytest.importorskip("fsspec")
    roots = {
        "memory": lambda: f"memory://store{number}",
        "file": lambda: (tmp_path / "objects").as_uri(),
        "s3": lambda: f"{request.getfixturevalue('s3')}/store{number}",
    }
    url = roots[request.param]()
    from data.object_store import ObjectCandleStore

    yield Place(request.param, lambda: ObjectCandleStore(url, fresh_s=0), lambda: damage_object(url))


@pytest.fixture
def store(place: Place) -> Iterator[CandleStore]:
    opened = place.open()
    yield opened
    opened.close()


@contextmanager
def opened(place: Place) -> Iterator[CandleStore]:
    """Another look at the same place."""
    one = place.open()
    try:
        yield one
    finally:
        one.close()
