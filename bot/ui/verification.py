"""Checks of the detectors as tables: repainting by detector, base rates beside those of shuffled candles."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Final

from bot.ui.look import Layout, Look
from bot.ui.numbers import MISSING
from bot.ui.table import Column, table_lines
from shared.models.verification import (
    BaseRate,
    DetectorCheck,
    Examined,
    Interval,
    Lag,
    LeftOut,
    LibraryCheck,
    Verdict,
)

OURS: Final = "snipersight"

REPAINT_HEADINGS: Final = (
    *("source", "detector", "events", "cuts", "shown", "changed", "vanished", "backdated", "rewrites"),
    *("lag_median", "lag_p90", "lag_max"),
)
NULL_HEADINGS: Final = (
    *("measure", "trials", "hits", "rate", "rate_low", "rate_high", "null_mean", "null_low", "null_high"),
    *("verdict", "what"),
)

COUNTS: Final[dict[Layout, tuple[str, ...]]] = {
    Layout.FULL: ("events", "cuts", "shown", "changed", "vanished", "backdated", "rewrites"),
    Layout.SHORT: ("events", "vanished", "backdated", "rewrites"),
}
"""Counts that fit, by layout; the rewrites are always all of them."""


def examined_line(examined: Examined, effort: str) -> str:
    """What was checked: ``demo · balanced · 6 series, 12,000 bars · 20 cuts each · seed 1``."""
    bars = sum(len(one.candles) for one in examined.series)
    count = len(examined.series)
    parts = (
        examined.exchange,
        examined.profile,
        f"{count} series, {bars:,} bars",
        effort,
        f"seed {examined.seed}",
    )
    return " · ".join(parts)


def left_out_lines(left_out: Sequence[LeftOut]) -> list[str]:
    """One line a series that is too short."""
    return [
        f"- {one.symbol} {one.timeframe}: {one.bars} candles, a check needs {one.needed}; left out"
        for one in left_out
    ]


def repaint_lines(ours: Sequence[DetectorCheck], library: LibraryCheck | None, look: Look) -> list[str]:
    """A table of our detectors and one of the library's, each with its sum in words."""
    lines = [*_check_table(ours, look), "", *wrapped(sum_line(OURS, ours), look)]
    if library is not None:
        title = f"{library.name} {library.version}"
        lines += [
            "",
            *_check_table(library.checks, look),
            "",
            *wrapped(sum_line(title, library.checks), look),
        ]
    lines += ["", *wrapped(LAG_MEANS, look, style="dim")]
    return lines


LAG_MEANS: Final = (
    "lag: bars from where a finding is drawn to the close at which it is known, median / 90th percentile / longest. "
    "A finding drawn back without saying when it was known counts as backdated."
)


def sum_line(name: str, checks: Sequence[DetectorCheck]) -> str:
    """``snipersight: 0 rewrites in 23,450 events``, or the rewrites by what they are."""
    events, rewrites = sum(check.events for check in checks), sum(check.rewrites for check in checks)
    line = f"{name}: {rewrites:,} rewrite{'' if rewrites == 1 else 's'} in {events:,} events"
    parts = [
        f"{total:,} {what}"
        for what in ("changed", "vanished", "backdated")
        if (total := sum(getattr(check, what) for check in checks))
    ]
    return f"{line} ({', '.join(parts)})" if parts else line


def _check_table(checks: Sequence[DetectorCheck], look: Look) -> list[str]:
    if look.layout is Layout.CARDS:
        return [line for check in checks for line in _card(check, look)]
    columns = [Column("Detector", tuple(check.detector for check in checks), right=False)]
    columns += [
        Column(name, tuple(f"{getattr(check, name):,}" for check in checks)) for name in COUNTS[look.layout]
    ]
    columns.append(Column("lag", tuple(_lag_text(check.lag) for check in checks)))
    return table_lines(columns, look, gap=2 if look.layout is Layout.FULL else 1)


def _card(check: DetectorCheck, look: Look) -> list[str]:
    counts = f"  {check.events:,} events · {check.rewrites:,} rewrites"
    name = look.paint(check.detector, "bold")
    return [name, *(look.signs(line) for line in (counts, f"  lag {_lag_text(check.lag)}"))]


def _lag_text(lag: Lag | None) -> str:
    return MISSING if lag is None else f"{lag.median:g} / {lag.p90:g} / {lag.longest}"


def repaint_tsv(ours: Sequence[DetectorCheck], library: LibraryCheck | None) -> list[str]:
    """A header and a line a detector, for machines; a lag that could not be measured is empty."""
    rows = [(OURS, check) for check in ours]
    rows += [(library.name, check) for check in library.checks] if library else []
    lines = ["\t".join(REPAINT_HEADINGS)]
    for source, check in rows:
        counts = [str(getattr(check, name)) for name in COUNTS[Layout.FULL]]
        lag = check.lag
        lags = ["", "", ""] if lag is None else [f"{lag.median:g}", f"{lag.p90:g}", str(lag.longest)]
        lines.append("\t".join((source, check.detector, *counts, *lags)))
    return lines


def null_lines(rates: Sequence[BaseRate], shuffles: int, look: Look) -> list[str]:
    """A table of base rates, what each measures, and how to read it."""
    shown = _rate_cards(rates, look) if look.layout is Layout.CARDS else _rate_table(rates, look)
    meanings = [line for rate in rates for line in wrapped(f"{rate.measure}: {rate.what}", look, "dim")]
    reading = [line for text in how_to_read(shuffles) for line in wrapped(text, look, "dim")]
    return [*shown, "", *meanings, "", *reading]


def how_to_read(shuffles: int) -> tuple[str, ...]:
    """What the words of the verdict say, and what they do not."""
    return (
        f"inside, outside: where the rate lies against the 5th to 95th percentile of {shuffles} shuffles of the same candles "
        "in blocks of 96. A block keeps its candles in order, so what happens inside one is the same. insufficient: fewer "
        "than 30 trials.",
        "One measure in ten or more lies outside by chance alone. Outside means: not what these candles give in another order. "
        "It is no measure of profit: no entry, no cost, no second sample.",
    )


def _rate_table(rates: Sequence[BaseRate], look: Look) -> list[str]:
    columns = [
        Column("Measure", tuple(rate.measure for rate in rates), right=False),
        Column("n", tuple(f"{rate.trials:,}" for rate in rates)),
        Column("rate %", tuple(_value_text(rate.rate) for rate in rates)),
        Column("95 %", tuple(_span_text(rate.rate) for rate in rates)),
    ]
    if look.layout is Layout.FULL:
        columns.append(Column("shuffled %", tuple(_value_text(rate.null) for rate in rates)))
    columns += [
        Column(
            "5–95 %" if look.layout is Layout.FULL else "shuffled",
            tuple(_span_text(rate.null) for rate in rates),
        ),
        Column("verdict", tuple(_verdict_text(rate) for rate in rates), right=False),
    ]
    return table_lines(columns, look, gap=2 if look.layout is Layout.FULL else 1)


def _rate_cards(rates: Sequence[BaseRate], look: Look) -> list[str]:
    lines = []
    for rate in rates:
        lines.append(look.paint(rate.measure, "bold"))
        lines.append(look.signs(f"  n {rate.trials:,} · {_card_rate(rate.rate)}"))
        lines.append(look.signs(f"  shuffled {_span_text(rate.null)} · {_verdict_text(rate)}"))
    return lines


def _card_rate(share: Interval | None) -> str:
    return _value_text(share) if share is None else f"{_value_text(share)} % ({_span_text(share)})"


def _value_text(share: Interval | None) -> str:
    return Verdict.INSUFFICIENT.value if share is None else f"{100 * share.value:.1f}"


def _span_text(share: Interval | None) -> str:
    return MISSING if share is None else f"{100 * share.low:.1f}–{100 * share.high:.1f}"


def _verdict_text(rate: BaseRate) -> str:
    return MISSING if rate.verdict is Verdict.INSUFFICIENT else rate.verdict.value


def null_tsv(rates: Sequence[BaseRate]) -> list[str]:
    """A header and a line a measure, shares from 0 to 1; those that there are too few trials for are empty."""
    parts: tuple[Callable[[Interval], float], ...] = (lambda i: i.value, lambda i: i.low, lambda i: i.high)
    lines = ["\t".join(NULL_HEADINGS)]
    for rate in rates:
        shares = [
            "" if share is None else f"{part(share):.4f}"
            for share in (rate.rate, rate.null)
            for part in parts
        ]
        row = (rate.measure, str(rate.trials), str(rate.hits), *shares, rate.verdict.value, rate.what)
        lines.append("\t".join(row))
    return lines


def wrapped(text: str, look: Look, style: str = "") -> list[str]:
    """``text`` as lines that fit, those after the first set in."""
    lines = textwrap.wrap(text, max(look.columns, 40), subsequent_indent="  ")
    return [look.paint(look.signs(line), style) if style else look.signs(line) for line in lines]
