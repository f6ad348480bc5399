"""Scenarios of the market itself: what is planned, and what structure, regime, score and plan refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from devtools.scenarios.drawing import fall, rest, rise, spike
from devtools.scenarios.scenario import AS_OF_MS, HOUR_MS, Scenario
from devtools.scenarios.shapes import (
    BTC,
    CONFIRMED,
    PULLBACK,
    RANGE_LOW,
    SHORT_UPTREND,
    SLOW_TURN,
    SLOW_UPTREND,
    SWEPT,
    TURN,
    coin,
    flipped,
    redrawn,
    then,
)  # fmt: skip

SLOW: Final = coin(SLOW_TURN, 100, lead=SLOW_UPTREND)
FRESH: Final = coin(SWEPT, 1500)
CRASHING: Final = replace(
    then(redrawn(FRESH, start=60_000.0, tick=0.1, turnover=2e7), fall(5, 1, volume=5)),
    base="BTC",
    lot="0.00001",
)
"""BTC moves as SOL does, and then falls 5 % in an hour."""
LEFT_BEHIND: Final = then(FRESH, rest(1))

TURNED: Final = coin((*TURN[:-1], fall(1, 8)), 2200)
"""The 1h swing trend is still down."""
UNDER_SUPPLY: Final = (
    rise(9, 100), fall(3, 10, volume=3), rise(2, 20), fall(5, 30, volume=2), spike(-0.6), rise(2.4, 5, volume=3), fall(0.9, 6),
)  # fmt: skip

PLANNED: Final = (
    Scenario("pullback-long", "An uptrend pulls back into a fresh block whose leg swept the low: buy the block.", "long limit A", (BTC, coin(PULLBACK, 1200))),
    Scenario("pullback-short", "The same market upside down: sell the block.", "short limit A", (BTC, flipped(coin(PULLBACK, 1200)))),
    Scenario("sweep-reversal-long", "The pullback's low is swept, a change of character follows, price returns to the block.", "long limit A", (BTC, FRESH)),
    Scenario("sweep-reversal-short", "The pullback's high is swept in a downtrend.", "short limit A", (BTC, flipped(FRESH))),
    Scenario("grade-b", "A gap instead of a block, little else: a plan of grade B.", "long limit B", (BTC, coin(SWEPT, 500))),
    Scenario("grade-c", "A gap bought while momentum is stretched: grade C, the conflict takes its points.", "long limit C", (BTC, coin(PULLBACK, 1000))),
    Scenario("block-and-gap", "An order block and a gap overlap: their common part is the entry.", "long limit A", (BTC, coin(SWEPT, 1200, lead=SHORT_UPTREND))),
    Scenario("young-market", "Three months of history: weekly candles are declared absent, the plan stands.", "long limit A", (BTC, coin(SWEPT, 100, lead=SHORT_UPTREND))),
    Scenario("confirm-long", "A gap was touched and left upwards, and the trigger timeframe broke: enter at the close.", "long confirm B", (BTC, coin(CONFIRMED, 300)), changes={"plan": {"entry_kinds": ["confirm"]}}),
    Scenario("confirm-short", "The same upside down.", "short confirm B", (BTC, flipped(coin(CONFIRMED, 300))), changes={"plan": {"entry_kinds": ["confirm"]}}),
    Scenario("an-hour-later", "An hour later nothing has happened: the same setup keeps its id and its prices.", "long limit A", (BTC, LEFT_BEHIND), as_of_ms=AS_OF_MS + HOUR_MS),
    Scenario("filled-away", "Three hours later the zone has been traded through: the setup is gone.", "smc.freshness", (BTC, then(FRESH, fall(3.2, 3))), as_of_ms=AS_OF_MS + 3 * HOUR_MS),
    Scenario("stop-moved", "The first stop would rest in another block: it is moved beyond it.", "long limit A", (BTC, coin(SWEPT, 600))),
    Scenario("one-price-twice", "Two levels fall on one price: one target takes the whole position.", "long limit C", (BTC, coin(TURN, 3500)), profile="aggressive"),
    Scenario("deep-in-the-range", "Deep in the range, its low swept: the range profile buys.", "long limit A", (BTC, coin(RANGE_LOW, 100)), profile="range"),
    Scenario("top-of-the-range", "The same upside down: the range profile sells its top.", "short limit A", (BTC, flipped(coin(RANGE_LOW, 100))), profile="range"),
    Scenario("slow-trend", "A swept turn in 4h candles.", "long limit A", (BTC, SLOW), profile="trend"),
    Scenario("slow-trend-short", "The same upside down.", "short limit A", (BTC, flipped(SLOW)), profile="trend"),
    Scenario("phone", "The same market for a phone.", "long limit A", (BTC, SLOW), profile="mobile"),
    Scenario("rushed", "The day trader's profile on the 4h turn.", "smc.displacement", (BTC, SLOW), profile="aggressive"),
    Scenario("one-market-balanced", "One market, five profiles: balanced.", "long limit A", (BTC, FRESH)),
    Scenario("one-market-trend", "One market, five profiles: trend.", "smc.freshness", (BTC, FRESH), profile="trend"),
    Scenario("one-market-range", "One market, five profiles: range.", "smc.reach", (BTC, FRESH), profile="range"),
    Scenario("one-market-aggressive", "One market, five profiles: aggressive.", "long limit A", (BTC, FRESH), profile="aggressive"),
    Scenario("one-market-mobile", "One market, five profiles: mobile.", "smc.freshness", (BTC, FRESH), profile="mobile"),
)  # fmt: skip

REFUSED: Final = (
    Scenario("against-the-trend", "The 1h swing trend is the other way, and the profile wants all to agree.", "smc.alignment", (BTC, TURNED), changes={"gates": {"min_alignment": 0.75}}),
    Scenario("opposing-block", "A fresh 4h block of sellers lies before the first target: the conflict takes its points.", "confluence.score", (BTC, coin(UNDER_SUPPLY, 200))),
    Scenario("stale-block", "The block in reach has been filled: nothing fresh is left.", "smc.freshness", (BTC, coin(SWEPT, 900))),
    Scenario("no-zone", "Price stands where no zone offers an entry.", "smc.zone", (BTC, coin(SWEPT, 1300))),
    Scenario("no-displacement", "A zone without a leg behind it.", "smc.displacement", (BTC, coin(SWEPT, 400, lead=SHORT_UPTREND))),
    Scenario("out-of-reach", "Price ran: the zone is more than three ATR away.", "smc.reach", (BTC, coin(SWEPT, 1600))),
    Scenario("too-dear", "The range profile wants a deep discount, this entry is in the middle.", "smc.range_position", (BTC, coin(RANGE_LOW, 200)), profile="range"),
    Scenario("sweep-too-old", "The range profile wants a recent sweep, the last is a day old.", "smc.sweep", (BTC, coin(RANGE_LOW, 2000)), profile="range"),
    Scenario("trending-range", "The range profile refuses a market that goes somewhere.", "regime.efficiency", (BTC, coin(RANGE_LOW, 300)), profile="range"),
    Scenario("weak-score", "Everything is there, nothing is good: below the least score.", "confluence.score", (BTC, coin(SWEPT, 2200))),
    Scenario("conflict", "An opposing 1h swing trend costs more points than the profile allows.", "confluence.conflict", (BTC, TURNED), changes={"gates": {"max_conflict": 5, "min_score": 60}}),
    Scenario("stop-too-far", "What would prove the idea wrong lies more than six ATR away.", "plan.stop_far", (BTC, coin(PULLBACK, 200))),
    Scenario("costs-eat-it", "Costs are more of the risk than the profile allows.", "plan.cost", (BTC, coin(SWEPT, 2100))),
    Scenario("reward-too-small", "The last target pays 2.3 R, the trend profile asks for 2.5.", "plan.net_rr_last", (BTC, coin(SLOW_TURN, 600, lead=SLOW_UPTREND)), profile="trend"),
    Scenario("no-target", "No level ahead pays what the first target must.", "plan.targets", (BTC, FRESH), changes={"gates": {"min_net_rr_first": 15, "min_net_rr_last": 15}}),
    Scenario("news-spike", "One candle reaches 4 % down and comes back: every zone on the way is used up.", "smc.freshness", (BTC, then(FRESH, spike(-4), rest(0.75)))),
    Scenario("news-rally", "A rally of 6 % in two hours: price left everything behind, momentum is stretched.", "smc.reach", (BTC, then(FRESH, rise(6, 2, volume=5)))),
    Scenario("quiet-market", "A month of nothing: volatility is low and no trend is left.", "smc.zone", (BTC, then(FRESH, rest(700, noise=0.3)))),
    Scenario("btc-crash", "BTC falls 5 % in an hour and the coin follows it: longs are vetoed.", "regime.btc", (CRASHING, LEFT_BEHIND)),
    Scenario("btc-crash-unlinked", "BTC falls as hard, but the coin does not follow it: beta is small, no veto.", "long limit A", (then(BTC, fall(5, 1, volume=5)), LEFT_BEHIND)),
    Scenario("btc-crash-inverse", "BTC falls and the coin moves against it: its short is vetoed.", "regime.btc", (CRASHING, flipped(LEFT_BEHIND))),
    Scenario("btc-crash-allowed", "The same crash with the gate switched off.", "long limit A", (CRASHING, LEFT_BEHIND), changes={"gates": {"btc_gate": False}}),
    Scenario("btc-surge", "BTC jumps 5 % in an hour: a short in a coin that follows is vetoed.", "regime.btc", (flipped(CRASHING), flipped(LEFT_BEHIND))),
    Scenario("risk-off", "BTC is in a downtrend: longs keep fewer points, and still pass.", "long limit A", (flipped(BTC), FRESH)),
    Scenario("btc-stale", "BTC's candles end three hours ago: its state is unknown, which forbids both sides.", "regime.btc", (replace(BTC, late_h=3), FRESH)),
    Scenario("btc-absent", "The exchange lists no BTC: unknown is not safe.", "regime.btc", (FRESH,)),
)  # fmt: skip
