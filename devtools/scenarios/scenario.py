"""A scenario: a market as drawn or recorded, who looks at it with which profile and account, and the scan of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from data.parquet_import import read_candles
from data.series_notes import MemoryNotes
from devtools.scenarios.drawing import Drawing
from devtools.scenarios.feed import EXCHANGE, Listed, MemoryFeed, Tamper
from engine.edges import Edges, ScanRequest
from engine.hooks import Hooks
from engine.orchestrator import run_scan
from shared.config.profiles import load_profile
from shared.models.context import SniperContext
from shared.models.data import COLUMNS, Candles, Market
from shared.models.risk import Account
from shared.models.scan import ScanResult
from shared.models.timeframe import DAY_MS, Timeframe

AS_OF_MS: Final = int(datetime(2026, 3, 18, 16, tzinfo=UTC).timestamp()) * 1000
"""A Wednesday, 16:00 UTC: the last candle of every intraday timeframe has just closed."""
HOUR_MS: Final = 3_600_000
USUAL: Final = Account(Decimal(10_000), "USDT")


@dataclass(frozen=True, slots=True)
class Coin:
    """One listed symbol and its drawing. ``late_h`` is how long ago its last candle closed; of the last hours from and to which
    ``hole_h`` counts there are no candles."""

    base: str
    drawing: Drawing
    kind: Literal["spot", "perpetual"] = "perpetual"
    lot: str = "0.001"
    least: str = "5"
    tamper: Tamper | None = None
    spread_bps: float = 1.0
    late_h: float = 0.0
    hole_h: tuple[float, float] = (0.0, 0.0)
    delivered_in_days: float = 0.0

    @property
    def symbol(self) -> str:
        """Unified symbol."""
        return f"{self.base}/USDT"

    def listed(self, as_of_ms: int) -> Listed:
        """What the exchange has of it."""
        candles = without(
            self.drawing.candles(as_of_ms - round(self.late_h * HOUR_MS)),
            *(as_of_ms - round(hours * HOUR_MS) for hours in self.hole_h),
        )
        market = Market(
            exchange=EXCHANGE,
            symbol=self.symbol,
            market_id=f"{self.base}USDT",
            base=self.base,
            quote="USDT",
            kind=self.kind,
            tick=Decimal(repr(self.drawing.tick)),
            lot_step=Decimal(self.lot),
            min_notional=Decimal(self.least),
            active=True,
            source="exchange",
            onboard_ms=int(candles.open_ms[0]),
            delivery_ms=as_of_ms + round(self.delivered_in_days * DAY_MS) if self.delivered_in_days else 0,
        )
        return Listed(market, candles, self.tamper, self.spread_bps)


def without(candles: Candles, from_ms: int, to_ms: int) -> Candles:
    """The candles that do not open from ``from_ms`` up to, not including, ``to_ms``."""
    kept = (candles.open_ms < from_ms) | (candles.open_ms >= to_ms)
    return Candles(candles.timeframe, *(getattr(candles, name)[kept] for name in ("open_ms", *COLUMNS)))


@dataclass(frozen=True, slots=True)
class Recorded:
    """One symbol of Binance's spot market, with the 5m candles recorded of it."""

    base: str
    tick: str
    lot: str

    @property
    def symbol(self) -> str:
        """Unified symbol."""
        return f"{self.base}/USDT"

    def listed(self, as_of_ms: int, folder: Path) -> Listed:
        """What the exchange had of it."""
        candles = recorded(folder / f"binance__{self.base}-USDT__5m.parquet").between(0, as_of_ms)
        market = Market(
            exchange=EXCHANGE,
            symbol=self.symbol,
            market_id=f"{self.base}USDT",
            base=self.base,
            quote="USDT",
            kind="spot",
            tick=Decimal(self.tick),
            lot_step=Decimal(self.lot),
            min_notional=Decimal(5),
            active=True,
            source="inferred",
        )
        return Listed(market, candles)


@lru_cache(maxsize=4)
def recorded(file: Path) -> Candles:
    """The 5m candles of a file."""
    return read_candles(file, Timeframe.M5)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation by ``name``, told in a ``story``. ``ends`` says how it ends for the first symbol asked for (or, of a universe, the
    last listed): side, entry and grade of its plan, the gate that rejects it, or its fault. No ``symbols`` asks for the
    profile's universe; ``changes`` to the profile are nested tables."""

    name: str
    story: str
    ends: str
    coins: tuple[Coin | Recorded, ...]
    profile: str = "balanced"
    changes: Mapping[str, object] = field(default_factory=dict)
    account: Account = USUAL
    symbols: tuple[str, ...] = ("SOL/USDT",)
    as_of_ms: int = AS_OF_MS

    @property
    def subject(self) -> str:
        """The symbol it is about."""
        return self.symbols[0] if self.symbols else self.coins[-1].symbol

    @property
    def is_recorded(self) -> bool:
        """Whether it needs recorded candles."""
        return any(isinstance(coin, Recorded) for coin in self.coins)

    def request(self) -> ScanRequest:
        """What is asked."""
        profile = load_profile(self.profile, self.changes)
        return ScanRequest(profile, EXCHANGE, self.account, self.symbols, as_of_ms=self.as_of_ms)


@dataclass(frozen=True, slots=True)
class Ran:
    """A scan with what it knew of every symbol it scored."""

    result: ScanResult
    scored: Mapping[str, SniperContext]


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """A clock that stands."""

    at_ms: int

    def now_ms(self) -> int:
        """Always the same."""
        return self.at_ms


def run(scenario: Scenario, folder: Path) -> Ran:
    """Scan as ``scan`` does, with recorded candles from ``folder``. A hook behind the score notes what was scored and changes nothing."""
    scored: dict[str, SniperContext] = {}

    def note(context: SniperContext) -> SniperContext:
        scored[context.symbol] = replace(context)
        return context

    hooks = Hooks()
    hooks.register("after_confluence", note)
    listed = {
        coin.symbol: coin.listed(scenario.as_of_ms, folder)
        if isinstance(coin, Recorded)
        else coin.listed(scenario.as_of_ms)
        for coin in scenario.coins
    }
    feed = MemoryFeed(listed, scenario.as_of_ms)
    edges = Edges(lambda: feed, None, StoppedClock(scenario.as_of_ms), notes=MemoryNotes())
    return Ran(run_scan(scenario.request(), edges, hooks=hooks), scored)


def end_of(scenario: Scenario, result: ScanResult) -> str:
    """How it ended for the subject, in the words of ``Scenario.ends``."""
    for setup in result.setups:
        plan = setup.plan
        if plan.symbol == scenario.subject:
            return f"{plan.side.word} {plan.entry.kind.value} {plan.grade}"
    codes = {one.symbol: one.code for one in result.rejections}
    return codes.get(scenario.subject) or next(
        one.error for one in result.faults if one.symbol == scenario.subject
    )
