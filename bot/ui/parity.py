"""Live against replayed, as a table with what differs below it, and as tab-separated text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.ui.look import Look
from bot.ui.numbers import counted, measure_text, time_shown
from bot.ui.table import Column, table_lines, width_of
from shared.models.fills import Fill
from shared.models.parity import (
    NOT_TRADED,
    Cause,
    Course,
    Ended,
    FillMoved,
    GateMoved,
    LiveSetup,
    Measure,
    Missed,
    Parity,
    SeriesMoved,
    Values,
)
from shared.models.replay import Part
from shared.models.statistics import Unsaid
from shared.models.timeframe import iso

HEADINGS: Final = ("decided", "symbol", "side", "id", "decision", "outcome", "R")
TSV_HEADINGS: Final = (
    "kind", "decided", "exchange", "profile", "symbol", "side", "id", "run", "result", "why", "gate",
    "recorded_ending", "recorded_r", "found_ending", "found_r",
)  # fmt: skip
PARTS: Final[Mapping[Cause, tuple[Part, ...]]] = {
    Cause.CANDLES: (Part.CANDLES,),
    Cause.MARKET: (Part.TREND, Part.BENCHMARK),
    Cause.CODE: (Part.CODE,),
    Cause.SETTINGS: (Part.SETTINGS,),
    Cause.UNIVERSE: (Part.SETTINGS,),
    Cause.RULES: (Part.RULES,),
}
"""Which differences are shown beneath each cause; candles where their series cannot be."""
NONE_RECORDED: Final = (
    "no scan of its present is recorded of that time; scans of a past moment (--as-of) are not compared"
)
GAP: Final = 2
"""Blanks between two columns."""
MOST_CANDLES: Final = 3
"""Moved candles of one series that are shown one by one."""


def parity_lines(parity: Parity, look: Look) -> Iterator[str]:
    """What was compared, every setup in a table, then what differs, setup by setup, and what the backtest takes beyond."""
    for course in parity.courses:
        yield from look.flow(look.signs(_course(course, look)))
        for fault in course.faults:
            yield from look.wrap(f"! {fault.symbol}: {fault.problem}", "  ")
    if not parity.courses:
        yield from look.wrap(NONE_RECORDED)
        return
    yield ""
    if parity.setups or parity.missed:
        rows = [
            *(_setup_cells(one, look) for one in parity.setups),
            *(_missed_cells(one, look) for one in parity.missed),
        ]
        yield from _table(rows, look)
    for setup in parity.setups:
        if setup.differs:
            yield from _why(setup, look)
    for missed in parity.missed:
        yield from _why_missed(missed, look)
    yield ""
    yield from look.flow(look.signs(_summary(parity)))
    yield from look.wrap(NOT_TRADED)


def _course(course: Course, look: Look) -> str:
    asked = ", ".join(course.symbols) or (f"at most {course.top} symbols" if course.top else "its universe")
    span = f"{time_shown(course.first_ms, look.zone)} to {time_shown(course.last_ms, look.zone)}"
    return (
        f"{course.exchange} · {course.profile} · {asked} · {counted(course.scans, 'scan')} · {span} · "
        f"backtest {course.backtest_id}: {counted(course.trades, 'setup')} taken"
    )


def _summary(parity: Parity) -> str:
    same = sum(not setup.differs for setup in parity.setups)
    return (
        f"{counted(len(parity.setups), 'setup')} approved live · {same} the same · "
        f"{len(parity.setups) - same} not · {len(parity.missed)} missed"
    )


def _table(rows: Sequence[tuple[str, ...]], look: Look) -> Iterator[str]:
    """A table where it fits, else a line of parts each."""
    columns = [
        Column(heading, tuple(row[place] for row in rows), heading == "R")
        for place, heading in enumerate(HEADINGS)
    ]
    if width_of(columns, GAP) <= look.columns:
        yield from table_lines(columns, look, gap=GAP)
        return
    for row in rows:
        yield from look.flow(look.signs(" · ".join(row)))


def _setup_cells(one: LiveSetup, look: Look) -> tuple[str, ...]:
    recorded, found = one.outcome.recorded, one.outcome.found
    moved = isinstance(recorded, Ended) and isinstance(found, Ended) and recorded != found
    told = [end for end in ((recorded, found) if moved else (found,)) if isinstance(end, Ended)]
    endings = dict.fromkeys(end.ending.value for end in told)
    return (
        time_shown(one.as_of_ms, look.zone),
        one.symbol,
        one.side.word,
        one.fingerprint,
        one.decided.cause.value,
        " → ".join(endings) or "-",
        " → ".join(f"{end.result_r:+.2f}" for end in told) or "-",
    )


def _missed_cells(one: Missed, look: Look) -> tuple[str, ...]:
    how = "late" if one.later_ms else "missed"
    return (
        time_shown(one.decided_ms, look.zone),
        one.symbol,
        one.side.word,
        one.fingerprint,
        how,
        one.ending.value,
        f"{one.result_r:+.2f}",
    )


def _why(one: LiveSetup, look: Look) -> Iterator[str]:
    decided = one.decided
    yield ""
    yield look.paint(look.signs(f"{one.fingerprint} {one.symbol} {one.side.word} · run {one.run_id}"), "bold")
    if decided.cause is not Cause.SAME:
        yield from _point(decided.why, look)
    if isinstance(decided.gate, GateMoved) and isinstance(decided.gate.now, Measure):
        yield from _point(gate_words(decided.gate), look)
    for series in decided.series:
        yield from _series(series, look)
    shown = () if decided.series and decided.cause is Cause.CANDLES else PARTS.get(decided.cause, ())
    for difference in decided.differences:
        if difference.part in shown:
            words = f"{difference.what}: {difference.recorded} then, {difference.found} now"
            yield from _point(words, look)
    if one.outcome.differs:
        yield from _point(
            f"outcome: {_end(one.outcome.recorded)} on record, {_end(one.outcome.found)} now", look
        )
        for moved in one.outcome.fills:
            yield from _point(fill_words(moved, look), look)


def _why_missed(one: Missed, look: Look) -> Iterator[str]:
    yield ""
    run = f" · run {one.run_id}" if one.run_id else ""
    yield look.paint(
        look.signs(f"{one.fingerprint} {one.symbol} {one.side.word} · score {one.score:g}{run}"), "bold"
    )
    later = f"; approved at {time_shown(one.later_ms, look.zone)}" if one.later_ms else ""
    yield from _point(f"the backtest takes it, {one.said}{later}", look)


def _point(words: str, look: Look) -> Iterator[str]:
    yield from (look.signs(line) for line in look.wrap(f"- {words}", "  "))


def _series(series: SeriesMoved, look: Look) -> Iterator[str]:
    whole = "; put back, the recorded digest comes out" if series.proven and series.candles else ""
    yield from _point(
        f"candles of {series.symbol} {series.timeframe}: {series.recorded} then, {series.found} now{whole}",
        look,
    )
    for candle in series.candles[:MOST_CANDLES]:
        now = candle.now.why if isinstance(candle.now, Unsaid) else f"now {_values(candle.now)}"
        seen = time_shown(candle.seen_ms, look.zone)
        yield from _point(
            f"the one at {time_shown(candle.open_ms, look.zone)}: {_values(candle.then)}, since {seen} {now}",
            look,
        )
    left = len(series.candles) - MOST_CANDLES
    if left > 0:
        yield from _point(f"and {counted(left, 'other')} of that series", look)


def _values(values: Values) -> str:
    return " ".join(f"{name} {value:g}" for name, value in zip("OHLCV", values, strict=True))


def gate_words(gate: GateMoved) -> str:
    """``confluence.score: 71.2 then (at least 60), 71.2 now (at least 80) points``."""
    limit = {">=": "at least", "<=": "at most"}[gate.comparison]
    sides = [
        f"{measure_text(side.measured)} {when} ({limit} {measure_text(side.threshold)})"
        if isinstance(side, Measure)
        else f"{when}: {side.why}"
        for when, side in (("then", gate.then), ("now", gate.now))
    ]
    return f"{gate.code}: {', '.join(sides)} {gate.unit}".rstrip()


def fill_words(moved: FillMoved, look: Look) -> str:
    """``entry: 99.5 in the candle of 12:05 on record, 99.4 in that of 12:10 now``."""
    return f"{moved.leg}: {_filled(moved.then, look)} on record, {_filled(moved.now, look)} now"


def _filled(fill: Fill | Unsaid, look: Look) -> str:
    if isinstance(fill, Unsaid):
        return fill.why
    return f"{fill.quantity:f} at {fill.price:g} in the candle of {time_shown(fill.bar_ms, look.zone)}"


def _end(end: Ended | Unsaid) -> str:
    return end.why if isinstance(end, Unsaid) else f"{end.ending} {end.result_r:+.4f}R"


def parity_tsv(parity: Parity) -> Iterator[str]:
    """A row per setup and miss for machines, times in UTC."""
    yield "\t".join(TSV_HEADINGS)
    yield from ("\t".join(_setup_row(one)) for one in parity.setups)
    yield from ("\t".join(_missed_row(one)) for one in parity.missed)


def _setup_row(one: LiveSetup) -> tuple[str, ...]:
    gate = one.decided.gate
    return (
        "live",
        iso(one.as_of_ms),
        one.exchange,
        one.profile,
        one.symbol,
        one.side.word,
        one.fingerprint,
        one.run_id,
        one.decided.cause.value,
        one.decided.why,
        gate.code if isinstance(gate, GateMoved) else "",
        *_ended(one.outcome.recorded),
        *_ended(one.outcome.found),
    )


def _missed_row(one: Missed) -> tuple[str, ...]:
    return (
        "late" if one.later_ms else "missed",
        iso(one.decided_ms),
        one.exchange,
        one.profile,
        one.symbol,
        one.side.word,
        one.fingerprint,
        one.run_id,
        one.why.value,
        one.said,
        one.gate.code if isinstance(one.gate, GateMoved) else "",
        "",
        "",
        one.ending.value,
        f"{one.result_r:g}",
    )


def _ended(end: Ended | Unsaid) -> Sequence[str]:
    return ("", "") if isinstance(end, Unsaid) else (end.ending.value, f"{end.result_r:g}")
