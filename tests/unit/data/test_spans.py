"""What is missing of a window, beside what is stored and what the exchange has none of."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.series_notes import BELIEVED_MS, SeriesNote, SqliteNotes
from data.spans import Span, joined, missing, on_grid, united
from shared.models.data import Candles
from shared.models.timeframe import Timeframe

H1 = Timeframe.H1
SLOTS = st.sets(st.integers(0, 30))


def held(slots: set[int]) -> Candles:
    times = np.array(sorted(slots), np.int64) * H1.ms
    return Candles(H1, times, *(np.ones(times.size) for _ in range(5)))


def slots_of(spans: list[Span]) -> set[int]:
    return {slot for first, end in spans for slot in range(first // H1.ms, end // H1.ms)}


@given(SLOTS, SLOTS, st.integers(0, 30), st.integers(0, 30))
def test_missing_is_the_window_without_what_is_held_and_what_is_absent(
    stored: set[int], absent: set[int], first: int, length: int
) -> None:
    window = Span(first * H1.ms, (first + length) * H1.ms)
    known = united(Span(slot * H1.ms, (slot + 1) * H1.ms) for slot in absent)
    found = missing(held(stored), window, known)
    assert slots_of(found) == set(range(first, first + length)) - stored - absent
    assert all(one.first_ms < one.end_ms for one in found)


def test_near_spans_are_asked_for_at_once() -> None:
    spans = [Span(0, 1), Span(3, 4), Span(10, 11)]
    assert joined(spans, 2) == [Span(0, 4), Span(10, 11)]


def test_a_window_is_made_of_whole_candles() -> None:
    assert on_grid(H1, 1, 3 * H1.ms - 1) == Span(H1.ms, 2 * H1.ms)


def test_an_absence_is_believed_for_a_week_and_then_asked_for_again() -> None:
    note = SeriesNote().with_absent((Span(0, 5),), as_of_ms=1000)
    assert note.absent_at(1000 + BELIEVED_MS - 1) == (Span(0, 5),)
    assert note.absent_at(1000 + BELIEVED_MS) == ()
    assert note.with_absent((Span(7, 9),), 1000 + BELIEVED_MS).absent == (Span(7, 9),)


def test_notes_go_into_a_log_that_nobody_waits_for_on_its_way_to_the_disk_and_others_read_beside_it(
    tmp_path: Path,
) -> None:
    with (
        closing(SqliteNotes(tmp_path / "notes.sqlite3")) as store,
        closing(SqliteNotes(store._file.path)) as other,
    ):
        store.save("x", "A/B", {H1: SeriesNote((), 5, 9)})
        assert store._file.one("PRAGMA journal_mode") == ("wal",)
        assert store._file.one("PRAGMA synchronous") == (1,)
        with store._file.transaction():
            assert other.notes("x", "A/B") == {H1: SeriesNote((), 5, 9)}


def test_notes_outlive_the_process_and_a_damaged_one_is_forgotten(tmp_path: Path) -> None:
    note = SeriesNote((Span(0, H1.ms),), 5, 9)
    store = SqliteNotes(tmp_path / "notes.sqlite3")
    store.save("x", "A/B", {H1: note, Timeframe.D1: note})
    store._file.db.execute("UPDATE note SET body=replace(body, '5', '6') WHERE timeframe='1d'")
    store.close()
    again = SqliteNotes(tmp_path / "notes.sqlite3")
    assert again.notes("x", "A/B") == {H1: note}
    again.close()


def ruined(path: Path, how: str) -> None:
    """The file of notes as an accident leaves it."""
    match how:
        case "folder":
            path.mkdir()
        case "garbage":
            path.write_bytes(b"not a database" * 999)
        case "damaged":
            with closing(SqliteNotes(path)) as store:
                store.save("x", "A/B", {H1: SeriesNote((), 5, 9)})
            whole = path.read_bytes()
            path.write_bytes(whole[:100] + bytes(255 - byte for byte in whole[100:]))


@pytest.mark.parametrize("how", ["folder", "garbage", "damaged"])
def test_a_file_of_notes_that_is_ruined_ends_nothing_and_is_said(tmp_path: Path, how: str) -> None:
    path, note = tmp_path / "notes.sqlite3", SeriesNote((), 5, 9)
    ruined(path, how)
    with closing(SqliteNotes(path)) as store:
        assert store.notes("x", "A/B") == {}
        store.save("x", "A/B", {H1: note})
        assert store.notes("x", "A/B") == {H1: note}
        (remark,) = store.remarks
    assert remark.startswith(f"notes_not_kept: notes on series in {path} could not be ")


def test_a_full_disk_leaves_the_notes_of_this_run_and_says_so(tmp_path: Path) -> None:
    with closing(SqliteNotes(tmp_path / "notes.sqlite3")) as store:
        store.save("x", "A/B", {H1: SeriesNote((), 5, 9)})
        store._file.db.execute("PRAGMA max_page_count=1")
        for number in range(400):
            store.save("x", f"{number}/B", {H1: SeriesNote((), number, 9)})
        assert store.notes("x", "399/B") == {H1: SeriesNote((), 399, 9)}
        (remark,) = store.remarks
    assert "is full" in remark
