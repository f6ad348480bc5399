"""Binance's public dump: ``BTCUSDT-5m-2024-01.zip``, a month or a day of candles, optionally with a ``.CHECKSUM`` beside it.

Inside is one CSV of the archive's name, twelve fields a row, spot without a header and contracts with one. Times are
milliseconds; spot's are microseconds from 2025 on (the repository binance-public-data says so). ``…/futures/um/…`` in the path
tells contracts from spot.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from data.formats.csv_text import csv_text, parse_table, rows_of
from data.formats.names import PERPETUALS, SeriesName
from data.formats.places import MAX_BYTES, decoded, replacing
from data.formats.rows import Rows, unit_of
from data.periods import by_period
from shared.errors import DataFault
from shared.models.data import COLUMNS, Candles, Ints
from shared.models.timeframe import Timeframe

NAME: Final = re.compile(
    r"(?P<pair>[A-Z0-9]+)-(?P<timeframe>[0-9]+(?:mo|[smhdw]))-(?P<period>[0-9]{4}-[0-9]{2}(-[0-9]{2})?)"
)
SUFFIX: Final = ".zip"
CHECKSUM: Final = ".CHECKSUM"
EXCHANGE: Final = "binance"
DUMPED: Final = (EXCHANGE, PERPETUALS[EXCHANGE])
"""Whose candles the dump holds."""
QUOTES: Final = (
    "FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USDP", "USD1", "DAI", "BTC", "ETH", "BNB", "EUR", "GBP", "AUD", "TRY", "BRL", "JPY",
)  # fmt: skip
"""Quote currencies by which a pair without a separator is split; the longest that fits."""
MICRO_FROM_MS: Final = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1000
UNKNOWN: Final = 5
"""Fields of which a row of ours knows nothing: quote volume, trades, the takers' volumes, the unused one. They are 0."""


def series_of(path: Path, exchange: str) -> SeriesName | None:
    """The series of a dump's archive, None if it is not named as one.

    Raises:
        DataFault: it is, but of coin-margined contracts or of a quote currency that is not known.
    """
    match = NAME.fullmatch(path.name.removesuffix(SUFFIX)) if path.name.endswith(SUFFIX) else None
    if match is None:
        return None
    folders = path.resolve().parts
    if "futures" in folders and "cm" in folders:
        raise DataFault("coin-margined contracts are not kept")
    pair = match["pair"]
    quote = next((quote for quote in QUOTES if pair.endswith(quote) and pair != quote), None)
    if quote is None:
        raise DataFault(f"the quote currency of {pair} is not known", f"Known are {', '.join(QUOTES)}")
    contracts = "futures" in folders
    place = exchange or (PERPETUALS[EXCHANGE] if contracts else EXCHANGE)
    return SeriesName(place, pair.removesuffix(quote), quote, match["timeframe"])


def read_dump(path: Path, timeframe: Timeframe) -> Rows:
    """The rows of an archive, in milliseconds.

    Raises:
        DataFault: not such an archive, its checksum does not match, or a row is of another length or period than it says.
    """
    remarks = _check_sum(path)
    table = parse_table(_content(path))
    rows = rows_of(table)
    if "close_time" not in table.columns:
        raise DataFault("no column close_time", "Give the twelve fields of a dump")
    opened = _milliseconds(rows.open_ms, table.integers("close_time"), timeframe)
    _check_period(opened, NAME.fullmatch(path.name.removesuffix(SUFFIX)))
    return Rows(opened, rows.table, rows.quote_volume, remarks)


def write_dump(folder: Path, name: SeriesName, candles: Candles) -> tuple[Path, ...]:
    """Write one archive a month, each with its checksum, below ``folder`` as the dump lays them out; their paths. What a candle
    of ours does not know (quote volume, trades, takers' volumes) is 0.

    Raises:
        DataFault: they are another exchange's.
        StorageFault: a file cannot be written.
    """
    if name.exchange not in DUMPED:
        raise DataFault(
            f"Binance's dump holds candles of {', '.join(DUMPED)} only, these are of {name.exchange}",
            "Choose another format",
        )
    market = Path("futures", "um") if name.is_perpetual else Path("spot")
    pair = name.base + name.quote
    place = folder / market / "monthly" / "klines" / pair / name.timeframe
    return tuple(
        _write_month(place / f"{pair}-{name.timeframe}-{month}{SUFFIX}", part, spot=not name.is_perpetual)
        for month, part in by_period(candles, "M")
    )


def _write_month(path: Path, candles: Candles, *, spot: bool) -> Path:
    micro = spot and int(candles.open_ms[0]) >= MICRO_FROM_MS
    scale = 1000 if micro else 1
    times = (candles.open_ms * scale).tolist()
    closes = (candles.close_ms * scale - 1).tolist()
    columns = [times, *(getattr(candles, name).tolist() for name in COLUMNS), closes]
    unknown = [[0] * len(times)] * UNKNOWN
    text = csv_text((), [*columns, *unknown])
    with replacing(path) as part:
        member = zipfile.ZipInfo(f"{path.stem}.csv")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, text, zipfile.ZIP_DEFLATED)
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
    with replacing(path.with_name(path.name + CHECKSUM)) as part:
        part.write_text(f"{digest}  {path.name}\n")
    return path


def _check_sum(path: Path) -> tuple[str, ...]:
    """Hold the archive to the checksum beside it, if there is one."""
    beside = path.with_name(path.name + CHECKSUM)
    try:
        if not beside.is_file():
            return ()
        wanted = beside.read_text("ascii").split()[:1]
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, UnicodeDecodeError) as error:
        raise DataFault(f"its checksum could not be read: {error}") from error
    if wanted != [found]:
        raise DataFault(f"it does not match {beside.name}", "Download it again")
    return ("checksum holds",)


def _content(path: Path) -> str:
    """The one text inside."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) != 1 or not names[0].endswith(".csv"):
                raise DataFault(f"it holds {', '.join(names)[:60] or 'nothing'}, not one CSV file")
            with archive.open(names[0]) as member:
                return decoded(member.read(MAX_BYTES + 1))
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataFault(f"not readable as ZIP: {error}") from error


def _milliseconds(opened: Ints, closed: Ints, timeframe: Timeframe) -> Ints:
    """Open times in milliseconds, every row's two times making a candle of the timeframe."""
    scale = 1000 if unit_of(int(opened[0])) == "microseconds" else 1
    wrong = (closed - opened != timeframe.ms * scale - 1) | (opened % scale != 0)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataFault(
            f"row {row}: {int(opened[row])} to {int(closed[row])} is not {timeframe} in milliseconds or microseconds"
        )
    return opened // scale


def _check_period(opened: Ints, match: re.Match[str] | None) -> None:
    """Every candle opens in the month or on the day that the name says."""
    if match is None:
        return
    days = opened.astype("datetime64[ms]").astype("datetime64[D]").astype(str)
    outside = np.array([not day.startswith(match["period"]) for day in days])
    if outside.any():
        row = int(outside.argmax())
        raise DataFault(f"row {row} opens on {days[row]}, outside the {match['period']} of its name")
