"""Where price stands, as ``explain`` shows it to people and machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import snipersight as ss
from bot.ui.explain_document import explain_document
from bot.ui.look import Look
from bot.ui.terminal_standing import standing_lines
from tests.fixtures.hand_scan import BROKEN

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schema" / "snipersight.explain-1.schema.json"


@pytest.mark.checkout
def test_the_zones_around_price_its_place_in_the_ranges_and_the_weekend_are_told_alike() -> None:
    explained = ss.explain("WIF/USDT", exchange="demo")
    lines = standing_lines(explained, Look(columns=100))
    document = explain_document(explained)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
    standing = document["standing"]
    assert lines[1] == "Where price stands"
    assert [line for line in lines if "  inside a " in line] == [
        f"  inside a {zone['timeframe']} {zone['kind'].replace('_', ' ')} for {zone['side']}s {zone['low']:.4f} – {zone['high']:.4f}"
        for zone in standing["inside"]
    ]
    assert [dealing["timeframe"] for dealing in standing["ranges"]] == ["4h", "1d"]
    assert [line.rsplit(": ", 1)[1] for line in lines if " range " in line] == [
        dealing["side"] for dealing in standing["ranges"]
    ]
    assert standing["weekend"]
    assert lines[-1] == "  it is a weekend on the sessions' clock"


def test_without_structure_nothing_is_said() -> None:
    assert standing_lines(BROKEN, Look(columns=100)) == []
    assert "standing" not in explain_document(BROKEN)
