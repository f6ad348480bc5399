"""Arrow's files are read and written by the thread that asks, so that none of Arrow's own is left at a Python object when the
process ends: one that is aborts it."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import pytest

from data.parquet_import import FEATHER, PARQUET, READERS, pack_candles
from shared.models.data import Candles
from shared.models.timeframe import Timeframe

pyarrow = pytest.importorskip("pyarrow")
ROWS = 60_000


class Watched(io.BytesIO):
    """Bytes that know who reads them."""

    readers: set[int]

    def read(self, *size: Any) -> bytes:
        self.readers.add(threading.get_ident())
        return super().read(*size)


def packed(kind: str) -> bytes:
    from pyarrow import feather

    times = np.arange(ROWS, dtype=np.int64) * Timeframe.M5.ms
    whole = pack_candles(Candles(Timeframe.M5, times, *(1 + times * 1e-9 for _ in range(5))))
    if kind == PARQUET:
        return whole
    stream = io.BytesIO()
    feather.write_feather(READERS[PARQUET](io.BytesIO(whole)), stream, compression="lz4")
    return stream.getvalue()


@pytest.mark.parametrize("kind", [PARQUET, FEATHER])
def test_only_the_thread_that_asks_reads(kind: str) -> None:
    stream = Watched(packed(kind))
    stream.readers = set()
    assert READERS[kind](stream).num_rows == ROWS
    assert stream.readers == {threading.get_ident()}
