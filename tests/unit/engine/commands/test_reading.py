"""Flags as values."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands.reading import parse_account, parse_as_of, parse_symbols, parse_timeframes, read_text
from shared.errors import ConfigFault
from shared.models.timeframe import Timeframe, iso


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-08-05T12:00:00Z", "2024-08-05T12:00:00Z"),
        ("2024-08-05T12:00Z", "2024-08-05T12:00:00Z"),
        ("2024-08-05T14:00:00+02:00", "2024-08-05T12:00:00Z"),
        ("2024-08-05 12:00:00.750Z", "2024-08-05T12:00:00Z"),
        ("2024-08-05", "2024-08-05T00:00:00Z"),
    ],
)
def test_a_time_has_a_zone_or_is_a_whole_day(text: str, time: str) -> None:
    assert iso(parse_as_of(text)) == time


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yesterday", "--as-of is not a time: 'yesterday'. Write it like 2024-08-05T12:00:00Z"),
        ("2024-13-01", "--as-of is not a time"),
        (
            "2024-08-05T12:00:00",
            "--as-of has no time zone: '2024-08-05T12:00:00'. Write 2024-08-05T12:00:00Z for UTC",
        ),
        ("1960-01-01", "--as-of is before 1970"),
        ("", "--as-of is not a time"),
    ],
)
def test_other_times_are_refused_with_a_hint(text: str, message: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        parse_as_of(text)
    assert message in str(fault.value)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigFault):
        assert parse_as_of(text) >= 0


def test_symbols_come_repeated_by_comma_and_from_a_file(tmp_path: Path) -> None:
    listed = tmp_path / "symbols.txt"
    listed.write_text("sol/usdt  # a remark\n\n# another\nBTC, DOGE\n")
    found = parse_symbols(("btc/usdt,ETHUSDT", f"@{listed}", "usdt"), "USDT")
    assert found == ("BTC/USDT", "ETH/USDT", "SOL/USDT", "DOGE/USDT", "USDT/USDT")


def test_no_symbols_means_the_profiles_universe() -> None:
    assert parse_symbols((), "USDT") == ()


@pytest.mark.parametrize("given_", [",", "BTC/", "/USDT", "A/B/C", "BTC#/USDT"])
def test_what_cannot_be_a_symbol_is_refused(given_: str) -> None:
    with pytest.raises(ConfigFault, match=r"--symbols.*Write it like BTC/USDT"):
        parse_symbols((given_,), "USDT")


def test_an_account_is_an_amount_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"equity": "500USDT", "risk_pct": 0.3}')
    (tmp_path / "a.toml").write_text('equity = "500USDT"\nrisk_pct = 0.3')
    assert parse_account("500USDT").account == parse_account(str(tmp_path / "a.json")).account
    assert parse_account(str(tmp_path / "a.toml")) == parse_account(str(tmp_path / "a.json"))


@pytest.mark.parametrize("text", ["[1]", "{", '{"equity": 5}', "NaN"])
def test_a_wrong_account_file_is_refused_by_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(ConfigFault, match=r"mine\.json"):
        parse_account(str(path))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigFault, match=r"--config: cannot read .*nowhere: No such file or directory. Check the path"
    ):
        read_text(tmp_path / "nowhere", "--config")
    with pytest.raises(ConfigFault, match="Is a directory"):
        read_text(tmp_path, "--config")
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigFault, match="is not UTF-8 text"):
        read_text(tmp_path / "latin", "--config")
    (tmp_path / "huge").write_bytes(b" " * 1_000_001)
    with pytest.raises(ConfigFault, match=r"is longer than 1,000,000 bytes"):
        read_text(tmp_path / "huge", "--config")


def test_timeframes_come_repeated_and_by_comma_and_are_three_unless_named() -> None:
    assert parse_timeframes(("1h,15m", "1h 1w")) == (Timeframe.H1, Timeframe.M15, Timeframe.W1)
    assert parse_timeframes(()) == (Timeframe.M15, Timeframe.H1, Timeframe.H4)


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ("1H", "--timeframes: unknown timeframe '1H'. Did you mean '1h'?"),
        ("30m", "--timeframes: unknown timeframe '30m'"),
        (",", "--timeframes names no timeframe. Write it like 15m,1h,4h"),
    ],
)
def test_a_timeframe_we_do_not_keep_is_refused(given_: str, message: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        parse_timeframes((given_,))
    assert message in str(fault.value)
