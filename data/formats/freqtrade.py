"""freqtrade's data folder: ``<exchange>/BTC_USDT-5m.feather``, contracts in ``<exchange>/futures/BTC_USDT_USDT-5m-futures.feather``.

A pair's signs become underscores; a contract's third part is what it settles in. Columns are date, open, high, low, close,
volume; JSON is a list of such rows, dates in milliseconds (freqtrade documentation, "Data downloading").
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Final

import numpy as np

from data.formats.names import PERPETUALS, SeriesName
from data.formats.places import read_text, replacing
from data.formats.rows import EMPTY, Rows
from shared.errors import DataFault
from shared.models.data import COLUMNS, Candles

PAIR: Final = re.compile(
    r"(?P<base>[A-Za-z0-9]+)_(?P<quote>[A-Za-z0-9]+)(_(?P<settle>[A-Za-z0-9]+))?"
    r"-(?P<timeframe>[0-9]+(?:Mo|[mhdwy]))(-(?P<kind>[A-Za-z_]+))?"
)
FUTURES: Final = "futures"
FOLDER: Final = "data"
"""The folder that holds a folder for each exchange."""
FIELDS: Final = 1 + len(COLUMNS)


def series_of(path: Path, suffix: str, exchange: str) -> SeriesName | None:
    """The series of a file named as freqtrade does, None if it is not.

    Raises:
        DataFault: it is, but holds no trades' candles, or nothing says of which exchange.
    """
    match = PAIR.fullmatch(path.name.removesuffix(suffix)) if path.name.endswith(suffix) else None
    if match is None:
        return None
    if match["kind"] not in (None, FUTURES):
        raise DataFault(f"it holds {match['kind']} rates, not traded prices")
    is_contract = match["kind"] == FUTURES
    if is_contract and match["settle"] != match["quote"]:
        raise DataFault("it is a contract that does not settle in its quote currency")
    place = exchange or _exchange_of(path, is_contract=is_contract)
    return SeriesName(place, match["base"], match["quote"], match["timeframe"])


def _exchange_of(path: Path, *, is_contract: bool) -> str:
    """The name of the exchange's folder; a contract's candles are kept under another name than the spot market's."""
    folder = path.resolve().parent
    if folder.name == FUTURES:
        folder = folder.parent
    named = folder.name in PERPETUALS or folder.parent.name == FOLDER
    name = folder.name.lower()
    if not named or (is_contract and name not in PERPETUALS):
        raise DataFault(
            "its folder does not say which exchange it is from", "Name the exchange with --exchange"
        )
    return PERPETUALS[name] if is_contract else name


def path_of(folder: Path, name: SeriesName, suffix: str) -> Path:
    """Where freqtrade keeps a series, below the folder that holds the exchanges' folders."""
    exchange = next((spot for spot, contracts in PERPETUALS.items() if contracts == name.exchange), None)
    if exchange is None:
        return folder / name.exchange / f"{name.base}_{name.quote}-{name.timeframe}{suffix}"
    stem = f"{name.base}_{name.quote}_{name.quote}-{name.timeframe}-{FUTURES}"
    return folder / exchange / FUTURES / f"{stem}{suffix}"


def read_json(path: Path) -> Rows:
    """The rows of freqtrade's JSON.

    Raises:
        DataFault: not such JSON; the message names the row.
    """
    try:
        rows = json.loads(read_text(path), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DataFault(f"not JSON: {error}") from error
    if not isinstance(rows, list):
        raise DataFault("not a list of rows")
    for place, row in enumerate(rows):
        if not _is_row(row):
            raise DataFault(f"row {place} is not a candle: {row!r:.60}", f"Give {FIELDS} numbers a row")
    times = np.array([row[0] for row in rows], np.int64)
    table = np.array([row[1:] for row in rows], np.float64).reshape(-1, len(COLUMNS))
    return Rows(times, table, EMPTY)


def write_json(path: Path, candles: Candles) -> None:
    """Write freqtrade's JSON, packed if the name ends in ``.gz``; numbers by their shortest exact text.

    Raises:
        StorageFault: the file cannot be written.
    """
    columns = [candles.open_ms.tolist(), *(getattr(candles, name).tolist() for name in COLUMNS)]
    raw = json.dumps([list(row) for row in zip(*columns, strict=True)], separators=(",", ":")).encode()
    with replacing(path) as part:
        part.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)


def _is_row(row: object) -> bool:
    """Six numbers that fit, the first a whole one."""
    if not isinstance(row, list) or len(row) != FIELDS or type(row[0]) is not int:
        return False
    return abs(row[0]) < 2**63 and all(type(cell) is float or _is_small(cell) for cell in row[1:])


def _is_small(cell: object) -> bool:
    return type(cell) is int and abs(cell) < 2**63


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
