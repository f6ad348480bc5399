"""What the table says of a venue is what its loopback exchange does, and what unmodified ccxt reads there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ccxt.async_support
import numpy as np
import pytest

from contracts.data_contract import CandleFeed
from data.adapters.ccxt_client import VenueClient
from data.adapters.venue import Ask
from data.adapters.venues import VENUES
from shared.config.settings import ExchangeSettings
from shared.errors import (
    ContractError,
    DataFault,
    NotFound,
    RateLimited,
    SecurityFault,
    SniperError,
    TransportFault,
    VenueRefusal,
)
from shared.models.data import Candles
from shared.models.timeframe import DAY_MS, Timeframe
from tests.conformance.stands import NOW, VenueStand, plenty, venue_stand
from tests.servers.clients import pointed_at
from tests.servers.rules import RULES

BTC, LATE = "BTC/USDT", "DOGS/USDT"


def candles(stand: VenueStand, timeframe: Timeframe, since: int, until: int, symbol: str = BTC) -> Candles:
    return stand.run(lambda feed: feed.candles(stand.unified(symbol), timeframe, since, until))


def spent(stand: VenueStand, work: Any) -> int:
    """Weight a piece of work costs, beyond the listing and the time."""

    async def prepared(feed: CandleFeed) -> None:
        await feed.markets()
        await feed.time_ms()
        stand.server.used = 0
        await work(feed)

    stand.run(prepared)
    return stand.server.used


def test_candles_are_the_ones_served_cell_for_cell(venue: VenueStand) -> None:
    for timeframe in Timeframe:
        found = candles(venue, timeframe, NOW - 30 * DAY_MS, NOW)
        served = venue.server.market.candles(BTC, timeframe.value, NOW - 30 * DAY_MS, NOW)[: len(found)]
        assert np.array_equal(found.open_ms, served[:, 0].astype(np.int64))
        for place, name in enumerate(("open", "high", "low", "close"), 1):
            assert np.array_equal(getattr(found, name), served[:, place])
        assert np.allclose(found.volume, served[:, 5], rtol=1e-9, atol=1e-8)


def test_the_newest_row_is_forming_and_never_given(venue: VenueStand) -> None:
    market = venue.run(lambda feed: feed.markets())[venue.unified(BTC)]
    facts = venue.venue
    opened = Timeframe.H1.floor(NOW)
    shown = venue.server.market.candles(BTC, "1h", opened, NOW)
    assert len(shown) == facts.shows_forming
    assert int(candles(venue, Timeframe.H1, NOW - DAY_MS, NOW).close_ms[-1]) == opened
    assert market.active


def test_a_candle_that_closed_a_moment_ago_waits_for_the_grace(venue: VenueStand) -> None:
    for later, expected in ((1999, 0), (2001, 1)):
        venue.server.now_ms = Timeframe.H1.floor(NOW) + later
        assert len(candles(venue, Timeframe.H1, Timeframe.H1.last_closed_open(NOW), NOW)) == expected


def test_requests_weigh_what_the_table_says(venue: VenueStand) -> None:
    facts, symbol = venue.venue, venue.unified(BTC)
    venue.run(lambda feed: feed.markets())
    assert venue.server.used == facts.weights["markets"]
    for rows in (1, 99, 100, facts.page):
        start = Timeframe.M5.floor(NOW) - rows * Timeframe.M5.ms
        cost = spent(venue, lambda feed, start=start: feed.candles(symbol, Timeframe.M5, start, NOW))
        assert cost == facts.candle_weight(rows)
    assert spent(venue, lambda feed: feed.tickers()) == facts.weights["tickers"]
    for levels in (5, 50, 100, 150):
        cost = spent(venue, lambda feed, levels=levels: feed.order_book(symbol, levels))
        assert cost == facts.book_weight(levels) + (0 if facts.book_is_timed else facts.weights["time"])


def test_the_page_is_the_cheapest_way_to_many_candles(venue: VenueStand) -> None:
    facts = venue.venue
    best = facts.page / facts.candle_weight(facts.page)
    assert all(rows / weight <= best for rows, weight in facts.candle_tiers)
    rescan = 12
    assert facts.candle_weight(rescan) == facts.candle_tiers[0][1]


def test_a_spent_budget_is_a_rate_limit_with_a_wait(venue: VenueStand) -> None:
    venue.server.weight_limit, kept = 0, venue.server.weight_limit
    try:
        with pytest.raises(RateLimited) as caught:
            venue.run(lambda feed: feed.time_ms())
    finally:
        venue.server.weight_limit = kept
    assert 0 < caught.value.wait_s <= venue.venue.window_s


def test_a_symbol_listed_lately_costs_few_requests_whatever_is_asked(venue: VenueStand) -> None:
    for timeframe in (Timeframe.M5, Timeframe.H1, Timeframe.D1):
        venue.server.requests.clear()
        found = candles(venue, timeframe, 0, NOW, LATE)
        assert int(found.open_ms[0]) == timeframe.floor(venue.server.onboard_ms(LATE))
        assert found.gaps() == 0
        assert venue.server.count("kline") <= 5


def test_markets_are_what_unmodified_ccxt_reads(venue: VenueStand) -> None:
    facts = venue.venue

    async def theirs() -> Any:
        client = getattr(ccxt.async_support, facts.ccxt_class)({"enableRateLimit": False})
        kind = "linear" if facts.kind == "perpetual" else "spot"
        client.options["fetchMarkets"] = {"types": [kind]}
        async with pointed_at(venue.server.base_url, client) as made:
            return await made.load_markets(), await made.fetch_tickers(
                params={"type": {"spot": "spot"}.get(kind, "swap")}
            )

    ours, our_tickers = venue.run(_both)
    listed, tickers = venue.runner.run(theirs())
    kept = {
        symbol: entry for symbol, entry in listed.items() if entry["spot" if facts.kind == "spot" else "swap"]
    }
    assert ours.keys() == kept.keys()
    for symbol, market in ours.items():
        entry = kept[symbol]
        assert (market.market_id, market.base, market.quote) == (entry["id"], entry["base"], entry["quote"])
        assert market.settle == (entry["settle"] or "")
        assert (float(market.tick), float(market.lot_step)) == (
            entry["precision"]["price"],
            entry["precision"]["amount"],
        )
        assert float(market.min_notional) == (entry["limits"]["cost"]["min"] or 0)
        assert float(market.contract_size) == (entry["contractSize"] or 1)
        assert market.active == entry["active"]
        assert market.onboard_ms == (entry["created"] or 0 if facts.kind == "perpetual" else 0)
        ticker = our_tickers[symbol]
        assert (ticker.last, ticker.high, ticker.low) == tuple(
            tickers[symbol][name] for name in ("last", "high", "low")
        )
        assert ticker.quote_volume == tickers[symbol]["quoteVolume"]


async def _both(feed: CandleFeed) -> Any:
    return await feed.markets(), await feed.tickers()


def test_rules_are_exact_decimals(venue: VenueStand) -> None:
    markets = venue.run(lambda feed: feed.markets())
    for symbol, rules in RULES.items():
        if (name := venue.unified(symbol)) in markets:
            assert markets[name].tick == Decimal(rules.tick)
            assert markets[name].lot_step == Decimal(rules.step)


def test_contracts_say_when_they_began_and_when_they_will_end(venue: VenueStand) -> None:
    if venue.venue.kind == "spot":
        market = venue.run(lambda feed: feed.markets())[BTC]
        assert (market.onboard_ms, market.delivery_ms, market.settle) == (0, 0, "")
        return
    soon = NOW + 7 * DAY_MS
    kept, venue.server.delivery_ms = venue.server.delivery_ms, {**venue.server.delivery_ms, BTC: soon}
    try:
        markets = venue.run(lambda feed: feed.markets())
    finally:
        venue.server.delivery_ms = kept
    assert markets["BTC/USDT:USDT"].delivery_ms == soon
    assert markets["ETH/USDT:USDT"].delivery_ms == 0
    assert markets["DOGS/USDT:USDT"].onboard_ms == venue.server.onboard_ms(LATE)


@pytest.mark.parametrize("part", [1, 2, 1000])
def test_a_listing_in_parts_is_read_to_its_end(part: int) -> None:
    with venue_stand(VENUES["bybit-linear"]) as stand:
        stand.server.part = part  # type: ignore[attr-defined]
        assert len(stand.run(lambda feed: feed.markets())) == 4


def test_a_listing_without_an_end_is_given_up() -> None:
    with venue_stand(VENUES["bybit-linear"]) as stand:
        stand.server.part = 0  # type: ignore[attr-defined]
        with pytest.raises(DataFault, match="no end after 50 parts"):
            stand.run(lambda feed: feed.markets())


def test_volumes_in_contracts_are_given_in_base_currency() -> None:
    facts = VENUES["bybit-linear"]
    in_contracts = replace(facts, volume_unit="contracts")
    with venue_stand(facts) as plain, venue_stand(in_contracts) as other:
        whole = candles(plain, Timeframe.H1, NOW - DAY_MS, NOW)

        async def tenths(feed: Any) -> Candles:
            listed = await feed.markets()
            feed._markets = {
                name: replace(each, contract_size=Decimal("0.1")) for name, each in listed.items()
            }
            return await feed.candles("BTC/USDT:USDT", Timeframe.H1, NOW - DAY_MS, NOW)

        found = other.run(tenths)
    assert np.allclose(found.volume * 10, whole.volume, rtol=1e-12)
    assert np.array_equal(found.close, whole.close)


def test_an_unknown_volume_unit_is_refused() -> None:
    with pytest.raises(ContractError, match="unknown volume unit 'quote'"):
        replace(VENUES["bybit"], volume_unit="quote")


def test_weeks_that_open_on_another_day_are_refused() -> None:
    facts = VENUES["bybit"]
    with pytest.raises(ContractError, match="Monday"):
        replace(facts, week_anchor_ms=0)
    days = {timeframe: name for timeframe, name in facts.intervals.items() if timeframe is not Timeframe.W1}
    assert replace(facts, week_anchor_ms=0, intervals=days).week_anchor_ms == 0


VENUE_ERRORS = {
    "binance": [
        (-1121, "Invalid symbol.", NotFound),
        (-1003, "Too many requests.", RateLimited),
        (-1022, "Signature for this request is not valid.", VenueRefusal),
        (-1120, "Invalid interval.", VenueRefusal),
        (-9999, "Something new.", TransportFault),
    ],
    "binance-usdm": [
        (-1121, "Invalid symbol.", NotFound),
        (-1122, "Invalid symbol status.", VenueRefusal),
        (-1126, "Asset not supported.", NotFound),
        (-9999, "Something new.", TransportFault),
    ],
    "bybit": [
        (10001, "Not supported symbols", NotFound),
        (10001, "params error: interval is invalid", VenueRefusal),
        (10006, "Too many visits.", RateLimited),
        (10018, "Exceeded the IP Rate Limit.", RateLimited),
        (10004, "error sign!", VenueRefusal),
        (10016, "System error.", TransportFault),
    ],
}
"""Codes of a venue's own tables and what they mean here; perpetual codes are told apart though the address is not Binance's."""


@pytest.mark.parametrize(
    ("name", "code", "message", "fault"),
    [(name, *row) for name, rows in VENUE_ERRORS.items() for row in rows],
)
def test_the_venue_own_errors_are_told_apart(
    name: str, code: int, message: str, fault: type[SniperError]
) -> None:
    async def work() -> None:
        client = VenueClient(
            VENUES[name], ExchangeSettings(base_url="http://127.0.0.1:9"), plenty(VENUES[name])
        )
        keys = ("retCode", "retMsg") if name == "bybit" else ("code", "msg")
        answer = dict(zip(keys, (code, message), strict=True))

        async def raised(_: Any) -> None:
            url = "http://127.0.0.1:9/x"
            client._ccxt.handle_errors(400, "", url, "GET", {}, str(answer), answer, {}, None)

        client._ccxt.a_call = raised
        try:
            await client.ask(Ask("a_call", {}, 1))
        finally:
            await client.close()

    with pytest.raises(fault) as caught:
        asyncio.run(work())
    assert type(caught.value) is fault


def client_of(name: str, **settings: Any) -> VenueClient:
    async def made() -> VenueClient:
        client = VenueClient(VENUES[name], ExchangeSettings(**settings), plenty(VENUES[name]))
        await client.close()
        return client

    return asyncio.run(made())


@pytest.mark.parametrize("name", VENUES)
def test_every_address_of_ours_is_on_an_allowed_host(name: str) -> None:
    facts = VENUES[name]
    for settings, exchange, url in (
        ({}, name, facts.url),
        ({"testnet": True}, f"{name}-testnet", facts.testnet_url),
        ({"base_url": "http://127.0.0.1:9"}, name, "http://127.0.0.1:9"),
    ):
        client = client_of(name, **settings)
        assert client.exchange == exchange
        assert all(address.startswith(url) for address in client._ccxt.urls["api"].values())


@pytest.mark.parametrize("name", VENUES)
def test_testnet_speaks_to_no_other_host(name: str) -> None:
    async def work() -> None:
        client = VenueClient(VENUES[name], ExchangeSettings(testnet=True), plenty(VENUES[name]))
        path = next(iter(client._ccxt.urls["api"]))
        for key in client._ccxt.urls["api"]:
            client._ccxt.urls["api"][key] = VENUES[name].url
        assert path
        try:
            await client.ask(VENUES[name].dialect.time)
        finally:
            await client.close()

    with pytest.raises(SecurityFault, match="not an allowed host"):
        asyncio.run(work())


def test_requests_go_through_the_proxy_that_is_set() -> None:
    """A proxy on the loopback is asked for the whole address."""
    with venue_stand(VENUES["binance"]) as stand:

        async def work() -> None:
            settings = ExchangeSettings(base_url="http://exchange.invalid", proxy=stand.server.base_url)
            client = VenueClient(VENUES["binance"], settings, plenty(VENUES["binance"]))
            try:
                answer = await client.ask(VENUES["binance"].dialect.time)
                assert answer["serverTime"] == NOW
            finally:
                await client.close()

        stand.runner.run(work())
        assert stand.server.count("/api/v3/time") == 1
