"""One live decision made again, one input after the other put in the place of what it was made of. The first step at which another plan
comes out names the cause.

1. Everything as recorded, on the candles stored now: what a replay does.
2. The same under the settings in force now.
3. The close in the backtest: universe, market and trading rules as it reads them.
4. The plan beside what the backtest holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from contracts.data_contract import RevisionStore
from engine.edges import Edges
from engine.hooks import Hooks
from engine.parity.candles import series_moved
from engine.parity.comparing import (
    CODE_ALONE,
    NOTHING_DIFFERS,
    End,
    effect_of,
    first_cause,
    gate_alone,
    gate_now,
    market_moved,
    prices_moved,
    rules_moved,
    settings_moved,
)
from engine.parity.replayed import Past
from engine.replay import RecordedRun, Redecided, redecide
from shared.errors import SniperError
from shared.models.gates import Gate, Rejection
from shared.models.parity import NO_GATE, Cause, Decided, GateMoved, SeriesMoved
from shared.models.planner import TradePlan
from shared.models.profile import Profile
from shared.models.replay import Difference, Part
from shared.models.statistics import Unsaid
from shared.models.timeframe import Timeframe, iso

SAME: Final = Decided(Cause.SAME)
UNIVERSE: Final = "profile.universe."
WORDS: Final[Mapping[Cause, str]] = {
    Cause.CANDLES: "late or revised candle",
    Cause.MARKET: "another market around it",
    Cause.CODE: "another version",
    Cause.SETTINGS: "other settings",
    Cause.RULES: "other trading rules",
    Cause.DEFECT: NOTHING_DIFFERS,
}


@dataclass(frozen=True, slots=True)
class Again:
    """A run decided again on the candles of now: under its own profile, and under the one in force now (the same value where that is
    the same)."""

    recorded: RecordedRun
    own: Redecided
    now: Redecided

    @classmethod
    def of(cls, recorded: RecordedRun, profile: Profile, edges: Edges, hooks: Hooks) -> Again:
        """Decide a run again.

        Raises:
            SniperError: this version cannot read its settings, or the store cannot be read.
        """
        request = recorded.request()
        own = redecide(recorded, request, edges, hooks)
        if profile == request.profile:
            return cls(recorded, own, own)
        return cls(recorded, own, redecide(recorded, replace(request, profile=profile), edges, hooks))


@dataclass(frozen=True, slots=True)
class Stand:
    """What a step reads."""

    again: Again
    past: Past
    edges: Edges


def decided_today(plan: Mapping[str, Any], again: Again, past: Past, edges: Edges) -> Decided:
    """What is decided today of a published plan, and the first step at which it became another."""
    try:
        for step in (_on_these_candles, _under_these_settings, _in_the_backtest):
            decided = step(plan, Stand(again, past, edges))
            if decided.cause is not Cause.SAME:
                return replace(decided, differences=(*again.own.differences, *decided.differences))
    except SniperError as fault:
        return undecided(fault)
    return Decided(Cause.SAME, differences=again.own.differences)


def undecided(fault: SniperError) -> Decided:
    """A decision that cannot be made again."""
    return Decided(Cause.UNDECIDED, f"cannot be decided again: {fault.problem}")


def _on_these_candles(plan: Mapping[str, Any], stand: Stand) -> Decided:
    again = stand.again
    if again.own.has_same(plan):
        return SAME
    differences = again.own.differences
    cause, named = first_cause(plan["symbol"], differences)
    series = _series(_of_candles(named, differences), again, stand.edges)
    return _other(cause, plan, end_of(plan, again.own), series=series)


def _under_these_settings(plan: Mapping[str, Any], stand: Stand) -> Decided:
    own, now = stand.again.own, stand.again.now
    if now.has_same(plan):
        return SAME
    moved = settings_moved(own.run.request.profile, now.run.request.profile)
    return _other(Cause.SETTINGS, plan, end_of(plan, now), moved)


def _in_the_backtest(plan: Mapping[str, Any], stand: Stand) -> Decided:
    """The same plan, if the backtest decides it too and takes it."""
    past, recorded, symbol = stand.past, stand.again.recorded, plan["symbol"]
    close_ms = past.close(int(recorded.scan["as_of_ms"]))
    for gate in past.left_out(symbol, close_ms):
        why = f"not in the backtest's universe: {gate.code}, {gate.what}"
        profiles = (one.run.request.profile for one in (stand.again.own, stand.again.now))
        moved = tuple(one for one in settings_moved(*profiles) if one.what.startswith(UNIVERSE))
        return Decided(Cause.UNIVERSE, why, _code_alone(gate), differences=moved)
    end, live = past.decide(symbol, close_ms).plan, stand.again.now.approved(plan["id"])[0].plan
    if end != live:
        rules = rules_moved(recorded.markets()[symbol], past.replayed.history.markets[symbol])
        market = market_moved(recorded.scan["market"], past.market(close_ms))
        cause = Cause.RULES if rules else Cause.MARKET if market else Cause.DEFECT
        found = end if isinstance(end, TradePlan | Rejection) else Unsaid("no plan was made")
        return _other(cause, plan, found, (*rules, *market))
    code = past.turned_down(symbol, close_ms)
    if code:
        taken_ms = past.taken_ms(plan["id"])
        later = f"taken at {iso(taken_ms)}" if taken_ms else "never taken"
        why = f"turned down beside what the backtest holds then: {code}; {later}"
        return Decided(Cause.EXPOSURE, why, gate_alone(plan, code))
    return SAME


def _other(
    cause: Cause,
    plan: Mapping[str, Any],
    end: End,
    differences: tuple[Difference, ...] = (),
    series: tuple[SeriesMoved, ...] = (),
) -> Decided:
    is_another = isinstance(end, TradePlan) and end.fingerprint != plan["id"]
    return Decided(
        cause=cause,
        why=f"{WORDS[cause]}; {effect_of(plan, end)}",
        gate=gate_now(plan, end) if isinstance(end, Rejection) else NO_GATE,
        prices=prices_moved(plan, end) if isinstance(end, TradePlan) and not is_another else (),
        series=series,
        differences=differences,
    )


def _code_alone(gate: Gate) -> GateMoved:
    return GateMoved(
        gate.stage, gate.code, gate.what, gate.unit, gate.comparison, Unsaid("it was in"), CODE_ALONE
    )


def end_of(plan: Mapping[str, Any], again: Redecided) -> End:
    """What a published plan's symbol comes to when its run is decided again."""
    for setup in again.approved(plan["id"]):
        return setup.plan
    symbol = plan["symbol"]
    for context in again.judged:
        if context.symbol == symbol:
            for end in (context.risk_plan, context.plan):
                if isinstance(end, Rejection | TradePlan):
                    return end
    for fault in again.result.faults:
        if fault.symbol == symbol:
            return Unsaid(fault.problem)
    return Unsaid("it is not looked at")


def _of_candles(named: Sequence[Difference], everything: Sequence[Difference]) -> tuple[Difference, ...]:
    """The series to look into: those that explain, or those of the symbols that the market around was read off."""
    symbols = {one.symbol for one in named}
    return tuple(
        one for one in everything if one.part is Part.CANDLES and one.timeframe and one.symbol in symbols
    )


def _series(named: Sequence[Difference], again: Again, edges: Edges) -> tuple[SeriesMoved, ...]:
    gathered, exchange = again.own.run.gathered, again.recorded.scan["exchange"]
    store = edges.store
    found = []
    for one in named:
        timeframe = Timeframe(one.timeframe)
        former = store.revisions(exchange, one.symbol, timeframe) if isinstance(store, RevisionStore) else ()
        held = gathered.data[one.symbol].candles.get(timeframe)
        if held is not None:
            found.append(series_moved(one, held, former, gathered.as_of_ms))
    return tuple(found)
