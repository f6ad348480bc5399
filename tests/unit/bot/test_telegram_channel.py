"""The Telegram channel by the real library against a Bot API on the loopback: what is sent, and what each end of a request means."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.notifications.markup import units
from bot.notifications.notices import setup_notice, with_record
from bot.notifications.telegram import Access, TelegramChannel
from bot.ui.documents import plan_document
from shared.models.notifications import (
    Delivered,
    Delivery,
    Level,
    Notice,
    Parcel,
    Refused,
    SetupState,
    Unknown,
    notice_key,
)
from shared.utils.serialization import canonical_json
from tests.fixtures.hand_scan import AS_OF_MS, BTC, SHIB
from tests.fixtures.hand_track import ALIKE
from tests.servers.telegram import PNG, TOKEN, Fault, TelegramServer

PICTURE = PNG + b"a chart"


@pytest.fixture
def api() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running


def new(picture: bytes = PICTURE, **changes: Any) -> Notice:
    return replace(setup_notice(BTC, plan_document(BTC), AS_OF_MS), picture=picture, **changes)


def later(state: SetupState, text: str, status: str, *, pictured: bool = True) -> Notice:
    first = new()
    document = {**json.loads(first.document), "text": text, "status": status, "pictured": pictured}
    key = notice_key(first.fingerprint, state)
    return replace(first, key=key, state=state, document=canonical_json(document), picture=b"")


def channel(api: TelegramServer, *chats: str, **more: Any) -> TelegramChannel:
    return TelegramChannel(Access(TOKEN, chats or ("77",), api.base_url, **more))


def told(of: TelegramChannel, *notices: Notice) -> list[Delivery]:
    """Send every parcel of the notices, as the send loop would where nothing goes wrong; what came of each."""

    async def run() -> list[Delivery]:
        remote: dict[str, str] = {}
        threads: dict[str, str] = {}
        ends: list[Delivery] = []
        for notice in notices:
            for parcel in of.parcels(notice, threads):
                ends.append(await of.send(parcel, remote.get(parcel.thread, "")))
                remote[parcel.id] = getattr(ends[-1], "remote_id", "")
                threads.setdefault(parcel.address, parcel.id)
        await of.close()
        return ends

    return asyncio.run(run())


def sent(of: TelegramChannel, parcel: Parcel) -> Delivery:
    async def run() -> Delivery:
        try:
            return await of.send(parcel, "")
        finally:
            await of.close()

    return asyncio.run(run())


def parcel(of: TelegramChannel) -> Parcel:
    return of.parcels(new(b""), {})[0]


def test_a_new_setup_is_one_picture_with_all_that_a_trader_needs(api: TelegramServer) -> None:
    assert told(channel(api), new()) == [Delivered("1")]
    (message,) = api.messages
    assert message.photo == PICTURE
    for part in ("BTC/USDT · LONG · grade A", "67,120.0 – 67,480.0", "66,540.0", "68,900.0", "#BTCUSDT"):
        assert part in message.text
    assert {entity.type for entity in message.entities} >= {"bold", "blockquote", "date_time"}


def test_its_buttons_copy_prices_ask_and_decide(api: TelegramServer) -> None:
    told(channel(api), new())
    (message,) = api.messages
    assert message.button_texts == [
        "📋 Entry", "📋 Stop", "📋 TP1", "📋 TP2", "Details", "Chart", "Approve", "Half", "Skip",
    ]  # fmt: skip
    assert message.button("📋 Stop")["copy_text"] == {"text": "66540.0"}
    assert message.button("Approve")["callback_data"].startswith("a:id-btc:")


def test_a_decision_cannot_be_guessed_from_another(api: TelegramServer) -> None:
    told(channel(api), new())
    (message,) = api.messages
    nonces = {message.button(text)["callback_data"].split(":")[-1] for text in ("Approve", "Half", "Skip")}
    assert len(nonces) == 3


def test_what_becomes_of_a_setup_replies_to_its_head_and_edits_it(api: TelegramServer) -> None:
    hit = later(SetupState.TARGET_1, "TP1 68,900.0 reached, +2.1R on half", "TP1 hit")
    assert told(channel(api), new(), hit) == [Delivered("1"), Delivered("2"), Delivered("1")]
    head, reply = api.messages
    assert (reply.reply_to, "TP1 68,900.0 reached" in reply.text) == (1, True)
    assert "TP1 hit" in head.text
    assert "TP1 hit" not in head.history[0]
    assert "Approve" not in head.button_texts


def test_a_setup_without_a_picture_is_a_text_and_its_text_is_edited(api: TelegramServer) -> None:
    told(channel(api), new(b""), later(SetupState.ARMED, "order rests", "armed", pictured=False))
    assert api.messages[0].photo == b""
    assert "armed" in api.messages[0].text


def with_reasons(*words: str) -> Notice:
    """A new setup with a picture, whose factors say these words and count the less the later they come."""
    document = json.loads(new().document)
    document["plan"]["score_parts"]["factors"] = [
        {"name": f"factor_{place}", "why": word, "points": 20.0 - place, "value": 1.0, "weight": 20.0}
        for place, word in enumerate(words)
    ]
    return new(document=canonical_json(document))


def test_the_strongest_reasons_that_fit_stand_under_the_picture_and_all_that_speak_against_it(
    api: TelegramServer,
) -> None:
    told(channel(api), with_reasons(*(f"reason {place} " + "long " * 20 for place in range(8))))
    (message,) = api.messages
    assert "4h RSI 78" in message.text
    left = re.search(r"and (\d) more behind Details", message.text)
    assert left
    shown = 9 - int(left[1])
    assert all((f"reason {place} " in message.text) is (place < shown) for place in range(8))
    assert "Wrong if" in message.text


def test_what_setups_like_it_were_worth_stands_in_a_head_that_still_fits(api: TelegramServer) -> None:
    many = with_reasons(*(f"reason {place} " + "long " * 20 for place in range(8)))
    told(channel(api), with_record(many, ALIKE), with_record(with_reasons(), ALIKE), many)
    crowded, bare, without = api.messages
    for message in (crowded, bare):
        assert f"\n{ALIKE}\n" in message.text
        assert "Wrong if" in message.text
        assert units(message.text) <= 1024 - 64
    assert "out of sample" not in without.text


def test_where_every_reason_fits_what_speaks_against_it_is_summed_up(api: TelegramServer) -> None:
    told(channel(api), with_reasons("short"))
    assert "Against: 4h RSI is high" in api.messages[0].text
    assert "more behind" not in api.messages[0].text


def test_a_text_beyond_the_limit_goes_out_in_parts_and_none_is_lost(api: TelegramServer) -> None:
    words = " ".join(f"word{number}" for number in range(1500))
    told(channel(api), new(b""), later(SetupState.CLOSED, words, "closed", pictured=False))
    told_text = " ".join(message.text for message in api.messages[1:])
    assert all(f"word{number}" in told_text for number in range(1500))


def test_a_topic_and_several_chats_each_get_it(api: TelegramServer) -> None:
    told(channel(api, "77", "-100600:5", "-500"), new(b""))
    assert [(message.chat_id, message.topic) for message in api.messages] == [
        (77, 0),
        (-100600, 5),
        (-500, 0),
    ]


def test_a_silent_notice_makes_no_sound_and_an_unwanted_one_no_message(api: TelegramServer) -> None:
    told(channel(api), new(b"", level=Level.SILENT), new(b"", level=Level.OFF))
    assert [message.is_silent for message in api.messages] == [True]


def test_a_repeat_and_a_late_one_say_so(api: TelegramServer) -> None:
    of = channel(api)
    sent(of, replace(parcel(of), is_repeat=True, late_ms=1_380_000))
    text = api.messages[0].text
    assert text.startswith(f"↻ possible repeat #{parcel(of).short_id}\n⚠️ late by 23 min\n")


@pytest.mark.parametrize("setup", [BTC, SHIB], ids=["long", "short"])
def test_every_plan_is_markup_that_telegram_takes(api: TelegramServer, setup: Any) -> None:
    assert isinstance(told(channel(api), setup_notice(setup, plan_document(setup), AS_OF_MS))[0], Delivered)


TAKEN = '{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":77,"type":"private"}}}'
HTML = "<html>bad gateway</html>"


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        (Fault(answer=(429, '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7}}')), Refused),
        (Fault(after=True), Unknown),
        (Fault(), Unknown),
        (Fault(answer=(500, '{"ok":false,"error_code":500,"description":"Internal"}')), Unknown),
        (Fault(answer=(502, HTML)), Unknown),
        (Fault(answer=(502, HTML), after=True), Unknown),
        (Fault(answer=(200, HTML), after=True), Unknown),
        (Fault(answer=(200, "null"), after=True), Unknown),
        (Fault(answer=(200, ""), after=True), Unknown),
        (Fault(answer=(200, '{"ok":true,"result":{}}'), after=True), Unknown),
        (Fault(answer=(403, '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}')), Refused),
        (Fault(answer=(401, '{"ok":false,"error_code":401,"description":"Unauthorized"}')), Refused),
        (Fault(answer=(404, '{"ok":false,"error_code":404,"description":"Not Found"}')), Refused),
    ],
    ids=lambda value: str(value.answer) if isinstance(value, Fault) else "",
)  # fmt: skip
def test_each_end_of_a_request_says_what_may_have_happened(
    api: TelegramServer, fault: Fault, end: type[Delivery]
) -> None:
    api.faults.append(fault)
    of = channel(api)
    delivery = sent(of, parcel(of))
    assert isinstance(delivery, end), delivery
    assert TOKEN not in repr(delivery)


def test_where_telegram_asks_to_wait_it_is_waited_for(api: TelegramServer) -> None:
    api.limits.chat_per_s = 1
    first, second = told(channel(api), new(b""), new(b"", key="other"))
    api.limits.chat_per_s = 0
    assert isinstance(first, Delivered)
    assert isinstance(second, Refused)
    assert second.retry_after_s
    assert second.retry_after_s >= 1


@pytest.mark.parametrize(
    ("chat", "words"),
    [("77", "blocked"), ("-500", "kicked"), ("123", "chat not found"), ("-100600:9", "thread not found")],
)
def test_who_cannot_be_reached_is_never_tried_again(api: TelegramServer, chat: str, words: str) -> None:
    api.blocked |= {77, -500}
    of = channel(api, chat)
    delivery = sent(of, of.parcels(new(b""), {})[0])
    assert isinstance(delivery, Refused)
    assert delivery.retry_after_s is None
    assert words in delivery.reason.lower()


def test_nobody_listening_means_nothing_was_sent() -> None:
    of = TelegramChannel(Access(TOKEN, ("77",), "http://127.0.0.1:9/bot"))
    delivery = sent(of, parcel(of))
    assert isinstance(delivery, Refused)
    assert delivery.retry_after_s == 0


def test_a_migrated_group_is_followed_only_where_that_is_set(api: TelegramServer) -> None:
    api.migrated[-500] = -100600
    stays = channel(api, "-500")
    refused = sent(stays, stays.parcels(new(b""), {})[0])
    assert isinstance(refused, Refused)
    assert refused.retry_after_s is None
    assert "-100600" in refused.reason
    follows = channel(api, "-500", follows_migration=True)
    only = follows.parcels(new(b""), {})[0]
    assert sent(follows, only) == Refused("the group is now -100600", 0.0)
    assert isinstance(sent(follows, only), Delivered)


def test_an_edit_that_changes_nothing_has_been_made(api: TelegramServer) -> None:
    armed = later(SetupState.ARMED, "order rests", "armed", pictured=False)
    ends = told(channel(api), new(b""), armed, armed)
    assert all(isinstance(end, Delivered) for end in ends)


def test_an_edit_of_a_message_that_somebody_deleted_troubles_nobody(api: TelegramServer) -> None:
    of = channel(api)
    told(of, new(b""))
    api.messages.clear()
    (_, edit) = of.parcels(later(SetupState.ARMED, "order rests", "armed", pictured=False), {"77": "head"})

    async def edited() -> Delivery:
        try:
            return await of.send(edit, "1")
        finally:
            await of.close()

    assert asyncio.run(edited()) == Delivered()


def test_a_dead_letter_of_a_wrong_token_says_what_to_do(api: TelegramServer) -> None:
    of = TelegramChannel(Access("4821:another", ("77",), api.base_url))
    delivery = sent(of, parcel(of))
    assert isinstance(delivery, Refused)
    assert "set it anew" in delivery.reason


def test_markup_that_telegram_refuses_is_sent_as_plain_text(api: TelegramServer) -> None:
    of = channel(api)
    body = {**json.loads(parcel(of).body), "html": "<b>half &lt; <u>open</b>"}
    broken = replace(parcel(of), body=canonical_json(body))
    first, second = sent(of, broken), sent(of, broken)
    assert isinstance(first, Refused)
    assert first.retry_after_s == 0
    assert isinstance(second, Delivered)
    assert api.messages[0].text == "half < open"


def test_a_slow_answer_ends_within_the_deadline(api: TelegramServer) -> None:
    api.faults.append(Fault(delay_s=30, answer=(200, TAKEN)))
    of = channel(api)
    of.deadline_s = 0.2
    assert sent(of, parcel(of)) == Unknown("no answer within 0.2 s")


@pytest.mark.parametrize(
    ("chat", "seconds"), [("77", 1.0), ("77:4", 1.0), ("-500", 3.0), ("-100600:5", 3.0), ("@desk", 3.0)]
)
def test_a_person_is_told_once_a_second_and_a_group_twenty_times_a_minute(chat: str, seconds: float) -> None:
    assert TelegramChannel(Access(TOKEN, (chat,))).pace_s(chat) == seconds


@pytest.mark.parametrize("pictured", [True, False])
def test_a_head_that_was_thought_to_have_a_picture_or_none_is_edited_the_other_way(
    api: TelegramServer, *, pictured: bool
) -> None:
    of = channel(api)
    first = new(PICTURE if not pictured else b"")
    hit = later(SetupState.TARGET_1, "TP1 reached", "TP1 hit", pictured=pictured)

    async def run() -> list[Delivery]:
        (head, *_), ends = of.parcels(first, {}), []
        ends.append(await of.send(head, ""))
        edit = of.parcels(hit, {"77": head.id})[-1]
        ends += [await of.send(edit, "1"), await of.send(edit, "1")]
        await of.close()
        return ends

    ends = asyncio.run(run())
    assert [type(end) for end in ends] == [Delivered, Refused, Delivered]
    assert "TP1 hit" in api.messages[0].text
