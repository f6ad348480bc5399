"""Logs with rows taken out or moved, for sabotages that a law has to catch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shared.models.data import AnyInts
from shared.models.events import EventLog


def kept(log: EventLog, rows: AnyInts) -> EventLog:
    """Only ``rows``, in the order given, without those whose object did not form among them."""
    rows = rows[np.isin(log.formed[rows], rows)]
    place = np.full(len(log), -1)
    place[rows] = np.arange(rows.size)
    return replace(
        log,
        ints=log.ints[rows],
        measures=log.measures[rows],
        detail=log.detail[rows],
        formed=place[log.formed[rows]],
    )
