"""A replay as one JSON document (``snipersight.replay/1``) and in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.ui.documents import Document
from bot.ui.look import Look
from shared.models.replay import Replay, Verdict
from shared.models.timeframe import iso
from shared.utils.serialization import document_json

REPLAY: Final = "snipersight.replay/1"
WORDS: Final = {
    Verdict.SAME: "same: it comes out again, byte for byte",
    Verdict.INPUTS_DIFFER: "not rebuilt: what it was made of is not all there as it was",
    Verdict.DEFECT: "differs, with the same inputs and code. This is a defect in SniperSight; please report it",
}


def replay_json(replay: Replay) -> str:
    """A replay as one JSON document, indented."""
    return document_json(replay_document(replay), indent=2)


def replay_document(replay: Replay) -> Document:
    """What was asked, the verdict, and everything that is not as it was recorded."""
    return {
        "schema": REPLAY,
        "run_id": replay.run_id,
        "plan_id": replay.plan_id,
        "exchange": replay.exchange,
        "as_of": iso(replay.as_of_ms),
        "verdict": replay.verdict.value,
        "same_plan": replay.same_plan,
        "same_scan": replay.same_scan,
        "recorded_digest": replay.recorded_digest,
        "found_digest": replay.found_digest,
        "differences": [
            {"what": one.what, "recorded": one.recorded, "found": one.found} for one in replay.differences
        ],
    }


def replay_lines(replay: Replay, look: Look) -> Iterator[str]:
    """The verdict, then what differs, a line each."""
    asked = f"plan {replay.plan_id} · " if replay.plan_id else ""
    yield from look.flow(
        look.signs(f"{asked}run {replay.run_id} · {replay.exchange} · as of {iso(replay.as_of_ms)}")
    )
    yield from look.wrap(WORDS[replay.verdict])
    scan = "the same" if replay.same_scan else f"now {replay.found_digest[:16]}"
    yield from look.wrap(f"whole scan's document: {replay.recorded_digest[:16]} recorded, {scan}")
    for one in replay.differences:
        yield from look.wrap(f"- {one.what}: {one.recorded} recorded, {one.found} now", "  ")
