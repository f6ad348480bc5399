"""Published documents against their schema, and the schema against the page that describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.ui.documents import plan_json, scan_document, scan_json
from bot.ui.explain_document import explain_document
from bot.ui.lookahead import LOOKAHEAD_HEADINGS
from bot.ui.lookahead_document import lookahead_json
from bot.ui.terminal import TSV_HEADINGS
from bot.ui.universe import UNIVERSE_HEADINGS
from bot.ui.universe_document import universe_json
from bot.ui.verification import NULL_HEADINGS, REPAINT_HEADINGS
from bot.ui.verification_documents import null_json, repaint_json
from tests.fixtures.hand_checks import EXAMINED, LOOKAHEAD, LOOKS_AHEAD, RATES, REPAINT, REPAINT_ALONE
from tests.fixtures.hand_scan import BROKEN, BTC, EMPTY, FAULT, PLANNED, REJECTED, SCAN, SHIB
from tests.fixtures.hand_track import ALIKE
from tests.fixtures.hand_universe import FIRST, HELD, NAMED

pytestmark = pytest.mark.checkout

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "output_spec.md"
NAMES = (
    "snipersight.scan-1",
    "snipersight.explain-1",
    "snipersight.universe-1",
    "snipersight.verify-repaint-1",
    "snipersight.verify-null-1",
    "snipersight.verify-lookahead-1",
    "snipersight.data-sync-1",
    "snipersight.data-status-1",
    "snipersight.data-verify-1",
    "snipersight.data-prune-1",
    "snipersight.doctor-1",
    "snipersight.locks-1",
    "snipersight.signals-1",
    "snipersight.alerts-1",
    "snipersight.backtest-1",
    "snipersight.parity-1",
    "snipersight.optimize-1",
    "snipersight.walk-forward-1",
    "snipersight.track-1",
)


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "schema" / f"{name}.schema.json").read_text("utf-8"))
    return found


def objects(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a schema by the name of its section on the page."""
    whole = schema(name)
    yield name.split(".")[1].removesuffix("-1").replace("-", "_"), whole
    yield from whole["$defs"].items()


def described(section: str) -> dict[str, str]:
    """Fields and meanings of a section's table."""
    text = PAGE.read_text("utf-8").partition(f"\n### {section}\n")[2].partition("\n### ")[0]
    return {row[1]: row[2] for row in re.finditer(r"^\| `(\w+)`[^|]*\|[^|]*\| (.+) \|$", text, re.MULTILINE)}


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("result", [SCAN, EMPTY])
def test_a_scan_is_valid(result: Any) -> None:
    Draft202012Validator(schema("snipersight.scan-1")).validate(json.loads(scan_json(result)))


@pytest.mark.parametrize("explanation", [PLANNED, replace(PLANNED, past=(ALIKE,)), REJECTED, BROKEN])
def test_an_explanation_is_valid(explanation: Any) -> None:
    Draft202012Validator(schema("snipersight.explain-1")).validate(explain_document(explanation))


@pytest.mark.parametrize("snapshot", [FIRST, HELD, NAMED])
def test_a_universe_is_valid(snapshot: Any) -> None:
    document = json.loads(universe_json(snapshot, (FAULT,), ("universe_forgotten: why",)))
    Draft202012Validator(schema("snipersight.universe-1")).validate(document)
    assert [drop["symbol"] for drop in document["dropped"]] == [drop.symbol for drop in snapshot.dropped]


@pytest.mark.parametrize("found", [REPAINT, REPAINT_ALONE])
def test_a_check_for_repainting_is_valid(found: Any) -> None:
    Draft202012Validator(schema("snipersight.verify-repaint-1")).validate(json.loads(repaint_json(found)))


def test_base_rates_are_valid_with_and_without_a_rate() -> None:
    document = json.loads(null_json(EXAMINED, 20, RATES))
    Draft202012Validator(schema("snipersight.verify-null-1")).validate(document)
    assert ["rate" in measure for measure in document["measures"]] == [True, True, False]


@pytest.mark.parametrize("found", [LOOKAHEAD, LOOKS_AHEAD])
def test_a_check_for_look_ahead_is_valid(found: Any) -> None:
    document = json.loads(lookahead_json(EXAMINED, found))
    Draft202012Validator(schema("snipersight.verify-lookahead-1")).validate(document)
    assert ["first" in check for check in document["checks"]] == [
        check["differing"] > 0 for check in document["checks"]
    ]


@pytest.mark.parametrize("setup", [BTC, SHIB])
def test_a_line_of_jsonl_is_a_valid_plan(setup: Any) -> None:
    whole = schema("snipersight.scan-1")
    line = plan_json(setup)
    assert "\n" not in line
    Draft202012Validator({"$ref": "#/$defs/plan", "$defs": whole["$defs"]}).validate(json.loads(line))


def test_an_outcome_is_exactly_one_of_three() -> None:
    document = explain_document(PLANNED)
    document["outcome"]["fault"] = explain_document(BROKEN)["outcome"]["fault"]
    assert not Draft202012Validator(schema("snipersight.explain-1")).is_valid(document)


@pytest.mark.parametrize("name", NAMES)
def test_every_object_is_closed_and_every_field_required_unless_the_page_says_optional(name: str) -> None:
    page = PAGE.read_text("utf-8")
    for section, body in objects(name):
        assert body["additionalProperties"] is False
        text = page.partition(f"\n### {section}\n")[2].partition("\n### ")[0]
        optional = set(re.findall(r"^\| `(\w+)` \(optional\)", text, re.MULTILINE))
        assert set(body["properties"]) - set(body["required"]) == optional, section


@pytest.mark.parametrize("name", NAMES)
def test_the_page_describes_every_field_in_the_schemas_words(name: str) -> None:
    for section, body in objects(name):
        meanings = {field: part["description"] for field, part in body["properties"].items()}
        assert described(section) == meanings, section


def test_a_notice_has_the_same_record_as_an_explanation() -> None:
    notice = schema("snipersight.notice-1")["properties"]["record"]
    explained = schema("snipersight.explain-1")["$defs"]["record"]
    assert all(notice[part] == explained[part] for part in ("type", "required", "properties"))


def test_the_page_describes_nothing_that_is_not_there() -> None:
    sections = set(re.findall(r"^### (\w+)$", PAGE.read_text("utf-8"), re.MULTILINE))
    assert sections == {section for name in NAMES for section, _ in objects(name)}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("snipersight.scan-1", "snipersight.explain-1", {"plan", "gate", "score"}),
        ("snipersight.scan-1", "snipersight.universe-1", {"rejection", "fault"}),
        ("snipersight.verify-repaint-1", "snipersight.verify-null-1", {"series", "left_out"}),
        ("snipersight.scan-1", "snipersight.backtest-1", {"plan", "gate", "size", "fault"}),
        ("snipersight.verify-repaint-1", "snipersight.verify-lookahead-1", {"series", "left_out"}),
    ],
)
def test_two_schemas_say_the_same_of_what_they_share(one: str, other: str, expected: set[str]) -> None:
    first, second = schema(one)["$defs"], schema(other)["$defs"]
    shared = set(first) & set(second)
    assert expected <= shared
    assert all(first[section] == second[section] for section in shared)


def test_the_page_lists_the_tab_separated_columns_in_order() -> None:
    text = PAGE.read_text("utf-8").partition("## Tab-separated values")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == TSV_HEADINGS


def test_the_page_lists_the_columns_of_the_checks_in_order() -> None:
    text = PAGE.read_text("utf-8").partition("## Tab-separated values of `verify`")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    found = [tuple(re.findall(r"`(\w+)`", line)) for line in lines]
    assert found == [REPAINT_HEADINGS, NULL_HEADINGS, LOOKAHEAD_HEADINGS]


def test_the_page_lists_the_columns_of_the_universe_in_order() -> None:
    text = PAGE.read_text("utf-8").partition("## Tab-separated values of `universe`")[2].partition("\n## ")[0]
    (line,) = (line for line in text.splitlines() if line.startswith("- "))
    assert tuple(re.findall(r"`(\w+)`", line)) == UNIVERSE_HEADINGS


def test_prices_stand_as_numbers_and_as_text_on_the_tick() -> None:
    plan = scan_document(SCAN)["plans"][1]
    assert (plan["stop"]["price"], plan["stop"]["price_text"]) == (0.0000127, "0.00001270")
    assert (plan["entry"]["low_text"], plan["entry"]["high_text"]) == ("0.00001234", "0.00001251")
    assert plan["tick_text"] == "0.00000001"


def test_points_add_up_to_the_score() -> None:
    parts = scan_document(SCAN)["plans"][0]["score_parts"]
    points = [part["points"] for name in ("factors", "synergies", "conflicts") for part in parts[name]]
    assert sum(round(point * 10) for point in points) == round(parts["total"] * 10) == 874


def test_the_same_scan_gives_the_same_bytes() -> None:
    assert scan_json(SCAN) == scan_json(SCAN)
    assert scan_json(SCAN).startswith('{\n  "schema": "snipersight.scan/1"')
