"""The structure of one timeframe as tables: trend and range of both layers, the zones and pools nearest to price, recent sweeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from html import escape
from typing import Final, TypeVar

from bot.ui.look import Look
from bot.ui.numbers import MISSING, counted, measure_text, price_shown, time_shown
from bot.ui.table import Column, table_lines
from shared.models.smc import Layer, LayerState, Pool, Sweep, TimeframeStructure, Zone

NEAREST: Final = 10
"""Zones and pools shown; a line says how many there are besides."""
LAST_SWEEPS: Final = 3
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Section:
    """One table, with a title and what was left out of it."""

    title: str
    columns: tuple[Column, ...]
    rest: str = ""


def structure_lines(structure: TimeframeStructure, tick: float, look: Look) -> list[str]:
    """Everything as text; prices with the decimals of ``tick``."""
    lines = [look.signs(heading(structure, tick, look.zone))]
    for section in sections(structure, tick, look.zone):
        lines += ["", look.paint(look.signs(section.title), "bold"), *table_lines(section.columns, look, 2)]
        lines += [look.signs(section.rest)] if section.rest else []
    return lines


def structure_html(structure: TimeframeStructure, tick: float, zone: tzinfo = UTC) -> str:
    """The same as HTML, without script or style of its own, so that it follows the page's light or dark."""
    parts = [f"<p>{escape(heading(structure, tick, zone))}</p>"]
    for section in sections(structure, tick, zone):
        parts.append(f"<p><b>{escape(section.title)}</b></p>{_table_html(section.columns)}")
        parts += [f"<p>{escape(section.rest)}</p>"] if section.rest else []
    return "\n".join(parts)


def heading(structure: TimeframeStructure, tick: float, zone: tzinfo) -> str:
    """Timeframe, length, the close everything is as of, price and yardstick."""
    closed = f"as of the close {time_shown(structure.closed_ms, zone)}"
    figures = f"close {_price(structure.close, tick)} · ATR {measure_text(structure.atr)}"
    return f"{structure.timeframe} · {counted(structure.bars, 'closed bar')} · {closed} · {figures}"


def sections(structure: TimeframeStructure, tick: float, zone: tzinfo) -> list[Section]:
    """The tables that have rows."""
    zones = nearest((*structure.zones, *structure.heirs), lambda one: _away(one, structure.close))
    pools = nearest(structure.pools, lambda pool: abs(pool.level - structure.close))
    more = len(structure.zones) + len(structure.heirs) - len(zones)
    found = [
        Section("Structure", _layers((structure.internal, structure.swing), tick)),
        Section("Zones nearest to price", _zones(zones, tick, zone), _rest(more, "zone")),
        Section("Pools nearest to price", _pools(pools, tick, zone), _rest(len(structure.pools) - len(pools), "pool")),
        Section("Last sweeps", _sweeps(structure.sweeps[:LAST_SWEEPS], tick, zone)),
    ]  # fmt: skip
    return [section for section in found if section.columns[0].cells]


def nearest(found: Iterable[Found], away: Callable[[Found], float]) -> list[Found]:
    """The ``NEAREST`` by distance; of the same distance, in the order given."""
    return sorted(found, key=away)[:NEAREST]


def _away(zone: Zone, price: float) -> float:
    return max(zone.low - price, price - zone.high, 0.0)


def _rest(count: int, noun: str) -> str:
    return f"and {counted(count, noun)} further away" if count else ""


def _layers(states: Sequence[LayerState], tick: float) -> tuple[Column, ...]:
    return (
        _words("Layer", (Layer(state.layer).value for state in states)),
        _words("Trend", (state.trend.name.lower() for state in states)),
        _words("Last break", (_last_break(state, tick) for state in states)),
        _numbers("Range", (_range(state, tick) for state in states)),
        _numbers("Position", (_position(state) for state in states)),
    )


def _last_break(state: LayerState, tick: float) -> str:
    if not state.breaks:
        return MISSING
    last = state.breaks[0]
    label = "MSS" if last.structure_shift else last.label.value
    way = "up" if last.side > 0 else "down"
    return f"{label} {way} through {_price(last.level, tick)}, {counted(last.age_bars, 'bar')} ago"


def _range(state: LayerState, tick: float) -> str:
    spans = [f"{_price(one.low, tick)} – {_price(one.high, tick)}" for one in state.ranges]
    return spans[0] if spans else MISSING


def _position(state: LayerState) -> str:
    places = [f"{one.position:.2f} {one.side.value}" for one in state.ranges]
    return places[0] if places else MISSING


def _zones(zones: Sequence[Zone], tick: float, zone: tzinfo) -> tuple[Column, ...]:
    return (
        _words("Zone", (one.kind.value.replace("_", " ") for one in zones)),
        _words("Side", (one.side.word for one in zones)),
        _numbers("Low", (_price(one.low, tick) for one in zones)),
        _numbers("High", (_price(one.high, tick) for one in zones)),
        _numbers("ATR", (f"{one.height_atr:.2f}" for one in zones)),
        _numbers("Touches", (f"{one.touches}" for one in zones)),
        _numbers("Filled", (f"{one.fill:.0%}" for one in zones)),
        _numbers("Fresh", (f"{one.freshness:.2f}" for one in zones)),
        _words("Known at", (time_shown(one.known_ms, zone) for one in zones)),
        _words("Object", (one.object_id for one in zones)),
    )


def _pools(pools: Sequence[Pool], tick: float, zone: tzinfo) -> tuple[Column, ...]:
    return (
        _numbers("Level", (_price(pool.level, tick) for pool in pools)),
        _words("Of", ("highs" if pool.side < 0 else "lows" for pool in pools)),
        _words("Sources", (", ".join(source.value for source in pool.sources) for pool in pools)),
        _numbers("Count", (f"{pool.count}" for pool in pools)),
        _words("State", ("taken" if pool.taken else "resting" for pool in pools)),
        _numbers("Fresh", (f"{pool.freshness:.2f}" for pool in pools)),
        _words("Known at", (time_shown(pool.known_ms, zone) for pool in pools)),
        _words("Object", (pool.object_id for pool in pools)),
    )


def _sweeps(sweeps: Sequence[Sweep], tick: float, zone: tzinfo) -> tuple[Column, ...]:
    return (
        _words("Sweep", (sweep.kind.value.removeprefix("swept_") for sweep in sweeps)),
        _words("Favours", (sweep.side.word for sweep in sweeps)),
        _numbers("Level", (_price(sweep.level, tick) for sweep in sweeps)),
        _numbers("Depth, ATR", (f"{sweep.depth_atr:.2f}" for sweep in sweeps)),
        _numbers("Bars ago", (f"{sweep.age_bars}" for sweep in sweeps)),
        _words("Known at", (time_shown(sweep.known_ms, zone) for sweep in sweeps)),
        _words("Object", (sweep.object_id for sweep in sweeps)),
    )


def _words(name: str, cells: Iterable[str]) -> Column:
    return Column(name, tuple(cells), right=False)


def _numbers(name: str, cells: Iterable[str]) -> Column:
    return Column(name, tuple(cells))


def _price(price: float, tick: float) -> str:
    step = Decimal(repr(tick))
    return price_shown(Decimal(repr(price)), step)


def _table_html(columns: Sequence[Column]) -> str:
    heads = "".join(f"<th>{escape(column.heading)}</th>" for column in columns)
    rows = zip(*(column.cells for column in columns), strict=True)
    cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
