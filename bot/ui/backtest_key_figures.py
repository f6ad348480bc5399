"""The key figures of a backtest in words, each with how many it rests on, for the page and the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from bot.ui.backtest_reading import r_text, worth_text
from bot.ui.numbers import counted, measure_text
from shared.models.statistics import Drawdown, Expectancy, Figure, Statistics, Unsaid
from shared.models.timeframe import iso

Row = tuple[str, str | Unsaid, str]
"""A key figure: its name, its value or why there is none, over how many."""


def trade_rows(statistics: Statistics) -> Iterator[Row]:
    """What trades were worth."""
    yield "Average result", worth_text(statistics.worth), counted(statistics.worth.trades, "trade")
    if isinstance(statistics.worth, Expectancy) and statistics.worth.ambiguous:
        yield "Read for the better", r_text(statistics.worth.best), f"{statistics.worth.ambiguous} ambiguous"
    yield _figure_row("Median result", statistics.median_r, "R")
    yield _figure_row("Won", statistics.win_rate, "%")
    for place, figure in enumerate(statistics.hit_rates, 1):
        yield _figure_row(f"Target {place} reached", figure, "%")
    yield _figure_row("Profit factor", statistics.profit_factor)
    yield _figure_row("Payoff, mean win over mean loss", statistics.payoff)
    yield _figure_row("Mean excursion against", statistics.worst_r, "R")
    yield _figure_row("Mean excursion for", statistics.peak_r, "R")
    yield _figure_row("Captured of it", statistics.capture, "%")
    yield _figure_row("Time held, median", statistics.hours_held, "h")


def equity_rows(statistics: Statistics) -> Iterator[Row]:
    """What equity went through."""
    yield "Filled", f"{statistics.filled:,}", counted(sum(count for _, count in statistics.endings), "setup")
    yield (
        "Open, marked to the last close",
        r_text(statistics.open_r),
        counted(statistics.open_trades, "trade"),
    )
    yield "Longest losing run", f"{statistics.longest_losing_run}", counted(statistics.finished, "trade")
    yield _figure_row("Time in the market", statistics.exposure, "%")
    yield from _drawdown_rows(statistics.drawdown)
    yield _figure_row("Sharpe ratio, yearly", statistics.sharpe, "", "day")
    yield _figure_row("Sortino ratio, yearly", statistics.sortino, "", "day")
    yield _figure_row("Probability of a Sharpe above 0", statistics.probabilistic_sharpe, "%", "day")


def _drawdown_rows(drawdown: Drawdown | Unsaid) -> Iterator[Row]:
    if isinstance(drawdown, Unsaid):
        yield "Deepest drawdown", drawdown, ""
        return
    yield "Deepest drawdown", f"{-abs(drawdown.pct):z.1f} %", "daily"
    name = f"from {iso(drawdown.peak_ms)[:10]}, deepest {iso(drawdown.trough_ms)[:10]}"
    yield name, f"{drawdown.days:,.0f} days", "not over" if drawdown.is_open else "made good"


def _figure_row(name: str, figure: Figure | Unsaid, unit: str = "", noun: str = "trade") -> Row:
    if isinstance(figure, Unsaid):
        return name, figure, ""
    return name, figure_text(figure, unit), counted(figure.n, noun)


def figure_text(figure: Figure, unit: str) -> str:
    """A figure with its unit: R, percent of a share, hours, or none."""
    forms = {
        "R": r_text(figure.value),
        "%": f"{figure.value * 100:.1f} %",
        "h": f"{measure_text(figure.value)} h",
    }
    return forms.get(unit, f"{figure.value:z,.2f}")


def untold(rows: Iterable[Row]) -> tuple[str, ...]:
    """The figures that do not exist, a sentence a reason."""
    by_why: dict[str, list[str]] = defaultdict(list)
    for name, value, _ in rows:
        if isinstance(value, Unsaid):
            by_why[value.why].append(name)
    return tuple(f"Not told, {why}: {'; '.join(names)}." for why, names in by_why.items())
