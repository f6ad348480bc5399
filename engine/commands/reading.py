"""Flags as values: times, symbols, accounts, small files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from shared.config.account import AccountFile, parse_equity, read_account
from shared.config.layers import MAX_TEXT, Tree, planted, read_toml
from shared.errors import ConfigFault
from shared.models.risk import Account
from shared.models.timeframe import Timeframe
from shared.utils.suggest import suggest

DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
MONTH: Final = re.compile(r"\d{4}-\d{2}")
CHECKED: Final = (Timeframe.M15, Timeframe.H1, Timeframe.H4)
"""Timeframes a check reads unless others are named."""
SYMBOL: Final = re.compile(r"[^\s/,@#]+/[^\s/,@#]+")


def parse_as_of(given: str | datetime, called: str = "--as-of") -> int:
    """UTC milliseconds of an RFC 3339 time (``2024-08-05T12:00:00Z``, ``…+02:00``), of a date, which means its 00:00 UTC, or
    of a ``datetime`` with a time zone. ``called`` is what messages call it.

    Raises:
        ConfigFault: not such a time, no time zone, or before 1970.
    """
    text = given.isoformat() if isinstance(given, datetime) else given
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigFault(f"{called} is not a time: {text!r}", "Write it like 2024-08-05T12:00:00Z") from None
    if DATE.fullmatch(text.strip()):
        moment = moment.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        raise ConfigFault(
            f"{called} has no time zone: {text!r}", f"Write {text.strip()}Z for UTC, or an offset like +02:00"
        )
    time_ms = int(moment.timestamp()) * 1000
    if time_ms < 0:
        raise ConfigFault(f"{called} is before 1970: {text!r}", "Write it like 2024-08-05T12:00:00Z")
    return time_ms


def parse_day(given: str, called: str) -> int:
    """The same, and of a month like ``2024-11`` its first day.

    Raises:
        ConfigFault: as :func:`parse_as_of`.
    """
    text = given.strip()
    if not MONTH.fullmatch(text):
        return parse_as_of(text, called)
    try:
        return parse_as_of(datetime.strptime(f"{text}+0000", "%Y-%m%z"), called)
    except ValueError:
        raise ConfigFault(
            f"{called} is not a time: {text!r}", "Write it like 2024-08 or 2024-08-05"
        ) from None


def parse_symbols(given: Iterable[str], quote: str, called: str = "--symbols") -> tuple[str, ...]:
    """Unified symbols of repeated, comma-separated or ``@file`` values, without repeats, in the order given.

    ``btc`` and ``btcusdt`` are taken for ``BTC/USDT`` where ``quote`` is USDT. A file has symbols by line or comma; what
    follows a ``#`` is a remark.

    Raises:
        ConfigFault: a file cannot be read, a symbol cannot be one, or nothing is left.
    """
    values = tuple(given)
    names = [name for value in values for name in _names(value, called)]
    symbols = tuple(dict.fromkeys(_symbol(name, quote, called) for name in names))
    if values and not symbols:
        raise ConfigFault(f"{called} names no symbol", "Write it like BTC/USDT,ETH/USDT")
    return symbols


def _names(value: str, called: str) -> list[str]:
    text = value
    if value.startswith("@"):
        text = "\n".join(line.partition("#")[0] for line in read_text(Path(value[1:]), called).splitlines())
    return [name for name in re.split(r"[,\s]+", text) if name]


def _symbol(name: str, quote: str, called: str) -> str:
    symbol = name.upper()
    if "/" not in symbol:
        base = symbol.removesuffix(quote)
        symbol = f"{base or symbol}/{quote}"
    if not SYMBOL.fullmatch(symbol):
        raise ConfigFault(f"{called}: {name!r} is not a symbol", "Write it like BTC/USDT")
    return symbol


def parse_timeframes(given: Iterable[str], called: str = "--timeframes") -> tuple[Timeframe, ...]:
    """Timeframes of repeated or comma-separated values, without repeats, in the order given; the usual three of nothing.

    Raises:
        ConfigFault: a timeframe we do not keep; the message names the nearest.
    """
    values = tuple(given)
    names = [name for value in values for name in re.split(r"[,\s]+", value) if name]
    known = tuple(timeframe.value for timeframe in Timeframe)
    for name in names:
        if name not in known:
            raise ConfigFault(f"{called}: unknown timeframe {name!r}", suggest(name, known))
    if values and not names:
        raise ConfigFault(f"{called} names no timeframe", "Write it like 15m,1h,4h")
    return tuple(dict.fromkeys(Timeframe(name) for name in names)) or CHECKED


def parse_account(given: str, called: str = "--account") -> AccountFile:
    """An account from ``10000USDT``, or from a TOML or JSON file.

    Raises:
        ConfigFault: neither an amount nor a readable file, or a file with a wrong value.
    """
    path = Path(given)
    if path.suffix.lower() not in (".toml", ".json"):
        equity, currency = parse_equity(given, called)
        return AccountFile(Account(equity, currency), None)
    text = read_text(path, called)
    return read_account(
        _json_tree(text, given) if path.suffix.lower() == ".json" else read_toml(text, given), given
    )


def _json_tree(text: str, source: str) -> Tree:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigFault(f"{source}: not JSON: {error}", "Correct the file") from error
    if not isinstance(values, dict):
        raise ConfigFault(f"{source}: must be a JSON object", 'Write it like {"equity": "10000USDT"}')
    return planted(values, source)


def read_text(path: Path, asked_by: str) -> str:
    """The text of a small file.

    Raises:
        ConfigFault: it cannot be read, is too long, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_TEXT + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ConfigFault(f"{asked_by}: cannot read {path}: {error.strerror}", "Check the path") from error
    except UnicodeDecodeError as error:
        raise ConfigFault(f"{asked_by}: {path} is not UTF-8 text", "Save it as UTF-8") from error
    if len(raw) > MAX_TEXT:
        raise ConfigFault(f"{asked_by}: {path} is longer than {MAX_TEXT:,} bytes", "Give a smaller file")
    return text
