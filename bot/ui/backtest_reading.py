"""What a backtest found, in sentences: the figures with their uncertainty, and no more than they carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.ui.numbers import amount_shown, counted, measure_text
from shared.models.backtest import Backtest, Told
from shared.models.profile import CostRules
from shared.models.statistics import MIN_DAYS, MIN_TRADES, Expectancy, Insufficient, Placebo, Unsaid
from shared.models.timeframe import iso

EDGE: Final = 0.95
"""Share of the placebo's draws that a result must beat before it is told apart from random times."""
SMALL: Final = 100
"""Amounts below this are said with significant digits: they may be whole coins."""
NAMED: Final = 3
"""Symbols named in a sentence."""


def sentences(told: Told) -> tuple[str, ...]:
    """Three to six sentences, the weightiest first. Numbers have a plain minus sign."""
    parts = (
        worth_sentence(told.statistics.worth),
        placebo_sentence(told.placebo, told.statistics.worth),
        _doubt(told),
        tried_sentence(told.tried),
        _universe(told.backtest),
        _remarks(told),
    )
    return tuple(part for part in parts if part)


def r_text(value: float) -> str:
    """``+0.31R``; a zero has no sign."""
    return f"{signed(value)}R"


def interval_text(low: float, high: float) -> str:
    """``[-0.02, +0.63]``."""
    return f"[{signed(low)}, {signed(high)}]"


def signed(value: float, decimals: int = 2) -> str:
    """A number with its sign; what rounds to 0 has none."""
    text = f"{value:+z.{decimals}f}"
    return text if text.strip("+0.") else text[1:]


def money_text(amount: float, sign: str = "") -> str:
    """An amount in currency: two decimals from 100 on, below that four significant digits; with ``+`` a gain has its sign."""
    text = f"{abs(amount):,.2f}" if abs(amount) >= SMALL else measure_text(abs(amount))
    return f"{'-' if amount < 0 else sign if amount > 0 else ''}{text}"


def worth_text(worth: Expectancy | Insufficient) -> str:
    """``+0.31R [-0.02, +0.63]``, or what is missing. N is said beside it."""
    if isinstance(worth, Insufficient):
        return str(worth)
    return f"{r_text(worth.mean)} {interval_text(worth.low, worth.high)}"


def worth_sentence(worth: Expectancy | Insufficient) -> str:
    """The average with its interval and what that proves; without enough trades that nothing is."""
    if isinstance(worth, Insufficient):
        return (
            f"Insufficient: {counted(worth.trades, 'finished trade')} on {counted(worth.days, 'day')}, and below "
            f"{MIN_TRADES} trades or {MIN_DAYS} days no average is told; a longer period or more symbols would give more."
        )
    found = (
        f"{counted(worth.trades, 'finished trade')} on {counted(worth.days, 'day')} were worth {r_text(worth.mean)} on average "
        f"after costs, 95 % interval {interval_text(worth.low, worth.high)}"
    )
    return f"{found}: {_proof(worth)}."


def _proof(worth: Expectancy) -> str:
    if worth.low > 0:
        return "above 0 on these candles, which does not promise it for others"
    if worth.high < 0:
        return "below 0, they lost"
    return "the interval spans 0, not proven"


def placebo_sentence(placebo: Placebo | Unsaid, worth: Expectancy | Insufficient) -> str:
    """Where the result stands among the same plans at random times."""
    if isinstance(placebo, Unsaid):
        return f"Whether it beats random times is not known: {placebo.why}."
    return (
        f"It is above {placebo.percentile * 100:.0f} % of {placebo.draws:,} draws of the same plans at random times "
        f"(mean {r_text(placebo.mean)}, 5 to 95 % {interval_text(placebo.low, placebo.high)}): {_edge(placebo, worth)}."
    )


def _edge(placebo: Placebo, worth: Expectancy | Insufficient) -> str:
    if placebo.percentile < EDGE:
        return "no edge over random times"
    if isinstance(worth, Insufficient):
        return "too few trades to call that an edge"
    return "better than random times"


def _doubt(told: Told) -> str:
    statistics = told.statistics
    worth = statistics.worth
    if not statistics.ambiguous:
        return ""
    of = f"{statistics.ambiguous} of {counted(statistics.finished, 'finished trade')}"
    read = f"{of} can be read in two ways inside one candle and were read for the worse"
    if isinstance(worth, Insufficient):
        return f"{read}."
    if not statistics.resolvable:
        return f"{read}; read for the better the average is {r_text(worth.best)}: not resolvable at this timeframe."
    return f"{read}; read for the better the average is {r_text(worth.best)}."


def tried_sentence(tried: int) -> str:
    """How many configurations were tried on these candles, and what that means."""
    if tried <= 1:
        return "One configuration was tried on these candles."
    return f"{tried:,} configurations were tried on these candles: the best of many looks better than it is."


def _universe(backtest: Backtest) -> str:
    text = backtest.universe.strip().rstrip(".")
    return f"Survivorship: {text}." if text else ""


def _remarks(told: Told) -> str:
    missing = told.statistics.funding_missing
    parts = []
    if missing:
        were = "was" if missing == 1 else "were"
        parts.append(
            f"{counted(missing, 'funding payment')} had no rate on record and {were} charged the stress rate"
        )
    if told.statistics.open_trades:
        count = "counts" if told.statistics.open_trades == 1 else "count"
        parts.append(
            f"{counted(told.statistics.open_trades, 'trade')} still open ({r_text(told.statistics.open_r)}) {count} nowhere"
        )
    empty = [one.symbol for one in told.backtest.coverage if not one.last_ms]
    if empty:
        parts.append(f"no candle in the period: {_named(empty)}")
    if told.backtest.faults:
        parts.append(f"not replayed: {_named([fault.symbol for fault in told.backtest.faults])}")
    if told.backtest.flags:
        parts.append(f"flagged: {', '.join(told.backtest.flags)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _named(symbols: Sequence[str]) -> str:
    rest = len(symbols) - NAMED
    return ", ".join(symbols[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def costs_text(costs: CostRules | Unsaid) -> str:
    """What a trade was charged, in words."""
    if isinstance(costs, Unsaid):
        return f"costs {costs.why}"
    rates = [measure_text(rate / 100) for rate in (costs.maker_bps, costs.taker_bps, costs.slippage_bps)]
    stress = measure_text(costs.funding_stress_bps / 100)
    return (
        f"maker {rates[0]} %, taker {rates[1]} %, slippage of a stop {rates[2]} %, "
        f"funding without a rate on record {stress} %"
    )


def heading_facts(told: Told) -> Iterator[tuple[str, str]]:
    """What was replayed, as (name, value)."""
    backtest = told.backtest
    yield "Profile", backtest.profile
    yield "Exchange", backtest.exchange
    yield "Symbols", f"{len(backtest.symbols)}: {', '.join(backtest.symbols)}" if backtest.symbols else "none"
    yield "Period", period_text(backtest)
    yield (
        "Decided",
        f"{backtest.decisions:,} times, at closes of {backtest.base}; triggers on {backtest.trigger}",
    )
    yield "Capital", f"{amount_shown(backtest.capital)} {backtest.currency}"
    yield "Costs", costs_text(told.costs)
    digests = f"config {backtest.config_digest[:16]}, data {backtest.data_digest[:16]}"
    yield "Run", f"{backtest.run_id}, seed {backtest.seed}, {digests}, version {backtest.version}"


def period_text(backtest: Backtest) -> str:
    """``2024-01-01 to 2024-09-01 UTC``, with the time of day where it is not midnight."""
    since, until = (iso(time_ms) for time_ms in (backtest.since_ms, backtest.until_ms))
    texts = [
        text.removesuffix("T00:00:00Z").replace("T", " ").removesuffix(":00Z") for text in (since, until)
    ]
    return f"{texts[0]} to {texts[1]} UTC"
