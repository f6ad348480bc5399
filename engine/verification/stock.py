"""All the candles there are, in memory: what a decision is handed, and may read the closed part of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from contracts.data_contract import SeriesInfo
from shared.errors import StorageFault
from shared.models.data import Candles, Market
from shared.models.timeframe import Timeframe


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """Candles by symbol and timeframe, with the markets' rules: the benchmark's and the universe's beside those decided on.

    It keeps the law of a :class:`contracts.data_contract.CandleStore` and takes nothing: what was put in is what is read.
    """

    exchange: str
    rules: Mapping[str, Market]
    held: Mapping[str, Mapping[Timeframe, Candles]]

    def changed(self, change: Callable[[Candles], Candles]) -> Stock:
        """A stock in which ``change`` was made to every series."""
        held = {
            symbol: {timeframe: change(candles) for timeframe, candles in frames.items()}
            for symbol, frames in self.held.items()
        }
        return replace(self, held=held)

    def read(self, exchange: str, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        """Candles that open at or after ``since_ms`` and are closed at ``until_ms``; empty if there are none."""
        frames = self.held.get(symbol, {}) if exchange == self.exchange else {}
        return frames.get(timeframe, Candles.empty(timeframe)).between(since_ms, until_ms)

    def series(self, exchange: str | None = None) -> tuple[SeriesInfo, ...]:
        """Every series that has a candle, by symbol and timeframe."""
        if exchange not in (None, self.exchange):
            return ()
        return tuple(
            SeriesInfo(
                self.exchange, symbol, timeframe,
                int(candles.open_ms[0]), int(candles.open_ms[-1]), len(candles), candles.gaps(), 0,
            )
            for symbol, frames in sorted(self.held.items())
            for timeframe, candles in sorted(frames.items())
            if len(candles)
        )  # fmt: skip

    def markets(self, exchange: str) -> Mapping[str, Market]:
        """Trading rules by symbol."""
        return self.rules if exchange == self.exchange else {}

    def write(self, *_: object, **__: object) -> NoReturn:
        """Refuse: what is put into a check is what is checked.

        Raises:
            StorageFault: always.
        """
        raise StorageFault(f"the candles of {self.exchange} in a check are only read")

    write_many = save_markets = write

    def close(self) -> None:
        """Nothing to release."""
