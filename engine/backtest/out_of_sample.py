"""The tests of a walk-forward as one backtest, so that it is told like any other.

Each test has the capital to itself; equity adds up what every one of them won or lost by then, open positions marked, on top of the capital.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.telemetry.summary import summarise
from engine.backtest.rerun import Rerun
from engine.backtest.telling import around_trade
from shared.config.digest import config_digest
from shared.models.backtest import Backtest, Coverage, Told, Trade, TradeChart
from shared.models.profile import CostRules, Profile
from shared.models.scan import FunnelRow
from shared.models.statistics import Unsaid
from shared.models.timeframe import DAY_MS
from shared.models.trades import EquityPoint
from shared.models.walk_forward import Choice, Fold, WalkForward

NO_PLACEBO: Final = Unsaid("its trades come from several runs, each with its own")
Charts = dict[str, TradeChart]


class Tested:
    """A run that remembers what it was asked of the tests: the replays, and the candles around their trades."""

    def __init__(self, rerun: Rerun, turns: Sequence[Fold]) -> None:
        """Nothing was asked yet."""
        self._rerun = rerun
        self._tests = {(fold.test.since_ms, fold.test.until_ms) for fold in turns}
        self._kept: dict[tuple[str, int, int], tuple[Backtest, Charts]] = {}

    def __call__(self, profile: Profile, since_ms: int, until_ms: int) -> Backtest:
        """A backtest of a profile over a window."""
        replayed = self._rerun.replayed(profile, since_ms, until_ms)
        if (since_ms, until_ms) in self._tests:
            charts = {
                trade.setup.plan.fingerprint: TradeChart(around_trade(trade, replayed.history))
                for trade in replayed.backtest.trades
            }
            self._kept[config_digest(profile), since_ms, until_ms] = replayed.backtest, charts
        return replayed.backtest

    def of(self, walk: WalkForward) -> tuple[tuple[Backtest, ...], Charts]:
        """The replays of the tests that traded, oldest first, and a chart of each trade."""
        found = [
            self._kept[result.choice.digest, result.fold.test.since_ms, result.fold.test.until_ms]
            for result in walk.folds
            if isinstance(result.choice, Choice)
        ]
        charts = {name: chart for _, own in reversed(found) for name, chart in own.items()}
        return tuple(part for part, _ in found), charts


def told_of(
    walk: WalkForward, tested: Tested, costs: CostRules | Unsaid, tried: int, notes: tuple[str, ...]
) -> Told | Unsaid:
    """The walk-forward as a backtest is told; unsaid where no fold traded."""
    parts, charts = tested.of(walk)
    if not parts:
        return Unsaid("no fold chose a profile")
    whole = joined(walk, parts)
    return Told(whole, summarise(whole), NO_PLACEBO, tried, notes, charts, costs)


def joined(walk: WalkForward, parts: Sequence[Backtest]) -> Backtest:
    """The replays of the tests that traded, oldest first and at least one, as one with the trades of the walk-forward."""
    first, taken = parts[0], {trade.setup.plan.fingerprint for trade in walk.trades}
    turned = {one.fingerprint: one for part in parts for one in part.turned if one.fingerprint not in taken}
    faults = {fault.symbol: fault for part in parts for fault in part.faults}
    locks = {lock.id: lock for part in parts for lock in part.locks}
    return replace(
        first,
        run_id="b-" + config_digest([part.run_id for part in parts])[:12],
        profile=f"out of sample, {len(walk.folds)} folds",
        symbols=tuple(sorted({symbol for part in parts for symbol in part.symbols})),
        since_ms=walk.folds[0].fold.test.since_ms,
        until_ms=walk.folds[-1].fold.test.until_ms,
        config_digest=config_digest([part.config_digest for part in parts]),
        data_digest=config_digest([part.data_digest for part in parts]),
        decisions=sum(part.decisions for part in parts),
        funnel=_funnel(parts),
        trades=walk.trades,
        turned=tuple(sorted(turned.values(), key=lambda one: (one.decided_ms, one.symbol, one.fingerprint))),
        equity=_equity(walk, parts),
        locks=tuple(sorted(locks.values(), key=lambda lock: (lock.since_ms, lock.id))),
        coverage=_coverage(parts),
        faults=tuple(faults[symbol] for symbol in sorted(faults)),
    )


def _funnel(parts: Sequence[Backtest]) -> tuple[FunnelRow, ...]:
    rows = []
    for place, row in enumerate(parts[0].funnel):
        alike = [part.funnel[place] for part in parts]
        codes: Counter[str] = Counter()
        for one in alike:
            codes.update(dict(one.codes))
        reached, stopped, faults = (
            sum(getattr(one, name) for one in alike) for name in ("reached", "stopped", "faults")
        )
        ordered = tuple(sorted(codes.items(), key=lambda item: (-item[1], item[0])))
        rows.append(FunnelRow(row.stage, reached, stopped, faults, ordered))
    return tuple(rows)


def _equity(walk: WalkForward, parts: Sequence[Backtest]) -> tuple[EquityPoint, ...]:
    """A point per UTC day and one when the last setup was over."""
    since_ms, capital = walk.folds[0].fold.test.since_ms, parts[0].capital
    last_ms = max([walk.folds[-1].fold.test.until_ms, *(part.equity[-1].time_ms for part in parts)])
    twice = _taken_twice(walk, parts)
    points = []
    for now_ms in (*range((since_ms // DAY_MS + 1) * DAY_MS, last_ms, DAY_MS), last_ms):
        known = [one for one in (_last(part.equity, now_ms) for part in parts) if one]
        settled = sum((one.settled - capital for one in known), capital)
        again = sum(Decimal(str(trade.outcome.result)) for trade in twice if trade.outcome.ended_ms <= now_ms)
        points.append(
            EquityPoint(now_ms, settled - again, sum((one.unrealised for one in known), Decimal(0)))
        )
    return tuple(points)


def _taken_twice(walk: WalkForward, parts: Iterable[Backtest]) -> list[Trade]:
    """Filled trades of the tests that are not the walk-forward's."""
    counted = {(trade.setup.plan.fingerprint, trade.decided_ms) for trade in walk.trades}
    return [
        trade
        for part in parts
        for trade in part.trades
        if trade.outcome.filled and (trade.setup.plan.fingerprint, trade.decided_ms) not in counted
    ]


def _last(points: Sequence[EquityPoint], now_ms: int) -> EquityPoint | None:
    """The newest point at or before a time."""
    return next((point for point in reversed(points) if point.time_ms <= now_ms), None)


def _coverage(parts: Iterable[Backtest]) -> tuple[Coverage, ...]:
    whole: dict[str, Coverage] = {}
    for one in (coverage for part in parts for coverage in part.coverage):
        before = whole.get(one.symbol)
        if before is None:
            whole[one.symbol] = one
            continue
        firsts = [first for first in (before.first_ms, one.first_ms) if first]
        whole[one.symbol] = Coverage(
            one.symbol,
            min(firsts, default=0),
            max(before.last_ms, one.last_ms),
            before.decisions + one.decisions,
            before.missing + one.missing,
        )
    return tuple(whole[symbol] for symbol in sorted(whole))
