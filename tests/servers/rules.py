"""Trading rules of the symbols a loopback exchange lists, as Binance spot had them in the summer of 2024."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SymbolRules:
    """Steps and floors as the venue writes them; ``around`` is the price made-up candles start from."""

    tick: str
    step: str
    min_notional: str
    around: float


RULES = {
    "ADA/USDT": SymbolRules("0.00010000", "0.10000000", "5.00000000", 0.35),
    "ARB/USDT": SymbolRules("0.00010000", "0.10000000", "5.00000000", 0.65),
    "AVAX/USDT": SymbolRules("0.01000000", "0.01000000", "5.00000000", 25.0),
    "BNB/USDT": SymbolRules("0.10000000", "0.00100000", "5.00000000", 570.0),
    "BTC/USDT": SymbolRules("0.01000000", "0.00001000", "5.00000000", 65_000.0),
    "CVC/USDT": SymbolRules("0.00010000", "1.00000000", "5.00000000", 0.11),
    "DOGE/USDT": SymbolRules("0.00001000", "1.00000000", "1.00000000", 0.12),
    "DOGS/USDT": SymbolRules("0.00000010", "1.00", "1.00000000", 0.0012),
    "ELF/USDT": SymbolRules("0.00010000", "0.10000000", "5.00000000", 0.37),
    "ETH/USDT": SymbolRules("0.01000000", "0.00010000", "5.00000000", 3_200.0),
    "FTM/USDT": SymbolRules("0.00010000", "1.00000000", "5.00000000", 0.42),
    "INJ/USDT": SymbolRules("0.01000000", "0.01000000", "5.00000000", 21.7),
    "LINK/USDT": SymbolRules("0.00100000", "0.01000000", "5.00000000", 12.5),
    "LTC/USDT": SymbolRules("0.01000000", "0.00100000", "5.00000000", 68.0),
    "MATIC/USDT": SymbolRules("0.00010000", "0.10000000", "5.00000000", 0.5),
    "OP/USDT": SymbolRules("0.00100000", "0.01000000", "5.00000000", 1.57),
    "PEPE/USDT": SymbolRules("0.00000001", "1.00", "1.00000000", 0.0000105),
    "SHIB/USDT": SymbolRules("0.00000001", "1.00", "1.00000000", 0.0000158),
    "SOL/USDT": SymbolRules("0.01000000", "0.00100000", "5.00000000", 168.0),
    "SUI/USDT": SymbolRules("0.00010000", "0.10000000", "5.00000000", 0.7),
    "TIA/USDT": SymbolRules("0.00100000", "0.01000000", "5.00000000", 5.6),
    "TRX/USDT": SymbolRules("0.00001000", "0.10000000", "5.00000000", 0.128),
    "WIF/USDT": SymbolRules("0.00010000", "0.01000000", "1.00000000", 1.96),
    "XRP/USDT": SymbolRules("0.00010000", "1.00000000", "5.00000000", 0.5),
}
ANY = SymbolRules("0.00010000", "0.10000000", "5.00000000", 10.0)


def rules_of(symbol: str) -> SymbolRules:
    """The rules of a symbol; a made-up symbol gets ordinary ones."""
    return RULES.get(symbol, ANY)
