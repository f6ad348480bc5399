"""Scenarios of doubtful candles and markets: what never becomes a decision, and what must not change one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from devtools.scenarios.drawing import rise
from devtools.scenarios.scenario import Scenario
from devtools.scenarios.setups import FRESH
from devtools.scenarios.shapes import BTC, SHORT_UPTREND, SWEPT, coin, redrawn
from devtools.scenarios.tampering import (
    another_markets,
    backwards,
    contradicted,
    in_seconds,
    lost,
    nothing,
    thinned,
    twice,
    upside_down,
    with_cell,
)  # fmt: skip

NEW: Final = coin((rise(9, 168), *SWEPT), 100, lead=())
THIN: Final = redrawn(FRESH, turnover=5e4)

DATA: Final = (
    Scenario("stale", "The newest candle closed three hours ago.", "data.recency", (BTC, replace(FRESH, late_h=3))),
    Scenario("gap-in-the-window", "Eight candles of the last two hundred are missing.", "data.gaps", (BTC, replace(FRESH, hole_h=(32, 30)))),
    Scenario("gap-in-one-answer", "Eight candles are missing in the first answer and come when asked for again.", "long limit A", (BTC, replace(FRESH, tamper=lost(60, 68)))),
    Scenario("two-candles-missing", "Two candles are missing: little enough to go on.", "long limit A", (BTC, replace(FRESH, hole_h=(32, 31.5)))),
    Scenario("new-listing", "Two weeks of candles are no history.", "data.history", (BTC, NEW)),
    Scenario("coarse-tick", "A tick of 1 at a price of 170: the mean range is less than ten ticks.", "data.tick_coarse", (BTC, redrawn(FRESH, tick=1.0))),
    Scenario("empty-answer", "The exchange answers with no candles.", "data.coverage", (BTC, replace(FRESH, tamper=nothing))),
    Scenario("conflicting-duplicate", "One candle comes twice with two closes.", "ConflictingData", (BTC, replace(FRESH, tamper=contradicted))),
    Scenario("same-duplicate", "Fifty candles come twice, the same: nothing changes.", "long limit A", (BTC, replace(FRESH, tamper=twice))),
    Scenario("out-of-order", "The newest candle comes first: nothing changes.", "long limit A", (BTC, replace(FRESH, tamper=backwards))),
    Scenario("nan-row", "One close is NaN.", "DataFault", (BTC, replace(FRESH, tamper=with_cell(4, "NaN")))),
    Scenario("negative-volume", "One volume is negative.", "DataFault", (BTC, replace(FRESH, tamper=with_cell(5, "-1.0")))),
    Scenario("price-of-nothing", "One low is 0.", "DataFault", (BTC, replace(FRESH, tamper=with_cell(3, "0.0")))),
    Scenario("upside-down-candle", "One high lies below its low.", "DataFault", (BTC, replace(FRESH, tamper=upside_down))),
    Scenario("seconds", "Times come in seconds.", "DataFault", (BTC, replace(FRESH, tamper=in_seconds))),
    Scenario("coarser-candles", "Candles twice as long are answered.", "DataFault", (BTC, replace(FRESH, tamper=thinned))),
    Scenario("swapped-symbol", "Another market's candles are answered.", "DataFault", (BTC, replace(FRESH, tamper=another_markets(350.0)))),
    Scenario("false-spike", "A candle reaches to twice the price, where the day's range says nothing traded.", "SpikingData", (BTC, replace(FRESH, tamper=with_cell(2, "344.0", -20)))),
)  # fmt: skip

UNIVERSE: Final = (
    Scenario("thin-coin", "Ranked by volume: a coin that trades 7 million a day has no seat.", "universe.volume", (BTC, FRESH, replace(THIN, base="ELF")), symbols=()),
    Scenario("thin-coin-by-name", "The same coin asked for by name is looked at.", "long limit A", (BTC, THIN)),
    Scenario("wide-spread", "Best bid and ask are 40 bps apart.", "universe.spread", (BTC, replace(FRESH, spread_bps=40)), symbols=()),
    Scenario("coarse-price", "One tick is 20 bps of the price.", "universe.tick_price", (BTC, redrawn(FRESH, tick=0.5)), symbols=()),
    Scenario("stable-coin", "A coin that is pegged to the dollar.", "universe.pegged", (BTC, replace(FRESH, base="USDC")), symbols=()),
    Scenario("leveraged-token", "BTCUP is a leveraged token of BTC.", "universe.leveraged", (BTC, replace(FRESH, base="BTCUP")), symbols=()),
    Scenario("listed-last-week", "Too young for a seat.", "universe.age", (BTC, replace(NEW, base="NEWX")), symbols=()),
    Scenario("delisting", "The exchange delivers it in three days.", "universe.delisting", (BTC, replace(FRESH, delivered_in_days=3))),
    Scenario("excluded", "A pattern of the profile leaves it out.", "universe.exclude", (BTC, replace(FRESH, base="LUNC")), changes={"universe": {"exclude": ["LUNC"]}}, symbols=()),
    Scenario("one-seat", "One seat for two coins: the more traded one has it.", "universe.rank", (BTC, FRESH), changes={"universe": {"size": 1}}, symbols=()),
    Scenario("no-volume-today", "It has not traded for two days.", "universe.not_trading", (BTC, replace(FRESH, late_h=48))),
    Scenario("one-broken-of-three", "One symbol breaks, the others are decided as ever.", "DataFault", (BTC, coin(SWEPT, 100, "ETH", SHORT_UPTREND), replace(FRESH, tamper=with_cell(4, "NaN"))), symbols=()),
    Scenario("no-such-symbol", "Asked for beside another, a name that is not listed is a fault of its own.", "NotFound", (BTC, FRESH), symbols=("SOLL/USDT", "SOL/USDT")),
)  # fmt: skip
