"""The life of a setup in words: what an outcome says has happened to it, stage by stage.

    new → armed → entered → target 1 … → closed
               ↘ expired, invalidated

``armed`` is a trader's approval; everything after it is read from closed candles by the fill rules, whether the setup was approved or
not, and known at the close of the candle in which it happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bot.notifications.markup import thin
from shared.models.fills import UNFILLED, Ending, Fill, Outcome
from shared.models.notifications import NOTICE, Level, Notice, SetupState, notice_key
from shared.models.timeframe import MINUTE_MS, Timeframe, from_iso, iso
from shared.utils.serialization import canonical_json

NEWS_LIVES_MS: Final = 86_400_000
"""News of a setup that could not be told for a day is not told any more."""
UNFILLED_ENDS: Final = {
    Ending.EXPIRED: (SetupState.EXPIRED, "⌛ not filled by {until}, dropped"),
    Ending.INVALIDATED: (SetupState.INVALIDATED, "⌛ closed beyond {invalidation} before the entry, dropped"),
    Ending.INVALIDATED_BEFORE_FILL: (
        SetupState.INVALIDATED,
        "⌛ opened beyond the stop before the entry, dropped",
    ),
    Ending.RAN_AWAY: (SetupState.INVALIDATED, "⌛ reached {first} without the entry, dropped"),
}
CLOSED_BY: Final = {
    Ending.STOP: "🛑 stop {price}",
    Ending.GAP_STOP: "🛑 gap through the stop, out at {price}",
    Ending.BREAK_EVEN: "🛑 break-even stop {price}",
    Ending.LIQUIDATED: "🛑 liquidated at {price}",
    Ending.TARGET: "🎯 last target {price} reached",
    Ending.TIME: "⌛ out of time, out at {price}",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a setup's life: what to tell of it, and how the head reads from then on. ``at_ms`` is when it was known."""

    state: SetupState
    at_ms: int
    text: str
    status: str


def stages_of(plan: Mapping[str, Any], outcome: Outcome, timeframe: Timeframe) -> tuple[Stage, ...]:
    """What has happened to a published plan, oldest first. ``timeframe`` is that of the candles that were followed."""
    return tuple(_stages(plan, outcome, timeframe.ms))


def _stages(plan: Mapping[str, Any], outcome: Outcome, bar_ms: int) -> Iterator[Stage]:
    if outcome.ending in UNFILLED:
        if not outcome.alive:
            yield _dropped(plan, outcome)
        return
    for fill in outcome.fills:
        if fill.leg == "entry":
            yield _entered(plan, fill, bar_ms)
        elif fill.leg.startswith("target") and (outcome.alive or fill is not outcome.fills[-1]):
            yield _target(plan, outcome, fill, bar_ms)
    if not outcome.alive:
        yield _closed(plan, outcome)


def _dropped(plan: Mapping[str, Any], outcome: Outcome) -> Stage:
    state, words = UNFILLED_ENDS[outcome.ending]
    text = words.format(
        until=plan["valid_until"],
        invalidation=thin(plan["entry"]["invalidation_text"]),
        first=thin(plan["targets"][0]["price_text"]),
    )
    return Stage(state, outcome.ended_ms, text, text)


def _entered(plan: Mapping[str, Any], fill: Fill, bar_ms: int) -> Stage:
    price = _price(plan, fill.price)
    waited = _span(fill.bar_ms + bar_ms - from_iso(plan["decided_at"]))
    return Stage(
        SetupState.ENTERED,
        fill.bar_ms + bar_ms,
        f"entered at {price} after {waited}",
        f"entered at {price}",
    )


def _target(plan: Mapping[str, Any], outcome: Outcome, fill: Fill, bar_ms: int) -> Stage:
    place = int(fill.leg.removeprefix("target-"))
    share = round(float(fill.quantity / outcome.fills[0].quantity) * 100)
    lasted = _span(fill.bar_ms + bar_ms - outcome.filled_ms)
    gain = plan["targets"][place - 1]["net_r"]
    text = f"🎯 TP{place} {_price(plan, fill.price)} reached after {lasted}, {gain:+.1f}R on {share} %. {_moved(plan, place)}"
    status = f"🎯 TP{place} reached"
    return Stage(SetupState(f"target_{place}"), fill.bar_ms + bar_ms, text.strip(), status)


def _moved(plan: Mapping[str, Any], place: int) -> str:
    words = str(plan["break_even"])
    return f"{words[:1].upper()}{words[1:]}." if place == 1 else ""


def _closed(plan: Mapping[str, Any], outcome: Outcome) -> Stage:
    last = outcome.fills[-1]
    how = CLOSED_BY[outcome.ending].format(price=_price(plan, last.price))
    lasted = _span(outcome.ended_ms - outcome.filled_ms)
    doubt = (
        f". One candle can be read in two ways; this is the worse one, the better is {outcome.best_r:+.1f}R"
        if outcome.ambiguous
        else ""
    )
    result = f"{outcome.result_r:+.1f}R"
    text = f"{how}: closed {result} after {lasted}{doubt}"
    return Stage(SetupState.CLOSED, outcome.ended_ms, text, f"closed {result}")


def _price(plan: Mapping[str, Any], price: float) -> str:
    tick = Decimal(plan["tick_text"])
    return thin(f"{Decimal(repr(price)).quantize(tick):f}")


def _span(time_ms: int) -> str:
    """A duration as people say it."""
    minutes = max(0, time_ms) // MINUTE_MS
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    told = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(told[:2]) or "0 min"


def life_notice(plan: Mapping[str, Any], stage: Stage, due_ms: int, *, pictured: bool) -> Notice:
    """A stage as a notice; ``due_ms`` is when it could be told first (what is sent long after that is late), ``pictured`` says whether
    the setup's first notice had a picture."""
    key = notice_key(plan["id"], stage.state)
    expires_ms = due_ms + NEWS_LIVES_MS
    document = {
        "schema": NOTICE,
        "key": key,
        "kind": "setup",
        "state": stage.state,
        "fingerprint": plan["id"],
        "symbol": plan["symbol"],
        "at": iso(stage.at_ms),
        "expires": iso(expires_ms),
        "text": stage.text,
        "status": stage.status,
        "pictured": pictured,
        "plan": plan,
    }
    return Notice(
        key=key,
        kind="setup",
        state=stage.state,
        fingerprint=str(plan["id"]),
        symbol=str(plan["symbol"]),
        at_ms=due_ms,
        expires_ms=expires_ms,
        level=Level.ON,
        document=canonical_json(document),
    )
