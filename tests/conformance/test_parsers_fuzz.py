"""Whatever an exchange answers, reading it gives a value or a typed fault: every reader of every venue under fuzzing.

Answers are made up from nothing, and made from good ones by changing one place anywhere in them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.adapters.http_guard import Guard
from data.adapters.venue import Ask, Span, Venue
from data.adapters.venues import VENUES
from shared.errors import DataFault, TransportFault
from shared.models.data import Market
from shared.models.timeframe import DAY_MS, Timeframe
from tests.conformance.stands import NOW, plenty, venue_stand

READS = ("time", "markets", "tickers", "candles", "order_book")
H1 = Timeframe.H1
GUARD = Guard("x", frozenset(), 1.0, plenty(VENUES["binance"]))

ODD_TEXTS = [
    "",
    " ",
    "nan",
    "inf",
    "-inf",
    "-1",
    "1e999",
    "1_0",
    "１",
    "0",
    "+1",
    "1.",
    ".5",
    "0x1",
    "BTCUSDT",
    "\x1b[2J",
    "9" * 40,
]
ODD_NUMBERS = [0, -1, 1, 2**31, 2**63, 10**30, 10**400, -(10**400), 0.5, -0.0, 1e308, 1e-308, True]
leaves = st.one_of(
    st.none(),
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(ODD_NUMBERS),
    st.text(max_size=12),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([[], {}, [[]], [{}], {"list": []}]),
)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@cache
def good_answers(name: str) -> tuple[dict[str, Any], dict[str, Market]]:
    """What a venue answers to each read, and its markets."""
    facts = VENUES[name]
    with venue_stand(facts) as stand:

        async def work() -> tuple[dict[str, Any], dict[str, Market]]:
            markets = dict(await stand.make().markets())
            market = markets[stand.unified("BTC/USDT")]
            dialect = facts.dialect
            asks: dict[str, tuple[Ask, ...]] = {
                "time": (dialect.time,),
                "markets": (dialect.markets,),
                "tickers": tuple(dialect.tickers),
                "candles": (dialect.candles(span_of(market), facts.intervals[H1], 1),),
                "order_book": (dialect.order_book(market, facts.book_levels(5), 1),),
            }
            answers = {call: [await stand.client.ask(ask) for ask in group] for call, group in asks.items()}
            return answers, markets

        return stand.runner.run(work())


def span_of(market: Market) -> Span:
    until = H1.floor(NOW)
    return Span(market, H1, until - DAY_MS, until, 24)


def reader(facts: Venue, call: str) -> Callable[[list[Any]], Any]:
    """Reads the answers of one call."""
    dialect, markets = facts.dialect, good_answers(facts.name)[1]
    by_id = {market.market_id: market for market in markets.values()}
    market = by_id["BTCUSDT"]
    return {
        "time": lambda answers: dialect.read_time(answers[0]),
        "markets": lambda answers: dialect.read_markets(answers[0], facts.name),
        "tickers": lambda answers: dialect.read_tickers(answers, by_id),
        "candles": lambda answers: dialect.read_candles(answers[0], span_of(market)),
        "order_book": lambda answers: dialect.read_order_book(answers[0], market, NOW),
    }[call]


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a document."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    return [path, *(place for key in keys for place in places(node[key], (*path, key)))]


def changed(document: Any, path: tuple[Any, ...], value: Any, how: str) -> Any:
    """The document with one place replaced, dropped or doubled."""
    if not path:
        return value
    made = copy.deepcopy(document)
    parent = made
    for key in path[:-1]:
        parent = parent[key]
    if how == "replace" or (how == "double" and isinstance(parent, dict)):
        parent[path[-1]] = value
    elif how == "drop":
        del parent[path[-1]]
    else:
        parent.insert(path[-1], parent[path[-1]])
    return made


def ends_typed(read: Callable[[list[Any]], Any], answers: list[Any]) -> None:
    """A value, or a fault of one printable line."""
    message = "read"
    try:
        read(answers)
    except (DataFault, TransportFault) as fault:
        message = str(fault)
    assert message
    assert message.isprintable()


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize("name", VENUES)
def test_good_answers_are_read(name: str, call: str) -> None:
    assert reader(VENUES[name], call)(good_answers(name)[0][call])


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize("name", VENUES)
@given(document=documents)
def test_made_up_answers_end_typed(name: str, call: str, document: Any) -> None:
    ends_typed(reader(VENUES[name], call), [document, document])


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize("name", VENUES)
@given(data=st.data())
def test_good_answers_with_one_place_changed_end_typed(name: str, call: str, data: st.DataObject) -> None:
    answers = list(good_answers(name)[0][call])
    part = data.draw(st.integers(0, len(answers) - 1))
    path = data.draw(st.sampled_from(places(answers[part])))
    how = data.draw(st.sampled_from(["replace", "drop", "double"]))
    answers[part] = changed(answers[part], path, data.draw(leaves), how)
    ends_typed(reader(VENUES[name], call), answers)


@given(body=st.one_of(st.text(max_size=200), documents.map(lambda document: json.dumps(document))))
def test_bodies_end_typed_at_the_border(body: str) -> None:
    ends_typed(lambda answers: GUARD.parse(answers[0]), [body])


def test_the_good_answers_do_not_change_under_fuzzing() -> None:
    """A reader that changed its document would make the cases above depend on each other."""
    for name in VENUES:
        answers, _ = good_answers(name)
        before = json.dumps(answers)
        for call in READS:
            reader(VENUES[name], call)(answers[call])
        assert json.dumps(answers) == before
