"""Who is answered: one cell of the matrix of updates, people and chats, and nobody else."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifications.authorisation import Asked, Denied, Guests, admitted

ANNA, EVE, DESK, TOPICAL = 77, 66, -500, -100600
GUESTS = Guests.of(("77",), ("77", "66", "-500", "-100600:5"))
CHATS = {
    "own": {"id": ANNA, "type": "private"},
    "eve's": {"id": EVE, "type": "private"},
    "group": {"id": DESK, "type": "group"},
    "foreign group": {"id": -999, "type": "supergroup"},
    "channel": {"id": DESK, "type": "channel"},
}
HOMES = {(ANNA, "own"), (ANNA, "group")}


def person(user: int) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": "A"}


def message(user: int, chat: str, **more: Any) -> dict[str, Any]:
    return {
        "message_id": 9,
        "date": 1_700_000_000,
        "chat": CHATS[chat],
        "from": person(user),
        "text": "/help",
        **more,
    }


def press(user: int, chat: str, **more: Any) -> dict[str, Any]:
    under = {"message_id": 4, "date": 1_700_000_000, "chat": CHATS[chat], "text": "a plan"}
    return {
        "id": "31",
        "from": person(user),
        "message": under,
        "chat_instance": "1",
        "data": "a:plan:nonce",
        **more,
    }


OTHER_KINDS = (
    "edited_message", "channel_post", "edited_channel_post", "business_message", "edited_business_message",
    "inline_query", "chosen_inline_result", "shipping_query", "pre_checkout_query", "poll", "poll_answer", "my_chat_member",
    "chat_member", "chat_join_request", "message_reaction", "chat_boost", "purchased_paid_media", "thought_of_later",
)  # fmt: skip
STRANGE: dict[str, Any] = {
    "forward_origin": {"type": "user"},
    "forward_date": 1,
    "edit_date": 2,
    "via_bot": {"id": 1, "is_bot": True},
    "sender_chat": {"id": DESK, "type": "group"},
    "author_signature": "A",
    "is_automatic_forward": True,
    "business_connection_id": "x",
    "sender_business_bot": {"id": 3},
    "media_group_id": "1",
    "caption": "/help",
    "thought_of_later": 1,
}


@pytest.mark.parametrize("kind", ["message", "callback_query", *OTHER_KINDS])
@pytest.mark.parametrize(("user", "chat"), list(itertools.product((ANNA, EVE), CHATS)))
def test_only_a_listed_person_in_a_listed_chat_is_heard_and_only_by_message_or_press(
    kind: str, user: int, chat: str
) -> None:
    body = press(user, chat) if kind == "callback_query" else message(user, chat)
    found = admitted({"update_id": 5, kind: body}, GUESTS)
    welcome = kind in ("message", "callback_query") and (user, chat) in HOMES
    assert isinstance(found, Asked if welcome else Denied)
    assert found.update_id == 5


@pytest.mark.parametrize("field", STRANGE)
def test_a_message_with_anything_more_than_its_text_is_denied(field: str) -> None:
    found = admitted({"update_id": 5, "message": message(ANNA, "own", **{field: STRANGE[field]})}, GUESTS)
    assert found == Denied(5, f"a message with {field}", ANNA, ANNA)


def test_fields_that_are_empty_are_no_fields() -> None:
    plain = message(ANNA, "own", edit_date=None, photo=(), is_automatic_forward=False)
    assert isinstance(admitted({"update_id": 5, "message": plain}, GUESTS), Asked)


@pytest.mark.parametrize(
    "sender",
    [None, {}, {"id": ANNA}, {"id": ANNA, "is_bot": True}, {"id": "77", "is_bot": False}, {"id": True, "is_bot": False}],
)  # fmt: skip
def test_who_is_not_certainly_a_person_is_denied(sender: Any) -> None:
    assert isinstance(
        admitted({"update_id": 5, "message": message(ANNA, "own", **{"from": sender})}, GUESTS), Denied
    )


@pytest.mark.parametrize(
    "more",
    [
        {"inline_message_id": "x"},
        {"game_short_name": "x"},
        {"data": None},
        {"message": None},
        {"id": ""},
        {"message": {"message_id": 4, "date": 0, "chat": CHATS["own"]}},
        {"message": {"message_id": 4, "date": 9, "chat": CHATS["own"], "forward_origin": {"type": "user"}}},
        {"message": {"message_id": 4, "date": 9, "chat": CHATS["own"], "via_bot": {"id": 1}}},
    ],
)
def test_a_press_that_is_not_under_a_message_of_the_bot_in_the_chat_is_denied(more: dict[str, Any]) -> None:
    assert isinstance(
        admitted({"update_id": 5, "callback_query": press(ANNA, "own", **more)}, GUESTS), Denied
    )


@pytest.mark.parametrize(
    ("topic", "in_topic", "heard"),
    [(5, True, True), (6, True, False), (5, False, False), (None, None, False)],
)
def test_where_a_topic_is_listed_only_it_is_heard(
    topic: int | None, in_topic: bool | None, heard: bool
) -> None:
    said = message(ANNA, "own", message_thread_id=topic, is_topic_message=in_topic)
    said["chat"] = {"id": TOPICAL, "type": "supergroup"}
    assert isinstance(admitted({"update_id": 5, "message": said}, GUESTS), Asked) is heard


def test_without_lists_nobody_is_heard() -> None:
    assert isinstance(admitted({"update_id": 5, "message": message(ANNA, "own")}, Guests.of((), ())), Denied)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 100) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["message", "callback_query", "update_id", "edited_message"])


@given(st.dictionaries(KEYS, VALUES, max_size=3))
def test_no_update_of_any_shape_raises_or_is_heard(update: dict[str, Any]) -> None:
    assert isinstance(admitted(update, GUESTS), Denied)


def test_two_kinds_in_one_update_are_denied() -> None:
    both = {"update_id": 5, "message": message(ANNA, "own"), "callback_query": press(ANNA, "own")}
    assert isinstance(admitted(both, GUESTS), Denied)
