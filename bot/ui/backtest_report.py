"""A backtest as one page that needs nothing else: no network, no other file, no script.

The same value gives the same bytes. A chart opens under each trade; what is not opened is not printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from bot.ui.backtest_figures import calibration_svg, curve_of, equity_svg, first_and_last, results_svg
from bot.ui.backtest_key_figures import equity_rows, trade_rows
from bot.ui.backtest_reading import heading_facts, money_text, period_text, r_text, sentences, signed
from bot.ui.backtest_tables import (
    calibration_table,
    calibration_words,
    coverage_table,
    endings_table,
    faults_list,
    funnel_table,
    groups_tables,
    key_table,
    locks_table,
    minute,
    month_map,
    turned_table,
)
from bot.ui.backtest_trades import trade_hours
from bot.ui.html_parts import STYLE, Html, figure, joined, safe, section, tag
from bot.ui.numbers import counted, decimals_of, price_shown, quantity_shown
from bot.ui.trade_chart import fill_sign, trade_svg
from shared.models.backtest import Backtest, Told, Trade, TradeChart
from shared.models.fills import Fill
from shared.models.statistics import Calibration

COLUMNS: Final = (
    ("Decided", "long"), ("Symbol", "long"), ("Side", ""), ("Style", ""), ("Score", ""), ("Entry", "n"), ("Stop", "n"), ("Targets", "long"),
    ("R", "n r"), ("Ending", "long"), ("Hours", "n"),
)  # fmt: skip
"""What a trade's row shows, each with the class that says how."""
LETTER_CH: Final = 0.96
"""Width of a letter, in widths of a digit."""


def report_html(told: Told) -> str:
    """The whole page."""
    title = f"Backtest {told.backtest.profile}, {period_text(told.backtest)}"
    parts = (*_opening(told), _figures(told), *_tables(told), _trades(told), _closing(told))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{safe(title)}</title><style>{STYLE}</style></head><body>{joined(parts)}</body></html>\n"
    )


def _opening(told: Told) -> Iterator[Html]:
    backtest = told.backtest
    yield tag(
        "h1",
        f"Backtest: {backtest.profile}, {counted(len(backtest.symbols), 'symbol')}, {period_text(backtest)}",
    )
    facts = joined(joined((tag("dt", name), tag("dd", value))) for name, value in heading_facts(told))
    yield tag("dl", facts, "facts")
    links = (
        ("reading", "Reading"),
        ("figures", "Key figures"),
        ("months", "Months"),
        ("funnel", "Funnel"),
        ("groups", "Groups"),
    )
    more = ("risk", "Risk"), ("coverage", "Coverage"), ("trades", "Trades")
    yield tag("nav", joined(Html(f'<a href="#{name}">{text}</a> ') for name, text in (*links, *more)))
    told_lines = tag("ol", joined(tag("li", sentence) for sentence in sentences(told)), "reading")
    notes = tag("ul", joined(tag("li", note) for note in told.notes), "notes") if told.notes else Html("")
    yield section("reading", "Reading", told_lines, notes)
    basis = "R is a trade's result after costs over what its plan risked. All times are UTC."
    numbers = joined(
        (key_table(tuple(trade_rows(told.statistics))), key_table(tuple(equity_rows(told.statistics))))
    )
    yield section("figures", "Key figures", tag("div", numbers, "figures"), tag("p", basis, "soft"))


def _figures(told: Told) -> Html:
    return tag(
        "div",
        joined((_equity(told.backtest), _results(told), *_calibration(told.statistics.calibration))),
        "figures",
    )


def _equity(backtest: Backtest) -> Html:
    count = f"N = {counted(len(backtest.equity), 'point')}, {first_and_last(curve_of(backtest))}"
    return figure("Equity, marked to market daily", count, equity_svg(backtest))


def _results(told: Told) -> Html:
    results = [trade.outcome.result_r for trade in told.backtest.finished]
    drawn = (
        results_svg(results, told.statistics.worth) if results else tag("p", "No trade was finished.", "soft")
    )
    read = tag("p", "Read for the worse where a candle can be read in two ways.", "soft")
    return figure("Results", f"N = {counted(len(results), 'finished trade')}", drawn, read)


def _calibration(calibration: Calibration) -> tuple[Html, Html]:
    count = sum(decile.trades for decile in calibration.deciles)
    drawn = (
        calibration_svg(calibration)
        if calibration.deciles
        else tag("p", "Too few trades to part by score.", "soft")
    )
    key = "A dot is an average, its line the 95 % interval; a hollow dot has too few trades for a number."
    below = tag("p", key, "soft") if calibration.deciles else Html("")
    words = joined(tag("p", text, "soft") for text in calibration_words(calibration))
    plot = figure("Is a higher score worth more?", f"N = {counted(count, 'finished trade')}", drawn, below)
    return plot, tag("div", joined((words, calibration_table(calibration))))


def _tables(told: Told) -> Iterator[Html]:
    backtest, statistics = told.backtest, told.statistics
    finished = backtest.finished
    by = tag(
        "p", f"Sum of R by month of the decision, N = {counted(len(finished), 'finished trade')}.", "soft"
    )
    yield section("months", "Months", by, month_map(finished))
    what = f"N = {counted(backtest.decisions, 'decision')}, one a symbol and close of {backtest.base}."
    ended = sum(count for _, count in statistics.endings)
    yield section(
        "funnel",
        "What stopped the rest",
        tag("p", what, "soft"),
        funnel_table(backtest),
        tag("h3", f"How setups ended, N = {ended:,}"),
        endings_table(statistics),
    )
    scale = f"N = {counted(statistics.finished, 'finished trade')}; all lines on one scale, the dashed one is 0 R. A difference between rows proves little: many were compared."
    yield section("groups", "Groups", tag("p", scale, "soft"), groups_tables(statistics.groups))
    yield section(
        "risk",
        "Risk",
        tag("h3", f"Setups turned down, N = {len(backtest.turned):,}"),
        turned_table(backtest.turned),
        tag("h3", f"Locks, N = {len(backtest.locks):,}"),
        locks_table(backtest),
    )
    yield section(
        "coverage",
        f"Coverage, N = {counted(len(backtest.coverage), 'symbol')}",
        coverage_table(backtest),
        faults_list(backtest),
    )


def _trades(told: Told) -> Html:
    trades = told.backtest.trades
    if not trades:
        return section("trades", "Trades, N = 0", tag("p", "No setup was taken.", "soft"))
    rows = [_cells(trade) for trade in trades]
    widths = [
        max(len(name), *(len(row[place]) for row in rows)) * LETTER_CH
        for place, (name, _) in enumerate(COLUMNS)
    ]
    grid = " ".join(f"{width + 0.5:.1f}ch" for width in widths)
    heads = joined(tag("span", name, kind) for name, kind in COLUMNS)
    head = Html(f'<div class="row head" aria-hidden="true">{heads}</div>')
    opened = joined(
        _trade(trade, row, told.charts.get(trade.setup.plan.fingerprint))
        for trade, row in zip(trades, rows, strict=True)
    )
    hint = tag(
        "p",
        "Each opens its chart and plan. Rising candles are hollow, falling ones filled. Opened trades are printed with their charts.",
        "soft",
    )
    listed = Html(f'<div class="trades" style="--columns:{grid}">{head}{opened}</div>')
    return section("trades", f"Trades, N = {len(trades):,}", hint, listed)


def _cells(trade: Trade) -> tuple[str, ...]:
    plan, outcome = trade.setup.plan, trade.outcome
    doubt = "?" if outcome.ambiguous else ""
    return (
        minute(plan.decided_ms), plan.symbol, plan.side.word, plan.style.value, f"{plan.grade} {plan.score:.1f}",
        price_shown(plan.entry.price, plan.tick), price_shown(plan.stop.price, plan.tick),
        " / ".join(price_shown(target.price, plan.tick) for target in plan.targets),
        f"{signed(outcome.result_r)}{doubt}" if outcome.filled else "–", outcome.ending.value.replace("_", " "),
        f"{trade_hours(trade):.1f}" if outcome.filled else "–",
    )  # fmt: skip


def _trade(trade: Trade, cells: tuple[str, ...], chart: TradeChart | None) -> Html:
    spans = joined(
        tag("span", joined((tag("b", f"{name} "), text)), kind)
        for (name, kind), text in zip(COLUMNS, cells, strict=True)
    )
    name = escape(trade.setup.plan.fingerprint)
    drawn = Html(trade_svg(trade, chart.candles)) if chart else tag("p", "Its candles were not kept.", "soft")
    inside = Html(f'<div class="inside">{drawn}{_story(trade)}</div>')
    return Html(
        f'<details class="trade" id="t-{name}"><summary class="row">{spans}</summary>{inside}</details>'
    )


def _story(trade: Trade) -> Html:
    plan = trade.setup.plan
    rows = [(name.capitalize(), getattr(plan.rationale, name)) for name in plan.rationale.__slots__]
    rows += [("Result", _result(trade)), ("Fills", _fills(trade)), ("Plan", plan.fingerprint)]
    return tag("dl", joined(joined((tag("dt", name), tag("dd", text))) for name, text in rows))


def _result(trade: Trade) -> str:
    outcome = trade.outcome
    if not outcome.filled:
        return f"not filled, {outcome.ending.value.replace('_', ' ')} at {minute(outcome.ended_ms)}"
    doubt = f"; read for the better {r_text(outcome.best_r)}" if outcome.ambiguous else ""
    best = f"went {r_text(outcome.worst_r)} against and {r_text(outcome.peak_r)} for it"
    funding = outcome.funding
    paid = (
        f"; funding {money_text(funding.paid)} over {counted(funding.stamps, 'payment')}, {funding.missing} without a rate"
        if funding.stamps
        else ""
    )
    money, currency = money_text(outcome.result, sign="+"), trade.setup.risk.currency
    return f"{r_text(outcome.result_r)}, {money} {currency}{doubt}; {best}{paid}; ended at {minute(outcome.ended_ms)}"


def _fills(trade: Trade) -> str:
    return "; ".join(_fill(trade, fill) for fill in trade.outcome.fills) or "none"


def _fill(trade: Trade, fill: Fill) -> str:
    plan = trade.setup.plan
    price = f"{fill.price:,.{decimals_of(plan.tick)}f}"
    sign = fill_sign(fill.leg, plan.side)
    return f"{sign} {fill.leg} {quantity_shown(fill.quantity)} at {price}, {fill.liquidity}, {minute(fill.bar_ms)}"


def _closing(told: Told) -> Html:
    return tag("p", f"SniperSight {told.backtest.version}. What was, not what will be; not advice.", "soft")
