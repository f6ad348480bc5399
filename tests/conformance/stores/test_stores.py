"""The laws of a candle store, run over every store there is."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.data_contract import CandleStore, WriteReport
from shared.errors import DamagedPage, DataFault
from shared.models.data import Candles, Market
from shared.models.timeframe import DAY_MS, Timeframe
from tests.conformance.stores.conftest import Place, opened
from tests.laws.markets import MOODS, market

M5 = Timeframe.M5
ALL = (0, 2**50)
START = 1_704_067_200_000


def candles(first: int, count: int, level: float = 100.0, timeframe: Timeframe = M5) -> Candles:
    """Made-up candles from the ``first`` one of 2024 on."""
    opens = timeframe.floor(START) + (first + np.arange(count)) * timeframe.ms
    close = level + (first + np.arange(count)) % 7
    return Candles(timeframe, opens, close, close + 1, close - 1, close, np.full(count, level))


@pytest.mark.parametrize("timeframe", list(Timeframe))
def test_what_was_written_is_read_bit_for_bit(store: CandleStore, timeframe: Timeframe) -> None:
    for mood in MOODS:
        written = market(7, 1000, mood, M5)
        kept = Candles(
            timeframe,
            timeframe.floor(START) + (written.open_ms - written.open_ms[0]) // M5.ms * timeframe.ms,
            *(getattr(written, name) for name in ("open", "high", "low", "close", "volume")),
        )
        assert store.write("x", f"{mood}/B", kept) == WriteReport(1000, 0)
        assert store.read("x", f"{mood}/B", timeframe, *ALL) == kept


def test_an_empty_store_answers_with_nothing(store: CandleStore) -> None:
    assert store.series() == ()
    assert store.series("x") == ()
    assert store.markets("x") == {}
    assert len(store.read("x", "A/B", M5, *ALL)) == 0
    assert store.write("x", "A/B", Candles.empty(M5)) == WriteReport(0, 0)


def test_writing_the_same_again_changes_nothing(store: CandleStore) -> None:
    store.write("x", "A/B", candles(0, 1500))
    before = store.series()
    assert store.write("x", "A/B", candles(200, 900)) == WriteReport(0, 0)
    assert store.series() == before
    assert store.read("x", "A/B", M5, *ALL) == candles(0, 1500)


def test_a_revised_candle_replaces_the_old_one_and_is_counted(store: CandleStore) -> None:
    store.write("x", "A/B", candles(0, 1500))
    assert store.write("x", "A/B", candles(10, 3, level=500.0)) == WriteReport(0, 3)
    assert store.read("x", "A/B", M5, START + 10 * M5.ms, START + 11 * M5.ms).close[0] == 503.0


def test_a_span_is_read_by_open_and_close_time(store: CandleStore) -> None:
    store.write("x", "A/B", candles(0, 20_000))
    since, until = START + 31 * DAY_MS - M5.ms, START + 31 * DAY_MS + M5.ms
    assert store.read("x", "A/B", M5, since, until) == candles(31 * 288 - 1, 2)
    assert len(store.read("x", "A/B", M5, since + 1, until - 1)) == 0


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(
    writes=st.lists(
        st.tuples(st.integers(0, 12_000), st.integers(1, 1200), st.sampled_from([100.0, 200.0])), max_size=5
    ),
    symbol=st.sampled_from(["A/B", "1000X/USDT", "Q/R:R"]),
)
def test_any_order_of_writes_reads_back_as_the_newest_value_of_each_time(
    place: Place, writes: list[tuple[int, int, float]], symbol: str
) -> None:
    exchange = f"x{abs(hash((tuple(writes), symbol)))}"
    model: dict[int, tuple[float, float]] = {}
    with opened(place) as store:
        for first, count, level in writes:
            part = candles(first, count, level)
            rows = zip(part.close.tolist(), part.volume.tolist(), strict=True)
            fresh = dict(zip(part.open_ms.tolist(), rows, strict=True))
            added = len(fresh.keys() - model.keys())
            revised = sum(model.get(time, row) != row for time, row in fresh.items())
            assert store.write(exchange, symbol, part) == WriteReport(added, revised)
            model |= fresh
    with opened(place) as again:
        held = again.read(exchange, symbol, M5, *ALL)
        rows = zip(held.close.tolist(), held.volume.tolist(), strict=True)
        assert dict(zip(held.open_ms.tolist(), rows, strict=True)) == model
        assert sum(info.count for info in again.series(exchange)) == len(model)


def test_a_batch_is_all_or_nothing(store: CandleStore) -> None:
    def parts():  # type: ignore[no-untyped-def]
        yield candles(0, 10)
        raise DataFault("the second part is broken")

    with pytest.raises(DataFault, match="second part"):
        store.write_many("x", {"C/D": (candles(0, 5),), "A/B": parts()})
    assert store.series() == ()
    batch = {
        "A/B": (candles(0, 10), candles(0, 4, timeframe=Timeframe.H1)),
        "C/D": (candles(5, 5), candles(0, 6)),
    }
    assert store.write_many("x", batch) == {
        ("A/B", M5): WriteReport(10, 0),
        ("A/B", Timeframe.H1): WriteReport(4, 0),
        ("C/D", M5): WriteReport(10, 0),
    }
    assert store.read("x", "C/D", M5, *ALL) == candles(0, 10)


def test_series_are_listed_in_order_with_their_spans_and_holes(store: CandleStore) -> None:
    store.write("y", "A/B", candles(0, 3))
    store.write("x", "C/D", candles(0, 3, timeframe=Timeframe.D1))
    store.write("x", "C/D", candles(0, 10))
    store.write("x", "C/D", candles(12, 8))
    listed = [
        (info.exchange, info.symbol, info.timeframe, info.count, info.missing) for info in store.series()
    ]
    assert listed == [("x", "C/D", M5, 18, 2), ("x", "C/D", Timeframe.D1, 3, 0), ("y", "A/B", M5, 3, 0)]
    (info,) = store.series("y")
    assert (info.first_ms, info.last_ms) == (START, START + 2 * M5.ms)
    assert info.stored_bytes > 0


def test_another_opening_of_the_same_place_sees_what_was_written(place: Place) -> None:
    with opened(place) as one, opened(place) as other:
        one.write("x", "A/B", candles(0, 100))
        assert other.read("x", "A/B", M5, *ALL) == candles(0, 100)
        other.write("x", "A/B", candles(100, 100))
        assert one.read("x", "A/B", M5, *ALL) == candles(0, 200)


def test_markets_come_back_with_exact_decimals_and_are_replaced_one_by_one(store: CandleStore) -> None:
    def rules(base: str, tick: str) -> Market:
        steps = (Decimal(tick), Decimal(1), Decimal(5))
        return Market("x", f"{base}/USDT", f"{base}USDT", base, "USDT", "spot", *steps, True, "inferred")

    pepe, btc, finer = rules("PEPE", "1E-8"), rules("BTC", "0.01"), rules("BTC", "0.001")
    store.save_markets({pepe.symbol: pepe, btc.symbol: btc})
    store.save_markets({btc.symbol: finer})
    assert store.markets("x") == {"BTC/USDT": finer, "PEPE/USDT": pepe}
    assert store.markets("y") == {}


def test_what_is_damaged_is_never_returned(place: Place) -> None:
    with opened(place) as store:
        store.write("x", "A/B", candles(0, 20_000))
        store.write("x", "C/D", candles(0, 20_000))
        place.damage()
        with pytest.raises(DamagedPage, match="A/B 5m that starts 2024-01-01T00:00:00Z is damaged") as caught:
            store.read("x", "A/B", M5, *ALL)
        assert caught.value.first_ms == START
        assert "data import" in caught.value.action
        assert store.read("x", "C/D", M5, *ALL) == candles(0, 20_000)
        later = START + 40 * DAY_MS
        assert len(store.read("x", "A/B", M5, later, 2**50)) == 20_000 - 40 * 288


def test_writing_into_what_is_damaged_replaces_it_and_says_so(place: Place) -> None:
    with opened(place) as store:
        store.write("x", "A/B", candles(0, 20_000))
        place.damage()
        assert store.write("x", "A/B", candles(10, 5)).dropped == 1
        kept = store.read("x", "A/B", M5, *ALL)
        assert kept.rows(0, 5) == candles(10, 5)
        assert store.write("x", "A/B", candles(0, 20_000)) == WriteReport(20_000 - len(kept), 0)
        assert store.read("x", "A/B", M5, *ALL) == candles(0, 20_000)


def test_closing_twice_is_fine(place: Place) -> None:
    store = place.open()
    store.close()
    store.close()
