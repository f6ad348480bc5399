"""What happened last, in words: whole sentences, and the same in the published document."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.ui.explain_document import explain_document
from bot.ui.look import Look
from bot.ui.terminal_explain import explain_lines
from bot.ui.terminal_story import SENTENCES, happening_text, story_lines
from engine.story import NOTEWORTHY
from shared.models.events import Event, Kind, StructureEvent
from shared.models.story import Happening
from shared.models.timeframe import Timeframe
from tests.fixtures.hand_scan import AS_OF_MS, BROKEN, HOUR_MS, PLANNED

SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "snipersight.explain-1.schema.json"
DAY_MS = 24 * HOUR_MS
BREAK, POOL, BLOCK = Kind.BREAK, Kind.POOL, Kind.ORDER_BLOCK
BROKE = {"low": 22.5, "a": 0.3, "b": 1.0, "c": 1.0, "d": 0.0, "e": 0.0, "f": 9.0}
SWEPT = {"low": 22.021, "a": 0.4, "b": 0.0, "c": 0.5, "d": 1.2}


def happening(
    kind: Kind, event: Event, side: int, payload: dict[str, float], *sources: str, **more: int
) -> Happening:
    found = StructureEvent(
        "0123456789ab", kind, event, side, "internal", AS_OF_MS, AS_OF_MS - more.get("back", HOUR_MS), payload
    )
    return Happening(Timeframe.H1, found, 22.021, 22.5, sources, more.get("members", 0), Decimal("0.001"))


SAYINGS = [
    (happening(BREAK, Event.FORMED, 1, BROKE), "break of structure (internal): 0.3 ATR above 22.021; the up-trend goes on"),
    (happening(BREAK, Event.FORMED, -1, BROKE | {"c": 0.0}), "first break (internal): 0.3 ATR below 22.021; the first break here, and the trend is down"),
    (happening(BREAK, Event.FORMED, -1, BROKE | {"c": -1.0}), "change of character (internal): 0.3 ATR below 22.021; the up-trend is over"),
    (happening(BREAK, Event.FORMED, 1, BROKE | {"c": -1.0, "b": 1.5, "e": 1.0, "a": 0.001}), "market structure shift (internal): less than 0.01 ATR above 22.021, after a sweep of the other side; the down-trend is over"),
    (happening(Kind.FAIR_VALUE_GAP, Event.FORMED, 1, {}), "gap up 22.021 – 22.500: a fast move left it untraded; it may act as support"),
    (happening(Kind.INVERSE_GAP, Event.FORMED, -1, {}), "closed below the gap 22.021 – 22.500: it may now act as resistance"),
    (happening(BLOCK, Event.FORMED, -1, {"b": 2.182}), "supply block 22.021 – 22.500: a leg of 2.18 ATR began there; sellers may defend it"),
    (happening(BLOCK, Event.FILLED_50, 1, {"a": 0.6}), "demand block 22.021 – 22.500 was traded to its middle: half of it is used up"),
    (happening(Kind.BREAKER, Event.FORMED, -1, {}), "closed below the demand block 22.021 – 22.500: it may now act as supply (a breaker: its leg had swept liquidity)"),
    (happening(Kind.MITIGATION_BLOCK, Event.FORMED, 1, {}), "closed above the supply block 22.021 – 22.500: it may now act as demand (a mitigation block)"),
    (happening(POOL, Event.SWEPT_WICK, 1, SWEPT, "internal", "day", back=DAY_MS), "swept liquidity: dipped 0.4 ATR under the previous day's low 22.021 and closed back above"),
    (happening(POOL, Event.SWEPT_WICK, -1, SWEPT, "internal", members=2), "swept liquidity: rose 0.4 ATR over the equal highs 22.021 and closed back below"),
    (happening(POOL, Event.SWEPT_RECLAIM, 1, SWEPT | {"b": 1.0}, "swing"), "swept liquidity: closed under the swing low 22.021, 0.4 ATR at most, and back above after 1 candle"),
    (happening(POOL, Event.SWEPT_RECLAIM, -1, SWEPT | {"b": 3.0}, "internal"), "swept liquidity: closed over the high 22.021, 0.4 ATR at most, and back below after 3 candles"),
    (happening(POOL, Event.BROKEN, 1, SWEPT | {"b": 3.0}, "week", back=7 * DAY_MS), "broke the previous week's low 22.021: still below it 3 candles later, that level is spent"),
    (happening(POOL, Event.BROKEN, -1, SWEPT | {"b": 3.0}, "day", back=3 * DAY_MS), "broke the high of 2026-11-19 22.021: still above it 3 candles later, that level is spent"),
    (happening(POOL, Event.BROKEN, -1, SWEPT | {"b": 3.0}, "session"), "broke a session's high 22.021: still above it 3 candles later, that level is spent"),
    (happening(Kind.SESSION, Event.MANIPULATED, -1, {}), "London looked above Asia's range 22.021 – 22.500 and closed back inside: the model then looks downwards"),
    (happening(Kind.SESSION, Event.DISTRIBUTED, 1, {}), "closed above Asia's range 22.021 – 22.500: the move the session model waits for"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "text"), SAYINGS, ids=range(len(SAYINGS)))
def test_an_event_is_told_in_a_sentence(told: Happening, text: str) -> None:
    assert happening_text(told) == text


def test_every_noteworthy_event_has_a_sentence_and_every_sentence_is_tried() -> None:
    assert set(SENTENCES) == NOTEWORTHY == {(told.event.kind, told.event.event) for told, _ in SAYINGS}


TOLD = replace(PLANNED, story=tuple(told for told, _ in SAYINGS[10:12]))


def test_the_story_stands_between_the_verdict_and_the_gates() -> None:
    lines = explain_lines(TOLD, Look(120))
    start = lines.index("What happened")
    assert lines[start : start + 3] == [
        "What happened",
        "2026-11-22 08:00 UTC  1h  swept liquidity: dipped 0.4 ATR under the previous day's low 22.021 and closed back",
        "                          above",
    ]
    assert any(line.startswith("Gates") for line in lines[start:])
    assert not any(line.startswith("Gates") for line in lines[:start])


def test_on_a_narrow_screen_the_sentence_stands_under_its_time() -> None:
    assert story_lines(TOLD, Look(46))[2:5] == [
        "2026-11-22 08:00 UTC  1h",
        "  swept liquidity: dipped 0.4 ATR under the",
        "  previous day's low 22.021 and closed back",
    ]


def test_without_candles_there_is_no_story() -> None:
    assert story_lines(BROKEN, Look(120)) == []
    assert explain_document(BROKEN)["story"] == []


@pytest.mark.checkout
def test_the_document_tells_the_same_story() -> None:
    document = explain_document(TOLD)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
    assert document["story"][0] == {
        "known_at": "2026-11-22T08:00:00Z",
        "origin_at": "2026-11-21T08:00:00Z",
        "timeframe": "1h",
        "kind": "pool",
        "event": "swept_wick",
        "favours": "long",
        "object_id": "0123456789ab",
        "low": 22.021,
        "low_text": "22.021",
        "high": 22.5,
        "high_text": "22.500",
        "text": SAYINGS[10][1],
    }


@pytest.mark.checkout
def test_the_schema_knows_every_kind_and_event_that_is_told() -> None:
    fields = json.loads(SCHEMA.read_text("utf-8"))["$defs"]["happening"]["properties"]
    assert set(fields["kind"]["enum"]) == {kind.name.lower() for kind, _ in NOTEWORTHY}
    assert set(fields["event"]["enum"]) == {event.name.lower() for _, event in NOTEWORTHY}
    assert set(fields["timeframe"]["enum"]) == {timeframe.value for timeframe in Timeframe}
