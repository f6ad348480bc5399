"""What is missing of a window, beside what is stored and what the exchange has none of."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
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
