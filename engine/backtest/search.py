"""Parameter search: the configuration whose expectancy is surest in training, and what it is worth in a time held back for it alone.

1. the end of the period is held back; before it the longest holding time stays free
2. optuna's TPE proposes configurations one by one; each is run on the training part and scored by the lower end of its expectancy's
   interval (J. Bergstra et al., Algorithms for Hyper-Parameter Optimization, 2011)
3. every trial goes into the log before the next is asked for, so a killed search goes on where it was: the sampler is asked again from
   the first trial on, and trials on record are told instead of run
4. the best one alone is run on the held-back time, once: a log that has another configuration there for the same question refuses
5. the number of configurations tried on these candles, by anybody, says what the best of so many would show by luck
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from contracts.trial_contract import TrialLog
from engine.backtest.luck import luck_of
from engine.backtest.space import applied, longest_of
from engine.backtest.walk_forward import Run, trades_in
from engine.backtest.worth import daily_of, worth_of
from shared.config.digest import config_digest
from shared.errors import ConfigFault, StorageFault
from shared.models.profile import Profile
from shared.models.search import Changes, Daily, Ground, Knob, Search, SearchPlan, Touch, Trial
from shared.models.statistics import MIN_DAYS, MIN_TRADES, Expectancy, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS, iso
from shared.models.walk_forward import Window
from shared.version import VERSION

if TYPE_CHECKING:
    import optuna

DIGITS: Final = 16
NO_PLACE: Final = ""
"""The digest of values that do not go together: there is no such profile."""


def search(
    run: Run,
    base: Profile,
    ground: Ground,
    plan: SearchPlan,
    log: TrialLog,
    *,
    on_trial: Callable[[Trial], None] | None = None,
) -> Search:
    """Search the space of ``plan`` about ``base`` (the module says how). ``on_trial`` is told of every trial, those on record too.

    The same arguments and the same optuna give the same trials, killed and continued or not.

    Raises:
        ConfigFault: optuna is not installed, or the period is too short to hold anything back.
        StorageFault: the log cannot be read or written, or has other trials of this search than are asked for.
    """
    train, held_back = split(ground, plan, longest_of(base, plan.space))
    study = _Study(run, base, _on(ground, train), plan, log)
    trials = study.trials(on_trial or (lambda _: None))
    tried = log.tried(ground.exchange, ground.symbols, train.since_ms, train.until_ms)
    told = [trial for trial in trials if isinstance(trial.worth, Expectancy)]
    best = max(told, key=lambda trial: trial.score) if told else _none_told(trials)
    held_ground = _on(ground, held_back)
    purpose = config_digest("held back", base, plan.space, held_ground)[:DIGITS]
    return Search(
        ground=ground,
        profile=base.name,
        plan=plan,
        train=train,
        held_back=held_back,
        trials=trials,
        best=best,
        luck=best if isinstance(best, Unsaid) else luck_of(best.daily, _shapes(trials), tried),
        held=best
        if isinstance(best, Unsaid)
        else _held(run, applied(base, best.changes), held_ground, purpose, log),
        spent=_spent(held_ground, purpose, log),
        tried=tried,
    )


def split(ground: Ground, plan: SearchPlan, hold_ms: int) -> tuple[Window, Window]:
    """The training part and the part held back, with the longest holding time free between them.

    Raises:
        ConfigFault: nothing would be left to train on.
    """
    held_ms = round((ground.until_ms - ground.since_ms) * plan.held_back)
    start_ms = (ground.until_ms - held_ms) // DAY_MS * DAY_MS
    if start_ms - hold_ms <= ground.since_ms:
        raise ConfigFault(
            f"search: {iso(ground.since_ms)} to {iso(ground.until_ms)} is too short: trades may last "
            f"{hold_ms / DAY_MS:.1f} days, and {plan.held_back:.0%} are held back",
            "Give a longer period",
        )
    return Window(ground.since_ms, start_ms - hold_ms), Window(start_ms, ground.until_ms)


class _Study:
    """The trials of one search: proposed, run or recalled, and kept."""

    def __init__(self, run: Run, base: Profile, ground: Ground, plan: SearchPlan, log: TrialLog) -> None:
        self._run, self._base, self._ground, self._plan, self._log = run, base, ground, plan, log
        self._optuna = _optuna()
        self._name = config_digest(base, plan.space, plan.seed, ground, VERSION, self._optuna.__version__)[
            :DIGITS
        ]
        self._known: dict[str, Trial] = {}

    def trials(self, on_trial: Callable[[Trial], None]) -> tuple[Trial, ...]:
        """Every trial of the search, in order."""
        recorded = {trial.number: trial for trial in self._log.trials(self._name)}
        study = self._study()
        done = []
        for number in range(self._plan.trials):
            asked = study.ask()
            changes = tuple((knob.path, knob.values[_place(asked, knob)]) for knob in self._plan.space)
            trial = recorded.get(number) or self._tried(number, changes)
            if trial.changes != changes:
                raise StorageFault(
                    f"trial log: trial {number} of this search tried other values than are asked for now",
                    "Search with another seed: what was tried stays on record",
                )
            if number not in recorded:
                self._log.add(self._name, self._ground, trial)
            self._known[trial.digest] = trial
            study.tell(asked, trial.score)
            on_trial(trial)
            done.append(trial)
        return tuple(done)

    def _study(self) -> optuna.Study:
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        sampler = self._optuna.samplers.TPESampler(seed=self._plan.seed)
        study: optuna.Study = self._optuna.create_study(direction="maximize", sampler=sampler)
        return study

    def _tried(self, number: int, changes: Changes) -> Trial:
        """A configuration run, unless it was before; or why it cannot be."""
        try:
            profile = applied(self._base, changes)
        except ConfigFault as fault:
            why = Unsaid(fault.problem)
            return Trial(number, changes, NO_PLACE, why, why)
        digest = config_digest(profile)
        if digest in self._known:
            return replace(self._known[digest], number=number, changes=changes)
        trades = trades_in(self._run, profile, _window(self._ground))
        return Trial(number, changes, digest, worth_of(trades), daily_of(trades))


def _place(asked: optuna.Trial, knob: Knob) -> int:
    """Which of a knob's values is proposed."""
    places = tuple(range(len(knob.values)))
    return int(
        asked.suggest_int(knob.path, 0, places[-1])
        if knob.ordered
        else asked.suggest_categorical(knob.path, places)
    )


def _optuna() -> Any:
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise ConfigFault(
            "searching parameters needs optuna, which is an extra",
            f"In the checkout run: {sys.executable} -m pip install -e '.[optimize]'",
        ) from error
    return optuna


def _on(ground: Ground, window: Window) -> Ground:
    return replace(ground, since_ms=window.since_ms, until_ms=window.until_ms)


def _window(ground: Ground) -> Window:
    return Window(ground.since_ms, ground.until_ms)


def _shapes(trials: tuple[Trial, ...]) -> list[Daily]:
    """The shapes of the different configurations that can be told."""
    told = {trial.digest: trial.daily for trial in trials if isinstance(trial.worth, Expectancy)}
    return [daily for daily in told.values() if isinstance(daily, Daily)]


def _none_told(trials: tuple[Trial, ...]) -> Unsaid:
    most = max((t.worth.trades for t in trials if isinstance(t.worth, Insufficient)), default=0)
    return Unsaid(
        f"no configuration had {MIN_TRADES} trades on {MIN_DAYS} days in training; {most} were the most trades"
    )


def _spent(ground: Ground, purpose: str, log: TrialLog) -> int:
    """How often others looked at the time held back: searches that touched it, or configurations of whatever was run there, the chosen
    one left out."""
    there = log.tried(ground.exchange, ground.symbols, ground.since_ms, ground.until_ms)
    return max(log.spent(ground, purpose), there - len(log.touches(purpose)))


def _held(
    run: Run, chosen: Profile, ground: Ground, purpose: str, log: TrialLog
) -> Expectancy | Insufficient | Unsaid:
    """What the chosen profile is worth in the time held back: run once, recalled from then on, refused to any other."""
    digest = config_digest(chosen)
    if not log.touches(purpose):
        trades = trades_in(run, chosen, _window(ground))
        log.touch(purpose, ground, Touch(digest, worth_of(trades)))
    touch = log.touches(purpose)[0]
    if touch.digest != digest:
        return Unsaid(
            f"the held-back time is spent: configuration {touch.digest[:8]} had {touch.worth} there"
        )
    return touch.worth
