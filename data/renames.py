"""A coin that goes on under another name: its candles under the former one stand before its own, where both are stored.

Which names those are is said by ``universe.renamed``, one to one. The exchange's pause between the two stays a hole, which the gate
``data.gaps`` counts; a pause that is too long, or a price that does not go on, joins nothing.
"""

from __future__ import annotations

from typing import Final

from data.echo import agree
from data.pages import merge
from data.source import Source
from shared.errors import DamagedPage
from shared.models.data import Candles, Market
from shared.models.profile import Profile
from shared.models.timeframe import DAY_MS

LONGEST_PAUSE_MS: Final = 7 * DAY_MS
"""Between the last candle under the former name and the first under this one; POL came three days after MATIC."""
ALIKE: Final = ("kind", "quote", "settle", "contract_size")


def with_former(own: Candles, market: Market, source: Source, settings: Profile, since_ms: int) -> Candles:
    """``own`` stored candles of a market from ``since_ms`` on, those under its former name before them."""
    former = _former(market, source, settings)
    if former is None or source.store is None or not len(own) or own.open_ms[0] <= since_ms:
        return own
    began = int(own.open_ms[0])
    try:
        old = source.store.read(former.exchange, former.symbol, own.timeframe, since_ms, began)
    except DamagedPage:
        return own
    goes_on = (
        len(old)
        and began - int(old.close_ms[-1]) <= LONGEST_PAUSE_MS
        and agree(float(own.open[0]), float(old.close[-1]))
    )
    return merge(old, own) if goes_on else own


def _former(market: Market, source: Source, settings: Profile) -> Market | None:
    """The stored rules of the market that this one was, if it had another name."""
    old_ids = {old for old, new in settings.universe.successors.items() if new == market.market_id}
    if not old_ids:
        return None
    kept = source.stored_markets(market.exchange).values()
    return next((one for one in kept if one.market_id in old_ids and _alike(one, market)), None)


def _alike(former: Market, market: Market) -> bool:
    return all(getattr(former, name) == getattr(market, name) for name in ALIKE)
