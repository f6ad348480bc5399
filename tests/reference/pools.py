"""Pools of liquidity: levels at which stops rest, until price takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.reference.bars import Bars, leg_at, relative_volume
from tests.reference.log import (
    BROKEN,
    DISPLACED_AWAY,
    EXPIRED,
    FORMED,
    INTERNAL,
    JOINED,
    LAYER_ADDED,
    POOL,
    SWEPT_RECLAIM,
    SWEPT_WICK,
    SWING_LAYER,
    TAKEN,
    Log,
    Options,
)

APART_BARS: Final = 5
"""Members at least this far from the newest one count as another visit."""
AWAY_BARS: Final = 3
"""A displacement this soon after a sweep belongs to it."""


@dataclass
class Pool:
    """One pool of highs (sign +1) or lows (−1); its rows favour the other side."""

    sign: int
    level: float
    first: int
    newest_pivot: int | None
    formed: int
    sources: set[int]
    count: int = 1
    taken_at: int = -1
    depth: float = 0.0
    swept_at: int = -1
    displaced: bool = False
    alive: bool = True

    @property
    def waits(self) -> bool:
        """Alive and not taken."""
        return self.alive and self.taken_at < 0

    def log(self, log: Log, t: int, event: int, layer: int = INTERNAL, **payload: float) -> None:
        """Write a row of this pool at its level."""
        log.add(
            t, POOL, event, side=-self.sign, layer=layer, object=self.first * 2 + (1 if self.sign > 0 else 0),
            origin=self.first, low=self.level, **payload,
        )  # fmt: skip


@dataclass
class Book:
    """All pools of one sign in the order they formed, and the pool each member bar belongs to."""

    sign: int
    pools: list[Pool] = field(default_factory=list)
    member_of: dict[int, Pool] = field(default_factory=dict)
    swept_at: int = -1


def live_pools(book: Book, bars: Bars, t: int, options: Options, log: Log) -> None:
    """One bar of every pool's life."""
    for pool in book.pools:
        if not pool.alive:
            continue
        if pool.taken_at >= 0:
            after_taken(pool, bars, t, options, log)
        elif t - pool.formed > options.pool_expiry_bars:
            pool.alive = False
            pool.log(log, t, EXPIRED, a=pool.count)
        elif beyond(pool, bars, t) > 0:
            take(pool, bars, t, log)
        if pool.swept_at == t:
            book.swept_at = t


def beyond(pool: Pool, bars: Bars, t: int) -> float:
    """How far bar t reaches beyond the level, in price."""
    return pool.sign * (bars.extreme(pool.sign, t) - pool.level)


def is_inside(pool: Pool, bars: Bars, t: int) -> bool:
    """Bar t closes on the level or before it."""
    return pool.sign * (bars.close[t] - pool.level) <= 0


def take(pool: Pool, bars: Bars, t: int, log: Log) -> None:
    """Price goes beyond the level: taken, and swept at once if the bar closes back inside."""
    pool.taken_at = t
    pool.depth = beyond(pool, bars, t) / bars.atr[t - 1]
    pool.log(log, t, TAKEN, a=pool.depth)
    if is_inside(pool, bars, t):
        sweep(pool, bars, t, SWEPT_WICK, log)


def after_taken(pool: Pool, bars: Bars, t: int, options: Options, log: Log) -> None:
    """A taken pool is swept by the first close back inside, or broken once the bars for that are over."""
    pool.depth = max(pool.depth, beyond(pool, bars, t) / bars.atr[t - 1])
    if is_inside(pool, bars, t):
        sweep(pool, bars, t, SWEPT_RECLAIM, log)
    elif t - pool.taken_at >= options.reclaim_bars:
        pool.alive = False
        pool.log(log, t, BROKEN, a=pool.depth, b=t - pool.taken_at)


def sweep(pool: Pool, bars: Bars, t: int, event: int, log: Log) -> None:
    """The pool is swept: depth, bars since taken, the wick's share of the bar and its relative volume."""
    pool.alive = False
    pool.swept_at = t
    pool.log(
        log, t, event, a=pool.depth, b=t - pool.taken_at, c=wick_share(bars, pool.sign, t), d=relative_volume(bars, t)
    )  # fmt: skip


def wick_share(bars: Bars, sign: int, t: int) -> float:
    """Share of the bar's range that its wick towards the sign makes up; 0 for a bar without range."""
    height = bars.high[t] - bars.low[t]
    if height == 0:
        return 0.0
    return sign * (bars.extreme(sign, t) - bars.body_end(sign, t)) / height


def add_level(
    book: Book, bars: Bars, t: int, p: int, source: int, options: Options, tick: float, log: Log
) -> None:
    """Bring the extreme of bar p to the book: it confirms its own pool, joins one close by, or forms one."""
    price = bars.extreme(book.sign, p)
    if p in book.member_of:
        confirm(book.member_of[p], t, p, source, log)
        return
    if source == SWING_LAYER:
        return
    pool = nearest(book, price, max(options.equal_atr * bars.atr[t], tick))
    if pool is None:
        pool = Pool(
            book.sign,
            price,
            first=p,
            newest_pivot=p if source == INTERNAL else None,
            formed=t,
            sources={source},
        )
        book.pools.append(pool)
        pool.log(log, t, FORMED, source, a=pool.count)
    else:
        join(pool, t, p, price, source, log)
    book.member_of[p] = pool


def confirm(pool: Pool, t: int, p: int, source: int, log: Log) -> None:
    """A further source of a bar that is a member already: told where it is new to the pool, or where the bar turns out another pivot."""
    if not pool.waits:
        return
    counted = count(pool, p, source)
    if source not in pool.sources:
        pool.sources.add(source)
        pool.log(log, t, LAYER_ADDED, source, a=pool.count)
    elif counted:
        pool.log(log, t, JOINED, source, a=pool.count)


def count(pool: Pool, p: int, source: int) -> bool:
    """Only pivots count, those some bars from the newest one; true if this one does."""
    if source != INTERNAL:
        return False
    newest = pool.newest_pivot
    counted = newest is not None and abs(p - newest) >= APART_BARS
    pool.count += counted
    pool.newest_pivot = p if newest is None else max(newest, p)
    return counted


def join(pool: Pool, t: int, p: int, price: float, source: int, log: Log) -> None:
    """A new member: the level moves to the more extreme."""
    if pool.sign * (price - pool.level) > 0:
        pool.level = price
    count(pool, p, source)
    pool.sources.add(source)
    pool.log(log, t, JOINED, source, a=pool.count)


def nearest(book: Book, price: float, reach: float) -> Pool | None:
    """The waiting pool whose level is nearest to the price and within reach, the first formed of equals."""
    best: Pool | None = None
    for pool in book.pools:
        distance = abs(pool.level - price)
        if pool.waits and distance <= reach and (best is None or distance < abs(best.level - price)):
            best = pool
    return best


def displace_away(book: Book, bars: Bars, t: int, options: Options, log: Log) -> None:
    """A displacement to the favoured side that begins and ends soon after a sweep: price went where the sweep pointed."""
    for pool in book.pools:
        if pool.swept_at < 0 or pool.displaced or not 1 <= t - pool.swept_at <= AWAY_BARS:
            continue
        leg = leg_at(bars, t, min(3, t - pool.swept_at))
        if leg is not None and leg.side == -pool.sign and leg.size >= options.displacement_atr:
            pool.displaced = True
            pool.log(log, t, DISPLACED_AWAY, a=leg.size, b=t - pool.swept_at)
