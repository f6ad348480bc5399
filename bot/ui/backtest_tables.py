"""The tables of a backtest's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from bot.ui.backtest_figures import interval_svg
from bot.ui.backtest_key_figures import Row, untold
from bot.ui.backtest_reading import signed, worth_text
from bot.ui.html_parts import Html, joined, safe, table, tag
from bot.ui.look import GLUE
from bot.ui.numbers import counted, measure_text
from bot.ui.svg_axes import MONTHS
from shared.models.backtest import Backtest, Coverage, Trade, Turned
from shared.models.fills import Ending
from shared.models.gates import unit_of
from shared.models.scan import FunnelRow
from shared.models.statistics import (
    Calibration,
    Expectancy,
    Figure,
    Group,
    Insufficient,
    Statistics,
    Unsaid,
)
from shared.models.timeframe import iso

MEANT: Final = {
    Ending.PENDING: "still waits for its fill",
    Ending.EXPIRED: "not filled in time",
    Ending.INVALIDATED_BEFORE_FILL: "opened beyond the stop before it could be filled",
    Ending.INVALIDATED: "the zone broke before the fill",
    Ending.RAN_AWAY: "the first target came before the fill",
    Ending.OPEN: "still held",
    Ending.STOP: "stopped",
    Ending.GAP_STOP: "opened beyond the stop",
    Ending.BREAK_EVEN: "stopped where it cost nothing",
    Ending.TARGET: "the last target was reached",
    Ending.TIME: "held for as long as it may be",
    Ending.LIQUIDATED: "liquidated",
}
TINTS: Final = (8, 18, 30, 44)
"""Strengths of a month's colour, percent."""
CODES: Final = 5
"""Gates named of a stage; the rest is counted together."""


def minute(time_ms: int) -> str:
    """``2026-11-22 08:00``; the page says that all is UTC."""
    return iso(time_ms)[:16].replace("T", " ")


def key_table(rows: Sequence[Row]) -> Html:
    """Key figures, and below them what is not told and why."""
    there = [row for row in rows if not isinstance(row[1], Unsaid)]
    below = (tag("p", sentence, "soft") for sentence in untold(rows))
    return tag("div", joined((table(("", "Value", "N"), there, (1, 2)), *below)))


def month_cells(trades: Sequence[Trade]) -> dict[int, dict[int, tuple[float, int]]]:
    """(sum of R, N) by year and month of the decision, of finished trades."""
    found: dict[int, dict[int, tuple[float, int]]] = {}
    for trade in trades:
        moment = datetime.fromtimestamp(trade.decided_ms // 1000, UTC)
        total, count = found.setdefault(moment.year, {}).get(moment.month, (0.0, 0))
        found[moment.year][moment.month] = (total + trade.outcome.result_r, count + 1)
    return found


def month_map(trades: Sequence[Trade]) -> Html:
    """A year a row, a month a cell: its sum, its N, and a colour for its sign and size."""
    years = month_cells(trades)
    if not years:
        return tag("p", "No trade was finished.", "soft")
    most = max(abs(total) for months in years.values() for total, _ in months.values()) or 1.0
    return joined(
        Html(f'<div class="year"><h3>{year}</h3><ol class="months">{_months(years[year], most)}</ol></div>')
        for year in sorted(years)
    )


def _months(cells: dict[int, tuple[float, int]], most: float) -> Html:
    return joined(_month(name, cells.get(place), most) for place, name in enumerate(MONTHS, 1))


def _month(name: str, cell: tuple[float, int] | None, most: float) -> Html:
    if cell is None:
        return Html(f"<li><b>{name}</b>–<small>N 0</small></li>")
    total, count = cell
    ink = "up" if total >= 0 else "down"
    tint = TINTS[min(len(TINTS) - 1, int(abs(total) / most * len(TINTS)))]
    style = f"--tint:color-mix(in srgb,var(--{ink}) {tint}%,transparent)"
    return Html(
        f'<li style="{style}"><b>{name}</b>{safe(f"{signed(total, 1)}R")}<small>N {count}</small></li>'
    )


def bar(share: float) -> Html:
    """A bar whose length is a share of the column."""
    return Html(f'<span class="bar"><i style="width:{max(0.0, min(1.0, share)) * 100:.1f}%"></i></span>')


def funnel_table(backtest: Backtest) -> Html:
    """Decisions that reached each stage, and what stopped the others."""
    rows = [
        (
            row.stage,
            f"{row.reached:,}",
            bar(row.reached / max(1, backtest.decisions)),
            f"{row.stopped:,}",
            f"{row.faults:,}",
            _codes(row),
        )
        for row in backtest.funnel
    ]
    return table(("Stage", "Reached", "", "Stopped", "Faults", "By"), rows, (1, 3, 4))


def _codes(row: FunnelRow) -> str:
    named = [f"{code} {count:,}" for code, count in row.codes[:CODES]]
    rest = sum(count for _, count in row.codes[CODES:])
    return ", ".join([*named, f"other {rest:,}"] if rest else named) or "–"


def endings_table(statistics: Statistics) -> Html:
    """How setups ended."""
    total = sum(count for _, count in statistics.endings)
    rows = [
        (
            name,
            f"{count:,}",
            f"{count / max(1, total) * 100:.1f}{GLUE}%",
            bar(count / max(1, total)),
            MEANT[Ending(name)],
        )
        for name, count in statistics.endings
    ]
    if not rows:
        return tag("p", "No setup was taken.", "soft")
    return table(("Ending", "N", "Share", "", "Meaning"), rows, (1, 2))


def groups_tables(groups: Sequence[Group]) -> Html:
    """A table a dimension, all on one scale."""
    if not groups:
        return tag("p", "No trade was finished.", "soft")
    told = [group.worth for group in groups if isinstance(group.worth, Expectancy)]
    reach = (
        min((worth.low for worth in told), default=-1.0),
        max((worth.high for worth in told), default=1.0),
    )
    parts: list[Html] = []
    for dimension, members in groupby(groups, key=lambda group: group.dimension):
        rows = [_group(group, reach) for group in members]
        parts.append(
            tag(
                "div",
                joined(
                    (
                        tag("h3", dimension.replace("_", " ").capitalize()),
                        table(("", "N", "Average [95 %]", ""), rows, (1, 2)),
                    )
                ),
            )
        )
    return tag("div", joined(parts), "groups")


def _group(group: Group, reach: tuple[float, float]) -> tuple[object, ...]:
    worth = group.worth
    drawn = Html(interval_svg(worth, reach)) if isinstance(worth, Expectancy) else Html("")
    text = (
        worth_text(worth) if isinstance(worth, Expectancy) else f"insufficient, {counted(worth.days, 'day')}"
    )
    return group.name.replace("_", GLUE), f"{worth.trades:,}", text, drawn


def calibration_table(calibration: Calibration) -> Html:
    """The calibration plot's numbers."""
    if not calibration.deciles:
        return Html("")
    rows = [
        (
            f"{decile.low:.1f}{GLUE}to{GLUE}{decile.high:.1f}",
            f"{decile.trades:,}",
            _reached(decile.worth, decile.reached, decile.trades),
            worth_text(decile.worth) if isinstance(decile.worth, Expectancy) else "insufficient",
        )
        for decile in calibration.deciles
    ]
    return table(("Score", "N", "Target 1 before stop", "Average [95 %]"), rows, (1, 2, 3))


def _reached(worth: Expectancy | Insufficient, share: float, trades: int) -> str:
    return f"{share * 100:.0f} %" if isinstance(worth, Expectancy) else f"{round(share * trades)} of {trades}"


def calibration_words(calibration: Calibration) -> tuple[str, ...]:
    """Rank correlation and forecast error, with what they mean."""
    rank = calibration.spearman
    if isinstance(rank, Unsaid):
        first = f"Rank correlation of score and result: {rank}."
    else:
        p = calibration.spearman_p
        chance = f", p {p.value:.3f}" if isinstance(p, Figure) else ""
        first = f"Rank correlation of score and result {signed(rank.value)}{chance} (N {rank.n:,})."
    brier, base = calibration.brier, calibration.base_brier
    if isinstance(brier, Unsaid) or isinstance(base, Unsaid):
        why = brier if isinstance(brier, Unsaid) else base
        return first, f"Error of forecasting target 1 before the stop by score: {why}."
    verdict = "the score helps" if brier.value < base.value else "the score does not help"
    return first, (
        f"Squared error of forecasting target 1 before the stop: {brier.value:.3f} by score, {base.value:.3f} without it "
        f"(N {brier.n:,}): {verdict}."
    )


def turned_table(turned: Sequence[Turned]) -> Html:
    """Setups that risk turned down, by the gate that did."""
    by_code: dict[str, list[Turned]] = defaultdict(list)
    for one in turned:
        by_code[one.code].append(one)
    if not by_code:
        return tag("p", "None.", "soft")
    rows = [
        (code, f"{len(ones):,}", f"{len({one.symbol for one in ones}):,}", f"{max(one.score for one in ones):.1f}",
         minute(min(one.decided_ms for one in ones)), minute(max(one.decided_ms for one in ones)))
        for code, ones in sorted(by_code.items(), key=lambda item: (-len(item[1]), item[0]))
    ]  # fmt: skip
    return table(("Gate", "Setups", "Symbols", "Best score", "First", "Last"), rows, (1, 2, 3))


def locks_table(backtest: Backtest) -> Html:
    """Locks that were set."""
    if not backtest.locks:
        return tag("p", "None was set.", "soft")
    rows = [
        (
            minute(lock.since_ms),
            minute(lock.until_ms),
            lock.scope,
            lock.rule,
            lock.reason,
            _measured(lock.measured, lock.threshold, lock.unit),
        )
        for lock in backtest.locks
    ]
    return table(("Since", "Until", "Scope", "Rule", "Reason", "Measured"), rows)


def _measured(measured: float, threshold: float, unit: str) -> str:
    if not unit:
        return "by hand"
    return f"{measure_text(measured)} {unit_of(measured, unit)}, limit {measure_text(threshold)}"


def coverage_table(backtest: Backtest) -> Html:
    """What was replayed of each symbol."""
    rows = [_covered(one) for one in backtest.coverage]
    return table(
        ("Symbol", "First", "Last", "Closes decided on", "Candles missing", "Share"), rows, (3, 4, 5)
    )


def _covered(one: Coverage) -> tuple[str, ...]:
    if not one.last_ms:
        return (one.symbol, "no candle", "", f"{one.decisions:,}", "all", "100 %")
    missing, share = f"{one.missing:,}", _share(one.missing, one.decisions)
    return (one.symbol, minute(one.first_ms), minute(one.last_ms), f"{one.decisions:,}", missing, share)


def _share(missing: int, there: int) -> str:
    return f"{missing / max(1, missing + there) * 100:.2f} %"


def faults_list(backtest: Backtest) -> Html:
    """What broke, and the flags."""
    lines = [f"{fault.symbol}: {fault.problem}. {fault.action}".strip() for fault in backtest.faults]
    lines += [f"Flag: {flag}" for flag in backtest.flags]
    return tag("ul", joined(tag("li", text) for text in lines), "notes") if lines else Html("")
