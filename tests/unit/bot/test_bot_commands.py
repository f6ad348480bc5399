"""What a text is a call of, and what its answer looks like in Telegram's limits, whatever is in it."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifications.answers import ACK_LIMIT, CAPTION_LIMIT, CUT, MOST, TEXT_LIMIT, note_of, texts_of
from bot.notifications.commands import COMMANDS, Call, Misused, Unheard, help_answer, parsed, pressed, usage
from bot.notifications.markup import plain, units
from shared.models.desk import Answer
from tests.servers.telegram_html import parse

NAME = "sniper_test_bot"
HOSTILE = (
    "<b>x",
    "&lt;",
    "a" * 4000,
    "@/etc/passwd",
    "🐉🐉",
    "\u202eTCB",
    "BTC,ETH",
    "../..",
    "-1",
    "_x",
    "",
    "a\x00b",
)


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("/why btc", Call("why", ("btc",))),
        ("/WHY@Sniper_Test_Bot BTC/USDT", Call("why", ("BTC/USDT",))),
        ("/chart BTC/USDT:USDT 1h", Call("chart", ("BTC/USDT:USDT", "1h"))),
        ("/mute 币安人生 1.5", Call("mute", ("币安人生", "1.5"))),
        ("/start", Call("help")),
        ("/start 4821", Call("help")),
        ("/scan", Call("scan")),
        ("/scan now", Misused("scan")),
        ("/why", Misused("why")),
        ("/why btc eth", Misused("why")),
        ("/scna", Unheard("Did you mean 'scan'?")),
        ("/", Unheard("See /help")),
        ("/<b>", Unheard("See /help")),
        ("/why@another_bot BTC", None),
        ("why btc", None),
        ("", None),
    ],
)
def test_a_text_is_a_call_a_misuse_or_nothing(text: str, call: object) -> None:
    assert parsed(text, NAME) == call


@pytest.mark.parametrize("argument", HOSTILE)
def test_what_can_be_no_symbol_never_reaches_the_desk(argument: str) -> None:
    assert parsed(f"/why {argument}", NAME) == Misused("why")
    assert pressed(f"y:{argument}") is None


def test_a_usage_offers_the_symbols_that_may_be_meant() -> None:
    answer = usage("chart", ("BTC/USDT", "X" * 70, "ETH/USDT", "SOL/USDT"))
    rows = [[choice.text for choice in row] for row in answer.choices]
    assert rows == [["BTC/USDT", "ETH/USDT"], ["SOL/USDT"]]
    assert pressed(answer.choices[0][0].data) == Call("chart", ("BTC/USDT",))
    assert pressed("a:plan:nonce") is None


def test_help_names_every_command() -> None:
    assert {line.split()[0].strip("/:") for line in help_answer().lines if line.startswith("/")} == set(
        COMMANDS
    )


@given(
    st.text(max_size=80), st.lists(st.text(max_size=400), max_size=30), st.booleans(), st.sampled_from([b"", b"PNG"])
)  # fmt: skip
def test_every_answer_fits_whatever_is_in_it(
    title: str, lines: list[str], monospaced: bool, picture: bytes
) -> None:
    texts = texts_of(Answer(title or "x", tuple(lines), monospaced=monospaced, picture=picture))
    assert 1 <= len(texts) <= MOST
    for place, text in enumerate(texts):
        assert units(text) <= (CAPTION_LIMIT if picture and place == 0 else TEXT_LIMIT)
        parse(text)


def test_markup_in_an_answer_is_shown_as_it_is() -> None:
    (text,) = texts_of(Answer("<b>", ("a & </pre><i>b</i>",), monospaced=True))
    assert plain(text) == "<b>\na & </pre><i>b</i>"


def test_an_answer_that_is_too_long_says_that_it_was_cut() -> None:
    texts = texts_of(Answer("x", ("word " * 6000,)))
    assert (len(texts), texts[-1]) == (MOST, CUT)


@given(st.text(min_size=1), st.text())
def test_a_note_of_a_press_fits(title: str, line: str) -> None:
    assert units(escape(note_of(Answer(title, (line,))))) <= ACK_LIMIT
