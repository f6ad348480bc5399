"""How much is told: levels, rest between alerts of a symbol, and a digest that leaves nothing out."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.notifications.noise import Noise, Past, composed, levelled
from bot.notifications.notices import setup_notice
from bot.ui.documents import plan_document
from shared.models.notifications import Level, Notice, SetupState
from tests.fixtures.hand_scan import AS_OF_MS, BTC, SHIB

USUAL = Noise({}, 5, 0.0)
NEW = tuple(setup_notice(of, plan_document(of), AS_OF_MS) for of in (BTC, SHIB))


def test_few_setups_are_told_one_by_one() -> None:
    assert composed(NEW, USUAL, Past({}), "r-1") == NEW


def test_those_beyond_the_most_are_listed_in_one_digest() -> None:
    first, digest = composed(NEW, replace(USUAL, most=1), Past({}), "r-1")
    assert first == NEW[0]
    assert (digest.kind, digest.key) == ("digest", "digest:r-1")
    text = json.loads(digest.document)["text"]
    assert text.startswith("1 more setup\nSHIB/USDT SHORT C 66: 0.00001234 – 0.00001251, stop 0.00001270")


def test_a_symbol_told_of_lately_is_only_listed() -> None:
    resting = replace(USUAL, rest_min=60)
    told = composed(NEW, resting, Past({"BTC/USDT": AS_OF_MS - 30 * 60_000}), "r-1")
    assert [notice.kind for notice in told] == ["setup", "digest"]
    assert composed(NEW, resting, Past({"BTC/USDT": AS_OF_MS - 60 * 60_000}), "r-1") == NEW


def test_each_event_has_its_level() -> None:
    quiet = replace(USUAL, levels={"new": Level.SILENT, "target": Level.OFF, "digest": Level.OFF})
    assert composed(NEW[:1], quiet, Past({}), "r-1")[0].level is Level.SILENT
    target: Notice = replace(NEW[0], state=SetupState.TARGET_2)
    assert levelled(target, quiet).level is Level.OFF
    assert levelled(replace(NEW[0], state=SetupState.CLOSED), quiet).level is Level.ON


def test_while_paused_nothing_new_is_told_and_what_is_known_goes_on() -> None:
    paused = replace(USUAL, is_paused=True)
    assert composed(NEW, paused, {}, "r-1") == ()
    assert levelled(replace(NEW[0], state=SetupState.CLOSED), paused).level is Level.ON


def test_a_muted_symbol_is_not_told_of_when_new_and_without_a_sound_later() -> None:
    muted = replace(USUAL, muted=frozenset({"BTC/USDT"}), levels={"entered": Level.OFF})
    assert composed(NEW, muted, Past({}), "r-1") == NEW[1:]
    assert levelled(replace(NEW[0], state=SetupState.CLOSED), muted).level is Level.SILENT
    assert levelled(replace(NEW[0], state=SetupState.ENTERED), muted).level is Level.OFF
    assert levelled(replace(NEW[1], state=SetupState.CLOSED), muted).level is Level.ON


def test_the_same_scan_makes_the_same_notices() -> None:
    crowded = replace(USUAL, most=1)
    assert composed(NEW, crowded, Past({}), "r-1") == composed(NEW, crowded, Past({}), "r-1")


def test_a_digest_ends_with_the_track_record_where_there_is_one() -> None:
    record = "N = 41, +0.31R [-0.02, +0.63]"
    _, digest = composed(NEW, replace(USUAL, most=1), Past({}, record), "r-1")
    assert json.loads(digest.document)["text"].endswith(f"taken as planned: {record}")
