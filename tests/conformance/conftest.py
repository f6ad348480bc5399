"""Adapters as fixtures, each stood up once a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from data.adapters import EXCHANGES
from tests.conformance.stands import CARRIED, NOW, Stand, VenueStand, stood_up


@pytest.fixture(scope="module", params=EXCHANGES)
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    """Every adapter there is."""
    with stood_up(request.param) as standing:
        yield standing


@pytest.fixture(scope="module", params=CARRIED)
def _venue_stand(request: pytest.FixtureRequest) -> Iterator[VenueStand]:
    with stood_up(request.param) as standing:
        assert isinstance(standing, VenueStand)
        yield standing


@pytest.fixture
def venue(_venue_stand: VenueStand) -> Iterator[VenueStand]:
    """Every venue, however it is reached, its loopback exchange as it was at first."""
    server = _venue_stand.server
    server.requests.clear()
    server.used = 0
    _venue_stand.forget_waits()
    yield _venue_stand
    server.now_ms = NOW
    server.faults.clear()
