"""What a person sees, compared whole with kept files: delete one and run the test to keep what is printed now."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.look import ASCII, Layout, Look
from bot.ui.terminal import card_lines, closing_lines, heading, plan_lines, scan_lines, tsv_lines
from bot.ui.terminal_explain import explain_lines, score_lines
from bot.ui.terminal_funnel import closest_line, gate_text, without_line
from bot.ui.universe import UNIVERSE_HEADINGS, universe_lines, universe_tsv
from shared.models.scan import FunnelRow, RunStatus, Setup
from shared.models.smc import Side
from tests.fixtures.hand_scan import (
    AS_OF_MS,
    BREAKDOWN,
    BROKEN,
    BTC,
    EMPTY,
    PLANNED,
    REJECTED,
    SCAN,
    SHIB,
    plan,
    setup,
)
from tests.fixtures.hand_universe import FIRST, HELD, NAMED, NONE

GOLDEN = Path(__file__).parents[2] / "golden" / "terminal"

VIEWS = {
    "scan-120": lambda: scan_lines(SCAN, Look(120), AS_OF_MS + 360_000),
    "scan-80": lambda: scan_lines(SCAN, Look(80)),
    "scan-60": lambda: scan_lines(SCAN, Look(60)),
    "scan-empty-80": lambda: scan_lines(EMPTY, Look(80)),
    "scan-ascii-120": lambda: scan_lines(SCAN, Look(120, unicode=False)),
    "scan-colour-120": lambda: scan_lines(SCAN, Look(120, colour=True)),
    "scan-tsv": lambda: tsv_lines(SCAN.setups),
    "explain-plan-120": lambda: explain_lines(PLANNED, Look(120)),
    "explain-plan-60": lambda: explain_lines(PLANNED, Look(60)),
    "explain-rejection-80": lambda: explain_lines(REJECTED, Look(80)),
    "explain-fault-80": lambda: explain_lines(BROKEN, Look(80)),
    "universe-120": lambda: universe_lines(HELD, Look(120)),
    "universe-60": lambda: universe_lines(HELD, Look(60)),
    "universe-ascii-80": lambda: universe_lines(FIRST, Look(80, unicode=False)),
    "universe-named-80": lambda: universe_lines(NAMED, Look(80)),
    "universe-none-40": lambda: universe_lines(NONE, Look(40)),
    "universe-tsv": lambda: universe_tsv(HELD),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_what_it_was(name: str) -> None:
    kept = GOLDEN / f"{name}.txt"
    printed = "\n".join(VIEWS[name]()) + "\n"
    if not kept.exists():
        kept.write_text(printed, "utf-8")
        pytest.fail(f"{kept.name} was not there and has been written: read it, then run again")
    assert printed == kept.read_text("utf-8")


@pytest.mark.parametrize("columns", [40, 44, 72, 104, 200])
def test_no_line_of_a_universe_is_wider_than_the_terminal(columns: int) -> None:
    assert max(map(len, universe_lines(HELD, Look(columns)))) <= columns


def test_every_symbol_of_a_universe_is_one_line_for_machines() -> None:
    header, *rows = (line.split("\t") for line in universe_tsv(HELD))
    assert tuple(header) == UNIVERSE_HEADINGS
    assert {len(row) for row in rows} == {len(header)}
    symbols = [member.symbol for member in HELD.chosen] + [drop.symbol for drop in HELD.dropped]
    assert [row[0] for row in rows] == symbols


PRICES = st.decimals("0.00000001", "99999", places=8)


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """A long plan at any price, with one to five targets."""
    steps = [draw(PRICES) for _ in range(draw(st.integers(4, 8)))]
    ladder = [sum(steps[:count], Decimal(0)) for count in range(1, len(steps) + 1)]
    low, high = ladder[1], ladder[2] + (ladder[2] - ladder[1])
    targets = [high + price for price in ladder[3:]]
    name = draw(st.text("ABCDEFGH0123456789", min_size=2, max_size=12))
    return setup(
        plan(
            f"{name}/USDT",
            Side.LONG,
            "0.00000001",
            " ".join(f"{p:f}" for p in (ladder[0], low, high, *targets)),
        )
    )


def shown_prices(of: Setup) -> list[str]:
    p = of.plan
    return [f"{price:,.8f}" for price in (p.entry.near, p.entry.far, p.stop.price, p.targets[0].price)]


@given(st.lists(setups(), min_size=1, max_size=3), st.integers(20, 200))
def test_no_price_is_ever_cut(found: list[Setup], columns: int) -> None:
    text = "\n".join(plan_lines(found, Look(columns)))
    lean = Look(columns).layout is Layout.SHORT or "TP" not in text
    for one in found:
        entry_and_stop, first = shown_prices(one)[:3], shown_prices(one)[3]
        assert all(price in text for price in entry_and_stop)
        assert lean or first in text


@given(st.lists(setups(), min_size=1, max_size=3), st.integers(72, 200))
def test_a_table_fits_or_gives_way_to_cards(found: list[Setup], columns: int) -> None:
    lines = plan_lines(found, Look(columns))
    is_cards = lines == card_lines([one.plan for one in found], Look(columns))
    assert is_cards or max(map(len, lines)) <= columns


@given(setups())
def test_machines_get_one_line_of_plain_values(one: Setup) -> None:
    header, line = tsv_lines([one])
    cells = dict(zip(header.split("\t"), line.split("\t"), strict=True))
    assert Decimal(cells["stop"]) == one.plan.stop.price
    assert Decimal(cells["tp_last"]) == one.plan.targets[-1].price
    assert "," not in line
    assert all(cells.values())


def test_until_when_a_plan_is_good_is_one_sentence_said_once() -> None:
    lines = explain_lines(PLANNED, Look(120))
    (until,) = [line for line in lines if line.startswith("Good until")]
    assert until == "Good until   2026-11-22 20:00 UTC if not filled, or a 1h close under 67,120.0"
    change = lines[lines.index("What would change it") + 1 : lines.index("Against it")]
    assert change == [
        "  after the fill: the stop at 66,540.0, or 72 1h bars without a result",
        "  closest to failing: confluence score: 87.4 points, needs >= 65 (22.4 to spare)",
        "  closest to failing: net reward of the last target: 4.14 R, needs >= 2 (2.14 to spare)",
    ]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_gate_asked_of_several_timeframes_names_each(columns: int) -> None:
    text = "\n".join(explain_lines(PLANNED, Look(columns)))
    for what in ("closed 15m candles", "closed 1h candles"):
        assert text.count(what) == 1
    assert "mean true range" not in text


def test_what_a_gate_was_asked_of_stands_in_line_beside_coloured_words() -> None:
    lines = explain_lines(PLANNED, Look(120, colour=True))
    plain = [line.replace("\x1b[31m", "").replace("\x1b[0m", "") for line in lines]
    history = [line for line in plain if line.startswith("data.history")]
    assert len({line.index("closed") for line in history}) == 1


def test_the_summary_names_what_stopped_the_rest() -> None:
    assert (
        without_line(SCAN) == "2 plans · 3 without one (1 confluence.score, 1 plan.net_rr_last, 1 smc.zone)"
    )
    assert without_line(replace(SCAN, setups=(BTC,), rejections=())) == "1 plan"


def test_the_closest_is_the_one_that_came_furthest() -> None:
    assert closest_line(EMPTY) == "Closest: SOL/USDT: 1.8 R, needs 2 (plan.net_rr_last)"
    assert closest_line(replace(EMPTY, rejections=())) == ""


def test_without_utf8_every_sign_has_a_stand_in() -> None:
    assert Look(80, unicode=False).signs("a · b – c × 2 ≥ 1 ☃") == "a - b - c x 2 >= 1 ?"
    assert all(ord(sign) > 127 for sign in map(chr, ASCII))


CROWDED = replace(
    SCAN,
    status=RunStatus.REFUSED,
    coverage=(1, 6),
    flags=("benchmark_unknown: binance does not list BTC/USDT",),
    faults=(replace(SCAN.faults[0], problem="binance XTZ/USDT 15m: " + "a row is not a candle " * 6),),
    funnel=(
        *SCAN.funnel[:2],
        FunnelRow("indicators", 27, 23, 0, tuple((f"smc.range_position_{n}", 8) for n in range(6))),
    ),
)


@pytest.mark.parametrize("columns", [60, 72, 80, 104])
def test_no_line_of_a_scan_or_an_explanation_is_wider_than_the_terminal(columns: int) -> None:
    look = Look(columns)
    views = (
        scan_lines(CROWDED, look, AS_OF_MS + 10**9),
        *(explain_lines(of, look) for of in (PLANNED, REJECTED, BROKEN)),
    )
    assert max(len(line) for lines in views for line in lines) <= columns


def test_what_a_stage_stopped_is_whole_when_it_is_wrapped() -> None:
    words = " ".join(" ".join(scan_lines(CROWDED, Look(60))).split())
    assert ", ".join(f"smc.range_position_{n} 8" for n in range(6)) in words


def test_a_refused_scan_says_why() -> None:
    text = "\n".join(closing_lines(CROWDED, Look(0)))
    assert (
        "refused: 1 of 6 symbols could be read, and at least half must be. Each one's fault stands above"
        in text
    )


def test_the_heading_names_the_bar_that_closed_and_counts_one_symbol_as_one() -> None:
    early = replace(SCAN, as_of_ms=AS_OF_MS + 450_000, coverage=(1, 1), funnel=())
    assert heading(early, Look(120), AS_OF_MS + 450_000) == (
        "balanced · demo · 1 symbol · closed bars up to 2026-11-22 08:00 UTC (7 min ago)"
    )


def test_one_of_a_counted_unit_is_not_many() -> None:
    assert gate_text(1.0, "<=", 0.0, "plans") == "1 plan, needs <= 0"
    assert gate_text(2.0, "<=", 0.0, "vetoes") == "2 vetoes, needs <= 0"


def test_a_clipped_score_says_so() -> None:
    title = score_lines(replace(BREAKDOWN.long, ml_adjustment=10.0, conflicts=()), Look(120))[0]
    assert title == "Why long scores 100.0, +103.4 before clipping to 0–100"


def test_sides_are_words_as_well_as_colours() -> None:
    text = "\n".join(plan_lines([BTC, SHIB], Look(120, colour=True)))
    assert "\x1b[32mLONG \x1b[0m" in text
    assert "\x1b[31mSHORT\x1b[0m" in text
