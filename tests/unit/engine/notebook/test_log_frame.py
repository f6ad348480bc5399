"""The event log as a frame, and the snapshot that prints as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import snipersight as ss
from engine.notebook.log_frame import BASE_COLUMNS, PAYLOAD_COLUMNS, log_frame
from shared.errors import ConfigFault, DataFault
from shared.models.data import Candles
from shared.models.events import PAYLOAD, Event, Kind
from shared.models.profile import SmcRules
from shared.models.timeframe import Timeframe
from strategy.smc.engine import SmcSeries
from tests.laws.markets import MOODS, STEP, market

CANDLES = market(3, 700, "jumps", Timeframe.M15)
FRAME = CANDLES.to_frame()
LOG = ss.detect(FRAME, timeframe="15m", tick=STEP)


def test_a_frame_of_closed_candles_gives_one_row_an_event_in_the_order_of_knowledge() -> None:
    assert tuple(LOG.columns) == (*BASE_COLUMNS, *PAYLOAD_COLUMNS)
    assert len(LOG) == len(SmcSeries(CANDLES, SmcRules(), STEP).log)
    assert LOG.t_known.is_monotonic_increasing
    assert str(LOG.t_known.dt.tz) == str(LOG.t_origin.dt.tz) == "UTC"
    assert (LOG.t_origin < LOG.t_known).all()


def test_what_every_row_says_is_never_missing() -> None:
    base = LOG[list(BASE_COLUMNS)]
    assert not base.isna().any(axis=None)
    assert (LOG.price_low <= LOG.level).all()
    assert (LOG.level <= LOG.price_high).all()
    assert set(LOG.side.unique()) <= {-1, 0, 1}


def test_the_rows_are_the_records_of_the_series() -> None:
    told = SmcSeries(CANDLES, SmcRules(), STEP).events(0, int(CANDLES.close_ms[-1]))
    named = [(event.object_id, event.kind.name.lower(), event.event.name.lower()) for event in told]
    assert list(zip(LOG.object_id, LOG.kind, LOG.event, strict=True)) == named
    assert [event.known_ms for event in told] == LOG.t_known.astype("int64").tolist()
    assert [event.origin_ms for event in told] == LOG.t_origin.astype("int64").tolist()


@pytest.mark.parametrize("mood", MOODS)
def test_what_was_known_at_a_close_is_the_frame_of_the_candles_up_to_it(mood: str) -> None:
    candles = market(5, 500, mood, Timeframe.M15)
    whole = log_frame(candles, SmcSeries(candles, SmcRules(), STEP).log)
    for cut in (60, 151, 400, 499):
        head = candles.head(cut)
        prefix = log_frame(head, SmcSeries(head, SmcRules(), STEP).log)
        known = whole[whole.t_known <= pd.Timestamp(int(head.close_ms[-1]), unit="ms", tz="UTC")]
        pd.testing.assert_frame_equal(prefix, known)


def test_an_event_says_in_named_columns_what_its_payload_holds_and_nothing_else() -> None:
    for kind, event in {(row.kind, row.event) for row in LOG.itertuples()}:
        rows = LOG[(LOG.kind == kind) & (LOG.event == event)]
        said = [name for name in PAYLOAD_COLUMNS if name != "label" and rows[name].notna().any()]
        assert all(rows[name].notna().all() for name in said), (kind, event)
        meant = PAYLOAD.get((Kind[kind.upper()], Event[event.upper()]), {})
        assert bool(said) == bool({"a", "b"} & set(meant) or _fills(kind, event)) or kind in NO_NUMBER


NO_NUMBER = ("fair_value_gap", "inverse_gap", "breaker", "mitigation_block", "session")
"""The payload of these at their forming is edges and ATR, which have columns of their own."""


def _fills(kind: str, event: str) -> bool:
    return kind not in ("swing", "session") and Event.TOUCHED <= Event[event.upper()] <= Event.EXPIRED


def test_breaks_swings_and_blocks_carry_their_labels() -> None:
    formed = LOG[LOG.event == "formed"]
    assert set(formed[formed.kind == "break"].label) <= {"INIT", "BOS", "CHoCH"}
    assert set(formed[formed.kind == "order_block"].label) <= {"INIT", "BOS", "CHoCH"}
    assert set(formed[formed.kind == "swing"].label) <= {"HH", "HL", "LH", "LL", "EQ", "first"}
    shifts = formed[formed.structure_shift == 1]
    assert len(shifts) > 0
    assert set(shifts.label) == {"CHoCH"}
    assert (shifts.displacement_atr >= 1.5).all()


def test_a_leg_reaches_over_its_candles() -> None:
    legs = LOG[(LOG.kind == "displacement") & (LOG.event == "formed")]
    for leg in legs.itertuples():
        candles = FRAME[(FRAME.index >= leg.t_origin) & (FRAME.index < leg.t_known)]
        assert len(candles) == leg.candles
        assert (leg.price_low, leg.price_high) == (candles.low.min(), candles.high.max())


def test_the_atr_of_a_row_is_that_of_the_close_it_became_known_at() -> None:
    atr = pd.Series(SmcSeries(CANDLES, SmcRules(), STEP).log.atr, FRAME.index + pd.Timedelta("15min"))
    assert np.array_equal(LOG.atr, atr[LOG.t_known])


def test_options_may_be_given_by_name() -> None:
    named = ss.detect(FRAME, "15m", {"min_gap_atr": 1.0}, STEP)
    ruled = ss.detect(FRAME, "15m", SmcRules(min_gap_atr=1.0), STEP)
    pd.testing.assert_frame_equal(named, ruled)
    assert (named.kind == "fair_value_gap").sum() < (LOG.kind == "fair_value_gap").sum()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"timeframe": "15min"}, "unknown timeframe '15min'"),
        ({"options": {"swing_rech": 30}}, "smc.swing_rech.*Did you mean .*swing_reach"),
        ({"options": {"swing_reach": 3000}}, "swing_reach must be"),
        ({"tick": 0.0}, "tick must be above 0, found 0.0"),
    ],
)
def test_a_wrong_argument_is_a_fault_that_names_it(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigFault, match=said):
        ss.detect(FRAME, **{"timeframe": "15m", **arguments})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (FRAME[:0], "no candles"),
        (FRAME.drop(columns="volume"), "no column volume"),
        (FRAME.reset_index(drop=True), "not time with a zone"),
        (FRAME[::-1], "does not open after"),
        (FRAME.assign(high=np.nan), "finite"),
        (FRAME[:3].set_index(FRAME.index[:3] + pd.Timedelta("1min")), "off the 15m grid"),
    ],
)
def test_a_frame_that_is_not_closed_candles_is_refused(frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(DataFault, match=said):
        ss.detect(frame, timeframe="15m")


def test_a_series_too_short_for_any_event_gives_no_rows_and_all_columns() -> None:
    short = ss.detect(FRAME[:5], timeframe="15m")
    assert len(short) == 0
    assert tuple(short.columns) == (*BASE_COLUMNS, *PAYLOAD_COLUMNS)


def test_a_snapshot_is_the_structure_and_prints_as_tables() -> None:
    seen = ss.snapshot(FRAME, timeframe="15m", tick=STEP)
    plain = SmcSeries(CANDLES, SmcRules(), STEP).snapshot()
    assert (seen.order_blocks, seen.pools, seen.swing) == (plain.order_blocks, plain.pools, plain.swing)
    text = repr(seen)
    assert text.startswith("15m · 700 closed bars · as of the close ")
    assert all(title in text for title in ("Structure", "Zones nearest to price", "Pools nearest to price"))
    assert all(zone.object_id in text for zone in plain.zones) or "further away" in text
    html = seen._repr_html_()
    assert html.count("<table>") == html.count("</table>") == text.count("\n\n")


def test_a_snapshot_of_an_earlier_close_is_that_of_the_candles_up_to_it() -> None:
    early = ss.snapshot(FRAME, timeframe="15m", tick=STEP, bar=399)
    assert repr(early) == repr(ss.snapshot(FRAME[:400], timeframe="15m", tick=STEP))
    with pytest.raises(DataFault, match="no bar 700"):
        ss.snapshot(FRAME, timeframe="15m", bar=700)


def test_a_young_series_shows_what_is_not_there_yet_as_a_dash() -> None:
    candles = Candles.from_frame(FRAME[:20], "15m")
    assert "–" in repr(ss.snapshot(candles.to_frame(), timeframe="15m", tick=STEP))


def test_without_a_tick_no_later_price_changes_what_was_known() -> None:
    """Prices with one decimal and a gap of two of their steps; then a candle with two decimals."""
    draw = np.random.default_rng(4)
    close = np.round(100 + np.cumsum(draw.choice([-0.1, 0.0, 0.1], 60)), 1)
    open_ = np.concatenate(([100.0], close[:-1]))
    rows = pd.DataFrame({"open": open_, "close": close, "volume": 1.0}, FRAME.index[:60])
    rows["high"], rows["low"] = rows[["open", "close"]].max(axis=1), rows[["open", "close"]].min(axis=1)
    rows.loc[rows.index[-1], "high"] += 0.01
    whole, prefix = ss.detect(rows, "15m"), ss.detect(rows[:59], "15m")
    assert len(prefix) > 30
    pd.testing.assert_frame_equal(prefix, whole[whole.t_known <= prefix.t_known.max()])
    assert len(ss.detect(rows, "15m", tick=0.5)) < len(whole)
