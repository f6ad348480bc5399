"""What the loopback exchange serves: exact aggregation, nothing from after its clock, the same numbers every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.market import BASE_MS, DAY, HOUR, INTERVAL_MS, Rows, ServedMarket, served_market
from tests.servers.rules import rules_of

MONDAY_29_JULY = 1_722_211_200_000
BTC = "BTC/USDT"
MADE_UP = ServedMarket.synthetic(
    [BTC, "PEPE/USDT"], MONDAY_29_JULY - 3 * DAY, MONDAY_29_JULY + 9 * DAY, seed=7
)


def by_hand(*rows: tuple[float, ...]) -> ServedMarket:
    """Candles from 10:00, five minutes apart."""
    start = MONDAY_29_JULY + 10 * HOUR
    return ServedMarket({BTC: np.array([(start + place * BASE_MS, *row) for place, row in enumerate(rows)])})


def test_a_quarter_of_an_hour_is_first_highest_lowest_last_and_sum() -> None:
    market = by_hand((10, 12, 9, 11, 1), (11, 15, 11, 14, 2), (14, 14, 8, 9, 3), (9, 9, 9, 9, 4))
    start = MONDAY_29_JULY + 10 * HOUR
    assert market.candles(BTC, "15m", start, start + DAY).tolist() == [
        [start, 10, 15, 8, 9, 6],
        [start + 3 * BASE_MS, 9, 9, 9, 9, 4],
    ]


def test_untraded_candles_count_only_where_nothing_traded() -> None:
    market = by_hand(
        (10, 10, 10, 10, 0), (12, 13, 12, 13, 1), (7, 7, 7, 7, 0), (7, 7, 7, 7, 0), (8, 8, 8, 8, 0)
    )
    made = market.candles(BTC, "15m", 0, MONDAY_29_JULY + DAY)
    assert made[:, 1:].tolist() == [[12, 13, 12, 13, 1], [7, 8, 7, 8, 0]]


def test_weeks_open_on_monday_and_days_at_midnight() -> None:
    weeks = MADE_UP.candles(BTC, "1w", 0, MONDAY_29_JULY + 9 * DAY)
    days = MADE_UP.candles(BTC, "1d", 0, MONDAY_29_JULY + 9 * DAY)
    assert weeks[:, 0].tolist() == [MONDAY_29_JULY + 7 * DAY * place for place in (-1, 0, 1)]
    assert days[0, 0] == MONDAY_29_JULY - 3 * DAY
    assert np.all(np.diff(days[:, 0]) == DAY)


def test_a_candle_that_opened_before_the_start_is_left_out() -> None:
    made = MADE_UP.candles(BTC, "1h", MONDAY_29_JULY + 1, MONDAY_29_JULY + 3 * HOUR)
    assert made[:, 0].tolist() == [MONDAY_29_JULY + HOUR, MONDAY_29_JULY + 2 * HOUR]


@pytest.mark.parametrize("symbol", [BTC, "PEPE/USDT"])
def test_minutes_add_up_to_their_base_candle(symbol: str) -> None:
    now = MONDAY_29_JULY + 9 * DAY
    minutes = MADE_UP.candles(symbol, "1m", 0, now)
    again = ServedMarket({symbol: minutes}).base[symbol].reshape(-1, 5, 6)
    base = MADE_UP.base[symbol]
    assert np.array_equal(again[:, 0, :2], base[:, :2])
    assert np.array_equal(again[:, :, 2].max(axis=1), base[:, 2])
    assert np.array_equal(again[:, :, 3].min(axis=1), base[:, 3])
    assert np.array_equal(again[:, -1, 4], base[:, 4])
    assert np.allclose(again[:, :, 5].sum(axis=1), base[:, 5], rtol=1e-12)


@given(
    interval=st.sampled_from(sorted(INTERVAL_MS)),
    now=st.integers(MONDAY_29_JULY + 1, MONDAY_29_JULY + 8 * DAY),
)
def test_nothing_after_its_clock_is_shown(interval: str, now: int) -> None:
    """Whatever comes from now on, it does not change what is shown."""
    base = MADE_UP.base[BTC].copy()
    base[base[:, 0] >= now, 1:] *= 3
    forming = base[:, 0] == now - now % BASE_MS
    base[forming, 4] = np.where(base[forming, 4] >= base[forming, 1], base[forming, 2], base[forming, 3])
    other = ServedMarket({BTC: base}).candles(BTC, interval, now - 2 * DAY, now)
    shown = MADE_UP.candles(BTC, interval, now - 2 * DAY, now)
    assert np.array_equal(other, shown)
    assert np.all(shown[:, 0] < now)


def test_the_forming_candle_grows_into_the_closed_one() -> None:
    seen: list[Rows] = []
    for now in range(MONDAY_29_JULY + 20_000, MONDAY_29_JULY + BASE_MS + 1, 20_000):
        made = MADE_UP.candles(BTC, "5m", MONDAY_29_JULY, now)
        assert len(made) == 1
        seen.append(made[0])
    table = np.array(seen)
    assert np.all(np.diff(table[:, 2]) >= 0)
    assert np.all(np.diff(table[:, 3]) <= 0)
    assert np.all(np.diff(table[:, 5]) > 0)
    assert np.array_equal(table[-1], MADE_UP.base[BTC][MADE_UP.base[BTC][:, 0] == MONDAY_29_JULY][0])
    assert table[0, 4] == table[0, 1]


def test_made_up_candles_are_sound_on_their_tick_and_reproducible() -> None:
    twin = ServedMarket.synthetic(
        ["PEPE/USDT", BTC], MONDAY_29_JULY - 3 * DAY, MONDAY_29_JULY + 9 * DAY, seed=7
    )
    for symbol, rows in MADE_UP.base.items():
        _, price, high, low, close, volume = rows.T
        ticks = rows[:, 1:5] / float(rules_of(symbol).tick)
        assert np.array_equal(twin.base[symbol], rows)
        assert np.allclose(ticks, np.round(ticks), atol=1e-3)
        assert np.all((low > 0) & (low <= np.minimum(price, close)) & (high >= np.maximum(price, close)))
        assert np.all(volume > 0)


def test_a_symbol_is_listed_from_its_first_candle() -> None:
    first = MONDAY_29_JULY - 3 * DAY
    assert not MADE_UP.is_listed(BTC, first)
    assert MADE_UP.is_listed(BTC, first + 1)
    assert not ServedMarket({BTC: MADE_UP.base[BTC][:0]}).is_listed(BTC, first)


def test_without_recordings_a_made_up_market_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNIPERSIGHT_MARKET_DATA", str(tmp_path / "absent"))
    assert served_market([BTC], MONDAY_29_JULY, MONDAY_29_JULY + DAY).source == "made up"


@pytest.mark.parametrize(
    ("symbol", "interval"), [("BTC/USDT", "1w"), ("BTC/USDT", "4h"), ("ELF/USDT", "15m")]
)
def test_aggregation_equals_the_exchange_own_candles(market_dir: Path, symbol: str, interval: str) -> None:
    """All but the one in some ten thousand that the exchange revised later."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="reads recorded candles with pyarrow")
    table = parquet.read_table(
        market_dir / "native" / f"binance__{symbol.replace('/', '-')}__{interval}.parquet"
    )
    native = np.column_stack(
        [table[name].to_numpy() for name in ("ts", "open", "high", "low", "close", "volume")]
    )
    since, until = int(native[0, 0]), int(native[-1, 0])
    market = served_market([symbol], since, until)
    assert market.source == "recorded"
    made = market.candles(symbol, interval, since, until)
    assert np.array_equal(made[:, 0], native[:-1, 0])
    wrong = np.any(made[:, 1:5] != native[:-1, 1:5], axis=1) | ~np.isclose(
        made[:, 5], native[:-1, 5], rtol=1e-9
    )
    assert wrong.sum() <= len(made) // 10_000
