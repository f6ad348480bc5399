"""A hand-made market to decide on: candles, indicators, structure and regime, each as plain as it can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import numpy as np

from shared.models.data import Candles, Market, MultiTimeframeData
from shared.models.indicators import IndicatorSet, IndicatorSets
from shared.models.profile import Profile
from shared.models.regime import MarketContext, Regime, RegimeState, RiskAppetite, VolatilityState
from shared.models.smc import (
    Alignment,
    BreakLabel,
    DealingRange,
    Displacement,
    FairValueGap,
    Layer,
    LayerState,
    OrderBlock,
    Pool,
    PoolSource,
    Side,
    SMCSnapshot,
    StructureBreak,
    Sweep,
    SweepKind,
    TimeframeStructure,
    Trend,
    Zone,
    ZoneKind,
)
from shared.models.timeframe import Timeframe
from strategy.planner.draft import Reading

H1, H4, D1, M15 = Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.M15
AS_OF: Final = 1_722_816_000_000
"""2024-08-05 00:00 UTC: a close of every timeframe, a Monday."""
PROFILE: Final = Profile("balanced", "the defaults")
MARKET: Final = Market(
    "demo",
    "ETH/USDT",
    "ETHUSDT",
    "ETH",
    "USDT",
    "spot",
    Decimal("0.01"),
    Decimal("0.001"),
    Decimal(5),
    True,
    "exchange",
)
CALM: Final = {
    "rsi": 45.0,
    "stoch_rsi_k": 40.0,
    "stoch_rsi_d": 30.0,
    "mfi": 45.0,
    "bb_percent": 0.2,
    "zscore": -1.2,
    "atr": 1.0,
    "atr_pct": 1.0,
    "obv_slope": 1.0,
    "volume_z": 0.5,
    "efficiency": 0.4,
}


def candles(timeframe: Timeframe, closes: list[float] | None = None, end_ms: int = AS_OF) -> Candles:
    """Candles that end at ``end_ms`` and close at ``closes`` (300 at 100 by default), each 0.5 up and down."""
    close = np.array(closes if closes is not None else [100.0] * 300)
    opens = np.concatenate((close[:1], close[:-1])) if close.size else close
    high, low = np.maximum(opens, close) + 0.5, np.minimum(opens, close) - 0.5
    start = end_ms - close.size * timeframe.ms
    times = start + np.arange(close.size) * timeframe.ms
    return Candles(timeframe, times, opens, high, low, close, np.full(close.size, 10.0))


def data(series: Mapping[Timeframe, Candles] | None = None, market: Market = MARKET) -> MultiTimeframeData:
    held = {name: candles(name) for name in (M15, H1, H4, D1)}
    return MultiTimeframeData(market, AS_OF, {**held, **(series or {})})


def indicators(**last: float) -> IndicatorSets:
    columns = {name: np.full(300, value) for name, value in {**CALM, **last}.items()}
    return {name: IndicatorSet(name, columns) for name in (M15, H1, H4, D1)}


def zone(low: float, high: float, side: Side = Side.LONG, **changes: Any) -> Zone:
    kind = changes.pop("kind", ZoneKind.ORDER_BLOCK)
    born = Zone(
        object_id=f"{kind.value}-{low:g}-{high:g}",
        kind=kind,
        timeframe=H1,
        side=side,
        low=low,
        high=high,
        atr=1.0,
        origin_ms=AS_OF - 12 * H1.ms,
        known_ms=AS_OF - 8 * H1.ms,
        age_bars=8,
        touches=0,
        fill=0.0,
        mitigated=False,
        freshness=0.9,
    )
    return replace(born, **changes)


def block(
    low: float, high: float, side: Side = Side.LONG, displacement: float = 2.5, **changes: Any
) -> OrderBlock:
    return OrderBlock(
        zone(low, high, side, **changes),
        (Layer.INTERNAL,),
        BreakLabel.CHOCH,
        displacement,
        1.5,
        True,
        True,
        True,
        0,
    )


def gap(low: float, high: float, side: Side = Side.LONG, **changes: Any) -> FairValueGap:
    return FairValueGap(zone(low, high, side, kind=ZoneKind.FAIR_VALUE_GAP, **changes))


def pool(level: float, side: Side, count: int = 1) -> Pool:
    born = AS_OF - 40 * H1.ms
    return Pool(
        f"pool-{level:g}", side, (PoolSource.INTERNAL,), level, count, False, 0.9, born, born + 5 * H1.ms, 35
    )


def sweep(
    side: Side = Side.LONG, kind: SweepKind = SweepKind.RECLAIM, age: int = 10, depth: float = 0.4
) -> Sweep:
    known = AS_OF - age * H1.ms
    return Sweep(
        f"sweep-{kind}-{age}", kind, side, 97.0, depth, 2, 0.6, 1.5, 2.0, known - 2 * H1.ms, known, age
    )


def broke(side: Side = Side.LONG, age: int = 8, timeframe: Timeframe = H1, **changes: Any) -> StructureBreak:
    known = AS_OF - age * timeframe.ms
    born = StructureBreak(
        object_id=f"break-{side.word}-{age}",
        side=side,
        layer=Layer.INTERNAL,
        label=BreakLabel.CHOCH,
        level=100.0,
        margin_atr=0.2,
        displacement_atr=2.0,
        protected_break=False,
        sweep_before=True,
        bars_from_pivot=9,
        origin_ms=known - timeframe.ms,
        known_ms=known,
        age_bars=age,
    )
    return replace(born, **changes)


def leg(side: Side = Side.LONG, size: float = 2.0, age: int = 10) -> Displacement:
    known = AS_OF - age * H1.ms
    return Displacement(f"leg-{age}", side, size, 1.0, True, known - 3 * H1.ms, known, age)


def layer(
    which: Layer,
    trend: Trend = Trend.UP,
    breaks: tuple[StructureBreak, ...] = (),
    ranges: tuple[DealingRange, ...] = (),
) -> LayerState:
    return LayerState(which, trend, breaks, (), ranges)


def structure(timeframe: Timeframe, **changes: Any) -> TimeframeStructure:
    born = TimeframeStructure(
        timeframe=timeframe,
        bars=300,
        close=100.0,
        atr=1.0,
        closed_ms=AS_OF,
        internal=layer(Layer.INTERNAL),
        swing=layer(Layer.SWING),
        order_blocks=(),
        fair_value_gaps=(),
        pools=(),
        sweeps=(),
        displacements=(),
    )
    return replace(born, **changes)


def anchor(**changes: Any) -> TimeframeStructure:
    """1h with an untouched block below price, pools on both sides, a sweep and a change of character behind it."""
    usual: dict[str, Any] = {
        "order_blocks": (block(96.0, 98.0),),
        "pools": (pool(94.0, Side.LONG), pool(101.0, Side.SHORT), pool(106.0, Side.SHORT, 2)),
        "sweeps": (sweep(),),
        "internal": layer(Layer.INTERNAL, Trend.UP, (broke(),)),
        "displacements": (leg(),),
    }
    return structure(H1, **{**usual, **changes})


def snapshot(alignment: float = 1.0, weight: float = 1.0, **frames: TimeframeStructure) -> SMCSnapshot:
    """All four timeframes; name one (``h1=``, ``h4=`` …) to replace it."""
    higher = layer(Layer.SWING, Trend.UP, (), (DealingRange(94.0, 112.0, 0.33),))
    held = {
        M15: frames.get("m15", structure(M15)),
        H1: frames.get("h1", anchor()),
        H4: frames.get("h4", structure(H4, swing=higher)),
        D1: frames.get("d1", structure(D1)),
    }
    parts = (
        (D1, Layer.INTERNAL, Trend.UP, 0.4),
        (H4, Layer.SWING, Trend.UP, 0.4),
        (H1, Layer.SWING, Trend.UP, 0.2),
    )
    return SMCSnapshot(AS_OF, held, Alignment(alignment, weight, parts))


def context(
    state: RegimeState = RegimeState.TREND_UP, appetite: RiskAppetite = RiskAppetite.ON
) -> MarketContext:
    return MarketContext("BTC/USDT", state, 0.4, appetite, "BTC/USDT's 4h swing trend alone", "made by hand")


def regime(**changes: Any) -> Regime:
    born = Regime(
        RegimeState.TREND_UP, Trend.UP, 0.4, VolatilityState.NORMAL, 50.0, 1.0, context(), vetoes=()
    )
    return replace(born, **changes)


def reading(
    shot: SMCSnapshot | None = None, settings: Profile = PROFILE, held: MultiTimeframeData | None = None
) -> Reading:
    return Reading(held or data(), shot or snapshot(), settings)
