"""Other services through the real library, against a loopback HTTP server: what arrives, and what is believed of its answer."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from bot.notifications.apprise import AppriseChannel
from bot.notifications.notices import setup_notice
from bot.ui.documents import plan_document
from engine.commands.notify import telling_of
from shared.config.settings import build_settings
from shared.errors import ConfigFault
from shared.models.notifications import Delivered, Delivery, Level, Parcel, Refused, Unknown
from tests.fixtures.hand_scan import AS_OF_MS, BTC

CANARY = "canary-77c1f0"
NOTICE = setup_notice(BTC, plan_document(BTC), AS_OF_MS)
PNG = b"\x89PNG\r\n\x1a\n a picture"


@contextmanager
def service(status: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A receiver of the library's json:// requests, its address, and what it got."""
    got: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is said."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"json://user:{CANARY}@127.0.0.1:{server.server_address[1]}/path?retry=3", got
        finally:
            server.shutdown()
            thread.join()


def sent(channel: AppriseChannel, parcel: Parcel) -> Delivery:
    async def work() -> Delivery:
        try:
            return await channel.send(parcel, "")
        finally:
            await channel.close()

    return asyncio.run(work())


def test_a_notice_arrives_as_plain_text_with_its_picture_and_marks(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with service(200) as (url, got):
        channel = AppriseChannel([url])
        (parcel,) = channel.parcels(replace(NOTICE, picture=PNG), {})
        assert sent(channel, replace(parcel, is_repeat=True, late_ms=1_200_000)) == Delivered()
    (one,) = got
    text = json.loads(NOTICE.document)["text"].replace("2026-11-22T20:00:00Z", "2026-11-22 20:00 UTC")
    assert one["title"] == "BTC/USDT"
    assert one["message"].splitlines() == [
        f"possible repeat #{parcel.short_id}",
        "late by 20 min",
        *text.splitlines(),
        f"#{parcel.short_id}",
    ]
    (picture,) = one["attachments"]
    assert base64.b64decode(picture["base64"]) == PNG
    assert CANARY not in caplog.text + parcel.address + parcel.body + repr(channel)


def test_what_did_not_go_well_is_of_unknown_fate_and_was_tried_once() -> None:
    with service(400) as (url, got):
        channel = AppriseChannel([url])
        (parcel,) = channel.parcels(NOTICE, {})
        assert isinstance(sent(channel, parcel), Unknown)
    assert len(got) == 1


def test_a_parcel_has_the_same_id_in_every_process_and_its_service_may_be_gone() -> None:
    urls = [f"ntfy://{CANARY}", f"json://{CANARY}.example.org"]
    one, other = (AppriseChannel(order).parcels(NOTICE, {}) for order in (urls, urls[::-1]))
    assert {parcel.id for parcel in one} == {parcel.id for parcel in other}
    assert {parcel.address.partition("-")[0] for parcel in one} == {"ntfy", "json"}
    assert isinstance(sent(AppriseChannel([]), one[0]), Refused)
    assert AppriseChannel(urls).parcels(replace(NOTICE, level=Level.OFF), {}) == ()


def test_an_address_that_is_none_is_refused_by_its_place_alone() -> None:
    with pytest.raises(ConfigFault, match="address 2 of SNIPERSIGHT_APPRISE_URLS is none") as caught:
        AppriseChannel(["ntfy://topic", f"nonsense-{CANARY}"])
    assert CANARY not in str(caught.value)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigFault, match=r"snipersight\[apprise\]"):
        telling_of(build_settings((), ("binance",)), "balanced", {"SNIPERSIGHT_APPRISE_URLS": "ntfy://topic"})
