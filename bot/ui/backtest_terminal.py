"""A backtest in a terminal: all trades beside each symbol's, what became of them, what that proves. Where there is no terminal, the trades as tab-separated values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bot.ui.backtest_key_figures import equity_rows, trade_rows, untold
from bot.ui.backtest_reading import (
    costs_text,
    interval_text,
    money_text,
    period_text,
    r_text,
    sentences,
    signed,
)
from bot.ui.backtest_trades import TRADE_HEADINGS, trade_cells
from bot.ui.look import Layout, Look
from bot.ui.numbers import amount_shown, counted
from bot.ui.table import Column, table_lines, width_of
from bot.ui.terminal_funnel import symbol_fault_lines
from shared.models.backtest import Backtest, Told, Trade
from shared.models.statistics import Drawdown, Expectancy, Figure, Insufficient, Placebo, Statistics, Unsaid
from shared.models.timeframe import iso

LABEL: Final = 11
BLOCKS: Final = "▁▂▃▄▅▆▇█"
CURVE: Final = 32
"""Most blocks of an equity curve."""
GATES: Final = 6
"""Gates named in a line; the rest is counted together."""
MEASURES: Final = (
    "Setups taken",
    "Filled",
    "Finished",
    "Target 1 reached",
    "Sum of R",
    "Average",
    "95 % interval",
)


def summary_lines(told: Told, files: Sequence[str], look: Look) -> list[str]:
    """Everything a person is shown of a backtest; ``files`` are the paths of what was written."""
    lines = [
        look.paint(look.signs(line), "dim") for line in (*look.flow(_heading(told)), *look.flow(_terms(told)))
    ]
    lines += ["", *_table(told, look), ""]
    for label, text in _parts(told, look):
        lines += _part(label, text, look)
    lines += ["", *_list("Reading", (*sentences(told), *told.notes), look)]
    lines += ["", *_list("Checks", tuple(_checks(told)), look)]
    for text in symbol_fault_lines(told.backtest.faults):
        lines += [look.paint(line, "yellow") for line in look.wrap(look.signs(text), "  ")]
    return lines + (["", *_list("Files", files, look)] if files else [])


def trades_tsv(told: Told) -> Iterator[str]:
    """The trades for machines: a header and one line a trade, tab-separated."""
    yield "\t".join(TRADE_HEADINGS)
    yield from ("\t".join(trade_cells(trade)) for trade in told.backtest.trades)


def _heading(told: Told) -> str:
    backtest = told.backtest
    symbols = counted(len(backtest.symbols), "symbol")
    return f"{backtest.profile} · {backtest.exchange} · {symbols} · closes of {backtest.base} · {period_text(backtest)}"


def _terms(told: Told) -> str:
    backtest = told.backtest
    capital = f"{amount_shown(backtest.capital)} {backtest.currency}"
    return f"{capital} · seed {backtest.seed} · run {backtest.run_id}"


def _table(told: Told, look: Look) -> list[str]:
    """All trades, then as many symbols as fit, those with most trades first."""
    statistics = told.statistics
    columns = [
        Column("", MEASURES, right=False),
        Column("all", _measures(told.backtest.trades, statistics.worth)),
    ]
    worths = {group.name: group.worth for group in statistics.groups if group.dimension == "symbol"}
    counts = Counter(trade.symbol for trade in told.backtest.trades)
    symbols = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    shown = 0
    for symbol in symbols if look.layout is not Layout.CARDS else []:
        trades = [trade for trade in told.backtest.trades if trade.symbol == symbol]
        column = Column(symbol, _measures(trades, worths.get(symbol, Insufficient(0, 0))))
        if width_of([*columns, column], 2) > look.columns:
            break
        columns.append(column)
        shown += 1
    lines = table_lines(columns, look, gap=2)
    rest = len(symbols) - shown
    return lines + (look.wrap(f"{counted(rest, 'symbol')} more in the report") if rest and shown else [])


def _measures(trades: Sequence[Trade], worth: Expectancy | Insufficient) -> tuple[str, ...]:
    finished = [trade for trade in trades if trade.is_finished]
    hit = sum(trade.outcome.targets_hit > 0 for trade in finished)
    average = (
        (r_text(worth.mean), interval_text(worth.low, worth.high))
        if isinstance(worth, Expectancy)
        else ("insufficient", "-")
    )
    return (
        f"{len(trades):,}",
        f"{sum(trade.outcome.filled for trade in trades):,}",
        f"{len(finished):,}",
        f"{hit} of {len(finished)}",
        signed(math.fsum(trade.outcome.result_r for trade in finished)),
        *average,
    )


def _parts(told: Told, look: Look) -> Iterator[tuple[str, str]]:
    backtest, statistics = told.backtest, told.statistics
    yield "Costs", costs_text(told.costs)
    yield (
        "Endings",
        " · ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in statistics.endings) or "none",
    )
    yield "Equity", _equity(backtest, look)
    yield "Drawdown", _drawdown(statistics.drawdown)
    yield "Placebo", _placebo(told.placebo)
    yield "Figures", _figures(statistics)
    for sentence in untold((*trade_rows(statistics), *equity_rows(statistics))):
        yield "", sentence
    yield "Funnel", " · ".join(f"{row.stage} {row.reached:,}" for row in backtest.funnel) or "none"
    yield "Stopped by", _stopped(backtest)


def _equity(backtest: Backtest, look: Look) -> str:
    totals = [float(backtest.capital), *(float(point.total) for point in backtest.equity)]
    gain = (totals[-1] / totals[0] - 1) * 100
    ends = f"{money_text(totals[0])} → {money_text(totals[-1])} {backtest.currency} ({gain:+z,.1f} %)"
    return f"{ends}  {blocks(totals)}" if look.unicode else ends


def blocks(totals: Sequence[float]) -> str:
    """A curve in a line of blocks, the last value of each stretch."""
    size = max(1, math.ceil(len(totals) / CURVE))
    shown = [totals[min(place + size, len(totals)) - 1] for place in range(0, len(totals), size)]
    low, span = min(shown), max(shown) - min(shown)
    return "".join(BLOCKS[int((value - low) / span * (len(BLOCKS) - 1)) if span else 0] for value in shown)


def _drawdown(drawdown: Drawdown | Unsaid) -> str:
    if isinstance(drawdown, Unsaid):
        return str(drawdown)
    over = "not over" if drawdown.is_open else "made good"
    span = f"{iso(drawdown.peak_ms)[:10]} to {iso(drawdown.trough_ms)[:10]}"
    return f"{-abs(drawdown.pct):z.1f} % of daily equity, {span}, {drawdown.days:,.0f} days, {over}"


def _placebo(placebo: Placebo | Unsaid) -> str:
    if isinstance(placebo, Unsaid):
        return str(placebo)
    where = f"above {placebo.percentile * 100:.0f} % of {placebo.draws:,} draws at random times"
    return f"{where}, mean {r_text(placebo.mean)}, 5 to 95 % {interval_text(placebo.low, placebo.high)}"


def _figures(statistics: Statistics) -> str:
    """Figures that exist, each with its N."""
    named: tuple[tuple[str, Figure | Unsaid, str], ...] = (
        ("profit factor", statistics.profit_factor, ".2f"),
        ("won", statistics.win_rate, "%"),
        ("Sharpe", statistics.sharpe, ".2f"),
        ("Sortino", statistics.sortino, ".2f"),
        ("in the market", statistics.exposure, "%"),
    )
    told = [
        f"{name} {_told(figure.value, form)} (N {figure.n:,})"
        for name, figure, form in named
        if isinstance(figure, Figure)
    ]
    return " · ".join([*told, f"longest losing run {statistics.longest_losing_run}"])


def _told(value: float, form: str) -> str:
    return f"{value * 100:.1f} %" if form == "%" else f"{value:{form}}"


def _stopped(backtest: Backtest) -> str:
    counts: Counter[str] = Counter()
    for row in backtest.funnel:
        counts.update(dict(row.codes))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{code} {count:,}" for code, count in ordered[:GATES]]
    rest = sum(count for _, count in ordered[GATES:])
    return " · ".join([*named, f"other {rest:,}"] if rest else named) or "nothing"


def _checks(told: Told) -> Iterator[str]:
    backtest = told.backtest
    missing, there = (
        sum(getattr(one, name) for one in backtest.coverage) for name in ("missing", "decisions")
    )
    share = missing / max(1, missing + there) * 100
    yield f"candles: {missing:,} missing of {counted(len(backtest.coverage), 'symbol')} ({share:.2f} %), {there:,} closes decided on"
    yield f"read in two ways: {counted(told.statistics.ambiguous, 'trade')}, for the worse"
    yield f"turned down by risk: {counted(len(backtest.turned), 'setup')} · {counted(len(backtest.locks), 'lock')} set"
    yield f"config {backtest.config_digest[:16]} · data {backtest.data_digest[:16]} · version {backtest.version}"


def _part(label: str, text: str, look: Look) -> list[str]:
    """A label and its words, which wrap beside it, or below it on a narrow screen."""
    narrow = look.layout is Layout.CARDS
    indent = "  " if narrow else " " * LABEL
    whole = text if narrow and not label else f"{label}: {text}" if narrow else f"{label:<{LABEL}}{text}"
    lines = look.wrap(look.signs(whole), indent)
    if not label or not look.colour:
        return lines
    return [look.paint(lines[0][: len(label)], "bold") + lines[0][len(label) :], *lines[1:]]


def _list(label: str, texts: Sequence[str], look: Look) -> list[str]:
    if look.layout is Layout.CARDS:
        items = [line for text in texts for line in look.wrap(look.signs(f"- {text}"), "  ")]
        return [look.paint(label, "bold"), *items]
    lines = _part(label, texts[0], look)
    for text in texts[1:]:
        lines += _part("", text, look)
    return lines
