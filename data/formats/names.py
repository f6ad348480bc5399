"""What the name of a candle file says: whose candles it holds, and of which length."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

PERPETUALS: Final[Mapping[str, str]] = MappingProxyType({"binance": "binance-usdm", "bybit": "bybit-linear"})
"""Under which name an exchange's linear perpetuals are kept, by the exchange's own name."""
RECORDED: Final = re.compile(
    r"(?P<exchange>[a-z0-9-]+)__(?P<base>[^_-]+)-(?P<quote>[^_-]+)__(?P<timeframe>[0-9]+[mhdw])"
)


@dataclass(frozen=True, slots=True)
class SeriesName:
    """A series as a file names it. ``timeframe`` is the file's own word: it may be one that is not kept."""

    exchange: str
    base: str
    quote: str
    timeframe: str

    @property
    def symbol(self) -> str:
        """The unified symbol, such as ``BTC/USDT``; a contract's says what it settles in, ``BTC/USDT:USDT``."""
        pair = f"{self.base}/{self.quote}"
        return f"{pair}:{self.quote}" if self.is_perpetual else pair

    @property
    def is_perpetual(self) -> bool:
        """Whether it is a perpetual contract's, as its exchange's name tells."""
        return self.exchange.endswith(("usdm", "coinm", "linear"))

    @property
    def recorded_stem(self) -> str:
        """``<exchange>__<BASE>-<QUOTE>__<timeframe>``: the name of our own recordings."""
        return f"{self.exchange}__{self.base}-{self.quote}__{self.timeframe}"


def recorded_name(path: Path, suffixes: tuple[str, ...], exchange: str) -> SeriesName | None:
    """The series of a file named as our own recordings are, None if it is not; ``exchange`` overrides the name's own."""
    suffix = next((end for end in suffixes if path.name.endswith(end)), "")
    match = RECORDED.fullmatch(path.name.removesuffix(suffix)) if suffix else None
    if match is None:
        return None
    return SeriesName(exchange or match["exchange"], match["base"], match["quote"], match["timeframe"])
