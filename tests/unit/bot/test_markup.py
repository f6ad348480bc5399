"""Markup that Telegram takes: nothing torn, nothing lost, nothing of a text read as markup."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.notifications.markup import plain, rendered, split, units, with_plain_times
from tests.servers.telegram_html import parse
from tests.servers.telegram_html import units as telegram_units

PIECES = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_characters="<>&\r"), min_size=1, max_size=40).map(
        lambda text: text.replace("  ", " ")
    )
    | st.sampled_from(["&lt;", "&amp;", "🟢", "\n", "word word ", "𝔸" * 9]),
    lambda inner: st.tuples(
        st.sampled_from(["<b>{}</b>", "<i>{}</i>", '<a href="x">{}</a>']),
        st.lists(inner, min_size=1, max_size=4),
    ).map(lambda made: made[0].format("".join(made[1]))),
    max_leaves=25,
)


@given(st.lists(PIECES, min_size=1, max_size=12).map("".join), st.integers(8, 120))
def test_parts_hold_the_whole_text_each_within_the_limit_and_well_formed(source: str, limit: int) -> None:
    parts = split(source, limit)
    assert "".join(map(plain, parts)) == plain(source)
    for part in parts:
        text, _ = parse(part)
        assert telegram_units(text) <= limit


def test_a_cut_falls_behind_a_line_and_reopens_what_was_open() -> None:
    source = "<blockquote expandable>first line\nsecond line\nthird</blockquote>"
    assert split(source, 24) == (
        "<blockquote expandable>first line\nsecond line\n</blockquote>",
        "<blockquote expandable>third</blockquote>",
    )


def test_a_short_text_stays_whole() -> None:
    assert split("<b>a</b> &lt;", 10) == ("<b>a</b> &lt;",)


def test_length_is_counted_in_utf_16_units_after_the_markup_is_read() -> None:
    assert units("<b>🟢&lt;</b>") == 3


@given(st.text(max_size=80))
def test_no_text_of_a_symbol_or_a_reason_becomes_markup(text: str) -> None:
    shown, _ = parse(rendered("news.html.j2", {"symbol": text, "text": text, "short_id": "ab12"}))
    assert text.strip() in shown or not text.strip()


def test_times_in_news_are_shown_in_each_readers_own_zone() -> None:
    news = {
        "symbol": "",
        "text": "not filled by 2026-11-09T16:00:00Z, 9999-99-99T99:99:99Z & so on",
        "short_id": "ab12",
    }
    shown, entities = parse(rendered("news.html.j2", news))
    assert shown == "not filled by 2026-11-09 16:00 UTC, 9999-99-99T99:99:99Z & so on\n#ab12"
    assert [entity.type for entity in entities] == ["date_time"]


def test_where_zones_are_not_known_times_read_as_people_write_them() -> None:
    assert with_plain_times("until 2026-11-09T16:00:00Z.") == "until 2026-11-09 16:00 UTC."
