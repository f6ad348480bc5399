"""A backtest for machines: the document against its schema, the rows of trades against the page that lists them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.telemetry.summary import summarise
from bot.ui.backtest_documents import backtest_document, backtest_json, trades_csv
from bot.ui.backtest_terminal import trades_tsv
from bot.ui.backtest_trades import TRADE_HEADINGS
from shared.models.backtest import Coverage, Told
from shared.models.fills import Ending
from shared.models.statistics import Unsaid
from tests.fixtures.hand_backtest import hand_backtest, hand_trade, year_of_trades
from tests.fixtures.hand_told import LOCK, TURNED, hand_told, rescaled

pytestmark = pytest.mark.checkout

DOCS = Path(__file__).parents[3] / "docs"


def validate(document: Any) -> None:
    schema = json.loads((DOCS / "schema" / "snipersight.backtest-1.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(document)


EMPTY = Coverage("ADA/USDT", 0, 0, 96, 0)


def told_of(*trades: Any, **fields: Any) -> Told:
    backtest = hand_backtest(trades, locks=(LOCK,), turned=TURNED, flags=("revised: BTC/USDT 15m 3",))
    return hand_told(backtest, summarise(backtest), **fields)


CASES = {
    "nothing": told_of(),
    "one": told_of(hand_trade(1.4, best_r=1.9), placebo=Unsaid("too few trades"), costs=Unsaid("not stated")),
    "unfilled": told_of(hand_trade(ending=Ending.EXPIRED)),
    "year": told_of(*year_of_trades(60), tried=17, notes=("The holdout was touched once.",)),
    "tiny": told_of(rescaled(hand_trade(1.0), "0.0000000002", "0.0000000001", "1000000MOG/USDT:USDT")),
}


@pytest.mark.parametrize("name", CASES)
def test_a_backtest_is_valid(name: str) -> None:
    validate(json.loads(backtest_json(CASES[name])))


def test_a_symbol_without_a_candle_has_no_times() -> None:
    told = CASES["one"]
    told = replace(told, backtest=replace(told.backtest, coverage=(EMPTY,)))
    document = json.loads(backtest_json(told))
    validate(document)
    assert document["coverage"] == [{"symbol": "ADA/USDT", "decisions": 96, "missing": 0}]


def test_the_same_value_is_the_same_text() -> None:
    assert backtest_json(told_of(*year_of_trades(40))) == backtest_json(told_of(*year_of_trades(40)))


def test_a_figure_that_does_not_exist_has_a_reason_and_no_number() -> None:
    statistics = backtest_document(CASES["one"])["statistics"]
    assert statistics["sharpe"] == {"text": "n/a (1 of 60 days)"}
    assert set(statistics["worth"]) == {"trades", "days", "text"}


def test_money_stands_as_a_number_and_with_every_digit() -> None:
    (trade,) = backtest_document(CASES["one"])["trades"]
    assert (trade["risk"], trade["risk_text"]) == (50.0, "50")
    assert Decimal(trade["result"]["result_text"]) == Decimal(repr(trade["result"]["result"])) == 70


def test_a_tiny_price_is_never_scientific_as_text() -> None:
    (trade,) = backtest_document(CASES["tiny"])["trades"]
    assert trade["result"]["fills"][0]["price_text"] == "0.00001346"
    assert trade["plan"]["entry"]["price_text"] == "0.0000134600"


def test_costs_that_are_not_stated_are_left_out() -> None:
    assert "costs" not in backtest_document(CASES["one"])
    assert backtest_document(CASES["year"])["costs"]["maker_bps"] == 10.0


def test_rows_for_machines_have_every_column() -> None:
    told = CASES["year"]
    header, *rows = [line.split("\t") for line in trades_tsv(told)]
    assert tuple(header) == TRADE_HEADINGS
    assert {len(row) for row in rows} == {len(TRADE_HEADINGS)}
    assert [row[0] for row in rows] == [trade.setup.plan.fingerprint for trade in told.backtest.trades]


def test_the_file_says_what_the_pipe_says() -> None:
    rows = list(csv.reader(io.StringIO(trades_csv(CASES["year"]))))
    assert rows == [line.split("\t") for line in trades_tsv(CASES["year"])]


def test_a_trade_that_was_never_filled_has_no_fill_time() -> None:
    (row,) = list(csv.DictReader(io.StringIO(trades_csv(CASES["unfilled"]))))
    assert (row["ending"], row["filled"], row["hours"], row["result_r"]) == ("expired", "", "0.00", "0.0000")


def test_the_page_lists_the_columns_in_order() -> None:
    page = (DOCS / "output_spec.md").read_text("utf-8")
    part = (
        page.partition("## Rows of a backtest's trades")[2]
        .partition("\n\n`ambiguous`")[0]
        .partition("\n- ")[2]
    )
    assert tuple(re.findall(r"`(\w+)`", part)) == TRADE_HEADINGS
