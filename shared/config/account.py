"""An account from ``10000USDT`` or from a table with equity, risk and positions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from shared.config.layers import Leaf, Tree
from shared.config.parser import unknown_key
from shared.config.values import read_value, wrong
from shared.errors import ConfigFault
from shared.models.risk import Account, Position
from shared.models.smc import Side
from shared.utils.serialization import to_plain

EQUITY: Final = re.compile(r"\s*(\d[\d_]*(?:\.\d+)?)\s*([A-Za-z]{2}[A-Za-z0-9]{0,10})\s*")
SIDES: Final = {side.word: side for side in Side}
KEYS: Final = ("equity", "risk_pct", "label", "positions")
SYMBOL: Final = re.compile(r"[^\s/:a-z]+/[^\s/:a-z]+(:[^\s/:a-z]+)?")
"""A spot market or a perpetual as the exchanges' adapters name them: what is written otherwise would count against nothing."""
POSITION_KEYS: Final = ("exchange", "symbol", "side", "quantity", "entry", "stop", "risk_r")


@dataclass(frozen=True, slots=True)
class AccountFile:
    """An account as a file gives it, with its own risk per trade if it asks for one (% of equity)."""

    account: Account
    risk_pct: float | None


def parse_equity(text: str, source: str) -> tuple[Decimal, str]:
    """Amount and currency of text like ``10000USDT`` or ``2_500.50 USDT``.

    Raises:
        ConfigFault: not an amount above 0 followed by a currency.
    """
    found = EQUITY.fullmatch(text)
    amount = Decimal(found[1].replace("_", "")) if found else Decimal(0)
    if found is None or not 0 < amount < Decimal("1e15"):
        raise ConfigFault(
            f"{source}: account must be an amount above 0 and a currency, found {text!r}",
            "Write it like 10000USDT",
        )
    return amount, found[2].upper()


def read_account(tree: Tree, source: str) -> AccountFile:
    """An account table: ``equity = "10000USDT"``, optional ``risk_pct``, ``label`` and ``[[positions]]`` with exchange,
    symbol, side, quantity, entry, stop and risk_r (quantities and prices as text or numbers).

    Raises:
        ConfigFault: an unknown or missing key, or a value that is wrong.
    """
    _only(tree, KEYS, "")
    leaf = _needed(tree, "equity", "", source)
    if isinstance(leaf.value, (int, float)) and not isinstance(leaf.value, bool):
        raise wrong(leaf, "equity", "text with amount and currency", f'Write "{leaf.value}USDT"')
    equity, currency = parse_equity(read_value(leaf, str, "equity"), source)
    label = read_value(tree.get("label", Leaf("default", source)), str, "label")
    risk = tree.get("risk_pct")
    rows: Any = tree.get("positions", Leaf([], source))
    if not isinstance(rows, Leaf) or not isinstance(rows.value, list):
        raise ConfigFault(f"{source}: positions must be a list of tables", "Write each as [[positions]]")
    positions = tuple(_position(row, f"positions[{place}]", source) for place, row in enumerate(rows.value))
    risk_pct = None if risk is None else float(read_value(risk, float, "risk_pct"))
    return AccountFile(Account(equity, currency, positions, label), risk_pct)


def account_table(account: Account) -> dict[str, object]:
    """The table that :func:`read_account` reads as this account."""
    names = ("exchange", "symbol", "quantity", "entry", "stop", "risk_r")
    return {
        "equity": f"{account.equity:f}{account.currency}",
        "label": account.label,
        "positions": [
            {name: to_plain(getattr(held, name)) for name in names} | {"side": held.side.word}
            for held in account.positions
        ],
    }


def _position(row: object, key: str, source: str) -> Position:
    if not isinstance(row, Mapping):
        raise ConfigFault(f"{source}: {key} must be a table, found {row!r}", "Write it as [[positions]]")
    tree = {name: Leaf(value, source) for name, value in row.items()}
    _only(tree, POSITION_KEYS, f"{key}.")
    part = {name: _needed(tree, name, f"{key}.", source) for name in POSITION_KEYS}
    word = read_value(part["side"], str, f"{key}.side")
    if word not in SIDES:
        raise wrong(part["side"], f"{key}.side", "long or short")
    risk_r = read_value(part["risk_r"], float, f"{key}.risk_r")
    if not 0 <= risk_r < 1e6:
        raise wrong(part["risk_r"], f"{key}.risk_r", "0 or more R")
    return Position(
        exchange=_exchange(part["exchange"], f"{key}.exchange"),
        symbol=_symbol(part["symbol"], f"{key}.symbol"),
        side=SIDES[word],
        quantity=_amount(part["quantity"], f"{key}.quantity"),
        entry=_amount(part["entry"], f"{key}.entry"),
        stop=_amount(part["stop"], f"{key}.stop"),
        risk_r=risk_r,
    )


def _symbol(leaf: Leaf, key: str) -> str:
    text = read_value(leaf, str, key)
    if not SYMBOL.fullmatch(text):
        raise wrong(leaf, key, "a symbol", "Write it like BTC/USDT, a perpetual like BTC/USDT:USDT")
    return str(text)


def _exchange(leaf: Leaf, key: str) -> str:
    text = read_value(leaf, str, key)
    if not re.fullmatch(r"[a-z0-9-]+", text):
        raise wrong(leaf, key, "an exchange's name in small letters", "Write it like binance-usdm")
    return str(text)


def _amount(leaf: Leaf, key: str) -> Decimal:
    """A number or its text as an exact decimal above 0."""
    if isinstance(leaf.value, (str, int, float)) and not isinstance(leaf.value, bool):
        text = str(leaf.value)
        if re.fullmatch(r"\d+(\.\d+)?(e-?\d{1,2})?", text) and Decimal(text) > 0:
            return Decimal(text)
    raise wrong(leaf, key, "a number above 0")


def _only(tree: Tree, known: tuple[str, ...], prefix: str) -> None:
    for name, leaf in tree.items():
        if name not in known:
            raise unknown_key(f"{prefix}{name}", leaf, known)


def _needed(tree: Tree, name: str, prefix: str, source: str) -> Leaf:
    leaf = tree.get(name)
    if not isinstance(leaf, Leaf):
        raise ConfigFault(f"{source}: {prefix}{name} is missing", f"Give {name}")
    return leaf
