"""What a parameter search found, in lines: the best in training, what is luck in it, and what the held-back time said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.ui.look import Look
from bot.ui.numbers import counted
from shared.models.search import ANY, Changes, Luck, Search, Trial, Value, size_of
from shared.models.statistics import Expectancy, Insufficient, Unsaid
from shared.models.timeframe import iso
from shared.models.walk_forward import Window

SHOWN: Final = 5
"""Trials shown, the best first."""
HEADINGS: Final = (
    "trial",
    "digest",
    "score",
    "trades",
    "days",
    "mean_r",
    "low_r",
    "high_r",
    "daily_ratio",
    "changes",
)


def search_lines(found: Search, look: Look) -> list[str]:
    """The whole report; every line fits the terminal."""
    parts = (
        _title(found),
        "",
        f"Training {_span(found.train)}, by the lower end of expectancy's interval:",
        *_best_trials(found.trials),
        *_left_out(found.trials),
        "",
        *verdict_lines(found),
    )
    return [line for part in parts for line in (look.flow(look.signs(part)) if part else [""])]


def _title(found: Search) -> str:
    ground, plan = found.ground, found.plan
    return " · ".join(
        (
            "search",
            found.profile,
            ground.exchange,
            "the universe" if ANY in ground.symbols else counted(len(ground.symbols), "symbol"),
            f"{counted(len(found.trials), 'trial')} of {counted(size_of(plan.space), 'configuration')}",
            f"seed {plan.seed}",
        )
    )


def _best_trials(trials: Sequence[Trial]) -> list[str]:
    told = {trial.digest: trial for trial in reversed(trials) if isinstance(trial.worth, Expectancy)}
    ranked = sorted(told.values(), key=lambda trial: (-trial.score, trial.number))
    return [f"  {trial.worth} · {_changes_text(trial.changes)}" for trial in ranked[:SHOWN]]


def _left_out(trials: Sequence[Trial]) -> list[str]:
    few = sum(isinstance(trial.worth, Insufficient) for trial in trials)
    never = sum(isinstance(trial.worth, Unsaid) for trial in trials)
    lines = [f"  {counted(few, 'trial')} had too few trades to be told"] if few else []
    return lines + ([f"  {counted(never, 'trial')} had values that do not go together"] if never else [])


def verdict_lines(found: Search) -> list[str]:
    """Luck, the held-back time, and what both come to."""
    if isinstance(found.best, Unsaid):
        return [f"Nothing was chosen: {found.best.why}"]
    return [
        *_luck_lines(found.luck, found.tried),
        f"Held back {_span(found.held_back)}: {found.held}{_kept(found)}",
        "Proven: the interval lies above 0 in a time that nobody had looked at"
        if found.is_proven
        else f"Not proven: {_doubt(found)}",
    ]


def _luck_lines(luck: Luck | Unsaid, tried: int) -> tuple[str, str]:
    so_far = f"Tried on these candles so far: {counted(tried, 'configuration')}"
    if isinstance(luck, Unsaid):
        return f"Luck: {luck}", so_far
    chance = "below 1 %" if luck.chance < 0.01 else f"{100 * luck.chance:.0f} %"
    return (
        f"Luck: best {luck.ratio:.2f} a day (mean over spread), luckiest of {luck.tried:,} worthless ones "
        f"{luck.expected:.2f} · probability of chance {chance}",
        so_far,
    )


def _kept(found: Search) -> str:
    """What training promised, beside what was kept."""
    promised = found.best.worth if isinstance(found.best, Trial) else found.best
    if isinstance(promised, Expectancy) and isinstance(found.held, Expectancy):
        return f" · promised {promised.mean:+.2f}R, kept {found.held.mean:+.2f}R"
    return ""


def _doubt(found: Search) -> str:
    if not isinstance(found.held, Expectancy):
        return str(found.held)
    if found.held.low <= 0:
        return "the interval in the held-back time is not above 0"
    return f"others looked at the held-back time before ({found.spent:,})"


def _changes_text(changes: Changes) -> str:
    return " · ".join(f"{path.rpartition('.')[2]} {_value_text(value)}" for path, value in changes)


def _value_text(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _span(window: Window) -> str:
    return f"{iso(window.since_ms)[:10]} to {iso(window.until_ms)[:10]}"


def trial_line(trial: Trial, trials: int) -> str:
    """``trial 3 of 50: N = 41, +0.31R [-0.02, +0.63] · min_score 70``, as it is run."""
    return f"trial {trial.number + 1} of {trials}: {trial.worth} · {_changes_text(trial.changes)}"


def search_tsv(found: Search) -> list[str]:
    """A header and a line a trial, for machines; what is not told is empty."""
    return ["\t".join(HEADINGS), *("\t".join(_cells(trial)) for trial in found.trials)]


def _cells(trial: Trial) -> tuple[str, ...]:
    worth = trial.worth
    counts = ("", "") if isinstance(worth, Unsaid) else (str(worth.trades), str(worth.days))
    figures = (worth.mean, worth.low, worth.high) if isinstance(worth, Expectancy) else ()
    texts = tuple(f"{figure:.4f}" for figure in figures) or ("", "", "")
    ratio = "" if isinstance(trial.daily, Unsaid) else f"{trial.daily.ratio:.4f}"
    changes = " ".join(f"{path}={_value_text(value).replace(', ', ',')}" for path, value in trial.changes)
    return (str(trial.number), trial.digest[:8], f"{trial.score:.4f}", *counts, *texts, ratio, changes)
