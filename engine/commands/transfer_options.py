"""What can be said of candle files on the command line, beside what every command takes."""

from __future__ import annotations

from typing import Annotated, Final

import typer

FORMAT_NAMES: Final = (
    "parquet, feather, csv, freqtrade-feather, freqtrade-parquet, freqtrade-json, freqtrade-jsongz, binance"
)
FileFormat = Annotated[str, typer.Option("--format", help=f"{FORMAT_NAMES}. [by name]", show_default=False)]
ExportFormat = Annotated[str, typer.Option("--format", help=f"{FORMAT_NAMES}.")]
FileExchange = Annotated[
    str | None, typer.Option("--exchange", "-e", help="Whose candles they are. [by name or folder]")
]
StoredOnly = Annotated[
    str | None, typer.Option("--exchange", "-e", help="An exchange of the store. [every one]")
]
Exported = Annotated[
    list[str] | None, typer.Option("--timeframes", "-t", help="15m,1h,4h; repeatable. [every one]")
]
