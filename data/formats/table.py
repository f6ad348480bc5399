"""Formats of candle files, as one table: how a file's name tells the series it holds, how it is read, how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from data.formats import binance_dump, freqtrade
from data.formats.csv_text import read_csv, write_csv
from data.formats.names import SeriesName, recorded_name
from data.formats.rows import Rows
from data.parquet_import import FEATHER, PARQUET, read_rows, write_candles
from shared.errors import ConfigFault, DataFault
from shared.models.data import Candles
from shared.models.timeframe import Timeframe
from shared.utils.suggest import suggest

RECORDED: Final = "<exchange>__<BASE>-<QUOTE>__<timeframe>"


@dataclass(frozen=True, slots=True)
class Format:
    """One layout of candle files.

    ``series_of(path, exchange)`` is the series that a path of this layout names, None for another's path; a given ``exchange``
    stands over what the path says. ``write(folder, name, candles)`` gives the paths it wrote. Faults are DataFault for a
    file that is not what it should be, StorageFault where nothing can be written.
    """

    name: str
    like: str
    suffixes: tuple[str, ...]
    series_of: Callable[[Path, str], SeriesName | None]
    read: Callable[[Path, Timeframe], Rows]
    write: Callable[[Path, SeriesName, Candles], tuple[Path, ...]]


def _recorded(
    name: str,
    suffixes: tuple[str, ...],
    read: Callable[[Path], Rows],
    write: Callable[[Path, Candles], None],
) -> Format:
    """A format whose files are named as our own recordings are."""

    def write_one(folder: Path, series: SeriesName, candles: Candles) -> tuple[Path, ...]:
        path = folder / f"{series.recorded_stem}{suffixes[0]}"
        write(path, candles)
        return (path,)

    return Format(
        name,
        f"{RECORDED}{suffixes[0]}",
        suffixes,
        lambda path, exchange: recorded_name(path, suffixes, exchange),
        lambda path, timeframe: read(path),
        write_one,
    )


def _freqtrade(
    name: str, suffix: str, read: Callable[[Path], Rows], write: Callable[[Path, Candles], None]
) -> Format:
    """One of freqtrade's formats; they share their names."""

    def write_one(folder: Path, series: SeriesName, candles: Candles) -> tuple[Path, ...]:
        path = freqtrade.path_of(folder, series, suffix)
        write(path, candles)
        return (path,)

    return Format(
        f"freqtrade-{name}",
        f"<exchange>/BTC_USDT-5m{suffix}, <exchange>/futures/BTC_USDT_USDT-5m-futures{suffix}",
        (suffix,),
        lambda path, exchange: freqtrade.series_of(path, suffix, exchange),
        lambda path, timeframe: read(path),
        write_one,
    )


def _arrow(kind: str) -> Callable[[Path], Rows]:
    return lambda path: read_rows(path, kind)


_TABLE: Final = (
    _recorded("parquet", (".parquet",), _arrow(PARQUET), partial(write_candles, kind=PARQUET)),
    _recorded("feather", (".feather",), _arrow(FEATHER), partial(write_candles, kind=FEATHER)),
    _recorded("csv", (".csv", ".csv.gz"), read_csv, write_csv),
    _freqtrade("feather", ".feather", _arrow(FEATHER), partial(write_candles, kind=FEATHER, dated=True)),
    _freqtrade("parquet", ".parquet", _arrow(PARQUET), partial(write_candles, kind=PARQUET, dated=True)),
    _freqtrade("json", ".json", freqtrade.read_json, freqtrade.write_json),
    _freqtrade("jsongz", ".json.gz", freqtrade.read_json, freqtrade.write_json),
    Format(
        "binance",
        "BTCUSDT-5m-2024-01.zip, with BTCUSDT-5m-2024-01.zip.CHECKSUM where there is one",
        (binance_dump.SUFFIX,),
        binance_dump.series_of,
        binance_dump.read_dump,
        binance_dump.write_dump,
    ),
)
FORMATS: Final[Mapping[str, Format]] = MappingProxyType({entry.name: entry for entry in _TABLE})
"""Every format by the name that ``--format`` takes."""
SUFFIXES: Final = tuple(sorted({suffix for entry in _TABLE for suffix in entry.suffixes}))
"""How the name of a candle file may end."""

MAGIC: Final[Mapping[bytes, tuple[str, ...]]] = MappingProxyType(
    {
        b"PAR1": (".parquet",),
        b"ARROW1": (".feather",),
        b"FEA1": (".feather",),
        b"PK\x03\x04": (".zip",),
        b"\x1f\x8b": (".csv.gz", ".json.gz"),
    }
)
"""How files of a kind begin, and which suffixes they may have."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file's format and the series it names."""

    format: Format
    series: SeriesName


def recognise(path: Path, exchange: str = "", only: str = "") -> Recognised:
    """The format of a file by its name, and by its first bytes whether it can be that; ``only`` names the one it must be.

    Raises:
        DataFault: its name is none that a format gives, or its content is another's.
    """
    formats = (FORMATS[only],) if only else _TABLE
    for entry in formats:
        series = entry.series_of(path, exchange)
        if series is not None:
            _check_content(path)
            return Recognised(entry, series)
    likes = dict.fromkeys(entry.like for entry in formats if path.name.endswith(entry.suffixes))
    wanted = " or ".join(likes) or " or ".join(entry.like for entry in formats)
    raise DataFault(f"its name is not {wanted}", "Name it so, or name its format with --format")


def check_format(name: str) -> None:
    """Refuse a name that is no format's.

    Raises:
        ConfigFault: the nearest one is named.
    """
    if name and name not in FORMATS:
        raise ConfigFault(f"--format: unknown format {name!r}", suggest(name, FORMATS))


def _check_content(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        raise DataFault(f"not readable: {error.strerror}") from error
    for magic, suffixes in MAGIC.items():
        if head.startswith(magic) and not path.name.endswith(suffixes):
            raise DataFault(f"it is a {suffixes[0]} file by its content", f"Name it {suffixes[0]}")
