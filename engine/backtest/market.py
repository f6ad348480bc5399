"""The market around every symbol as of any close: who was in the universe, how many of them rose, and the benchmark's regime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contracts.data_contract import Ticker
from data.universe import Universe, choose
from data.universe_known import Known, Place, stored_ticker
from engine.backtest.frames import FrameReader, Shelves, windows
from engine.backtest.history import History
from engine.backtest.request import BacktestRequest
from engine.gather import BENCHMARK_TIMEFRAMES
from shared.models.data import Candles, MultiTimeframeData
from shared.models.profile import Profile
from shared.models.regime import Breadth, MarketContext
from shared.models.smc import Trend
from shared.models.timeframe import DAY_MS, Timeframe
from strategy.confluence.breadth import BREADTH_TIMEFRAME, is_fresh
from strategy.confluence.regime_detection import market_context, unknown_market
from strategy.smc.snapshot import find_structure


@dataclass(frozen=True, slots=True)
class MarketPast:
    """The market as a scan of any close in the period would see it. ``shelves`` hold every symbol's 4h candles, ``benchmark`` those of
    the benchmark, empty where it cannot be read; ``why_unknown`` then says why."""

    request: BacktestRequest
    history: History
    shelves: Mapping[str, Shelves]
    benchmark: tuple[Shelves, ...]
    why_unknown: str

    @classmethod
    def of(cls, request: BacktestRequest, history: History) -> MarketPast:
        """The market of a history that has been read."""
        rules, bars = replace(request.profile.smc, sessions="off"), request.profile.data.history_bars
        shelves = {
            symbol: Shelves.of(
                history.markets[symbol], {BREADTH_TIMEFRAME: series[BREADTH_TIMEFRAME]}, rules, bars
            )
            for symbol, series in history.candles.items()
        }
        symbol = history.benchmark
        if symbol not in history.markets:
            return cls(request, history, shelves, (), f"{history.exchange} does not list {symbol}")
        for fault in history.faults:
            if fault.symbol == symbol:
                return cls(request, history, shelves, (), fault.problem)
        wanted = {name: history.candles[symbol][name] for name in BENCHMARK_TIMEFRAMES.needed}
        own = Shelves.of(history.markets[symbol], wanted, rules, bars)
        return cls(request, history, shelves, (own,), "")

    @property
    def rules(self) -> Profile:
        """The settings the benchmark's regime is read by."""
        smc = replace(self.request.profile.smc, sessions="off")
        return replace(self.request.profile, timeframes=BENCHMARK_TIMEFRAMES, smc=smc)

    def context(self, as_of_ms: int) -> MarketContext:
        """The benchmark's state and the market's appetite as of a close."""
        for shelves in self.benchmark:
            frames = shelves.frames_at(as_of_ms, self.request.until_ms)
            data = MultiTimeframeData(shelves.market, as_of_ms, windows(frames, as_of_ms), (), ())
            reader = FrameReader(frames, self.rules.smc, float(shelves.market.tick))
            structure = find_structure(data, self.rules, compute=reader)
            return market_context(data, as_of_ms, structure, self.breadth(as_of_ms))
        return unknown_market(self.history.benchmark, self.why_unknown)

    def breadth(self, as_of_ms: int) -> Breadth:
        """The 4h swing trends of the universe as of a close."""
        return Breadth(
            tuple(
                (symbol, trend)
                for symbol in sorted(self.universe(as_of_ms, ranked=True).symbols)
                for trend in self._trend(symbol, as_of_ms)
            )
        )

    def _trend(self, symbol: str, as_of_ms: int) -> tuple[Trend, ...]:
        """A symbol's 4h swing trend; nothing where its candles are not fresh."""
        if symbol not in self.shelves:
            return ()
        frame = self.shelves[symbol].frames_at(as_of_ms, self.request.until_ms)[BREADTH_TIMEFRAME]
        candles = frame.candles.between(0, as_of_ms)
        if not is_fresh(candles, as_of_ms):
            return ()
        return (Trend(int(frame.log.trend[1][len(candles) - 1])),)

    def universe(self, as_of_ms: int, *, ranked: bool) -> Universe:
        """The universe that a scan would choose as of a close, without one before it: the profile's, or of the symbols asked for those
        that may be looked at."""
        place = Place(self.request.exchange, as_of_ms, self.request.top)
        wanted = () if ranked else self.request.symbols
        return choose(wanted, self.request.profile, place, self._known(as_of_ms))

    def _known(self, as_of_ms: int) -> Known:
        tickers: dict[str, Ticker] = {}
        for symbol, series in self.history.candles.items():
            hours = series[Timeframe.H1].between(as_of_ms - DAY_MS, as_of_ms)
            if len(hours):
                tickers[symbol] = stored_ticker(symbol, hours)
        return Known(
            self.history.markets,
            tickers,
            as_of_ms,
            first_days=self.history.first_days,
            stored=lambda symbol, timeframe: self._newest(symbol, timeframe, as_of_ms),
            all_there_is=True,
        )

    def _newest(self, symbol: str, timeframe: Timeframe, as_of_ms: int) -> Candles:
        series = self.history.candles.get(symbol, {})
        return series.get(timeframe, Candles.empty(timeframe)).between(0, as_of_ms)
