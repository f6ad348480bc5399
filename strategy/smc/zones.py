"""A zone's life, the same for every kind: touched, filled, invalidated beyond its far edge, expired.

Living zones stand on four shelves, oldest first. Prices are walked in the zone's own direction (``side * price``), so that
demand and supply are one path. A zone remembers the two prices at which it would stir, and a shelf the nearest of them, so
that most bars cost a few comparisons. A zone is first tested on the bar after it became known.
"""

from __future__ import annotations

from shared.models.data import Floats, Ints
from strategy.smc.emit import ITSELF, NOTHING, emit, write_row
from strategy.smc.options import LOST_BY_WICK, SPAWN_EXPIRY, ZONE_EXPIRY

SHELVES = 4
HEIRS_UP, HEIRS_DOWN, ZONES_UP, ZONES_DOWN = 0, 1, 2, 3
"""Shelves in the order in which a bar tests them: heirs that favour longs and shorts, then gaps and blocks that do."""
HEAD = 8
SIZE, OLDEST = 0, 4
"""Head of the facts: of each shelf how many zones stand on it, then when the oldest became known."""
FLOORS, CEILINGS = 0, 4
"""Head of the prices: of each shelf the highest floor, then the lowest ceiling."""
FIELDS = 5
KNOWN, THING, ORIGIN, KIND, BIRTH = 0, 1, 2, 3, 4
"""Facts of a zone; a negative ``KIND`` marks a swept leg."""
FLOOR, CEILING, NEAR, FAR, DEEP = 0, 1, 2, 3, 4
"""Prices of a zone: it stirs below its floor, and if the last close lay inside at a close at or above its ceiling (the near edge);
its edges; the furthest price reached, at first the near edge."""
FAIR_VALUE_GAP, INVERSE_GAP, BREAKER, MITIGATION_BLOCK = 1, 7, 8, 9
TOUCHED, FILLED_25 = 6, 7
FORMED, INVALIDATED, EXPIRED = 1, 11, 12
FAR_AWAY = 1e300


def room_of(facts: Ints) -> int:
    """Zones for which a shelf has room."""
    return (len(facts) - HEAD) // (SHELVES * FIELDS)


def place_of(shelf: int, i: int, facts: Ints) -> int:
    """Where a zone's facts and prices stand."""
    return HEAD + (shelf * room_of(facts) + i) * FIELDS


def add_zone(
    shelf: int, near: float, far: float, known: int, thing: int, origin: int, deep: float, outside: bool,
    kind: int, birth: int, prices_out: Floats, facts_out: Ints,
) -> None:  # fmt: skip
    """Put a zone on a shelf; ``near``, ``far`` and ``deep`` are prices in its direction, ``outside`` says where the last close lies."""
    size = facts_out[SIZE + shelf]
    at = place_of(shelf, size, facts_out)
    facts_out[at + KNOWN] = known
    facts_out[at + THING] = thing
    facts_out[at + ORIGIN] = origin
    facts_out[at + KIND] = kind
    facts_out[at + BIRTH] = birth
    prices_out[at + NEAR] = near
    prices_out[at + FAR] = far
    prices_out[at + DEEP] = deep
    prices_out[at + FLOOR] = max(near if outside else deep, far)
    prices_out[at + CEILING] = FAR_AWAY if outside else near
    if size == 0:
        prices_out[FLOORS + shelf], prices_out[CEILINGS + shelf] = -FAR_AWAY, FAR_AWAY
        facts_out[OLDEST + shelf] = known
    facts_out[SIZE + shelf] = size + 1
    prices_out[FLOORS + shelf] = max(prices_out[FLOORS + shelf], prices_out[at + FLOOR])
    prices_out[CEILINGS + shelf] = min(prices_out[CEILINGS + shelf], prices_out[at + CEILING])


def birth_of(side: int, thing: int, kind: int, facts: Ints) -> int:
    """The row at which a living zone formed; −1 if it stands on no shelf."""
    shelf = ZONES_UP if side > 0 else ZONES_DOWN
    for i in range(facts[SIZE + shelf]):
        at = place_of(shelf, i, facts)
        if facts[at + THING] == thing and abs(facts[at + KIND]) == kind:
            return int(facts[at + BIRTH])
    return -1


def share_of(near: float, far: float, price: float) -> float:
    """Share of a zone's height that ``price`` reaches from the near edge, 0 to 1; prices in the zone's direction."""
    return min(1.0, (near - price) / (near - far)) if near - price > 0.0 else 0.0


def depth_of(side: int, near: float, far: float, extreme: float) -> float:
    """The same for plain prices."""
    return share_of(side * near, side * far, side * extreme)


def live_zones(
    t: int, high: Floats, low: Floats, close: Floats, switches: Ints, prices_out: Floats, facts_out: Ints,
    ints_out: Ints, measures_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Take every shelf through bar ``t``."""
    for shelf in range(SHELVES):
        if facts_out[SIZE + shelf] == 0:
            continue
        side = 1 if shelf == HEIRS_UP or shelf == ZONES_UP else -1
        extreme, last = (low[t], close[t]) if side > 0 else (-high[t], -close[t])
        expiry = switches[ZONE_EXPIRY] if shelf >= ZONES_UP else switches[SPAWN_EXPIRY]
        if (
            extreme < prices_out[FLOORS + shelf]
            or last >= prices_out[CEILINGS + shelf]
            or t - facts_out[OLDEST + shelf] > expiry
        ):
            _walk(
                t, shelf, side, extreme, last, expiry, switches[LOST_BY_WICK], prices_out, facts_out,
                ints_out, measures_out, rows_out,
            )  # fmt: skip


def _walk(
    t: int, shelf: int, side: int, extreme: float, close: float, expiry: int, by_wick: int, prices_out: Floats, facts_out: Ints,
    ints_out: Ints, measures_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Take a shelf through a bar, prices in its direction; the dead leave it. An invalidated zone, not an heir, leaves an heir on the
    other side."""
    floor, ceiling = -FAR_AWAY, FAR_AWAY
    first = place_of(shelf, 0, facts_out)
    to = first
    for at in range(first, first + facts_out[SIZE + shelf] * FIELDS, FIELDS):
        if t - facts_out[at + KNOWN] > expiry:
            share = share_of(prices_out[at + NEAR], prices_out[at + FAR], prices_out[at + DEEP])
            _log(t, side, EXPIRED, at, share, facts_out, ints_out, measures_out, rows_out)
            continue
        stirs = extreme < prices_out[at + FLOOR] or close >= prices_out[at + CEILING]
        if stirs and not _stir(
            t, side, extreme, close, by_wick, at, prices_out, facts_out, ints_out, measures_out, rows_out
        ):
            if shelf >= ZONES_UP:
                _spawn(t, shelf, close, at, prices_out, facts_out)
            continue
        if to < at:
            for field in range(FIELDS):
                prices_out[to + field] = prices_out[at + field]
                facts_out[to + field] = facts_out[at + field]
        floor, ceiling = max(floor, prices_out[to + FLOOR]), min(ceiling, prices_out[to + CEILING])
        to += FIELDS
    facts_out[SIZE + shelf] = (to - first) // FIELDS
    facts_out[OLDEST + shelf] = facts_out[first + KNOWN]
    prices_out[FLOORS + shelf], prices_out[CEILINGS + shelf] = floor, ceiling


def _stir(
    t: int, side: int, extreme: float, close: float, by_wick: int, at: int, prices_out: Floats, facts: Ints,
    ints_out: Ints, measures_out: Floats, rows_out: Ints,
) -> bool:  # fmt: skip
    """Take one zone through a bar; whether it lives on."""
    near, far, deep = prices_out[at + NEAR], prices_out[at + FAR], prices_out[at + DEEP]
    outside = prices_out[at + CEILING] == FAR_AWAY
    if extreme < near and (outside or extreme < deep):
        depth = share_of(near, far, extreme)
        if outside:
            _log(t, side, TOUCHED, at, depth, facts, ints_out, measures_out, rows_out)
        if extreme < deep:
            for quarter in range(int(4.0 * share_of(near, far, deep)), int(4.0 * depth)):
                _log(t, side, FILLED_25 + quarter, at, depth, facts, ints_out, measures_out, rows_out)
    deep = min(deep, extreme)
    if (extreme if by_wick > 0 else close) < far:
        _log(t, side, INVALIDATED, at, share_of(near, far, deep), facts, ints_out, measures_out, rows_out)
        return False
    prices_out[at + DEEP] = deep
    prices_out[at + FLOOR] = max(near if close >= near else deep, far)
    prices_out[at + CEILING] = FAR_AWAY if close >= near else near
    return True


def _spawn(t: int, shelf: int, close: float, at: int, prices_out: Floats, facts_out: Ints) -> None:
    """The same prices from the other side: an inverse gap, a breaker after a sweep, else a mitigation block. It has no row yet."""
    kind = facts_out[at + KIND]
    heir = INVERSE_GAP if kind == FAIR_VALUE_GAP else BREAKER if kind < 0 else MITIGATION_BLOCK
    near, far = -prices_out[at + FAR], -prices_out[at + NEAR]
    add_zone(
        HEIRS_DOWN if shelf == ZONES_UP else HEIRS_UP, near, far, t, facts_out[at + THING], facts_out[at + ORIGIN], near,
        -close >= near, heir, ITSELF, prices_out, facts_out,
    )  # fmt: skip


def log_heirs(
    t: int, atr: float, prices: Floats, facts_out: Ints,
    ints_out: Ints, measures_out: Floats, details_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    """Log the heirs that ``t`` left, those of longs first."""
    for shelf in (HEIRS_DOWN, HEIRS_UP):
        side = 1 if shelf == HEIRS_UP else -1
        first = place_of(shelf, 0, facts_out)
        at = first + facts_out[SIZE + shelf] * FIELDS
        while at > first and facts_out[at - FIELDS + KNOWN] == t:
            at -= FIELDS
        for heir in range(at, first + facts_out[SIZE + shelf] * FIELDS, FIELDS):
            edge, other = side * prices[heir + NEAR], side * prices[heir + FAR]
            facts_out[heir + BIRTH] = emit(
                ints_out, measures_out, details_out, rows_out, t, facts_out[heir + KIND], FORMED, side, -1,
                facts_out[heir + THING], facts_out[heir + ORIGIN], ITSELF,
                min(edge, other), max(edge, other), atr, 0.0, 0.0, 0.0, 0.0, 0.0,
            )  # fmt: skip


def _log(
    t: int, side: int, event: int, at: int, share: float, facts: Ints,
    ints_out: Ints, measures_out: Floats, rows_out: Ints,
) -> None:  # fmt: skip
    write_row(
        ints_out, measures_out, rows_out, t, abs(facts[at + KIND]), event, side, -1, facts[at + THING],
        facts[at + ORIGIN], facts[at + BIRTH], NOTHING, share,
    )  # fmt: skip
