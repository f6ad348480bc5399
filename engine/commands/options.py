"""What may be said on the command line: every option with its words, and options as the values the commands read."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from engine.commands.flags import Checks, Flags, LogForm, Output

OUTPUT_NAMES: Final = tuple(Output.__dataclass_fields__)
FORMAT_NAMES: Final = (
    "parquet, feather, csv, freqtrade-feather, freqtrade-parquet, freqtrade-json, freqtrade-jsongz, binance"
)

Profile = Annotated[
    str | None, typer.Option("--profile", "-p", help="balanced, trend, range, aggressive or mobile.")
]
Exchange = Annotated[
    str | None,
    typer.Option(
        "--exchange",
        "-e",
        help="binance, binance-usdm, bybit, bybit-linear, binance-lite (without ccxt), or demo (made up, no network).",
    ),
]
Symbols = Annotated[
    list[str] | None,
    typer.Option("--symbols", "-s", help="BTC/USDT,ETH/USDT or @file; repeatable. [profile's universe]"),
]
Top = Annotated[int | None, typer.Option("--top", "-n", min=1, help="Look at this many symbols at most.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="Replay as of a UTC time, like 2024-08-05T12:00:00Z. [now; offline the newest stored close, if it is "
        "recent; demo 2026-11-08T16:00:00Z]",
    ),
]
DemoAsOf = Annotated[
    str | None, typer.Option("--as-of", help="Replay as of an earlier UTC time. [2026-11-08T16:00:00Z]")
]
Offline = Annotated[bool, typer.Option("--offline", help="Use stored candles only.")]
Account = Annotated[
    str | None, typer.Option("--account", help="Equity like 10000USDT, or a TOML or JSON file.")
]
Chart = Annotated[
    str | None,
    typer.Option(
        "--chart",
        help="Draw every plan into this folder, made if it is not there: BTC-USDT-1h.png and so on.",
    ),
]
Config = Annotated[str | None, typer.Option("--config", "-c", help="Another settings file.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, max=64, help="Worker processes.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="One plan a line, as JSON.")]
Plain = Annotated[bool, typer.Option("--plain", help="Tab-separated values, as in a pipe.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing that need not be said.")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Log what happens; twice for everything.")
]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colour.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]
Timeframes = Annotated[
    list[str] | None, typer.Option("--timeframes", "-t", help="15m,1h,4h; repeatable. [15m,1h,4h]")
]
Stored = Annotated[
    str | None, typer.Option("--exchange", "-e", help="An exchange of the store, or demo (made up).")
]
Checked = Annotated[
    list[str] | None,
    typer.Option("--symbols", "-s", help="BTC/USDT,ETH/USDT or @file; repeatable. [every stored one]"),
]
AtMost = Annotated[
    int | None, typer.Option("--top", "-n", min=1, help="Look at this many symbols at most. [10]")
]
Bars = Annotated[int, typer.Option("--bars", min=200, help="Newest candles of a series.")]
Cuts = Annotated[int, typer.Option("--cuts", min=1, max=100_000, help="Random prefixes of a series.")]
Shuffles = Annotated[int, typer.Option("--shuffles", min=5, max=10_000, help="Shuffles of a series.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of what is drawn at random.")]
Library = Annotated[
    str | None,
    typer.Option("--library", help="Check this library too, if it is installed: smartmoneyconcepts."),
]
LogFormat = Annotated[LogForm, typer.Option("--log-format", help="Form of log lines.")]
LogJson = Annotated[
    str | None,
    typer.Option(
        "--log-json", help="Append every event to this file, one JSON object a line. [log.json_file]"
    ),
]
Journal = Annotated[
    bool | None,
    typer.Option(
        "--journal/--no-journal",
        help="Record this scan in the journal, or not. [journal.enabled; the made-up market is not recorded]",
    ),
]
Notify = Annotated[
    bool,
    typer.Option(
        "--notify",
        help="Tell the channels that are set (telegram.chats, notify.file, notify.webhook_url, SNIPERSIGHT_APPRISE_URLS) of new "
        "setups and of what becomes of them; records the scan.",
    ),
]
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


def checks_of(given: dict[str, Any]) -> Checks:
    """The parameters of a check among a command's."""
    names = [name for name in Checks.__dataclass_fields__ if name != "timeframes" and name in given]
    return Checks(timeframes=tuple(given["timeframes"] or ()), **{name: given[name] for name in names})


def flags_of(given: dict[str, Any]) -> Flags:
    """The flags among a command's parameters."""
    output = Output(**{name: given[name] for name in OUTPUT_NAMES if name in given})
    names = [
        name for name in Flags.__dataclass_fields__ if name not in ("output", "symbols") and name in given
    ]
    return Flags(
        output=output, symbols=tuple(given.get("symbols") or ()), **{name: given[name] for name in names}
    )
