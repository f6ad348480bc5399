"""Stored candles into files of a format: a file a series (Binance's dump: a file a month), each replaced whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contracts.data_contract import CandleStore, SeriesInfo
from data.formats.names import SeriesName
from data.formats.table import FORMATS, check_format
from shared.errors import DamagedPage, DataFault
from shared.models.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which series: empty means every one."""

    exchange: str = ""
    symbols: tuple[str, ...] = ()
    timeframes: tuple[Timeframe, ...] = ()

    def includes(self, info: SeriesInfo) -> bool:
        """Whether a series is meant."""
        return (
            self.exchange in ("", info.exchange)
            and (not self.symbols or info.symbol in self.symbols)
            and (not self.timeframes or info.timeframe in self.timeframes)
        )


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """What became of one series: the ``paths`` written, or the ``problem`` for which it was left out."""

    series: SeriesInfo
    paths: tuple[Path, ...] = ()
    problem: str = ""


Tell = Callable[[SeriesReport, int, int], None]
"""Told (what became of a series, series done, series in all) as soon as it is done."""


def export_series(
    store: CandleStore, folder: Path, wanted: Wanted, format_name: str, tell: Tell
) -> tuple[SeriesReport, ...]:
    """Write every wanted series below ``folder``; files of the same name are replaced. A damaged series stops only itself.

    Raises:
        ConfigFault: no such format, or pyarrow is not installed.
        StorageFault: a file cannot be written.
    """
    check_format(format_name)
    chosen = [info for info in store.series() if wanted.includes(info)]
    reports = []
    for done, info in enumerate(chosen, 1):
        reports.append(_export_one(store, folder, info, format_name))
        tell(reports[-1], done, len(chosen))
    return tuple(reports)


def _export_one(store: CandleStore, folder: Path, info: SeriesInfo, format_name: str) -> SeriesReport:
    base, _, quoted = info.symbol.partition("/")
    name = SeriesName(info.exchange, base, quoted.partition(":")[0], info.timeframe.value)
    try:
        candles = store.read(
            info.exchange, info.symbol, info.timeframe, info.first_ms, info.last_ms + info.timeframe.ms
        )
        return SeriesReport(info, FORMATS[format_name].write(folder, name, candles))
    except (DamagedPage, DataFault) as fault:
        return SeriesReport(info, problem=fault.problem)
