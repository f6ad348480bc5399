"""One series as a stream brings it: closed candles in an unbroken run, and what speaks against them.

A candle counts once the exchange says it is closed, in a message sent after its close. Everything else that may come is in
:meth:`LiveSeries.take`, in the order in which it is asked.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from contracts.data_contract import JUST_SUBSCRIBED, Streamed
from data.adapters.answers import NUMBER
from data.echo import agree
from shared.errors import DataFault
from shared.models.data import COLUMNS, Candles
from shared.models.timeframe import Timeframe

KEPT: Final = 100
"""Closed candles kept of a series: more than any trigger needs between two closes."""
NO_DOUBT: Final = ""

Cells = tuple[object, ...]
"""Open, high, low, close and volume as the exchange wrote them."""
Row = tuple[float, ...]
"""Open time in milliseconds, then what the cells say."""
OPEN, CLOSE = 1, 4


@dataclass(frozen=True, slots=True)
class Pushed:
    """A candle of a message that the exchange sent at ``sent_ms``; ``closed`` is the exchange's own word."""

    topic: str
    open_ms: int
    close_ms: int
    cells: Cells
    closed: bool
    sent_ms: int


class LiveSeries:
    """The newest closed candles of one series, at most :data:`KEPT`."""

    def __init__(self, timeframe: Timeframe, contract_size: float = 1.0) -> None:
        """Nothing came yet. Volumes are multiplied by ``contract_size``."""
        self._timeframe = timeframe
        self._size = contract_size
        self._rows: deque[Row] = deque(maxlen=KEPT)
        self._fresh_since_ms = 0
        self._doubt = JUST_SUBSCRIBED

    def take(self, pushed: Pushed) -> None:
        """One message's candle.

        Raises:
            DataFault: it is no candle of this series, or came before its time: nothing of the series can be believed.
        """
        self._check_times(pushed)
        self._fresh_since_ms = self._fresh_since_ms or pushed.sent_ms
        next_ms = int(self._rows[-1][0]) + self._timeframe.ms if self._rows else pushed.open_ms
        if pushed.open_ms > next_ms:
            self.forget("a closed candle did not come")
        elif pushed.open_ms < next_ms:
            self._take_again(pushed)
            return
        if pushed.closed:
            self._append(self._row(pushed))

    def forget(self, doubt: str) -> None:
        """Nothing that came so far counts any more."""
        self._rows.clear()
        self._fresh_since_ms = 0
        self._doubt = doubt

    def believe(self) -> None:
        """Nothing speaks against it any more."""
        self._doubt = NO_DOUBT

    def closed(self, since_ms: int) -> Streamed:
        """The run from ``since_ms`` on. Older ones are forgotten but for the newest candle there is, which the next must join."""
        while len(self._rows) > 1 and self._rows[0][0] < since_ms:
            self._rows.popleft()
        found = [row for row in self._rows if row[0] >= since_ms]
        return Streamed(_candles(self._timeframe, found), self._fresh_since_ms, self._doubt)

    def _check_times(self, pushed: Pushed) -> None:
        timeframe = self._timeframe
        length = pushed.close_ms - pushed.open_ms
        if length != timeframe.ms or timeframe.floor(pushed.open_ms) != pushed.open_ms:
            raise DataFault(f"{pushed.topic}: a candle from {pushed.open_ms} to {pushed.close_ms} ms came")
        if pushed.sent_ms < (pushed.close_ms if pushed.closed else pushed.open_ms):
            raise DataFault(f"{pushed.topic}: the candle of {pushed.open_ms} ms came before its time")

    def _take_again(self, pushed: Pushed) -> None:
        """A candle that closed already comes once more: the same is nothing new, another is a revision."""
        held = next((row for row in self._rows if row[0] == pushed.open_ms), None)
        if not pushed.closed or held is None:
            self._doubt = "a message came late"
        elif held != self._row(pushed):
            self.forget("a closed candle came again with other values")

    def _append(self, row: Row) -> None:
        before = self._rows[-1][CLOSE] if self._rows else row[OPEN]
        if not agree(row[OPEN], before):
            raise DataFault(f"a candle opens at {row[OPEN]:g} where the one before closed at {before:g}")
        self._rows.append(row)

    def _row(self, pushed: Pushed) -> Row:
        cells = [cell for cell in pushed.cells if isinstance(cell, str) and NUMBER.fullmatch(cell)]
        if len(cells) != len(COLUMNS):
            raise DataFault(f"{pushed.topic}: {pushed.cells!r:.80} are not five numbers")
        *prices, volume = map(float, cells)
        row = (pushed.open_ms, *prices, volume * self._size)
        _candles(self._timeframe, [row])
        return row


def _candles(timeframe: Timeframe, rows: list[Row]) -> Candles:
    """Rows as candles.

    Raises:
        DataFault: a row is no candle.
    """
    if not rows:
        return Candles.empty(timeframe)
    times, *columns = zip(*rows, strict=True)
    return Candles(timeframe, np.array(times, np.int64), *map(np.array, columns))
