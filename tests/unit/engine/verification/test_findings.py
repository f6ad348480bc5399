"""Other libraries held to the same law: what stands at a bar, without saying when it was known."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType

import numpy as np
import pytest

from engine.verification.findings import Find, Findings, Library, check_findings, verify_library
from engine.verification.libraries import findings_of, open_library
from engine.verification.tallies import Tally, choose_cuts
from shared.errors import ConfigFault, ContractError
from shared.models.data import Candles
from shared.models.timeframe import Timeframe
from shared.models.verification import Series
from tests.fixtures.fake_library import fake_library
from tests.laws.markets import STEP, market

pd = pytest.importorskip("pandas")

CANDLES = market(2, 300, "walk", Timeframe.H1)
SERIES = (Series("A/USDT", CANDLES, STEP), Series("B/USDT", market(4, 260, "jumps"), STEP))
CUTS = choose_cuts(300, 12, 1)


def rises(candles: Candles) -> list[int]:
    """Bars that close above their open by 4 steps: known at their own close."""
    return np.flatnonzero(candles.close - candles.open >= 4 * STEP).tolist()


def honest(candles: Candles) -> Findings:
    return {bar: (1.0, float(candles.close[bar])) for bar in rises(candles)}


def three_bars_early(candles: Candles) -> Findings:
    return {bar - 3: (1.0,) for bar in rises(candles) if bar >= 3}


def always_the_last(candles: Candles) -> Findings:
    return {**honest(candles), len(candles) - 1: (-1.0, 0.0)}


def by_the_whole_range(candles: Candles) -> Findings:
    return {bar: (float(candles.high.max()),) for bar in rises(candles)}


def tally(find: Find) -> Tally:
    return check_findings(CANDLES, find, CUTS, seed=1)


def test_a_finding_at_the_bar_it_was_known_is_no_rewrite_and_has_no_lag() -> None:
    found = tally(honest)
    assert (found.changed, found.vanished, found.backdated) == (0, 0, 0)
    assert (found.events, found.cuts) == (len(rises(CANDLES)), 12)
    assert found.lags == (0, 0, 0)


def test_a_finding_drawn_back_is_backdated_and_its_lag_is_found() -> None:
    found = tally(three_bars_early)
    assert found.backdated > 0
    assert (found.changed, found.vanished) == (0, 0)
    assert found.lags == (3, 3, 3)


def test_a_mark_on_every_last_bar_vanishes_or_changes() -> None:
    found = tally(always_the_last)
    assert found.vanished + found.changed == len(CUTS)
    assert found.vanished > 0


def test_a_value_taken_from_all_the_data_changes() -> None:
    found = tally(by_the_whole_range)
    assert found.changed > 0
    assert found.vanished == 0


def test_a_library_is_summed_over_series_in_the_order_of_its_detectors() -> None:
    library = Library("other", "1.2", {"late": three_bars_early, "honest": honest})
    found = verify_library(SERIES, library, cuts=5, seed=3)
    assert (found.name, found.version) == ("other", "1.2")
    assert [check.detector for check in found.checks] == ["late", "honest"]
    assert found.checks[1].events == sum(len(rises(one.candles)) for one in SERIES)
    assert found.checks[1].rewrites == 0 < found.checks[0].rewrites
    assert found == verify_library(SERIES, library, cuts=5, seed=3)


def test_an_error_of_the_library_names_it_and_the_series() -> None:
    def breaks(_: Candles) -> Findings:
        raise KeyError("HighLow")

    with pytest.raises(ContractError, match=r"other\.broken failed for A/USDT 1h: KeyError: 'HighLow'"):
        verify_library(SERIES, Library("other", "1", {"broken": breaks}), cuts=2, seed=1)


def test_a_frame_is_read_by_its_columns_without_those_that_name_a_later_bar() -> None:
    frame = pd.DataFrame(
        {"OB": [np.nan, 1.0, np.nan], "Top": [np.nan, 9.5, np.nan], "MitigatedIndex": [0.0, 7.0, 0.0]}
    )
    assert findings_of(frame) == {1: (1.0, 9.5)}
    assert findings_of(pd.DataFrame({"BOS": [1.0], "CHOCH": [np.nan]})) == {0: (1.0, None)}


@pytest.mark.parametrize("repaints", [True, False])
def test_the_adapter_tells_a_library_that_repaints_from_one_that_does_not(
    repaints: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "smartmoneyconcepts", fake_library(repaints=repaints))
    library = open_library("smartmoneyconcepts", 10)
    found = verify_library(SERIES, library, cuts=6, seed=1)
    assert library.version == "9.9"
    assert [check.detector for check in found.checks] == [
        "swing_highs_lows", "bos_choch", "ob", "fvg", "liquidity",
    ]  # fmt: skip
    rewritten = {check.detector for check in found.checks if check.rewrites}
    assert rewritten == ({"swing_highs_lows", "bos_choch", "ob", "liquidity"} if repaints else set())
    assert capsys.readouterr().out == ""


def test_a_library_that_is_not_installed_is_one_line_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "smartmoneyconcepts", None)
    with pytest.raises(ConfigFault) as fault:
        open_library("smartmoneyconcepts", 20)
    assert str(fault.value) == (
        "--library: smartmoneyconcepts is not installed. Run: python -m pip install smartmoneyconcepts"
    )
    assert fault.value.exit_code == 2


def test_a_library_we_cannot_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ConfigFault, match=r"unknown library 'smartmoneyconcept'\. Did you mean 'smartmoneyconcepts'"
    ):
        open_library("smartmoneyconcept", 20)
    monkeypatch.setitem(sys.modules, "smartmoneyconcepts", ModuleType("smartmoneyconcepts"))
    with pytest.raises(ConfigFault, match=r"this smartmoneyconcepts cannot be read: .* 'smc'"):
        open_library("smartmoneyconcepts", 20)


@pytest.mark.skipif(
    find_spec("smartmoneyconcepts") is None,
    reason="needs the library it checks: python -m pip install smartmoneyconcepts",
)
@pytest.mark.filterwarnings("ignore")
def test_the_real_library_marks_its_last_bar_and_draws_breaks_back() -> None:
    found = verify_library(SERIES, open_library("smartmoneyconcepts", 10), cuts=5, seed=1)
    swings, breaks = found.checks[:2]
    assert swings.vanished > 0
    assert breaks.backdated > 0
    assert breaks.lag is not None
    assert breaks.lag.median > 10
