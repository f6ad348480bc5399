"""Walk-forward: what choosing a profile by its past would have brought, told by trades that the choice never saw.

1. time is cut into tests that follow each other without a gap; before each lie its validation and its training, with the longest
   holding time free between them, so that every trade of one part is over before the next begins
2. in each fold candidates are compared on train, the best few once more on validate, and one is traded on test
3. only the trades of the tests count, and a setup that was taken in one test is not taken again in the next: it is the same trade
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final

from engine.backtest.worth import worth_of
from shared.config.digest import config_digest
from shared.errors import ConfigFault, ContractError
from shared.models.backtest import Backtest, Trade
from shared.models.profile import Profile
from shared.models.statistics import MIN_DAYS, MIN_TRADES, Expectancy, Figure, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS, iso
from shared.models.walk_forward import Choice, Fold, FoldPlan, FoldResult, WalkForward, Window

Run = Callable[[Profile, int, int], Backtest]
"""A backtest of a profile whose decisions stand on closes after the first time up to the second, UTC ms."""
Choose = Callable[[Run, Fold], Choice | Unsaid]
"""How a fold chooses. Law: it runs nothing after the fold's validation."""

FEW: Final = 3
"""Candidates that training hands on to validation."""


def longest_ms(profiles: Iterable[Profile]) -> int:
    """The longest time a trade of any of these can last, from its decision to the latest end."""
    return max(
        (profile.plan.expiry_bars + profile.plan.hold_bars) * profile.timeframes.anchor.ms
        for profile in profiles
    )


def folds(since_ms: int, until_ms: int, plan: FoldPlan) -> tuple[Fold, ...]:
    """Folds whose tests cover the time from the first possible one to ``until_ms`` without a gap, oldest first.

    All tests are equally long but the last, which takes what is left: up to half a test more, or no less than half of one. Training
    ends early enough that it uses no test that ended less than the embargo before its own test.

    Raises:
        ConfigFault: the time is too short for one fold.
    """
    first = since_ms + plan.lead_ms
    count = (until_ms - first + plan.test_ms // 2) // plan.test_ms
    if count < 1:
        needed = (plan.lead_ms + plan.test_ms) / DAY_MS
        raise ConfigFault(
            f"walk-forward: {iso(since_ms)} to {iso(until_ms)} is {(until_ms - since_ms) / DAY_MS:.1f} days; "
            f"one fold takes {needed:.1f}",
            "Give a longer period, or shorter windows",
        )
    starts = [first + place * plan.test_ms for place in range(count)]
    tests = [Window(start, end) for start, end in pairwise([*starts, until_ms])]
    return tuple(_fold(test, tests, plan) for test in tests)


def _fold(test: Window, tests: Sequence[Window], plan: FoldPlan) -> Fold:
    confirmed_ms = test.since_ms - plan.hold_ms
    validate = Window(confirmed_ms - plan.validate_ms, confirmed_ms)
    too_new = (
        other.since_ms for other in tests if other.since_ms < test.since_ms < other.until_ms + plan.hold_ms
    )
    trained_ms = min([validate.since_ms - plan.hold_ms, *too_new])
    return Fold(Window(trained_ms - plan.train_ms, trained_ms), validate, test)


def best_of(candidates: Sequence[Profile], few: int = FEW) -> Choose:
    """Choose by expectancy: the ``few`` best on train, and of those the best on validate. Where validation can tell nothing of any of
    them the best on train is taken; where training cannot either, nothing. Of equals the one named first.

    Raises:
        ConfigFault: there are no candidates.
    """
    if not candidates:
        raise ConfigFault("walk-forward: no candidate profiles", "Give at least one")

    def choose(run: Run, fold: Fold) -> Choice | Unsaid:
        tried = [(profile, _worth(run, profile, fold.train)) for profile in candidates]
        told = [(profile, worth) for profile, worth in tried if isinstance(worth, Expectancy)]
        if not told:
            most = max(worth.trades for _, worth in tried)
            return Unsaid(
                f"no candidate of {len(tried)} had {MIN_TRADES} trades on {MIN_DAYS} days in training; {most} were the most trades"
            )
        told.sort(key=lambda one: -one[1].mean)
        choices = [
            Choice(profile, config_digest(profile), len(tried), worth, _worth(run, profile, fold.validate))
            for profile, worth in told[:few]
        ]
        confirmed = [choice for choice in choices if isinstance(choice.validate, Expectancy)]
        return max(confirmed, key=lambda choice: choice.promised.mean) if confirmed else choices[0]

    return choose


def _worth(run: Run, profile: Profile, window: Window) -> Expectancy | Insufficient:
    return worth_of(trades_in(run, profile, window))


def trades_in(run: Run, profile: Profile, window: Window) -> tuple[Trade, ...]:
    """The trades of a window. A plan stands on the last close of the trigger timeframe: one that stands on the close at which the
    window begins belongs to the time before, and is left out.

    Raises:
        ContractError: one was decided before that or after the window.
    """
    trades = run(profile, window.since_ms, window.until_ms).trades
    first_ms = profile.timeframes.trigger.floor(window.since_ms)
    for trade in trades:
        if not first_ms <= trade.decided_ms <= window.until_ms:
            raise ContractError(
                f"a backtest of {iso(window.since_ms)} to {iso(window.until_ms)} has a trade of {trade.symbol} that was "
                f"decided at {iso(trade.decided_ms)}"
            )
    return tuple(trade for trade in trades if window.holds(trade.decided_ms))


def walk_forward(run: Run, choose: Choose, turns: Sequence[Fold]) -> WalkForward:
    """Choose in every fold and trade what was chosen in its test (the module says how). A setup that an earlier fold took is not taken
    again, as in one backtest."""
    results: list[FoldResult] = []
    traded: list[Trade] = []
    for fold in turns:
        choice, taken = choose(run, fold), {trade.setup.plan.fingerprint for trade in traded}
        found = () if isinstance(choice, Unsaid) else trades_in(run, choice.profile, fold.test)
        trades = [trade for trade in found if trade.setup.plan.fingerprint not in taken]
        results.append(FoldResult(fold, choice, sum(t.is_finished for t in trades), worth_of(trades)))
        traded += trades
    chosen = [result.choice.digest for result in results if isinstance(result.choice, Choice)]
    return WalkForward(
        folds=tuple(results),
        trades=tuple(traded),
        worth=worth_of(traded),
        promised=_promised(results),
        drift=sum(before != after for before, after in pairwise(chosen)),
    )


def _promised(results: Sequence[FoldResult]) -> Figure | Unsaid:
    """Mean R promised a trade."""
    kept = [
        (result.choice.promised.mean, result.trades)
        for result in results
        if isinstance(result.choice, Choice)
    ]
    trades = sum(count for _, count in kept)
    if not trades:
        return Unsaid("no trade in any test")
    return Figure(sum(mean * count for mean, count in kept) / trades, trades)
