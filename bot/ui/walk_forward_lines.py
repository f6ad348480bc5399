"""A walk-forward in lines: a fold a line, with what was chosen, what it promised and what it did."""

from __future__ import annotations

from functools import reduce
from typing import Any, Final

from bot.ui.look import Look
from bot.ui.numbers import counted
from shared.config.parser import known_keys
from shared.models.profile import Profile
from shared.models.statistics import Expectancy, Unsaid
from shared.models.timeframe import DAY_MS, iso
from shared.models.walk_forward import FoldPlan, FoldResult, WalkForward

NAMES: Final = frozenset({"name", "summary"})
"""What a profile is called, which decides nothing."""
HEADINGS: Final = (
    "fold",
    "train_since",
    "test_since",
    "test_until",
    "chosen",
    "promised_r",
    "trades",
    "days",
    "mean_r",
    "low_r",
    "high_r",
)


def title_lines(walk_id: str, exchange: str, candidates: int, plan: FoldPlan, look: Look) -> list[str]:
    """What is walked through, and how."""
    parts = (
        "walk-forward",
        exchange,
        counted(candidates, "candidate"),
        f"train {plan.train_days:g}, validate {plan.validate_days:g}, test {plan.test_days:g} days",
        f"{plan.hold_ms / DAY_MS:g} days free between them",
        walk_id,
    )
    return look.flow(look.signs(" · ".join(parts)))


def walk_forward_lines(found: WalkForward, base: Profile, look: Look) -> list[str]:
    """Every fold, its choice told by what it changes in ``base``, and what all tests together came to."""
    lines = list(fold_lines(found, base))
    lines += ["", f"Out of sample: {found.worth}", _promise_line(found)]
    if all(isinstance(result.choice, Unsaid) for result in found.folds):
        lines.append("Nothing was traded: longer training or more symbols give more to choose by")
    return [line for text in lines for line in (look.flow(look.signs(text)) if text else [""])]


def fold_lines(found: WalkForward, base: Profile) -> tuple[str, ...]:
    """A line a fold."""
    return tuple(_fold_line(place, result, base) for place, result in enumerate(found.folds, 1))


def walk_forward_tsv(found: WalkForward, base: Profile) -> list[str]:
    """A header and a line a fold, for machines; what is not told is empty."""
    return ["\t".join(HEADINGS), *("\t".join(_cells(*one, base)) for one in enumerate(found.folds, 1))]


def _cells(place: int, result: FoldResult, base: Profile) -> tuple[str, ...]:
    choice, did, fold = result.choice, result.did, result.fold
    times = (iso(time_ms) for time_ms in (fold.train.since_ms, fold.test.since_ms, fold.test.until_ms))
    chosen = (
        ("", "")
        if isinstance(choice, Unsaid)
        else (difference(base, choice.profile), f"{choice.promised.mean:.4f}")
    )
    figures = (did.mean, did.low, did.high) if isinstance(did, Expectancy) else ()
    texts = tuple(f"{figure:.4f}" for figure in figures) or ("", "", "")
    return (str(place), *times, *chosen, str(did.trades), str(did.days), *texts)


def _fold_line(place: int, result: FoldResult, base: Profile) -> str:
    test, choice = result.fold.test, result.choice
    title = f"{place} · test {iso(test.since_ms)[:10]} to {iso(test.until_ms)[:10]}"
    if isinstance(choice, Unsaid):
        return f"{title} · nothing chosen: {choice.why}"
    return (
        f"{title} · {difference(base, choice.profile)}, best of {choice.of} · promised {choice.promised.mean:+.2f}R · "
        f"did {result.did}"
    )


def _promise_line(found: WalkForward) -> str:
    promised = found.promised
    told = f"{promised}" if isinstance(promised, Unsaid) else f"{promised.value:+.2f}R a trade"
    return f"Promised: {told} · the profile changed {counted(found.drift, 'time')} in {counted(len(found.folds), 'fold')}"


def difference(base: Profile, profile: Profile) -> str:
    """``min_score 70, max_targets 2``: what differs from ``base``; its name where nothing does, or where it is another profile."""
    if profile.name != base.name:
        return profile.name
    paths = [path for path in known_keys(base) if _at(base, path) != _at(profile, path) and path not in NAMES]
    texts = [f"{path.rpartition('.')[2]} {_text(_at(profile, path))}" for path in paths]
    return ", ".join(texts) or profile.name


def _at(profile: Profile, path: str) -> Any:
    return reduce(getattr, path.split("."), profile)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "+".join(str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
