"""A run's identity: the same inputs, settings and code have the same id."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.edges import ScanRequest
from engine.gather import Gathered
from engine.hooks import Hooks
from shared.config.digest import config_digest
from shared.models.context import SniperContext
from shared.models.timeframe import Timeframe
from shared.version import VERSION


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked, what was gathered, and the digests that name it. ``series`` are every series' digests by
    symbol; ``secrets`` are texts that may stand in no result."""

    request: ScanRequest
    gathered: Gathered
    config_digest: str
    data_digest: str
    run_id: str
    series: Mapping[str, Mapping[Timeframe, str]]
    hooks: tuple[str, ...]
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, request: ScanRequest, gathered: Gathered, hooks: Hooks, secrets: tuple[str, ...] = ()) -> Run:
        """Name a run: ``r-`` and 12 hex digits of the hash over code version, exchange, settings, data, and every hook with its
        plugin's version."""
        series = {symbol: data.series_digests() for symbol, data in gathered.data.items()}
        config, data = config_digest(request.profile, request.account), data_digest(gathered, series)
        parts = (VERSION, request.exchange, config, data, *hooks.signature())
        return cls(
            request, gathered, config, data, "r-" + _sha256(parts)[:12], series, hooks.signature(), secrets
        )

    def contexts(self) -> tuple[SniperContext, ...]:
        """The contexts that start each symbol's way, by symbol."""
        return tuple(self._context(symbol) for symbol in sorted(self.gathered.data))

    def _context(self, symbol: str) -> SniperContext:
        return SniperContext(
            symbol=symbol,
            profile=self.request.profile.name,
            settings=self.request.profile,
            run_id=self.run_id,
            as_of_ms=self.gathered.as_of_ms,
            market_context=self.gathered.market_context,
            multi_tf_data=self.gathered.data[symbol],
        )


def data_digest(gathered: Gathered, series: Mapping[str, Mapping[Timeframe, str]]) -> str:
    """SHA-256 over the as-of time, the benchmark, every symbol's candles and volume, and what was dropped or broke."""
    parts = [str(gathered.as_of_ms), repr(gathered.market_context)]
    parts += [
        f"{symbol} {gathered.data[symbol].digest_over(series[symbol])}" for symbol in sorted(gathered.data)
    ]
    parts += [f"{symbol} {gathered.quote_volumes[symbol]!r}" for symbol in sorted(gathered.quote_volumes)]
    parts += [repr(end) for end in (*gathered.drops, *gathered.faults)]
    return _sha256(parts)


def _sha256(parts: list[str] | tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
