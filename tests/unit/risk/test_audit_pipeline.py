"""The chain: whatever is changed, left out, put in or moved, recomputing it says so."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.audit_pipeline import chain, check_chain, proven
from shared.errors import DamagedJournal
from shared.models.journal import START, Head, Record, RecordKind
from tests.fixtures.hand_journal import NOW, batch


def chained(scans: int = 3) -> tuple[Record, ...]:
    records: list[Record] = []
    head = START
    for number in range(scans):
        records += chain(batch(number), head, NOW + number)
        head = records[-1].head
    return tuple(records)


RECORDS = chained()
HEAD = RECORDS[-1].head


def test_a_hash_is_over_the_hash_before_it_and_the_canonical_body() -> None:
    first, second = RECORDS[:2]
    assert first.prev == bytes(32)
    assert first.body.startswith(b'{"at_ms":1722859200000,"code_digest":"ccc')
    assert first.hash == hashlib.sha256(bytes(32) + first.body).digest()
    assert second.hash == hashlib.sha256(first.hash + second.body).digest()
    assert second.prev == first.hash


def test_a_whole_chain_is_recomputed_to_its_head() -> None:
    checked = check_chain(RECORDS, HEAD)
    assert (checked.head, checked.scans, checked.first_ms, checked.last_ms) == (HEAD, 3, NOW, NOW + 2)
    assert check_chain((), START).head == START


def test_the_same_scan_makes_the_same_bytes() -> None:
    assert chained() == RECORDS


def test_records_say_of_which_data_settings_and_code_they_are() -> None:
    for record in RECORDS:
        document = record.document
        assert (document["data_digest"], document["config_digest"]) == ("d" * 64, "f" * 64)
        assert document["code_digest"] == "c" * 64
    kinds = [record.kind for record in RECORDS[:5]]
    assert kinds == [
        RecordKind.SCAN,
        RecordKind.UNIVERSE,
        RecordKind.REJECTION,
        RecordKind.PLAN,
        RecordKind.DECISION,
    ]


@given(st.integers(0, len(RECORDS) - 1), st.data())
def test_a_flipped_bit_of_a_body_is_seen(place: int, data: st.DataObject) -> None:
    body = bytearray(RECORDS[place].body)
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    body[bit // 8] ^= 1 << bit % 8
    changed = (*RECORDS[:place], replace(RECORDS[place], body=bytes(body)), *RECORDS[place + 1 :])
    with pytest.raises(DamagedJournal):
        check_chain(changed, HEAD)


@given(st.integers(0, len(RECORDS) - 1))
def test_a_record_that_is_left_out_is_missed(place: int) -> None:
    with pytest.raises(DamagedJournal, match=r"is missing|the chain ends at"):
        check_chain((*RECORDS[:place], *RECORDS[place + 1 :]), HEAD)


@given(st.permutations(RECORDS).filter(lambda order: tuple(order) != RECORDS))
def test_records_that_were_moved_are_seen(order: list[Record]) -> None:
    with pytest.raises(DamagedJournal):
        check_chain(order, HEAD)


def test_a_record_made_again_with_a_right_hash_is_seen_by_the_one_after_it() -> None:
    forged = replace(RECORDS[4], body=RECORDS[4].body.replace(b"demo", b"real").replace(b"0" * 60, b"1" * 60))
    with pytest.raises(DamagedJournal, match="record 6 does not follow record 5"):
        check_chain((*RECORDS[:4], forged, *RECORDS[5:]), HEAD)


@pytest.mark.parametrize(
    "filed",
    [{"run_id": "r-other"}, {"kind": RecordKind.PLAN}, {"name": "p-9"}, {"at_ms": NOW + 9}],
)
def test_columns_that_say_something_else_than_the_body_are_seen(filed: dict[str, object]) -> None:
    with pytest.raises(DamagedJournal, match="filed as something else"):
        list(proven((replace(RECORDS[0], **filed),)))  # type: ignore[arg-type]


def test_a_chain_that_ends_early_is_seen_by_its_head() -> None:
    with pytest.raises(DamagedJournal, match=r"the chain ends at record 10 \w{16}, its own head says 15"):
        check_chain(RECORDS[:10], HEAD)
    with pytest.raises(DamagedJournal, match="its own head says 15 0000000000000000"):
        check_chain(RECORDS, Head(15, bytes(32)))


def test_a_record_older_than_the_one_before_it_is_seen() -> None:
    late = chain(batch(9), HEAD, NOW - 1)
    with pytest.raises(DamagedJournal, match="record 16 is older"):
        check_chain((*RECORDS, *late), late[-1].head)
