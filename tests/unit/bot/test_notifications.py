"""Notices and parcels: the same thing always has the same id, and a line says all there is to say."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.notifications.notices import setup_notice, with_record
from bot.notifications.streams import JsonLines
from bot.ui.documents import plan_document, plan_json
from shared.errors import ContractError
from shared.models.notifications import (
    Delivered,
    Level,
    Notice,
    Refused,
    SetupState,
    Unknown,
    notice_key,
    parcel_id,
)
from tests.fixtures.hand_scan import AS_OF_MS, BTC
from tests.fixtures.hand_track import ALIKE

SCHEMAS = Path(__file__).parents[3] / "docs" / "schema"
NOTICE = Notice(
    key=notice_key("f1", SetupState.NEW), kind="setup", state=SetupState.NEW, fingerprint="f1", symbol="BTC/USDT",
    at_ms=1000, expires_ms=2000, level=Level.ON, document='{"schema":"snipersight.notice/1"}',
)  # fmt: skip


def test_a_parcels_id_is_the_same_for_good_and_differs_by_each_of_its_parts() -> None:
    assert parcel_id("file", "a.jsonl", "f1:new:0") == "glxgeafvrcgs27576sjusx2k"
    ids = {
        parcel_id(channel, address, notice_key(fingerprint, state, epoch), part)
        for channel in ("file", "webhook")
        for address in ("a", "b")
        for fingerprint in ("f1", "f2")
        for state in SetupState
        for epoch in (0, 1)
        for part in (0, 1)
    }
    assert len(ids) == 2 * 2 * 2 * len(SetupState) * 2 * 2
    assert all(len(name) == 24 and name.isalnum() and name.islower() for name in ids)


def test_a_notice_that_is_late_at_once_or_cannot_be_named_is_refused() -> None:
    with pytest.raises(ContractError, match="expires at 1000, happens at 1000"):
        replace(NOTICE, expires_ms=1000)
    with pytest.raises(ContractError, match="without a key"):
        replace(NOTICE, key="")


def test_a_line_holds_the_notice_and_its_marks() -> None:
    out = io.StringIO()
    channel = JsonLines(out)
    (parcel,) = channel.parcels(NOTICE, {})
    assert asyncio.run(channel.send(replace(parcel, is_repeat=True, late_ms=7), "")) == Delivered()
    assert json.loads(out.getvalue()) == {
        "id": parcel.id,
        "repeat": True,
        "late_ms": 7,
        "notice": {"schema": "snipersight.notice/1"},
    }
    assert channel.parcels(replace(NOTICE, level=Level.OFF), {}) == ()


def test_a_stream_that_takes_nothing_is_told_from_one_that_may_have_taken_a_part() -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise self.error

        error: OSError = BrokenPipeError()

    channel, out = JsonLines(Broken()), Broken
    (parcel,) = channel.parcels(NOTICE, {})
    assert isinstance(asyncio.run(channel.send(parcel, "")), Refused)
    out.error = OSError(28, "No space left on device")
    assert asyncio.run(channel.send(parcel, "")) == Unknown("could not be written: No space left on device")


@pytest.mark.checkout
def test_a_notice_is_what_its_schema_says() -> None:
    setup = BTC
    notice = setup_notice(setup, plan_document(setup), AS_OF_MS)
    schema = json.loads((SCHEMAS / "snipersight.notice-1.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    document = json.loads(notice.document)
    Draft202012Validator(schema).validate(document)
    assert document["plan"] == json.loads(plan_json(setup))
    assert set(schema["properties"]["state"]["enum"]) == {"", *SetupState}
    assert notice.key == document["key"] == f"{setup.plan.fingerprint}:new:0"


@pytest.mark.checkout
def test_a_track_record_is_the_last_line_of_the_text_and_a_field_that_is_else_not_there() -> None:
    plain = setup_notice(BTC, plan_document(BTC), AS_OF_MS)
    told = with_record(plain, ALIKE)
    before, after = json.loads(plain.document), json.loads(told.document)
    schema = json.loads((SCHEMAS / "snipersight.notice-1.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(after)
    assert "record" not in before
    assert after["text"] == f"{before['text']}\n{ALIKE}"
    assert after["record"]["text"] == str(ALIKE)
    assert {key: value for key, value in after.items() if key not in ("text", "record")} == {
        key: value for key, value in before.items() if key != "text"
    }
