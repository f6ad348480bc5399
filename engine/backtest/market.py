"""The market around every symbol as of any close: who was in the universe, how many of them rose, and the benchmark's regime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from data.universe_history import UniverseHistory, membership
from engine.backtest.frames import FrameReader, Shelves, windows
from engine.backtest.history import History
from engine.backtest.request import BacktestRequest
from engine.gather import BENCHMARK_TIMEFRAMES, benchmark_rules
from shared.models.data import MultiTimeframeData
from shared.models.profile import Profile
from shared.models.regime import Breadth, MarketContext
from shared.models.smc import Trend
from strategy.confluence.breadth import BREADTH_TIMEFRAME, is_fresh
from strategy.confluence.regime_detection import market_context, unknown_market
from strategy.smc.snapshot import find_structure


@dataclass(frozen=True, slots=True)
class MarketPast:
    """The market as a scan of any close in the period would see it. ``ranked`` is the profile's universe at every close; ``shelves`` hold
    every symbol's 4h candles, ``benchmark`` those of the benchmark, empty where it cannot be read; ``why_unknown`` then says why."""

    request: BacktestRequest
    history: History
    ranked: UniverseHistory
    shelves: Mapping[str, Shelves]
    benchmark: tuple[Shelves, ...]
    why_unknown: str
    asked: dict[int, MarketContext] = field(default_factory=dict)

    @classmethod
    def of(cls, request: BacktestRequest, history: History) -> MarketPast:
        """The market of a history that has been read."""
        rules, bars = benchmark_rules(request.profile).smc, request.profile.data.history_bars
        shelves = {
            symbol: Shelves.of(
                history.markets[symbol], {BREADTH_TIMEFRAME: series[BREADTH_TIMEFRAME]}, rules, bars
            )
            for symbol, series in history.candles.items()
        }
        ranked = membership(history.stored, ranking(request), request.closes_ms)
        symbol = history.benchmark
        if symbol not in history.markets:
            return cls(request, history, ranked, shelves, (), f"{history.exchange} does not list {symbol}")
        for fault in history.faults:
            if fault.symbol == symbol:
                return cls(request, history, ranked, shelves, (), fault.problem)
        wanted = {name: history.candles[symbol][name] for name in BENCHMARK_TIMEFRAMES.needed}
        own = Shelves.of(history.markets[symbol], wanted, rules, bars)
        return cls(request, history, ranked, shelves, (own,), "")

    def context(self, as_of_ms: int) -> MarketContext:
        """The benchmark's state and the market's appetite as of a close; that of the last close asked about is kept."""
        if as_of_ms not in self.asked:
            known = self._context(as_of_ms)
            self.asked.clear()
            self.asked[as_of_ms] = known
        return self.asked[as_of_ms]

    def _context(self, as_of_ms: int) -> MarketContext:
        for shelves in self.benchmark:
            frames = shelves.frames_at(as_of_ms, self.request.until_ms)
            data = MultiTimeframeData(shelves.market, as_of_ms, windows(frames, as_of_ms), (), ())
            rules = benchmark_rules(self.request.profile)
            reader = FrameReader(frames, rules.smc, float(shelves.market.tick))
            structure = find_structure(data, rules, compute=reader)
            return market_context(data, as_of_ms, structure, self.breadth(as_of_ms))
        return unknown_market(self.history.benchmark, self.why_unknown)

    def breadth(self, as_of_ms: int) -> Breadth:
        """The 4h swing trends of the universe as of a close."""
        return Breadth(
            tuple(
                (symbol, trend)
                for symbol in self.ranked_at(as_of_ms)
                for trend in self._trend(symbol, as_of_ms)
            )
        )

    def ranked_at(self, as_of_ms: int) -> tuple[str, ...]:
        """The symbols of the universe as of a close of the period, by name."""
        column = self.ranked.members[:, int(np.searchsorted(self.ranked.as_of_ms, as_of_ms))]
        return tuple(np.asarray(self.ranked.symbols)[column].tolist())

    def _trend(self, symbol: str, as_of_ms: int) -> tuple[Trend, ...]:
        """A symbol's 4h swing trend; nothing where its candles are not fresh."""
        if symbol not in self.shelves:
            return ()
        frame = self.shelves[symbol].frames_at(as_of_ms, self.request.until_ms)[BREADTH_TIMEFRAME]
        candles = frame.candles.between(0, as_of_ms)
        if not is_fresh(candles, as_of_ms):
            return ()
        return (Trend(int(frame.log.trend[1][len(candles) - 1])),)


def ranking(request: BacktestRequest) -> Profile:
    """The settings the universe is ranked by: the profile's, with as many seats as were asked for."""
    profile = request.profile
    return replace(profile, universe=replace(profile.universe, size=request.top or profile.universe.size))
