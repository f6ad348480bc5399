"""Scenarios of recorded candles: what really happened on Binance's spot market, 2022 to 2024."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from devtools.scenarios.scenario import Recorded, Scenario

BTC: Final = Recorded("BTC", "0.01", "0.00001")
ETH: Final = Recorded("ETH", "0.01", "0.0001")
SOL: Final = Recorded("SOL", "0.01", "0.001")
PEPE: Final = Recorded("PEPE", "0.00000001", "1")
ELF: Final = Recorded("ELF", "0.0001", "0.1")
WIF: Final = Recorded("WIF", "0.0001", "0.01")
DOGS: Final = Recorded("DOGS", "0.0000001", "1")
TIA: Final = Recorded("TIA", "0.0001", "0.01")
AS_PERPETUAL: Final = {"risk": {"allow_spot_shorts": "information"}}


def seen(name: str, story: str, ends: str, coin: Recorded, at: str, profile: str = "balanced") -> Scenario:
    """A coin beside BTC at a time written like ``2024-08-05 12:00``; shorts are shown, as on a perpetual."""
    when = datetime.fromisoformat(at).replace(tzinfo=UTC)
    coins = (BTC,) if coin is BTC else (BTC, coin)
    return Scenario(
        name, story, ends, coins, profile, AS_PERPETUAL, symbols=(coin.symbol,), as_of_ms=int(when.timestamp()) * 1000
    )  # fmt: skip


RECORDED: Final = (
    seen("ftx-collapse", "November 2022: SOL falls by half within two days.", "smc.alignment", SOL, "2022-11-08 16:00"),
    seen("ftx-day-after", "The day after, for the profile that dares most.", "smc.reach", SOL, "2022-11-09 18:00", "aggressive"),
    seen("exchange-outage", "March 2023: Binance stopped trading for hours; candles of SOL are missing.", "data.gaps", SOL, "2023-03-24 14:30"),
    seen("day-after-outage", "A day later the hole still lies in the recent window.", "data.gaps", SOL, "2023-03-25 12:00"),
    seen("august-2023-flush", "August 2023: BTC and ETH drop 8 % within minutes.", "smc.reach", ETH, "2023-08-17 22:00"),
    seen("march-2024-shakeout", "March 2024: a record high, then 10 % down.", "smc.alignment", SOL, "2024-03-05 20:00"),
    seen("august-2024-crash", "August 2024: the crash on its first night.", "smc.range_position", SOL, "2024-08-05 02:00"),
    seen("august-2024-noon", "Ten hours later, for the profile that dares most.", "smc.reach", SOL, "2024-08-05 12:00", "aggressive"),
    seen("sol-trend-2023", "SOL's trend of July 2023.", "long limit A", SOL, "2023-07-18 16:00", "trend"),
    seen("sol-rally-2023", "SOL's rally of November 2023.", "long limit B", SOL, "2023-11-03 08:00"),
    seen("eth-march-2023", "ETH while a stable coin loses its peg.", "short limit B", ETH, "2023-03-11 16:00", "trend"),
    seen("eth-june-2024", "ETH falls back in June 2024.", "short limit B", ETH, "2024-06-25 12:00"),
    seen("btc-itself", "BTC on the day after its record high: nothing vetoes the benchmark itself.", "long limit C", BTC, "2024-03-06 16:00"),
    seen("btc-range-2024", "BTC in its range on the day of the halving.", "long limit C", BTC, "2024-04-20 00:00", "range"),
    seen("pepe-short", "A coin of eight decimals.", "short limit A", PEPE, "2024-06-22 08:00"),
    seen("tia-range", "A volatile coin at the top of its range.", "short limit B", TIA, "2024-04-20 00:00", "range"),
    seen("elf-thin", "A thin coin with candles nobody traded in.", "smc.alignment", ELF, "2024-08-01 12:00"),
    seen("dogs-listing", "Two days after its listing.", "data.history", DOGS, "2024-08-28 12:00"),
    seen("wif-listing", "Four weeks after its listing.", "data.history", WIF, "2024-04-01 12:00"),
)  # fmt: skip
