"""Search and walk-forward as a person sees them."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from bot.ui.look import Look
from bot.ui.search_lines import HEADINGS, search_lines, search_tsv, trial_line
from bot.ui.search_toml import chosen_toml, space_toml
from bot.ui.walk_forward_lines import title_lines, walk_forward_lines, walk_forward_tsv
from shared.config.profiles import load_profile
from shared.models.search import Daily, Ground, Knob, Luck, Search, SearchPlan, Trial
from shared.models.statistics import Expectancy, Figure, Insufficient, Unsaid
from shared.models.timeframe import DAY_MS
from shared.models.walk_forward import Choice, Fold, FoldPlan, FoldResult, WalkForward, Window
from tests.fixtures.hand_backtest import MONDAY_MS

PLAN = SearchPlan(
    (
        Knob("gates.min_score", (60.0, 70.0, 80.0), ordered=True),
        Knob("plan.entry_kinds", (("limit",), ("limit", "confirm")), ordered=False),
    ),
    trials=4,
)
TOLD = Expectancy(212, 90, 0.21, 0.02, 0.4, 0.22, 3)
LESS = Expectancy(300, 100, 0.1, -0.1, 0.3, 0.1, 0)
HELD = Expectancy(60, 30, -0.02, -0.22, 0.18, 0.0, 1)
DAILY = Daily(0.2, 0.1, 3.2, 90)
NEVER = Unsaid("they do not go together")


def trial(number: int, score: float, worth: Expectancy | Insufficient | Unsaid) -> Trial:
    changes = (("gates.min_score", score), ("plan.entry_kinds", ("limit",)))
    return Trial(number, changes, f"{number}" * 64, worth, DAILY if isinstance(worth, Expectancy) else NEVER)


TRIALS = (
    trial(0, 60.0, LESS),
    trial(1, 70.0, TOLD),
    trial(2, 80.0, Insufficient(12, 9)),
    trial(3, 60.0, NEVER),
)


def window(first: int, last: int) -> Window:
    return Window(MONDAY_MS + first * DAY_MS, MONDAY_MS + last * DAY_MS)


FOUND = Search(
    ground=Ground("demo", ("BTC/USDT", "ETH/USDT"), MONDAY_MS, MONDAY_MS + 160 * DAY_MS, "d" * 64),
    profile="balanced",
    plan=PLAN,
    train=window(0, 116),
    held_back=window(120, 160),
    trials=TRIALS,
    best=TRIALS[1],
    luck=Luck(123, 0.2, 0.25, 0.61),
    held=HELD,
    spent=0,
    tried=123,
)


def test_a_best_that_did_not_last_is_told_beside_what_it_promised() -> None:
    assert search_lines(FOUND, Look(120)) == [
        "search · balanced · demo · 2 symbols · 4 trials of 6 configurations · seed 7",
        "",
        "Training 2024-01-01 to 2024-04-26, by the lower end of expectancy's interval:",
        "  N = 212, +0.21R [+0.02, +0.40] · min_score 70 · entry_kinds limit",
        "  N = 300, +0.10R [-0.10, +0.30] · min_score 60 · entry_kinds limit",
        "  1 trial had too few trades to be told",
        "  1 trial had values that do not go together",
        "",
        "Luck: best 0.20 a day (mean over spread), luckiest of 123 worthless ones 0.25 · probability of chance 61 %",
        "Tried on these candles so far: 123 configurations",
        "Held back 2024-04-30 to 2024-06-09: N = 60, -0.02R [-0.22, +0.18] · promised +0.21R, kept -0.02R",
        "Not proven: the interval in the held-back time is not above 0",
    ]


@pytest.mark.parametrize(
    ("change", "last"),
    [
        ({"held": TOLD}, "Proven: the interval lies above 0 in a time that nobody had looked at"),
        (
            {"held": TOLD, "spent": 2},
            "Not proven: others looked at the held-back time before (2)",
        ),
        (
            {"held": Insufficient(12, 9)},
            "Not proven: insufficient: 12 of 30 trades on 9 of 20 days",
        ),
        ({"held": Unsaid("it is spent")}, "Not proven: n/a (it is spent)"),
        (
            {"best": Unsaid("no trades"), "held": Unsaid("no trades"), "luck": Unsaid("no trades")},
            "Nothing was chosen: no trades",
        ),
    ],
)
def test_the_last_line_is_the_verdict(change: dict[str, object], last: str) -> None:
    assert search_lines(replace(FOUND, **change), Look(120))[-1] == last  # type: ignore[arg-type]


@pytest.mark.parametrize(("chance", "told"), [(0.004, "below 1 %"), (0.01, "1 %"), (0.999, "100 %")])
def test_a_small_chance_is_never_told_as_none(chance: float, told: str) -> None:
    lines = search_lines(replace(FOUND, luck=Luck(123, 0.2, 0.25, chance)), Look(120))
    assert any(line.endswith(f"probability of chance {told}") for line in lines)


def test_a_configuration_proposed_twice_is_shown_once() -> None:
    twice = replace(FOUND, trials=(*TRIALS, replace(TRIALS[1], number=4)))
    assert sum("N = 212" in line for line in search_lines(twice, Look(120))) == 1


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    lines = [*search_lines(FOUND, Look(columns)), *walk_forward_lines(WALKED, BASE, Look(columns))]
    assert max(map(len, lines)) <= columns


def test_the_ascii_view_is_ascii() -> None:
    look = Look(80, unicode=False)
    assert "\n".join([*search_lines(FOUND, look), *walk_forward_lines(WALKED, BASE, look)]).isascii()


def test_machines_get_every_trial_and_nothing_where_nothing_is_told() -> None:
    rows = [line.split("\t") for line in search_tsv(FOUND)]
    assert tuple(rows[0]) == HEADINGS
    assert rows[1:] == [
        ["0", "00000000", "-0.1000", "300", "100", "0.1000", "-0.1000", "0.3000", "0.2000",
         "gates.min_score=60 plan.entry_kinds=limit"],
        ["1", "11111111", "0.0200", "212", "90", "0.2100", "0.0200", "0.4000", "0.2000",
         "gates.min_score=70 plan.entry_kinds=limit"],
        ["2", "22222222", "-979.0000", "12", "9", "", "", "", "", "gates.min_score=80 plan.entry_kinds=limit"],
        ["3", "33333333", "-1001.0000", "", "", "", "", "", "", "gates.min_score=60 plan.entry_kinds=limit"],
    ]  # fmt: skip


BASE = load_profile()
STRICT = load_profile("balanced", {"gates": {"min_score": 70.0}, "plan": {"entry_kinds": ["limit"]}})
FOLD = Fold(window(0, 60), window(64, 90), window(94, 124))
WALKED = WalkForward(
    folds=(
        FoldResult(FOLD, Choice(STRICT, "a" * 64, 5, TOLD, LESS), 60, HELD),
        FoldResult(FOLD, Choice(BASE, "b" * 64, 5, TOLD, Insufficient(3, 2)), 3, Insufficient(3, 3)),
        FoldResult(FOLD, Unsaid("no candidate of 5 had 30 trades on 20 days"), 0, Insufficient(0, 0)),
    ),
    trades=(),
    worth=HELD,
    promised=Figure(0.105, 63),
    drift=1,
)


def test_every_fold_says_what_it_chose_what_that_promised_and_what_it_did() -> None:
    assert walk_forward_lines(WALKED, BASE, Look(150)) == [
        "1 · test 2024-04-04 to 2024-05-04 · min_score 70, entry_kinds limit, best of 5 · promised +0.10R · "
        "did N = 60, -0.02R [-0.22, +0.18]",
        "2 · test 2024-04-04 to 2024-05-04 · balanced, best of 5 · promised +0.21R · "
        "did insufficient: 3 of 30 trades on 3 of 20 days",
        "3 · test 2024-04-04 to 2024-05-04 · nothing chosen: no candidate of 5 had 30 trades on 20 days",
        "",
        "Out of sample: N = 60, -0.02R [-0.22, +0.18]",
        "Promised: +0.10R a trade · the profile changed 1 time in 3 folds",
    ]


def test_a_walk_that_chose_nothing_says_what_would_help() -> None:
    never = replace(WALKED, folds=WALKED.folds[2:], worth=Insufficient(0, 0), promised=Unsaid("no trade"))
    *_, promise, last = walk_forward_lines(never, BASE, Look(150))
    assert promise == "Promised: n/a (no trade) · the profile changed 1 time in 1 fold"
    assert last == "Nothing was traded: longer training or more symbols give more to choose by"


def test_another_profile_is_told_by_its_name() -> None:
    trend = load_profile("trend")
    choice = Choice(trend, "a" * 64, 5, TOLD, LESS)
    lines = walk_forward_lines(
        replace(WALKED, folds=(replace(WALKED.folds[0], choice=choice),)), BASE, Look(150)
    )
    assert " · trend, best of 5 · " in lines[0]


def test_a_walk_says_what_it_walks_through() -> None:
    plan = FoldPlan(60, 30, 30, 4 * DAY_MS)
    assert title_lines("w-0123456789ab", "binance", 5, plan, Look(150)) == [
        "walk-forward · binance · 5 candidates · train 60, validate 30, test 30 days · 4 days free between them · w-0123456789ab"
    ]


def test_machines_get_a_line_a_fold() -> None:
    rows = [line.split("\t") for line in walk_forward_tsv(WALKED, BASE)]
    assert [row[4:] for row in rows[1:]] == [
        ["min_score 70, entry_kinds limit", "0.1000", "60", "30", "-0.0200", "-0.2200", "0.1800"],
        ["balanced", "0.2100", "3", "3", "", "", ""],
        ["", "", "0", "0", "", "", ""],
    ]
    assert {len(row) for row in rows} == {11}


def test_a_universe_is_not_told_as_one_symbol() -> None:
    ranked = replace(FOUND, ground=replace(FOUND.ground, symbols=("*",)))
    assert search_lines(ranked, Look(120))[0].startswith("search · balanced · demo · the universe · 4 trials")


def test_a_trial_is_told_as_it_is_run() -> None:
    text = "trial 3 of 50: insufficient: 12 of 30 trades on 9 of 20 days · min_score 80 · entry_kinds limit"
    assert trial_line(TRIALS[2], 50) == text


def test_values_of_every_kind_are_written_as_settings_that_are_read_back() -> None:
    changes = (
        ("plan.entry_kinds", ("limit",)),
        ("gates.min_score", 70.5),
        ("plan.max_targets", 2),
        ("risk.allow_spot_shorts", "information"),
    )
    text = chosen_toml(BASE, changes, ("One remark.", "Another."))
    assert text.startswith("# One remark.\n# Another.\n[profile]\n")
    assert tomllib.loads(text)["profile"] == {
        "name": "balanced",
        "plan": {"entry_kinds": ["limit"], "max_targets": 2},
        "gates": {"min_score": 70.5},
        "risk": {"allow_spot_shorts": "information"},
    }
    assert space_toml([("smc.x", {"choices": [True, False]})]) == [
        "[search]",
        "smc.x = { choices = [true, false] }",
    ]
