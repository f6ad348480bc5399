"""What differs between a published plan and what is decided today, in words and numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from shared.models.data import Market
from shared.models.gates import Rejection
from shared.models.journal import Record, RecordKind
from shared.models.parity import Cause, GateMoved, Measure, Miss, PriceMoved
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.regime import MarketContext
from shared.models.replay import Difference, Part
from shared.models.statistics import Unsaid
from shared.utils.serialization import to_plain

End = TradePlan | Rejection | Unsaid
"""What a symbol's decision comes to: a plan, the gate that stops it, or why nobody can say."""
MARKET_PARTS: Final = (Part.TREND, Part.BENCHMARK)
MARKET_TOLD: Final = ("state", "risk_appetite", "basis")
NOTHING_DIFFERS: Final = "nothing that is recorded differs: this is a defect in SniperSight; please report it"
CODE_ALONE: Final = Unsaid("the backtest keeps the gate alone, not what it measured")
PASSED_ONLY: Final = Unsaid("the plan does not tell this gate")


class Said(NamedTuple):
    """What a scan's record says of a symbol: why it approved no such setup, in words, and by which gate."""

    why: Miss
    words: str
    gate: GateMoved | Unsaid


def first_cause(symbol: str, differences: Sequence[Difference]) -> tuple[Cause, tuple[Difference, ...]]:
    """The first kind of difference that explains another decision on ``symbol``, and those of its kind: its own candles, the market
    around it, other symbols' candles (risk judges all plans together), code, settings as they are read now."""
    kinds = (
        (Cause.CANDLES, lambda one: one.part is Part.CANDLES and one.symbol == symbol),
        (Cause.MARKET, lambda one: one.part in MARKET_PARTS),
        (Cause.CANDLES, lambda one: one.part is Part.CANDLES),
        (Cause.CODE, lambda one: one.part is Part.CODE),
        (Cause.SETTINGS, lambda one: one.part is Part.SETTINGS),
    )
    for cause, is_of in kinds:
        found = tuple(one for one in differences if is_of(one))
        if found:
            return cause, found
    return Cause.DEFECT, ()


def effect_of(plan: Mapping[str, Any], end: End) -> str:
    """What has become of a published plan, as a sentence's part."""
    if isinstance(end, Unsaid):
        return f"no decision now: {end.why}"
    if isinstance(end, Rejection):
        return f"no plan now: {end.code}, {end.reason}"
    if end.fingerprint != plan["id"]:
        return f"another setup now: {end.side.word} at {end.entry.price}"
    moved = prices_moved(plan, end)
    if not moved and end.score != plan["score"]:
        return f"the same prices, score {plan['score']:g} then, {end.score:g} now"
    if not moved:
        return "the same prices and score, other figures beside them"
    return ", ".join(f"{one.what} {one.then} then, {one.now} now ({one.ticks:+g} ticks)" for one in moved)


def prices_moved(plan: Mapping[str, Any], now: TradePlan) -> tuple[PriceMoved, ...]:
    """Entry, stop, targets and close that are other prices today; a target that only one of them has is left out."""
    tick = Decimal(plan["tick_text"])
    pairs = [
        ("entry", plan["entry"]["price_text"], now.entry.price),
        ("stop", plan["stop"]["price_text"], now.stop.price),
        *(
            (f"target-{place}", was["price_text"], target.price)
            for place, (was, target) in enumerate(zip(plan["targets"], now.targets, strict=False), 1)
        ),
        ("close", plan["close_text"], now.close),
    ]
    moved = [(what, Decimal(was), price) for what, was, price in pairs if Decimal(was) != price]
    return tuple(PriceMoved(what, was, price, float((price - was) / tick)) for what, was, price in moved)


def gate_now(plan: Mapping[str, Any], end: Rejection) -> GateMoved:
    """The gate that stops today, beside what the published plan says of it."""
    told = [gate for gate in plan["gates"] if gate["code"] == end.code]
    nearest = next((gate for gate in told if gate["what"] == end.what), *told[:1] or (None,))
    then = Measure(nearest["measured"], nearest["threshold"]) if nearest else PASSED_ONLY
    now = Measure(end.measured, end.threshold)
    return GateMoved(end.stage, end.code, end.what, end.unit, end.comparison, then, now)


def gate_alone(plan: Mapping[str, Any], code: str) -> GateMoved | Unsaid:
    """A gate that stops the plan in the backtest, which keeps its code alone; the published plan says what it measured live."""
    for gate in plan["gates"]:
        if gate["code"] == code:
            then = Measure(gate["measured"], gate["threshold"])
            return GateMoved(
                gate["stage"], code, gate["what"], gate["unit"], gate["comparison"], then, CODE_ALONE
            )
    return Unsaid(f"the plan does not tell {code}")


def settings_moved(then: Profile, now: Profile) -> tuple[Difference, ...]:
    """Every setting of a profile that is another one now."""
    was, found = (dict(_leaves("", to_plain(profile))) for profile in (then, now))
    return tuple(
        Difference(
            f"profile.{name}", str(was.get(name, "nothing")), str(found.get(name, "nothing")), Part.SETTINGS
        )
        for name in dict.fromkeys((*was, *found))
        if was.get(name) != found.get(name)
    )


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        yield from _leaves(f"{name}.{key}" if name else str(key), inner)


def market_moved(told: Mapping[str, Any], now: MarketContext) -> tuple[Difference, ...]:
    """Where the backtest's reading of the market is not the one recorded."""
    found = {"state": now.state.value, "risk_appetite": now.risk_appetite.value, "basis": now.basis}
    return tuple(
        Difference(name.replace("_", " "), str(told[name]), found[name], Part.BENCHMARK, now.benchmark)
        for name in MARKET_TOLD
        if told[name] != found[name]
    )


def rules_moved(then: Market, now: Market) -> tuple[Difference, ...]:
    """Trading rules that are stored otherwise than they were."""
    was, found = (dict(_leaves("", to_plain(market))) for market in (then, now))
    return tuple(
        Difference(f"{name} of {then.symbol}", str(was[name]), str(found[name]), Part.RULES, then.symbol)
        for name in was
        if was[name] != found[name]
    )


def said_of(records: Iterable[Record], plan: TradePlan) -> Said:
    """Why the scan of these records approved no such setup as ``plan``."""
    symbol = plan.symbol
    for record in records:
        content = record.content
        if record.kind is RecordKind.PLAN and content["symbol"] == symbol:
            words = f"the scan approved another setup: {content['side']} at {content['entry']['price_text']}"
            return Said(Miss.OTHER_PLAN, words, Unsaid("it was approved"))
        for stop in _stops(record):
            if stop["symbol"] == symbol:
                return _stopped(stop, plan)
        for fault in (
            content.get("faults", ()) if record.kind in (RecordKind.UNIVERSE, RecordKind.REJECTION) else ()
        ):
            if fault["symbol"] == symbol:
                return Said(Miss.UNREAD, fault["problem"], Unsaid("it could not be read"))
    return Said(Miss.NOT_ASKED, "the scan did not look at it", Unsaid("it was not looked at"))


def _stops(record: Record) -> Iterator[Mapping[str, Any]]:
    """Rejections of a record, those of the universe too."""
    content = record.content
    if record.kind is RecordKind.UNIVERSE:
        yield from content["drops"]
    if record.kind is RecordKind.REJECTION:
        yield from (dict(zip(content["columns"], row, strict=True)) for row in content["rows"])


def _stopped(stop: Mapping[str, Any], plan: TradePlan) -> Said:
    own = next((gate for gate in plan.gates if gate.code == stop["code"]), None)
    then = Measure(stop["measured"], stop["threshold"])
    now = Measure(own.measured, own.threshold) if own else PASSED_ONLY
    what = own.what if own else str(stop.get("what", ""))
    words = f"{stop['code']}: {stop['measured']:g}, needs {stop['comparison']} {stop['threshold']:g} {stop['unit']}".rstrip()
    gate = GateMoved(stop["stage"], stop["code"], what, stop["unit"], stop["comparison"], then, now)
    return Said(Miss.GATE, words, gate)
