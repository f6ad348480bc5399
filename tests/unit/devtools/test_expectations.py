"""The figures of the playbook count what a trader sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.aggregation import aggregate
from devtools.codegen_tools import DOCS
from devtools.expectations import ALIVE, COINS, HEADER, RULES, main, mean_alive, per_thousand, row, year_of
from shared.models.events import Kind
from shared.models.smc import TimeframeStructure
from shared.models.timeframe import Timeframe
from strategy.smc.engine import SmcSeries
from tests.laws.markets import STEP, market

CANDLES = market(7, 700, "jumps", Timeframe.M15)
SERIES = SmcSeries(CANDLES, RULES, STEP)
SHELVES = {
    Kind.FAIR_VALUE_GAP: "fair_value_gaps",
    Kind.INVERSE_GAP: "inverse_gaps",
    Kind.ORDER_BLOCK: "order_blocks",
    Kind.BREAKER: "breakers",
    Kind.MITIGATION_BLOCK: "mitigation_blocks",
    Kind.POOL: "pools",
}


@pytest.fixture(scope="module")
def shots() -> list[TimeframeStructure]:
    """What is seen at every close."""
    return [SERIES.snapshot(bar) for bar in range(len(CANDLES))]


@pytest.mark.parametrize("kind", [*ALIVE, Kind.POOL])
def test_the_mean_of_living_objects_is_that_of_the_snapshots(
    kind: Kind, shots: list[TimeframeStructure]
) -> None:
    seen = sum(len(getattr(shot, SHELVES[kind])) for shot in shots) / len(shots)
    assert mean_alive(SERIES.log, kind) == pytest.approx(seen)
    assert seen > 0


def test_rates_are_per_thousand_bars_and_of_one_layer_when_asked() -> None:
    events = SERIES.events(0, int(CANDLES.close_ms[-1]))
    broken = [event.layer for event in events if event.kind is Kind.BREAK]
    assert per_thousand(SERIES.log, Kind.BREAK) == pytest.approx(len(broken) / 0.7)
    assert per_thousand(SERIES.log, Kind.BREAK, 1) == pytest.approx(broken.count("swing") / 0.7)


def test_a_row_names_its_series_and_has_a_cell_for_every_column() -> None:
    cells = row("BTC", CANDLES, STEP).strip("| ").split(" | ")
    assert cells[:3] == ["BTC", "15m", "700"]
    assert len(cells) == 13


@pytest.mark.checkout
@pytest.mark.parametrize("coin", COINS)
def test_the_playbook_shows_what_is_measured(coin: str, market_dir: Path) -> None:
    page = (DOCS / "smc_playbook.md").read_text("utf-8")
    year, tick = year_of(market_dir, coin)
    assert HEADER in page
    assert row(coin, aggregate(year, Timeframe.H4), tick) in page, (
        "run: python -m devtools.expectations FOLDER"
    )


def test_without_a_folder_of_candles_it_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "no 5m file of BTC, SOL, PEPE, ELF" in capsys.readouterr().err
