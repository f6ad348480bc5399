"""The universe for people and as tab-separated values: who is in, who is not, and by what numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from bot.ui.look import Look
from bot.ui.numbers import counted, measure_text, time_shown
from bot.ui.table import Column, table_lines
from bot.ui.terminal_funnel import gate_text
from shared.models.gates import Rejection
from shared.models.universe import Member, UniverseSnapshot

UNIVERSE_HEADINGS: Final = (
    "symbol",
    "state",
    "rank",
    "quote_volume",
    "was_in",
    "code",
    "measured",
    "comparison",
    "threshold",
    "unit",
    "reason",
)
NAMED: Final = 3
"""Symbols named of each code, the nearest to passing first."""
MILLION: Final = 1e6


def universe_heading(snapshot: UniverseSnapshot, look: Look) -> str:
    """Profile, exchange, how many were chosen, and as of when, on one line."""
    return look.signs(_heading(snapshot, look))


def _heading(snapshot: UniverseSnapshot, look: Look) -> str:
    looked_at = len(snapshot.chosen) + len(snapshot.dropped)
    chosen = f"{len(snapshot.chosen):,} of {counted(looked_at, 'symbol')} chosen"
    parts = [snapshot.profile, snapshot.exchange, chosen, f"as of {time_shown(snapshot.as_of_ms, look.zone)}"]
    if snapshot.figures_ms != snapshot.as_of_ms:
        parts.append(f"24h figures of {time_shown(snapshot.figures_ms, look.zone)}")
    return " · ".join(parts)


def universe_lines(snapshot: UniverseSnapshot, look: Look) -> list[str]:
    """The chosen as a table, then what left out the others, then what could not be measured."""
    lines = [*map(look.signs, look.flow(_heading(snapshot, look))), ""]
    if snapshot.chosen:
        lines += [*table_lines(_columns(snapshot.chosen), look), ""]
    for text in (*_seat_lines(snapshot), *_drop_lines(snapshot.dropped), *unmeasured_lines(snapshot)):
        lines += look.wrap(look.signs(text), "  ")
    return lines


def universe_tsv(snapshot: UniverseSnapshot) -> list[str]:
    """A header and one line a symbol, the chosen by rank, then the dropped by name."""
    rows = (*map(_chosen_cells, snapshot.chosen), *map(_dropped_cells, snapshot.dropped))
    return ["\t".join(UNIVERSE_HEADINGS), *("\t".join(row) for row in rows)]


def unmeasured_lines(snapshot: UniverseSnapshot) -> list[str]:
    """One line for gates that could not be applied to as many symbols for the same reason."""
    alike: dict[tuple[int, str], list[str]] = {}
    for one in snapshot.unmeasured:
        alike.setdefault((one.symbols, one.why), []).append(one.code)
    return [
        f"Not measured, so not applied: {', '.join(codes)} of {counted(symbols, 'symbol')} ({why})"
        for (symbols, why), codes in alike.items()
    ]


def _columns(chosen: Sequence[Member]) -> list[Column]:
    volumes = tuple(f"{measure_text(member.quote_volume / MILLION)} M" for member in chosen)
    return [
        Column("Rank", tuple(str(member.rank) for member in chosen)),
        Column("Symbol", tuple(member.symbol for member in chosen), right=False),
        Column("24h volume", volumes),
        Column("In before", tuple("yes" if member.was_in else "" for member in chosen), right=False),
    ]


def _seat_lines(snapshot: UniverseSnapshot) -> Iterator[str]:
    if snapshot.basis == "ranked" and snapshot.enter_rank != snapshot.leave_rank:
        yield (
            f"At most {counted(snapshot.size, 'symbol')}: a new one is sure of its seat down to rank "
            f"{snapshot.enter_rank}, one already in stays down to rank {snapshot.leave_rank}"
        )


def _drop_lines(dropped: Iterable[Rejection]) -> Iterator[str]:
    ordered = sorted(dropped, key=lambda drop: (drop.code, _relative(drop), drop.symbol))
    groups = [(code, list(drops)) for code, drops in groupby(ordered, key=lambda drop: drop.code)]
    for code, drops in sorted(groups, key=lambda group: (-len(group[1]), group[0])):
        named = "; ".join(f"{drop.symbol} {_numbers(drop)}" for drop in drops[:NAMED])
        more = f"; {len(drops) - NAMED:,} more" if len(drops) > NAMED else ""
        yield f"{code} {len(drops):,}: {named}{more}"


def _relative(drop: Rejection) -> float:
    return drop.distance / max(abs(drop.threshold), abs(drop.measured), 1e-12)


def _numbers(drop: Rejection) -> str:
    detail = drop.what.partition(" (")[2].removesuffix(")")
    if detail:
        return f"({detail})"
    return gate_text(drop.measured, drop.comparison, drop.threshold, drop.unit)


def _chosen_cells(member: Member) -> tuple[str, ...]:
    was_in = "yes" if member.was_in else "no"
    return (member.symbol, "chosen", str(member.rank), repr(member.quote_volume), was_in, *("",) * 6)


def _dropped_cells(drop: Rejection) -> tuple[str, ...]:
    numbers = (repr(drop.measured), drop.comparison, repr(drop.threshold))
    return (drop.symbol, "dropped", "", "", "", drop.code, *numbers, drop.unit, drop.reason)
