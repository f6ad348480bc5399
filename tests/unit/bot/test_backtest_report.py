"""The page of a backtest: complete, honest, by itself, and never broken by what a name holds."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.telemetry.summary import summarise
from bot.ui.backtest_figures import LETTERS, bins_of, calibration_svg, equity_svg, interval_svg, results_svg
from bot.ui.backtest_report import report_html
from bot.ui.backtest_tables import MEANT, month_cells
from bot.ui.svg_axes import LETTER
from bot.ui.trade_chart import LETTERS as TRADE_LETTERS
from shared.models.backtest import Coverage, Told
from shared.models.fills import Ending
from shared.models.scan import SymbolFault
from shared.models.statistics import Calibration, Decile, Expectancy, Insufficient, Unsaid
from tests.fixtures.hand_backtest import MONDAY_MS, hand_backtest, hand_trade, year_of_trades
from tests.fixtures.hand_scan import HOUR_MS
from tests.fixtures.hand_told import LOCK, PLACEBO, TURNED, hand_told, rescaled

DAY_MS = 24 * HOUR_MS
VOID = {"meta", "br", "path", "rect", "circle"}
EVIL = "<b>&\"'</b>/USDT"


def told_of(*trades: Any, backtest: dict[str, Any] | None = None, **fields: Any) -> Told:
    replayed = hand_backtest(trades, locks=(LOCK,), turned=TURNED, **(backtest or {}))
    return hand_told(replayed, summarise(replayed), **fields)


@cache
def case(name: str) -> Told:
    if name == "none":
        return told_of(backtest={"faults": ()}, placebo=Unsaid("no finished trade"))
    if name == "three":
        late = hand_trade(0.6, decided_ms=MONDAY_MS + 5 * DAY_MS, ending=Ending.TIME, hours=400)
        return told_of(
            hand_trade(1.4, best_r=1.9), hand_trade(ending=Ending.RAN_AWAY, decided_ms=MONDAY_MS), late
        )
    if name == "losing":
        return told_of(
            *(hand_trade(-1 - place / 1000, decided_ms=MONDAY_MS + place * DAY_MS) for place in range(40))
        )
    if name == "tiny":
        trade = rescaled(
            hand_trade(1.0), "0.0000000002", "0.0000000001", "1000000MOGLONGNAME/USDT:USDT-260925"
        )
        return told_of(trade, rescaled(hand_trade(-1.0, decided_ms=MONDAY_MS), "100000", "0.01"))
    return told_of(*year_of_trades(int(name)))


CASES = ("none", "three", "losing", "tiny", "40")


@cache
def page_of(name: str) -> str:
    return report_html(case(name))


class Outline(HTMLParser):
    """Every element with its attributes, texts by the element they stand in, and whether all that is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.unclosed: list[str] = []
        self.wrong: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.unclosed or self.unclosed.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append((self.unclosed[-1] if self.unclosed else "", data))

    def said(self) -> str:
        """All that a reader reads."""
        return " ".join(text for where, text in self.texts if where not in {"style", "title"})


@pytest.mark.parametrize("name", CASES)
def test_a_page_is_well_formed(name: str) -> None:
    outline = Outline(page_of(name))
    assert outline.wrong == []
    assert outline.unclosed == []


@pytest.mark.parametrize("name", CASES)
def test_a_page_asks_for_nothing_else(name: str) -> None:
    page = page_of(name)
    outline = Outline(page)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & {
        tag for tag, _ in outline.elements
    }
    links = [
        given[key] for _, given in outline.elements for key in ("href", "src", "xlink:href") if key in given
    ]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"https?:|url\(|@import|@font-face|javascript:| on\w+=", page)


@pytest.mark.parametrize("name", CASES)
def test_every_link_leads_somewhere(name: str) -> None:
    elements = Outline(page_of(name)).elements
    names = [given["id"] for _, given in elements if "id" in given]
    assert len(names) == len(set(names))
    assert {given["href"][1:] for tag, given in elements if tag == "a"} <= set(names)


@pytest.mark.parametrize("name", CASES)
def test_every_trade_stands_there_in_order_with_its_chart_and_its_plan(name: str) -> None:
    told = case(name)
    opened = [given["id"] for tag, given in Outline(page_of(name)).elements if given.get("class") == "trade"]
    assert opened == [f"t-{trade.setup.plan.fingerprint}" for trade in told.backtest.trades]
    assert page_of(name).count('<svg class="t"') == len(told.backtest.trades)
    assert page_of(name).count("a resting order") == len(told.backtest.trades)


@pytest.mark.parametrize("name", CASES)
def test_every_picture_and_every_part_says_how_many_it_rests_on(name: str) -> None:
    page = page_of(name)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert len(captions) == 3
    assert all("N = " in caption for caption in captions)
    sections = dict(re.findall(r'<section id="(\w+)">(.*?)</section>', page, re.DOTALL))
    assert all(
        "N = " in sections[part] for part in ("months", "funnel", "groups", "risk", "coverage", "trades")
    )
    assert '<th scope="col" class="n">N</th>' in sections["figures"]


@pytest.mark.parametrize("name", CASES)
def test_every_picture_is_well_formed_and_says_in_words_what_it_shows(name: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", page_of(name), re.DOTALL)
    assert pictures
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root[0].tag == "title"
        assert root[0].text
        assert "nan" not in picture
        assert "inf" not in picture.replace("insufficient", "")


Label = tuple[str, float, float, float, float]


def labels_of(picture: str) -> tuple[float, list[Label]]:
    """A picture's width, and every label with its left, right, top and bottom where letters are largest, as on a phone."""
    root = ElementTree.fromstring(picture)
    size = TRADE_LETTERS if root.attrib["class"] == "t" else LETTERS
    found = []
    for text in root.iter("text"):
        words, anchor = text.text or "", (text.get("class") or "").split()
        room = len(words) * LETTER * size
        left = float(text.attrib["x"]) - (room if "e" in anchor else room / 2 if "m" in anchor else 0)
        y = float(text.attrib["y"])
        found.append((words, left, left + room, y - size * 0.75, y))
    return float(root.attrib["viewBox"].split()[2]), found


@pytest.mark.parametrize("name", CASES)
def test_no_label_leaves_its_picture(name: str) -> None:
    for picture in re.findall(r"<svg.*?</svg>", page_of(name), re.DOTALL):
        width, labels = labels_of(picture)
        assert [words for words, left, right, _, _ in labels if left < -1 or right > width + 1] == []


@pytest.mark.parametrize("name", CASES)
def test_no_label_covers_another(name: str) -> None:
    for picture in re.findall(r"<svg.*?</svg>", page_of(name), re.DOTALL):
        _, labels = labels_of(picture)
        for one, other in itertools.combinations(labels, 2):
            beside = one[2] <= other[1] or other[2] <= one[1]
            above = one[4] <= other[3] or other[4] <= one[3]
            assert beside or above, (one[0], other[0])


def test_what_a_name_holds_is_never_markup() -> None:
    trade = rescaled(hand_trade(1.0), "1", "0.1", EVIL)
    plan = trade.setup.plan
    rationale = replace(plan.rationale, bias='<img src="x">', against="a & b")
    trade = replace(trade, setup=replace(trade.setup, plan=replace(plan, rationale=rationale)))
    fault = SymbolFault("<i>X</i>", "data", "DataFault", "<u>broken</u>", "<s>mend</s>")
    named = {"profile": "<script>alert(1)</script>", "flags": ("<em>flag</em>",), "faults": (fault,)}
    outline = Outline(report_html(told_of(trade, backtest=named, notes=("<q>note</q>",))))
    assert not {"img", "i", "u", "s", "em", "script", "q"} & {
        tag for tag, given in outline.elements if "style" not in given
    }
    said = outline.said()
    for text in (EVIL, '<img src="x">', "a & b", "<u>broken</u>", "<em>flag</em>", "<q>note</q>", "<script>"):
        assert text in said


def test_the_same_value_is_the_same_page() -> None:
    assert report_html(told_of(*year_of_trades(40))) == page_of("40")


def test_three_hundred_trades_stay_small() -> None:
    assert len(page_of("300").encode()) <= 6_000_000


def test_a_trade_whose_candles_were_not_kept_is_shown_without_a_chart() -> None:
    page = report_html(told_of(hand_trade(1.0), charts={}))
    assert page.count('class="trade"') == 1
    assert "Its candles were not kept." in page
    assert '<svg class="t"' not in page


def test_too_few_trades_are_told_as_insufficient_and_figures_without_a_number_give_their_reason() -> None:
    said = Outline(page_of("three")).said()
    assert "Insufficient: 2 finished trades on 2 days" in said
    assert "Not told, 2 of 30 trades on 2 of 20 days: Median result; Won;" in said


def test_a_doubtful_result_is_marked() -> None:
    assert "+1.40?" in page_of("three")
    assert page_of("three").count("+0.60?") == 0


def test_months_sum_finished_trades_by_the_month_of_the_decision() -> None:
    july = MONDAY_MS + 190 * DAY_MS
    trades = [hand_trade(1.0), hand_trade(-0.5, decided_ms=MONDAY_MS), hand_trade(2.0, decided_ms=july)]
    assert month_cells(trades) == {2024: {1: (0.5, 2), 7: (2.0, 1)}}


def test_a_month_shows_its_sign_and_not_only_its_colour() -> None:
    page = report_html(told_of(hand_trade(1.0), hand_trade(-0.5, decided_ms=MONDAY_MS + 60 * DAY_MS)))
    assert "<b>Jan</b>+1.0R<small>N 1</small>" in page
    assert "<b>Mar</b>−0.5R<small>N 1</small>" in page
    assert "<b>Feb</b>–<small>N 0</small>" in page


def test_every_ending_has_words() -> None:
    assert set(MEANT) == set(Ending)


def test_a_histogram_counts_every_result_once_and_parts_wins_from_losses_at_zero() -> None:
    results = [-1.0, -0.999, -0.25, -0.01, 0.0, 0.1, 0.25, 2.4]
    bins = bins_of(results)
    assert (bins.low, bins.width, sum(bins.counts)) == (-1.0, 0.25, len(results))
    places = [place for place, _ in enumerate(bins.counts) if bins.low + place * bins.width < 0]
    assert sum(bins.counts[place] for place in places) == 4


def test_a_histogram_of_far_results_has_few_bars() -> None:
    assert len(bins_of([-1.0] * 30 + [250.0]).counts) <= 25


def test_an_average_is_marked_only_where_there_is_one() -> None:
    results = [trade.outcome.result_r for trade in case("40").backtest.finished]
    told = results_svg(results, case("40").statistics.worth)
    assert told.count('class="span"') == told.count('class="mean"') == 1
    few = results_svg([1.0], Insufficient(1, 1))
    assert 'class="mean"' not in few
    assert "insufficient: 1 of 30 trades" in few


def test_a_decile_without_enough_trades_is_hollow_and_has_no_number() -> None:
    worth = Expectancy(40, 30, 0.3, -0.1, 0.7, 0.3, 0)
    deciles = (Decile(65.0, 70.0, 40, 0.5, worth), Decile(70.1, 80.0, 12, 0.5, Insufficient(12, 9)))
    drawn = calibration_svg(Calibration(deciles, *(Unsaid("few"),) * 4))
    assert (drawn.count('class="dot"'), drawn.count('class="hollow"'), drawn.count('class="span"')) == (
        1,
        1,
        1,
    )
    assert ">40<" in drawn
    assert ">12<" in drawn


def test_equity_is_labelled_in_currency_and_percent() -> None:
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", equity_svg(case("40").backtest))
    assert texts[:2] == ["USDT", "%"]
    assert "10.0k" in texts
    assert "0" in texts


def test_an_interval_is_drawn_only_where_there_is_one() -> None:
    assert 'class="span"' in interval_svg(Expectancy(40, 30, 0.3, -0.1, 0.7, 0.3, 0), (-1.0, 1.0))
    assert 'class="span"' not in interval_svg(Insufficient(3, 3), (-1.0, 1.0))


def test_a_symbol_without_a_candle_has_no_times() -> None:
    trade = hand_trade(1.0)
    covered = (*hand_backtest([trade]).coverage, Coverage("ADA/USDT", 0, 0, 96, 0))
    page = report_html(told_of(trade, backtest={"coverage": covered}))
    assert "no candle" in page
    assert "1970" not in page


def test_no_edge_over_random_times_is_said_on_the_page() -> None:
    page = report_html(told_of(*year_of_trades(40), placebo=replace(PLACEBO, percentile=0.62), tried=17))
    assert "above 62 % of 200 draws" in page
    assert "no edge over random times" in page
    assert "17 configurations were tried" in page
