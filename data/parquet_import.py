"""Candle files into the store: Parquet named ``<exchange>__<BASE>-<QUOTE>__<timeframe>.parquet``.

Columns ``ts`` (open time, UTC ms), open, high, low, close, volume. A file and the coarser candles derived from it are
written in one transaction, so a scan reads pages. Trading rules are read off the recorded prices: a tick is the
smallest power of ten of which every price is a multiple, a lot step the same of every volume.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np

from contracts.data_contract import CandleStore, WriteReport
from data.aggregation import aggregate
from shared.errors import ConfigFault, DamagedPage, DataFault, NotFound, SniperError, StorageFault
from shared.models.data import Candles, Floats, Market
from shared.models.timeframe import Timeframe

NAME: Final = re.compile(
    r"(?P<exchange>[a-z0-9-]+)__(?P<base>[^_-]+)-(?P<quote>[^_-]+)__(?P<timeframe>[0-9]+[mhdw])$"
)
COLUMNS: Final = ("ts", "open", "high", "low", "close", "volume")
MAX_DECIMALS: Final = 12
SLACK: Final = 1e-9
MOST_SLACK: Final = 1e-3
"""A multiple of the tick may miss a whole number by this share of itself, and never by more than this."""


NOTHING: Final = WriteReport(0, 0)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: what its ``own`` candles changed in the store and what those ``derived`` from them did; or the
    ``problem`` for which it was left out (``skipped``: on purpose)."""

    name: str
    own: WriteReport = NOTHING
    derived: WriteReport = NOTHING
    problem: str = ""
    skipped: bool = False


Tell = Callable[[FileReport, int, int], None]
"""Told (what became of a file, files done, files in all) as soon as it is done."""


def _untold(report: FileReport, done: int, total: int) -> None:
    """Nobody is watching."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Every file's end, and the subfolders that were not read."""

    files: tuple[FileReport, ...]
    folders_not_read: tuple[str, ...]

    @property
    def failed(self) -> tuple[FileReport, ...]:
        """Files that could not be imported (not those left out on purpose)."""
        return tuple(file for file in self.files if file.problem and not file.skipped)


def import_path(path: Path, store: CandleStore, tell: Tell = _untold) -> ImportReport:
    """Import one file, or every ``.parquet`` file of a folder (not of its subfolders). One bad file never stops the others, and
    each is kept as soon as ``tell`` is told of it. In a folder, files of timeframes that are not kept are skipped; named
    itself, such a file is refused.

    Raises:
        NotFound: there is no such path, or no Parquet file in it.
        ConfigFault: pyarrow is not installed.
        StorageFault: the store cannot be written.
    """
    if not path.exists():
        raise NotFound(f"no such file or folder: {path}", "Check the path")
    files = [path] if path.is_file() else sorted(path.glob("*.parquet"))
    if not files:
        raise NotFound(
            f"no .parquet file in {path}",
            "Name a folder that holds <exchange>__<BASE>-<QUOTE>__<timeframe>.parquet",
        )
    folders = (
        () if path.is_file() else tuple(sorted(entry.name for entry in path.iterdir() if entry.is_dir()))
    )
    reports = []
    for done, file in enumerate(files, 1):
        reports.append(_import_file(file, store, skips=path.is_dir()))
        tell(reports[-1], done, len(files))
    return ImportReport(tuple(reports), folders)


def _import_file(file: Path, store: CandleStore, *, skips: bool) -> FileReport:
    match = NAME.fullmatch(file.stem)
    if match and match["timeframe"] not in set(Timeframe):
        kept = f"{match['timeframe']} candles are not kept, only {', '.join(Timeframe)}"
        return FileReport(file.name, problem=kept, skipped=skips)
    try:
        if match is None:
            raise DataFault("its name is not <exchange>__<BASE>-<QUOTE>__<timeframe>.parquet")
        candles = read_candles(file, Timeframe(match["timeframe"]))
        market = infer_market(match["exchange"], match["base"], match["quote"], candles)
        changes = store.write_many(market.exchange, {market.symbol: _with_derived(candles)})
        known = store.markets(market.exchange).get(market.symbol)
        if known is None or known.source == "inferred":
            store.save_markets({market.symbol: finer(market, known)})
    except DamagedPage as damage:
        return FileReport(file.name, problem=f"{damage.problem}; the file that reaches there mends it")
    except (StorageFault, ConfigFault):
        raise
    except SniperError as error:
        return FileReport(file.name, problem=error.problem)
    return FileReport(file.name, *_by_origin(changes, candles.timeframe))


def _by_origin(
    changes: Mapping[tuple[str, Timeframe], WriteReport], timeframe: Timeframe
) -> tuple[WriteReport, WriteReport]:
    """The changes of a file's own ``timeframe``, and of those derived from it together."""
    own = sum((report for key, report in changes.items() if key[1] is timeframe), NOTHING)
    derived = sum((report for key, report in changes.items() if key[1] is not timeframe), NOTHING)
    return own, derived


def _with_derived(candles: Candles) -> Iterator[Candles]:
    yield candles
    for timeframe in Timeframe:
        if timeframe.ms > candles.timeframe.ms:
            yield aggregate(candles, timeframe)


def read_candles(file: Path, timeframe: Timeframe) -> Candles:
    """The candles of one Parquet file.

    Raises:
        DataFault: not Parquet, a column is missing or of the wrong type, no rows, or a row is not a candle.
        ConfigFault: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ModuleNotFoundError as error:
        raise ConfigFault(
            "reading Parquet needs pyarrow, which is an extra",
            f"In the checkout run: {sys.executable} -m pip install -e '.[parquet]'",
        ) from error
    try:
        with file.open("rb") as stream:
            table = parquet.read_table(stream)
        missing = [name for name in COLUMNS if name not in table.column_names]
        if missing:
            raise DataFault(f"no column {', '.join(missing)}", f"Give {', '.join(COLUMNS)}")
        times = table["ts"].cast("int64").to_numpy()
        columns = [table[name].cast("float64").to_numpy() for name in COLUMNS[1:]]
    except (pyarrow.ArrowException, OSError) as error:
        raise DataFault(f"not readable as Parquet: {str(error).splitlines()[0]}") from error
    if not times.size:
        raise DataFault("it holds no candles")
    return Candles(timeframe, times, *columns)


def infer_market(exchange: str, base: str, quote: str, candles: Candles) -> Market:
    """Trading rules read off recorded candles; the smallest order stays unknown, so 0."""
    prices = np.concatenate((candles.open, candles.high, candles.low, candles.close))
    kind = "perpetual" if exchange.endswith(("usdm", "coinm")) else "spot"
    return Market(
        exchange=exchange,
        symbol=f"{base}/{quote}",
        market_id=base + quote,
        base=base,
        quote=quote,
        kind=kind,  # type: ignore[arg-type]
        tick=step_of(prices),
        lot_step=step_of(candles.volume),
        min_notional=Decimal(0),
        active=True,
        source="inferred",
    )


def step_of(values: Floats) -> Decimal:
    """The largest power of ten, at most 1, of which every value is a multiple."""
    for decimals in range(MAX_DECIMALS):
        scaled = values * 10.0**decimals
        if np.all(np.abs(scaled - np.rint(scaled)) <= np.minimum(SLACK * scaled, MOST_SLACK)):
            return Decimal(1).scaleb(-decimals)
    return Decimal(1).scaleb(-MAX_DECIMALS)


def finer(new: Market, known: Market | None) -> Market:
    """The smaller steps of two readings: more candles only ever show finer ones."""
    if known is None:
        return new
    return replace(new, tick=min(new.tick, known.tick), lot_step=min(new.lot_step, known.lot_step))
