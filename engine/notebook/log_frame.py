"""The event log as a frame: one row an event, in the order in which it became known, its payload in named columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shared.models.data import AnyInts, Candles, Floats
from shared.models.events import FLOAT_COLUMNS, Event, EventLog, Kind, object_id
from shared.models.smc import SHIFT_ATR
from strategy.smc.fold import LABELS, SWING_WORDS
from strategy.smc.order_blocks import HAS_GAP, LEFT_ZONE, SWEPT
from strategy.smc.records import BY_LAYER, DETECTORS, LAYERS, ONCE

if TYPE_CHECKING:
    import pandas as pd

MODULES: Final[Mapping[Kind, str]] = {
    Kind.FAIR_VALUE_GAP: "fvg",
    Kind.INVERSE_GAP: "fvg",
    Kind.ORDER_BLOCK: "order_blocks",
    Kind.BREAKER: "order_blocks",
    Kind.MITIGATION_BLOCK: "order_blocks",
    Kind.POOL: "liquidity_sweeps",
    Kind.SWING: "swings",
    Kind.DISPLACEMENT: "displacement",
    Kind.BREAK: "bos_choch",
    Kind.SESSION: "sessions",
}
"""The detector, a module of ``strategy.smc``, that an object comes from."""
ZONES: Final = (Kind.FAIR_VALUE_GAP, Kind.INVERSE_GAP, Kind.ORDER_BLOCK, Kind.BREAKER, Kind.MITIGATION_BLOCK)
SWEEP: Final = {"a": "depth_atr", "b": "bars", "c": "wick_share", "d": "relative_volume"}
MEMBERS: Final = {"a": "members"}
FLAGS: Final = {"left_zone": LEFT_ZONE, "has_fvg": HAS_GAP, "sweep_before": SWEPT}
NUMBERS: Final[Mapping[tuple[Kind, Event], Mapping[str, str]]] = {
    (Kind.SWING, Event.FORMED): {"a": "prominence_atr"},
    (Kind.BREAK, Event.FORMED): {
        "a": "margin_atr", "b": "displacement_atr", "d": "protected_break", "e": "sweep_before", "f": "bars_from_pivot",
    },
    (Kind.DISPLACEMENT, Event.FORMED): {"a": "displacement_atr", "b": "volume_z", "c": "candles"},
    (Kind.ORDER_BLOCK, Event.FORMED): {"b": "displacement_atr", "c": "relative_volume"},
    (Kind.POOL, Event.FORMED): MEMBERS,
    (Kind.POOL, Event.JOINED): MEMBERS,
    (Kind.POOL, Event.LAYER_ADDED): MEMBERS,
    (Kind.POOL, Event.EXPIRED): MEMBERS,
    (Kind.POOL, Event.TAKEN): {"a": "depth_atr"},
    (Kind.POOL, Event.SWEPT_WICK): SWEEP,
    (Kind.POOL, Event.SWEPT_RECLAIM): SWEEP,
    (Kind.POOL, Event.BROKEN): {"a": "depth_atr", "b": "bars"},
    (Kind.POOL, Event.DISPLACED_AWAY): {"a": "displacement_atr", "b": "bars"},
    (Kind.SESSION, Event.MANIPULATED): {"a": "depth_atr"},
    (Kind.SESSION, Event.DISTRIBUTED): {"a": "margin_atr"},
} | {
    (kind, event): {"a": "filled"}
    for kind in ZONES
    for event in Event
    if Event.TOUCHED <= event <= Event.EXPIRED
}  # fmt: skip
"""What is read as a number from the payload of an event."""
BASE_COLUMNS: Final = (
    "t_known", "t_origin", "detector", "kind", "layer", "side", "event", "object_id", "price_low", "price_high", "level", "atr",
)  # fmt: skip
PAYLOAD_COLUMNS: Final = (
    *("label", "structure_shift", "protected_break", "sweep_before", "bars_from_pivot", "margin_atr", "displacement_atr"),
    *("prominence_atr", "volume_z", "candles", "relative_volume", "left_zone", "has_fvg", "touches_before_known"),
    *("fill_before_known", "filled", "members", "depth_atr", "bars", "wick_share"),
)  # fmt: skip
NAMING: Final = (Event.FORMED, Event.JOINED, Event.LAYER_ADDED)
"""Events of a pool that name their own layer; later ones have the layer the pool formed on."""


def log_frame(candles: Candles, log: EventLog) -> pd.DataFrame:
    """The whole log of ``candles``: the columns of :data:`BASE_COLUMNS`, which every row fills, then those of :data:`PAYLOAD_COLUMNS`,
    of which a row fills what its event says and leaves NaN (of ``label``: empty text) in the others.

    ``t_known`` is the close time of the candle at whose close the event became known, ``t_origin`` the open time of the candle its
    object is drawn from, both UTC. ``side`` is 1 where it favours longs, −1 shorts, 0 neither; a pool above price is −1. ``price_low``
    to ``price_high`` is the object's extent (twice the level of a swing, break or pool), ``level`` its level, of a zone, leg or session
    the middle. ``atr`` is ATR(14) at that close.
    """
    import pandas as pd

    rows = np.arange(len(log))
    payload = log.payload(rows)
    kind, event = log.ints[:, 1], log.ints[:, 2]
    length_ms = candles.timeframe.ms
    low, high = _extent(candles, log, payload)
    columns: dict[str, Any] = {
        "t_known": _times(candles.open_ms[log.ints[:, 0]] + length_ms),
        "t_origin": _times(candles.open_ms[log.ints[:, 6]]),
        "detector": _words(kind, {of: MODULES[of] for of in Kind}),
        "kind": _words(kind, DETECTORS),
        "layer": _words(_layers(log) + 1, {number + 1: word for number, word in LAYERS.items()}),
        "side": log.ints[:, 3].astype(np.int8),
        "event": _words(event, {of: of.name.lower() for of in Event}),
        "object_id": _ids(candles, log),
        "price_low": low,
        "price_high": high,
        "level": (low + high) / 2,
        "atr": log.atr[log.ints[:, 0]],
    }
    numbers = {name: np.full(len(log), np.nan) for name in PAYLOAD_COLUMNS if name != "label"}
    for name, filled, values in _filled(log, payload):
        numbers[name][filled] = values
    columns["label"] = _labels(log, payload)
    frame = pd.DataFrame(columns | numbers)
    return frame[[*BASE_COLUMNS, *PAYLOAD_COLUMNS]]


def _filled(log: EventLog, payload: Floats) -> Iterator[tuple[str, AnyInts, Floats]]:
    """Which payload column has what value in which rows."""
    codes = log.ints[:, 1] * (max(Event) + 1) + log.ints[:, 2]
    for code in np.unique(codes).tolist():
        rows = np.flatnonzero(codes == code)
        kind, event = Kind(log.ints[rows[0], 1]), Event(log.ints[rows[0], 2])
        for column, name in NUMBERS.get((kind, event), {}).items():
            yield name, rows, payload[rows, FLOAT_COLUMNS.index(column)]
        if (kind, event) == (Kind.BREAK, Event.FORMED):
            yield "structure_shift", rows, _shifts(payload[rows])
        if (kind, event) == (Kind.ORDER_BLOCK, Event.FORMED):
            yield from ((name, rows, values) for name, values in _block_extras(payload[rows]))


def _shifts(payload: Floats) -> Floats:
    """1 where a change of character is a market structure shift, else 0."""
    leg, label = payload[:, FLOAT_COLUMNS.index("b")], payload[:, FLOAT_COLUMNS.index("c")]
    return ((label < 0) & (leg >= SHIFT_ATR)).astype(np.float64)


def _block_extras(payload: Floats) -> Iterator[tuple[str, Floats]]:
    """An order block's flags, and what touched and filled it before it was known."""
    flags, early = payload[:, FLOAT_COLUMNS.index("e")].astype(np.int64), payload[:, FLOAT_COLUMNS.index("f")]
    for name, flag in FLAGS.items():
        yield name, (flags & flag > 0).astype(np.float64)
    touches = np.floor(early)
    yield "touches_before_known", touches
    yield "fill_before_known", 2.0 * (early - touches)


def _extent(candles: Candles, log: EventLog, payload: Floats) -> tuple[Floats, Floats]:
    """Low and high of every row's object: its edges; twice its level where it has one; the leg of a displacement."""
    low, high = payload[:, 0].copy(), payload[:, 1].copy()
    kind = log.ints[:, 1]
    levels = np.isin(kind, (Kind.SWING, Kind.BREAK, Kind.POOL))
    low[levels] = _level_of(log, payload)[levels]
    high[levels] = low[levels]
    legs = kind == Kind.DISPLACEMENT
    low[legs], high[legs] = _legs(candles, log.ints[log.formed[legs]])
    return low, high


def _legs(candles: Candles, born: AnyInts) -> tuple[Floats, Floats]:
    """Low and high of the candles from each leg's origin to where it was known; a leg has at most three."""
    last, first = born[:, 0], born[:, 6]
    bars = [np.maximum(last - back, first) for back in range(3)]
    return np.min([candles.low[bar] for bar in bars], axis=0), np.max(
        [candles.high[bar] for bar in bars], axis=0
    )


def _level_of(log: EventLog, payload: Floats) -> Floats:
    """The level in a row, or, of a swing superseded, in the row at which it formed."""
    superseded = log.ints[:, 2] == Event.SUPERSEDED
    levels = payload[:, 0].copy()
    levels[superseded] = payload[log.formed[superseded], 0]
    return levels


def _layers(log: EventLog) -> AnyInts:
    own = (log.ints[:, 1] != Kind.POOL) | np.isin(log.ints[:, 2], NAMING)
    return np.where(own, log.ints[:, 4], log.ints[log.formed, 4])


def _labels(log: EventLog, payload: Floats) -> Any:
    """The label of breaks, of the order blocks that rest on them, and of swings; else empty."""
    labels = np.full(len(log), "", object)
    kind, formed = log.ints[:, 1], log.ints[:, 2] == Event.FORMED
    for of in (Kind.BREAK, Kind.ORDER_BLOCK):
        column = FLOAT_COLUMNS.index("c" if of is Kind.BREAK else "d")
        for number, label in LABELS.items():
            labels[(kind == of) & formed & (payload[:, column] == number)] = label.value
    for (side, number), word in SWING_WORDS.items():
        here = (kind == Kind.SWING) & formed & (log.ints[:, 3] == side)
        labels[here & (payload[:, FLOAT_COLUMNS.index("b")] == number)] = word
    return labels


def _ids(candles: Candles, log: EventLog) -> Any:
    """The stable id of every row's object; each is made once."""
    births, inverse = np.unique(log.formed, return_inverse=True)
    born = log.ints[births]
    first_ms = (candles.open_ms[born[:, 0]] + candles.timeframe.ms).tolist()
    origin_ms = candles.open_ms[born[:, 6]].tolist()
    names = np.empty(births.size, object)
    for place, (ints, first, origin) in enumerate(zip(born.tolist(), first_ms, origin_ms, strict=True)):
        kind = Kind(ints[1])
        layer = LAYERS[ints[4]] if kind in BY_LAYER else ""
        names[place] = object_id(DETECTORS[kind], layer, ints[3], first if kind in ONCE else origin)
    return names[inverse]


def _words(codes: AnyInts, words: Mapping[Any, str]) -> Any:
    table = np.full(max(words) + 1, "", object)
    for code, word in words.items():
        table[code] = word
    return table[codes]


def _times(ms: AnyInts) -> pd.DatetimeIndex:
    import pandas as pd

    return pd.DatetimeIndex(ms.astype("datetime64[ms]"), tz="UTC")
