"""One symbol's pipeline as of any close of the period: the stages, gates and objects of a scan, on windows of its history."""

from __future__ import annotations

from dataclasses import dataclass

from engine.backtest.frames import FrameReader, Shelves, windows
from engine.hooks import Hooks
from engine.pipeline import Pipeline
from shared.models.context import SniperContext
from shared.models.data import MultiTimeframeData
from shared.models.profile import Profile
from shared.models.regime import MarketContext


@dataclass(frozen=True, slots=True)
class Replayer:
    """A symbol's shelves, the settings and hooks it is decided with, and until when it is asked about."""

    profile: Profile
    shelves: Shelves
    hooks: Hooks
    until_ms: int

    def context(self, as_of_ms: int, market: MarketContext) -> SniperContext:
        """What a scan of that close would hand to the symbol's first stage, read from frames."""
        profile = self.profile
        frames = self.shelves.frames_at(as_of_ms, self.until_ms)
        held = windows(frames, as_of_ms)
        rules = profile.timeframes
        short = tuple(
            name
            for name in rules.information
            if name not in rules.required and len(held[name]) < profile.min_bars(name)
        )
        kept = {name: candles for name, candles in held.items() if name not in short}
        data = MultiTimeframeData(self.shelves.market, as_of_ms, kept, short, ())
        return SniperContext(
            symbol=self.shelves.market.symbol,
            profile=profile.name,
            settings=profile,
            run_id="",
            as_of_ms=as_of_ms,
            market_context=market,
            multi_tf_data=data,
            compute=FrameReader(frames, profile.smc, float(self.shelves.market.tick)),
        )

    def decide(self, as_of_ms: int, market: MarketContext) -> SniperContext:
        """The symbol's decision: its context up to its plan or its first rejection.

        Raises:
            SniperError: a stage cannot go on.
        """
        context = self.context(as_of_ms, market)
        return Pipeline.of(self.hooks, compute=context.compute).decide(context)
