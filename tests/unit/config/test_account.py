"""Accounts as text and as a table."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.account import parse_equity, read_account
from shared.config.layers import planted, read_toml
from shared.errors import ConfigFault
from shared.models.smc import Side

POSITION = """
[[positions]]
exchange = "binance"
symbol = "BTC/USDT"
side = "long"
quantity = "0.10"
entry = 60000
stop = 59000.5
risk_r = 1
"""


@pytest.mark.parametrize(
    ("text", "equity"),
    [("10000USDT", (Decimal(10000), "USDT")), (" 2_500.50 usdc ", (Decimal("2500.50"), "USDC"))],
)
def test_an_amount_and_a_currency(text: str, equity: tuple[Decimal, str]) -> None:
    assert parse_equity(text, "--account") == equity


@pytest.mark.parametrize(
    "text", ["", "USDT", "10000", "0USDT", "-5USDT", "nanUSDT", "1e5USDT", "10,000USDT", "9" * 16 + "USDT"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigFault, match=r"--account: .*Write it like 10000USDT"):
        parse_equity(text, "--account")


@pytest.mark.parametrize("amount", [5000, 0.5])
def test_an_amount_without_a_currency_is_answered_with_an_example(amount: float) -> None:
    with pytest.raises(ConfigFault) as fault:
        read_account(planted({"equity": amount}, "mine.json"), "mine.json")
    assert str(fault.value) == (
        f'mine.json: equity must be text with amount and currency, found {amount}. Write "{amount}USDT"'
    )


@given(st.text(max_size=12))
def test_any_text_is_taken_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigFault):
        assert parse_equity(text, "x")[0] > 0


def test_a_file_gives_equity_risk_and_positions() -> None:
    found = read_account(
        read_toml('equity = "500USDT"\nrisk_pct = 0.4\nlabel = "main"\n' + POSITION, "a.toml"), "a.toml"
    )
    assert (found.account.equity, found.account.currency, found.account.label) == (
        Decimal(500),
        "USDT",
        "main",
    )
    assert found.risk_pct == 0.4
    (position,) = found.account.positions
    assert (position.side, position.quantity, position.entry) == (Side.LONG, Decimal("0.10"), Decimal(60000))
    assert (position.stop, position.risk_r) == (Decimal("59000.5"), 1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("risk_pct = 1", "a.toml: equity is missing"),
        ('equity = "1USDT"\nequty = 1', "unknown key 'equty'. Did you mean 'equity'?"),
        ('equity = "1USDT"\npositions = 3', "positions must be a list of tables"),
        ('equity = "1USDT"\npositions = [1]', "positions[0] must be a table, found 1"),
        (
            'equity = "1USDT"' + POSITION.replace('"long"', '"up"'),
            "positions[0].side must be long or short, found 'up'",
        ),
        (
            'equity = "1USDT"' + POSITION.replace('"0.10"', '"-1"'),
            "positions[0].quantity must be a number above 0",
        ),
        (
            'equity = "1USDT"' + POSITION.replace("60000", "nan"),
            "positions[0].entry must be a number above 0",
        ),
        (
            'equity = "1USDT"' + POSITION.replace("risk_r = 1", "risk_r = inf"),
            "positions[0].risk_r must be 0 or more R",
        ),
        ('equity = "1USDT"' + POSITION.replace("risk_r = 1", ""), "positions[0].risk_r is missing"),
        (
            'equity = "1USDT"' + POSITION.replace("BTC/USDT", "BTCUSDT"),
            "positions[0].symbol must be a symbol, found 'BTCUSDT'. Write it like BTC/USDT",
        ),
        ('equity = "1USDT"' + POSITION.replace("BTC/USDT", "btc/usdt"), "found 'btc/usdt'"),
        ('equity = "1USDT"' + POSITION.replace("BTC/USDT", "BTC/USDT:"), "found 'BTC/USDT:'"),
        ('equity = "1USDT"' + POSITION.replace('"binance"', '"Binance"'), "positions[0].exchange must be"),
        ('equity = "1USDT"' + POSITION.replace("stop", "stp"), "Did you mean 'positions[0].stop'?"),
    ],
)
def test_a_wrong_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        read_account(read_toml(text, "a.toml"), "a.toml")
    assert message in str(fault.value)
