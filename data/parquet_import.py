"""Candles in Arrow's files, Parquet and Feather: a column of open times, then open, high, low, close, volume.

Times are integers (UTC milliseconds) or Arrow timestamps with a zone. Needs pyarrow, an extra, loaded when first used. Files are read
by the thread that asks: one of Arrow's own that is still at a Python object when the process ends aborts it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final

import numpy as np

from data.formats.places import replacing
from data.formats.rows import EMPTY, QUOTE_VOLUME, TIME_NAMES, Rows
from shared.errors import ConfigFault, DataFault
from shared.models.data import COLUMNS, Candles, Floats, Ints
from shared.models.timeframe import Timeframe

PARQUET, FEATHER = "Parquet", "Feather"


def read_candles(file: Path, timeframe: Timeframe) -> Candles:
    """The candles of one Parquet file, taken as they are.

    Raises:
        DataFault: not Parquet, a column is missing or of the wrong type, no rows, or a row is not a candle.
        ConfigFault: pyarrow is not installed.
    """
    rows = read_rows(file, PARQUET)
    if not rows.open_ms.size:
        raise DataFault("it holds no candles")
    return Candles(timeframe, rows.open_ms, *rows.table.T)


def read_rows(file: Path, kind: str) -> Rows:
    """The rows of one file of a ``kind``, PARQUET or FEATHER.

    Raises:
        DataFault: not of that kind, or a column is missing, of the wrong type or has a hole.
        ConfigFault: pyarrow is not installed.
    """
    pyarrow = _pyarrow()
    try:
        with file.open("rb") as stream:
            table = READERS[kind](stream)
        return _rows(table)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataFault(f"not readable as {kind}: {str(error).splitlines()[0]}") from error


def write_candles(file: Path, candles: Candles, kind: str, *, dated: bool = False) -> None:
    """Write candles as one file of a ``kind``; the time column is ``ts`` in milliseconds, or ``date`` as a UTC timestamp.

    Raises:
        StorageFault: the file cannot be written.
        ConfigFault: pyarrow is not installed.
    """
    table = _table(candles, dated=dated)
    with replacing(file) as part:
        WRITERS[kind](table, part)


def pack_candles(candles: Candles) -> bytes:
    """Candles as the bytes of a Parquet file.

    Raises:
        ConfigFault: pyarrow is not installed.
    """
    stream = io.BytesIO()
    _write_parquet(_table(candles, dated=False), stream)
    return stream.getvalue()


def unpack_candles(stream: BinaryIO, timeframe: Timeframe) -> Candles:
    """The candles of bytes that ``pack_candles`` made."""
    _pyarrow()
    rows = _rows(_read_parquet(stream))
    return Candles(timeframe, rows.open_ms, *rows.table.T)


def _table(candles: Candles, *, dated: bool) -> Any:
    pyarrow = _pyarrow()
    times = pyarrow.array(candles.open_ms)
    opened = {"date": times.cast(pyarrow.timestamp("ms", "UTC"))} if dated else {"ts": times}
    return pyarrow.table({**opened, **{name: getattr(candles, name) for name in COLUMNS}})


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ModuleNotFoundError as error:
        raise ConfigFault(
            "Parquet and Feather need pyarrow, which is an extra",
            f"In the checkout run: {sys.executable} -m pip install -e '.[parquet]'",
        ) from error
    return pyarrow


def _read_parquet(stream: Any) -> Any:
    from pyarrow import parquet

    return parquet.ParquetFile(stream, pre_buffer=False).read(use_threads=False)


def _read_feather(stream: Any) -> Any:
    """Arrow's own threads read ahead in Feather files, so they get memory of Arrow's."""
    from pyarrow import BufferOutputStream, BufferReader, feather

    whole = BufferOutputStream()
    whole.write(stream.read())
    return feather.read_table(BufferReader(whole.getvalue()), use_threads=False)


def _write_parquet(table: Any, path: Path | BinaryIO) -> None:
    from pyarrow import parquet

    parquet.write_table(table, path, compression="zstd")


def _write_feather(table: Any, path: Path) -> None:
    from pyarrow import feather

    feather.write_feather(table, path, compression="lz4")


READERS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {PARQUET: _read_parquet, FEATHER: _read_feather}
)
WRITERS: Final[Mapping[str, Callable[[Any, Path], None]]] = MappingProxyType(
    {PARQUET: _write_parquet, FEATHER: _write_feather}
)


def _rows(table: Any) -> Rows:
    names = table.column_names
    time_name = next((name for name in TIME_NAMES if name in names), TIME_NAMES[0])
    missing = [name for name in (time_name, *COLUMNS) if name not in names]
    if missing:
        raise DataFault(f"no column {', '.join(missing)}", f"Give {TIME_NAMES[0]}, {', '.join(COLUMNS)}")
    quote_volume = _numbers(table, QUOTE_VOLUME) if QUOTE_VOLUME in names else EMPTY
    return Rows(
        _times(table, time_name),
        np.column_stack([_numbers(table, name) for name in COLUMNS]),
        quote_volume,
    )


def _times(table: Any, name: str) -> Ints:
    from pyarrow import types

    column = table[name]
    if types.is_timestamp(column.type):
        if column.type.tz is None:
            raise DataFault(f"column {name} holds times without a zone", "Give UTC times")
        column = column.cast(_pyarrow().timestamp("ms", column.type.tz))
    elif not types.is_integer(column.type):
        raise DataFault(f"column {name} holds {column.type}, not times", "Give UTC milliseconds as int64")
    _refuse_hole(column, name)
    return np.asarray(column.cast("int64").to_numpy(), np.int64)


def _numbers(table: Any, name: str) -> Floats:
    from pyarrow import types

    column = table[name]
    if not (types.is_floating(column.type) or types.is_integer(column.type)):
        raise DataFault(f"column {name} holds {column.type}, not numbers", "Give float64")
    _refuse_hole(column, name)
    return np.asarray(column.cast("float64").to_numpy(), np.float64)


def _refuse_hole(column: Any, name: str) -> None:
    if column.null_count:
        row = column.is_null().to_pylist().index(True)
        raise DataFault(f"row {row} has no {name}")
