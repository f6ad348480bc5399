"""The second opinion: a candle far outside its neighbours, which the exchange's own figures do not contradict, is held against the
same candle of another exchange.

A crash is everywhere; one exchange's wick may be its own thin book, and a plan made of it would be nobody else's. What cannot be
compared is said, and kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from contracts.data_contract import CandleFeed
from data.spikes import far_rows
from shared.errors import SniperError, SpikingData
from shared.models.data import Candles
from shared.models.timeframe import DAY_MS, iso

MOST_ASKED: Final = 3
"""Candles of one page that are compared, the farthest outside first: a page with more of them is a market in turmoil."""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The exchange that is asked, and how far (%) a candle's high or low may be from that of its own."""

    feed: CandleFeed
    max_pct: float

    async def hold(self, exchange: str, symbol: str, around: Candles, since_ms: int) -> tuple[str, ...]:
        """Compare what is far outside its neighbours among the candles of ``around`` that open at or after ``since_ms``; a flag
        for each that could not be compared.

        Raises:
            SpikingData: one differs from the other exchange's by more than ``max_pct``; the message has both numbers.
        """
        rows = far_rows(around, max(since_ms, int(around.close_ms[-1]) - DAY_MS))[:MOST_ASKED]
        return tuple(
            [
                flag
                for row in rows
                for flag in await self._compare(exchange, symbol, around.rows(row, row + 1))
            ]
        )

    async def _compare(self, exchange: str, symbol: str, one: Candles) -> tuple[str, ...]:
        opened, timeframe = int(one.open_ms[0]), one.timeframe
        where = f"{symbol} {timeframe} {iso(opened)}"
        try:
            theirs = await self.feed.candles(symbol, timeframe, opened, opened + timeframe.ms)
        except SniperError as fault:
            return (f"spike_unchecked: {where}: {fault.problem}",)
        if not len(theirs):
            return (f"spike_unchecked: {where}: {self.feed.exchange} has no such candle",)
        self._check(exchange, where, one, theirs)
        return ()

    def _check(self, exchange: str, where: str, one: Candles, theirs: Candles) -> None:
        for side in ("high", "low"):
            ours, other = float(getattr(one, side)[0]), float(getattr(theirs, side)[0])
            apart_pct = abs(ours / other - 1) * 100
            if apart_pct > self.max_pct:
                raise SpikingData(
                    f"{exchange} {where}: its {side} is {ours:g}, and {other:g} at {self.feed.exchange} ({apart_pct:.1f} % apart, "
                    f"at most {self.max_pct:g} %)",
                    "Nobody can trade both: look at the two books; it is not stored",
                )
