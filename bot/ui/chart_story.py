"""A plan, or what stands without one, as the scene of a chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.ui.chart_marks import box_of, break_of, pool_of, sweep_of
from bot.ui.chart_scene import Bands, ChartScene, Heading, Line, Tag
from bot.ui.chart_theme import Ink
from bot.ui.numbers import price_shown, time_shown
from shared.models.data import Candles
from shared.models.planner import TradePlan
from shared.models.smc import Pool, Side, StructureBreak, Sweep, Zone

FEWEST_BARS: Final = 90
MOST_BARS: Final = 160
LEAD_BARS: Final = 8
"""Candles before the oldest mark."""
EXTREMES: Final = {Side.LONG: "Low", Side.SHORT: "High"}
SLIGHT: Final = "\u2212"


@dataclass(frozen=True, slots=True)
class Findings:
    """What is to be drawn of the structure. ``pools`` come with their names."""

    zones: tuple[Zone, ...] = ()
    breaks: tuple[StructureBreak, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    pools: tuple[tuple[Pool, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Whose chart it is: the closed candles of the timeframe drawn, and where they come from."""

    exchange: str
    symbol: str
    profile: str
    tick: Decimal
    candles: Candles


def plan_scene(source: Source, plan: TradePlan, found: Findings) -> ChartScene:
    """The chart of a plan: its prices, and what it cites."""
    title = f"{plan.symbol} · {source.candles.timeframe} · {plan.side.name} · grade {plan.grade} · {plan.score:g}/100"
    heading = Heading(title, f"{_whence(source)} · plan {plan.fingerprint}", _decided(source, plan))
    low, high = sorted((float(plan.entry.near), float(plan.entry.far)))
    bands = Bands(low, high, float(plan.entry.price), float(plan.stop.price), float(plan.targets[-1].price))
    return _scene(source, heading, found, tuple(_plan_tags(plan)), (bands,))


def standing_scene(source: Source, why: str, found: Findings) -> ChartScene:
    """The chart without a plan: what stands as of the last close, and ``why`` there is no plan."""
    heading = Heading(f"{source.symbol} · {source.candles.timeframe} · no plan", _whence(source), why)
    closes = [(Ink.NOW, "Close", float(close)) for close in source.candles.close[-1:]]
    levels = [(Ink.SOFT, EXTREMES[pool.side], pool.level) for pool, _ in found.pools]
    tags = tuple(
        Tag(ink, price, f"{name} {price_shown(Decimal(str(price)), source.tick)}")
        for ink, name, price in (*closes, *levels)
    )
    return _scene(source, heading, found, tags, ())


def _whence(source: Source) -> str:
    last = source.candles.close_ms[-1:].tolist()
    closed = "".join(f" · closed bar {time_shown(close_ms)}" for close_ms in last)
    return f"{source.exchange} · {source.profile}{closed}"


def _decided(source: Source, plan: TradePlan) -> str:
    """Said where the candles drawn closed before the decision."""
    if len(source.candles) and int(source.candles.close_ms[-1]) < plan.decided_ms:
        return f"decided at the {plan.trigger} close of {time_shown(plan.decided_ms)}"
    return ""


def _plan_tags(plan: TradePlan) -> Iterator[Tag]:
    def shown(price: Decimal) -> str:
        return price_shown(price, plan.tick)

    for number, target in enumerate(plan.targets, 1):
        text = f"TP{number} {shown(target.price)} {target.net_r:+.1f}R"
        yield Tag(Ink.TARGET, float(target.price), text)
    low, high = sorted((plan.entry.near, plan.entry.far))
    zone = f"zone {shown(low)} – {shown(high)}"
    yield Tag(Ink.ENTRY, float(plan.entry.price), f"Entry {shown(plan.entry.price)}", zone)
    yield Tag(
        Ink.STOP,
        float(plan.stop.price),
        f"Stop {shown(plan.stop.price)} {SLIGHT}{plan.stop.distance_pct:.2f} %",
    )
    beyond = "under" if plan.side is Side.LONG else "over"
    closes = f"by a {plan.anchor} close {beyond} it"
    yield Tag(Ink.INVALID, float(plan.entry.invalidation), f"Void {shown(plan.entry.invalidation)}", closes)
    yield Tag(Ink.NOW, float(plan.close), f"Close {shown(plan.close)}")


def _scene(
    source: Source, heading: Heading, found: Findings, tags: tuple[Tag, ...], bands: tuple[Bands, ...]
) -> ChartScene:
    shown = _shown(source.candles, found)
    boxes = tuple(box_of(zone) for zone in found.zones)
    lines = _lines(shown, source.tick, found)
    return ChartScene(heading, shown, source.tick, boxes, lines, tags, bands).cropped()


def _shown(candles: Candles, found: Findings) -> Candles:
    """The last candles, from a little before the oldest mark: not so few that there is no context, nor so many that none is seen."""
    if not len(candles):
        return candles
    length, end = candles.timeframe.ms, int(candles.close_ms[-1])
    origins = [zone.origin_ms for zone in found.zones] + [event.origin_ms for event in found.breaks]
    known = [sweep.known_ms for sweep in found.sweeps]
    bars = (end - min((end, *origins, *known))) // length + LEAD_BARS
    return candles.between(end - min(max(bars, FEWEST_BARS), MOST_BARS) * length, end)


def _lines(candles: Candles, tick: Decimal, found: Findings) -> tuple[Line, ...]:
    end = int(candles.close_ms[-1]) if len(candles) else 0
    return (
        *(break_of(event) for event in found.breaks),
        *(sweep_of(sweep, candles, tick) for sweep in found.sweeps),
        *(
            pool_of(pool.object_id, pool.side, pool.level, (pool.origin_ms, pool.known_ms, end), name)
            for pool, name in found.pools
        ),
    )
