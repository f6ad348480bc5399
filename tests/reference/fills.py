"""The fill rules once more, candle by candle and with explicit sides: slow, plain, and written apart from the paper broker."""

from __future__ import annotations

from bot.executor.terms import Terms
from shared.models.data import Candles
from shared.models.orders import OrderKind
from shared.models.smc import Side


def simulate(terms: Terms, candles: Candles) -> tuple[str, list[tuple[str, int, float, float]], bool]:
    """Ending, fills as (leg, open time, price, quantity), and whether something was in doubt; read against the trade."""
    long = terms.side is Side.LONG
    tick = float(terms.tick)
    entry, stop = float(terms.entry), float(terms.stop)
    liquidation = float(terms.liquidation)
    waiting = [(f"target-{leg.place}", leg.price, float(leg.quantity)) for leg in terms.legs]
    first_target = float(terms.legs[0].price)
    fills: list[tuple[str, int, float, float]] = []
    state, doubt, first, filled_at, left = "pending", False, True, 0, 0.0
    planned_stop = stop

    def slip(price: float, quantity: float, volume: float, reach: float = 0.0) -> float:
        share = 0.025 if volume <= 0 else min(0.025, quantity / volume)
        return (
            max(tick, price * terms.costs.slippage_bps / 10000) + 0.1 * share * share * price + 0.05 * reach
        )

    def worse_or_equal(a: float, b: float) -> bool:
        """Whether a is at or beyond b on the losing side."""
        return a <= b if long else a >= b

    def better_or_equal(a: float, b: float) -> bool:
        return a >= b if long else a <= b

    def beyond(price, ticks):
        moved = price + terms.tick * ticks if long else price - terms.tick * ticks
        return float(moved)

    rows = list(
        zip(
            candles.open_ms.tolist(),
            candles.open.tolist(),
            candles.high.tolist(),
            candles.low.tolist(),
            candles.close.tolist(),
            candles.volume.tolist(),
            strict=True,
        )
    )
    for number, (time, o, h, low, c, v) in enumerate(rows):
        if time < terms.live_ms:
            continue
        worst, best = (low, h) if long else (h, low)
        held = None
        if state == "pending":
            if terms.kind is not OrderKind.MARKET and time >= terms.expires_ms:
                return "expired", fills, doubt
            if first and worse_or_equal(o, stop):
                return "invalidated_before_fill", fills, doubt
            price = None
            if terms.kind is OrderKind.MARKET:
                if better_or_equal(o, first_target):
                    return "ran_away", fills, doubt
                price, held = (
                    (
                        o + slip(o, float(terms.quantity), v)
                        if long
                        else o - slip(o, float(terms.quantity), v)
                    ),
                    "whole",
                )
            elif terms.kind is OrderKind.LIMIT:
                if first and worse_or_equal(o, entry):
                    price, held = o, "whole"
                elif worse_or_equal(o, entry) and o != entry:
                    price, held = entry, "whole"
                elif worse_or_equal(worst, beyond(terms.entry, -1)):
                    price, held = entry, "dip"
            elif better_or_equal(best, entry):
                at = o if better_or_equal(o, entry) else entry
                cost = slip(at, float(terms.quantity), v)
                price, held = (
                    (at + cost if long else at - cost),
                    ("whole" if better_or_equal(o, entry) else "break"),
                )
            if price is not None:
                fills.append(("entry", time, price, float(terms.quantity)))
                state, filled_at, left = "open", time, float(terms.quantity)
            elif better_or_equal(best, first_target):
                return "ran_away", fills, doubt
        else:
            held = "whole"
        first = False
        if state == "open":
            sign = -1 if long else 1
            has_liquidation = liquidation > 0
            if held == "whole":
                if has_liquidation and worse_or_equal(o, liquidation):
                    fills.append(("stop", time, o + sign * slip(o, left, v, h - low), left))
                    return "liquidated", fills, doubt
                if worse_or_equal(o, stop):
                    fills.append(("stop", time, o + sign * slip(o, left, v, h - low), left))
                    return "gap_stop", fills, doubt
                if time > filled_at and time >= filled_at + terms.hold_ms:
                    fills.append(("time", time, o + sign * slip(o, left, v), left))
                    return "time", fills, doubt
                while waiting and better_or_equal(o, beyond(waiting[0][1], 1)):
                    name, price, quantity = waiting.pop(0)
                    fills.append((name, time, float(price), quantity))
                    left = round(left - quantity, 9)
                if not left:
                    return "target", fills, doubt
            nearer_liquidation = has_liquidation and better_or_equal(liquidation, stop)
            level = liquidation if nearer_liquidation else stop
            touched = worse_or_equal(worst, level)
            reached = [one for one in waiting if better_or_equal(best, beyond(one[1], 1))]
            if held == "dip":
                doubt = doubt or bool(reached)
            elif touched and reached:
                doubt = True
            if held == "break" and touched and not worse_or_equal(c, level):
                doubt = True
            if not touched and held != "dip":
                for name, price, quantity in reached:
                    fills.append((name, time, float(price), quantity))
                    left = round(left - quantity, 9)
                waiting = waiting[len(reached) :]
                if not left:
                    return "target", fills, doubt
            if touched:
                price = level + sign * slip(level, left, v, h - low)
                price = max(price, low) if long else min(price, h)
                fills.append(("stop", time, price, left))
                if nearer_liquidation:
                    return "liquidated", fills, doubt
                return ("stop" if stop == planned_stop else "break_even"), fills, doubt
            if terms.break_even is not None and len(waiting) < len(terms.legs):
                moved = float(terms.break_even)
                stop = max(stop, moved) if long else min(stop, moved)
        elif terms.kind is not OrderKind.MARKET:
            close_ms = time + candles.timeframe.ms
            of_anchor = terms.anchor.floor(time)
            follows = number + 1 < len(rows) and terms.anchor.floor(rows[number + 1][0]) != of_anchor
            ends = close_ms == of_anchor + terms.anchor.ms or follows
            beaten = c < float(terms.invalidation) if long else c > float(terms.invalidation)
            if ends and beaten:
                return "invalidated", fills, doubt
    return state, fills, doubt
