"""Candle files into the store: each recognised by its name, held to the rules of candles, kept with what derives from it.

A file and the coarser candles derived from it are written in one transaction, so a scan reads pages. Where a file begins or
ends inside a coarser candle, the stored candles beside it complete the window: files of single months join without a hole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.data_contract import CandleStore, WriteReport
from data.aggregation import aggregate
from data.formats.binance_dump import CHECKSUM
from data.formats.names import SeriesName
from data.formats.rows import check_rows, check_volume_unit
from data.formats.table import FORMATS, SUFFIXES, check_format, recognise
from data.inferred_rules import finer, infer_market
from data.pages import merge
from shared.errors import ConfigFault, DamagedPage, NotFound, SniperError, StorageFault
from shared.models.data import Candles
from shared.models.timeframe import Timeframe

NOTHING: Final = WriteReport(0, 0)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: its ``format``, what its ``own`` candles changed in the store and what those ``derived`` from them
    did, and ``remarks`` on what was left out or mended; or the ``problem`` for which it was left out (``skipped``: on purpose).
    """

    name: str
    format: str = ""
    own: WriteReport = NOTHING
    derived: WriteReport = NOTHING
    remarks: tuple[str, ...] = ()
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


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: ``format`` (empty: by name), ``exchange`` (empty: by name or folder), and the time by which a candle
    must be closed."""

    now_ms: int
    format: str = ""
    exchange: str = ""


def import_path(path: Path, store: CandleStore, reading: Reading, tell: Tell = _untold) -> ImportReport:
    """Import one file, or every candle file of a folder (not of its subfolders). One bad file never stops the others, and each
    is kept as soon as ``tell`` is told of it. In a folder, files of timeframes that are not kept are skipped; named itself,
    such a file is refused.

    Raises:
        NotFound: there is no such path, or no candle file in it.
        ConfigFault: pyarrow is not installed, or there is no such format.
        StorageFault: the store cannot be written.
    """
    check_format(reading.format)
    if not path.exists():
        raise NotFound(f"no such file or folder: {path}", "Check the path")
    suffixes = FORMATS[reading.format].suffixes if reading.format else SUFFIXES
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if _is_one(file, suffixes))
    if not files:
        raise NotFound(
            f"no {' or '.join(suffixes)} file in {path}", "Name a folder that holds candle files itself"
        )
    folders = (
        () if path.is_file() else tuple(sorted(entry.name for entry in path.iterdir() if entry.is_dir()))
    )
    reports = []
    for done, file in enumerate(files, 1):
        reports.append(_import_file(file, store, reading, skips=path.is_dir()))
        tell(reports[-1], done, len(files))
    return ImportReport(tuple(reports), folders)


def _is_one(file: Path, suffixes: tuple[str, ...]) -> bool:
    return file.is_file() and file.name.endswith(suffixes) and not file.name.endswith(CHECKSUM)


def _import_file(file: Path, store: CandleStore, reading: Reading, *, skips: bool) -> FileReport:
    try:
        found = recognise(file, reading.exchange, reading.format)
        if found.series.timeframe not in set(Timeframe):
            kept = f"{found.series.timeframe} candles are not kept, only {', '.join(Timeframe)}"
            return FileReport(file.name, problem=kept, skipped=skips)
        timeframe = Timeframe(found.series.timeframe)
        checked = check_rows(found.format.read(file, timeframe), timeframe, reading.now_ms)
        changes = _keep(found.series, checked.candles, store)
    except DamagedPage as damage:
        return FileReport(file.name, problem=f"{damage.problem}; the file that reaches there mends it")
    except (StorageFault, ConfigFault):
        raise
    except SniperError as error:
        return FileReport(file.name, problem=error.problem)
    return FileReport(file.name, found.format.name, *_by_origin(changes, timeframe), remarks=checked.remarks)


def _keep(
    name: SeriesName, candles: Candles, store: CandleStore
) -> Mapping[tuple[str, Timeframe], WriteReport]:
    """Store candles with what derives from them, and rules read off them where the exchange has told none."""
    beside = _beside(name, candles, store)
    check_volume_unit(candles, beside)
    market = infer_market(name, candles)
    changes = store.write_many(name.exchange, {name.symbol: _with_derived(candles, merge(beside, candles))})
    known = store.markets(name.exchange).get(name.symbol)
    if known is None or known.source == "inferred":
        store.save_markets({name.symbol: finer(market, known)})
    return changes


def _beside(name: SeriesName, candles: Candles, store: CandleStore) -> Candles:
    """The stored candles of the weeks that the file's candles reach into; none where a page there is damaged, which writing
    replaces and reports."""
    timeframe = candles.timeframe
    if not len(candles):
        return candles
    since = Timeframe.W1.floor(int(candles.open_ms[0]))
    until = Timeframe.W1.floor(int(candles.open_ms[-1])) + Timeframe.W1.ms
    try:
        return store.read(name.exchange, name.symbol, timeframe, since, until)
    except DamagedPage:
        return Candles.empty(timeframe)


def _by_origin(
    changes: Mapping[tuple[str, Timeframe], WriteReport], timeframe: Timeframe
) -> tuple[WriteReport, WriteReport]:
    """The changes of a file's own ``timeframe``, and of those derived from it together."""
    own = sum((report for key, report in changes.items() if key[1] is timeframe), NOTHING)
    derived = sum((report for key, report in changes.items() if key[1] is not timeframe), NOTHING)
    return own, derived


def _with_derived(candles: Candles, joined: Candles) -> Iterator[Candles]:
    """The candles, and those derived from them ``joined`` with what is stored beside them."""
    yield candles
    for timeframe in Timeframe:
        if timeframe.ms > candles.timeframe.ms:
            yield aggregate(joined, timeframe)
