"""A chart shows what its scene says: candles and marks at their data, every word whole, none on another, the same bytes each time."""

from __future__ import annotations

import gc
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from bot.ui.chart_canvas import drawable
from bot.ui.chart_scene import ChartScene, Heading
from bot.ui.chart_story import Findings, Source, standing_scene
from bot.ui.chart_theme import HEIGHT_PX, PALETTES, WIDTH_PX, Ink, Theme
from bot.ui.charts import figure, painted, png
from shared.errors import DataFault
from shared.models.data import Candles
from shared.models.planner import TradePlan
from shared.models.timeframe import Timeframe
from tests.fixtures.hand_chart import HOUR_MS, findings, scene, wander
from tests.fixtures.hand_scan import BTC, SHIB

PLANS = {"long": BTC.plan, "short of a tiny price": SHIB.plan}
each_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
MOST_BYTES = 300_000


def named(drawn: Figure, gid: str, kind: type) -> Any:
    """The one artist of a name."""
    found = [artist for artist in drawn.findobj(kind) if artist.get_gid() == gid]
    assert len(found) == 1, gid
    return found[0]


def words(drawn: Figure) -> dict[str, Text]:
    return {str(text.get_gid()): text for text in drawn.findobj(Text) if text.get_text()}


def boxes(theme: Theme, of: ChartScene) -> dict[str, Any]:
    """Where every text lies, in pixels."""
    sheet = painted(of, theme)
    return {
        gid: text.get_window_extent(sheet.canvas.get_renderer()) for gid, text in words(sheet.figure).items()
    }


def pixel(picture: bytes, x: int, y: int) -> tuple[int, ...]:
    """Red, green and blue at a pixel from the upper left."""
    from io import BytesIO

    from PIL import Image

    return tuple(Image.open(BytesIO(picture)).convert("RGB").getpixel((x, y)))


@each_plan
def test_candles_are_drawn_at_their_prices_and_times(plan: TradePlan) -> None:
    of = scene(plan)
    bodies = named(figure(of), "bodies", PolyCollection)
    corners = np.array([path.vertices[:4] for path in bodies.get_paths()])
    candles = of.candles
    assert corners[:, :, 0].mean(1) == pytest.approx((candles.open_ms - candles.open_ms[0]) / HOUR_MS + 0.5)
    assert corners[:, 0, 1] == pytest.approx(np.minimum(candles.open, candles.close))
    assert corners[:, 1, 1] == pytest.approx(np.maximum(candles.open, candles.close))


def test_rising_candles_are_hollow_and_falling_ones_filled() -> None:
    of = scene(BTC.plan)
    bodies = named(figure(of), "bodies", PolyCollection)
    rises = of.candles.close >= of.candles.open
    hollow = [tuple(fill[:3]) == (1.0, 1.0, 1.0) for fill in bodies.get_facecolors()]
    assert hollow == rises.tolist()


def test_missing_candles_leave_room() -> None:
    whole = wander(BTC.plan)
    holed = Candles(Timeframe.H1, *(np.delete(getattr(whole, name), slice(150, 160)) for name in ("open_ms", "open", "high", "low", "close", "volume")))  # fmt: skip
    source = Source("demo", "BTC/USDT", "balanced", Decimal("0.1"), holed)
    of = standing_scene(source, "", Findings())
    paths = named(figure(of), "bodies", PolyCollection).get_paths()
    middles = np.array([path.vertices[:4, 0].mean() for path in paths])
    assert 11.0 in np.diff(middles).round(6)


@each_plan
def test_a_zone_is_hatched_from_its_origin_and_filled_from_the_close_it_was_known_at(plan: TradePlan) -> None:
    of = scene(plan)
    drawn = figure(of)
    for box in of.boxes:
        alive = named(drawn, box.object_id, Rectangle)
        assert alive.get_x() == pytest.approx(of.bar(box.known_ms))
        assert (alive.get_y(), alive.get_y() + alive.get_height()) == pytest.approx((box.low, box.high))
        early = named(drawn, f"{box.object_id}-early", Rectangle)
        assert (early.get_x(), early.get_x() + early.get_width()) == pytest.approx((of.bar(box.origin_ms), of.bar(box.known_ms)))  # fmt: skip
        assert early.get_hatch()


def test_breaks_of_the_swing_layer_are_solid_and_internal_ones_dashed() -> None:
    drawn = figure(scene(BTC.plan))
    assert named(drawn, "break0", Line2D).get_linestyle() == "-"
    assert named(drawn, "break1", Line2D).get_linestyle() == "--"


def test_a_diamond_stands_at_the_close_at_which_a_mark_became_known() -> None:
    of = scene(BTC.plan)
    known = named(figure(of), "known", Line2D)
    assert sorted(known.get_xdata()) == sorted(of.bar(mark.known_ms) for mark in (*of.lines, *of.boxes))


def test_a_sweep_is_marked_at_the_price_it_went_to() -> None:
    of = scene(BTC.plan)
    sweep = next(line for line in of.lines if line.object_id == "sweep0")
    bar = int(of.bar(sweep.known_ms)) - 1
    tip = named(figure(of), "sweep0-tip", Line2D)
    assert (tip.get_xdata()[0], tip.get_ydata()[0]) == (bar + 0.5, of.candles.low[bar])


@each_plan
@pytest.mark.parametrize("seed", range(5))
def test_every_word_is_inside_the_picture_and_on_no_other(plan: TradePlan, seed: int) -> None:
    lie = boxes(Theme.LIGHT, scene(plan, seed))
    for gid, box in lie.items():
        assert min(box.x0, box.y0) >= 0, gid
        assert box.x1 <= WIDTH_PX, gid
        assert box.y1 <= HEIGHT_PX, gid
    for (one, first), (other, second) in combinations(lie.items(), 2):
        apart = (
            first.x1 <= second.x0
            or second.x1 <= first.x0
            or first.y1 <= second.y0 + 2
            or second.y1 <= first.y0 + 2
        )
        assert apart, (one, other)


def test_prices_that_are_ticks_apart_have_tags_apart_and_a_leader_each() -> None:
    near = replace(scene(BTC.plan), tags=tuple(replace(tag, price=67_000.0 + place) for place, tag in enumerate(scene(BTC.plan).tags)))  # fmt: skip
    drawn = figure(near)
    areas = [named(drawn, f"tag-{place}-box", Rectangle) for place in range(len(near.tags))]
    spans = sorted((area.get_y(), area.get_y() + area.get_height()) for area in areas)
    assert all(below[1] <= above[0] for below, above in pairwise(spans))


@each_plan
def test_every_price_of_the_plan_is_written_on_its_tick(plan: TradePlan) -> None:
    shown = " ".join(text.get_text() for text in words(figure(scene(plan))).values())
    prices = [plan.entry.price, plan.stop.price, plan.entry.invalidation, plan.close]
    for price in (*prices, plan.entry.near, plan.entry.far, *(target.price for target in plan.targets)):
        assert f"{price:,f}" in shown
    assert "e-0" not in shown


def test_a_target_far_beyond_is_named_at_the_edge_and_does_not_flatten_the_candles() -> None:
    of = scene(BTC.plan)
    far = replace(of, tags=tuple(replace(tag, price=tag.price * 3) if tag.text.startswith("TP2") else tag for tag in of.tags))  # fmt: skip
    low, high = far.span()
    assert high < of.candles.high.max() * 1.5
    assert any(text.get_text().startswith("↑ TP2") for text in words(figure(far)).values())
    assert (far.candles.high.max() - far.candles.low.min()) / (high - low) > 0.2


def test_the_title_says_symbol_timeframe_side_grade_score_and_the_line_below_where_and_when() -> None:
    shown = words(figure(scene(BTC.plan)))
    assert shown["title"].get_text() == "BTC/USDT · 1h · LONG · grade A · 87.4/100"
    assert "closed bar 2026-11-22 08:00 UTC" in shown["heading-1"].get_text()


def test_the_legend_names_only_what_is_drawn() -> None:
    plain = standing_scene(
        Source("demo", "BTC/USDT", "balanced", Decimal("0.1"), wander(BTC.plan)), "no zone", Findings()
    )
    assert not any("sweep" in gid or "block" in gid or "entry" in gid for gid in words(figure(plain)))
    full = words(figure(scene(BTC.plan)))
    for said in ("demand block", "gap (demand)", "known at this close", "entry zone"):
        assert f"key-{said}" in full


def test_a_reason_as_long_as_a_paragraph_is_wrapped_whole() -> None:
    why = "no plan: " + "the reward of the last target is too small " * 6
    plain = standing_scene(
        Source("demo", "BTC/USDT", "balanced", Decimal("0.1"), wander(BTC.plan)), why, Findings()
    )
    shown = words(figure(plain))
    lines = [shown[gid].get_text() for gid in sorted(shown) if gid.startswith("heading-")]
    assert " ".join(lines[1:]) == why.strip()


def test_letters_the_font_lacks_are_question_marks_and_no_warning() -> None:
    of = replace(scene(BTC.plan), heading=Heading("币安人生/USDT $x_1$", "demo"))
    assert words(figure(of))["title"].get_text() == "????/USDT $x_1$"
    assert png(of)
    assert drawable("BTC −1 ·") == "BTC −1 ·"


@pytest.mark.parametrize("theme", Theme)
def test_the_same_scene_gives_the_same_bytes_of_the_same_size(theme: Theme) -> None:
    first = png(scene(BTC.plan), theme)
    assert first == png(scene(BTC.plan), theme)
    assert len(first) < MOST_BYTES
    assert struct.unpack(">II", first[16:24]) == (WIDTH_PX, HEIGHT_PX)
    corner = PALETTES[theme][Ink.PAPER]
    assert pixel(first, 2, 2) == tuple(int(corner[place : place + 2], 16) for place in (1, 3, 5))


def test_the_bytes_hold_nothing_but_the_picture() -> None:
    picture = png(scene(BTC.plan))
    kinds, place = [], 8
    while place < len(picture):
        size, kind = struct.unpack(">I4s", picture[place : place + 8])
        body = picture[place + 4 : place + 8 + size]
        assert zlib.crc32(body) == struct.unpack(">I", picture[place + 8 + size : place + 12 + size])[0]
        kinds.append(kind)
        place += 12 + size
    assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def test_an_empty_series_is_refused() -> None:
    with pytest.raises(DataFault, match="no candles"):
        standing_scene(
            Source("demo", "X/USDT", "balanced", Decimal("0.1"), Candles.empty(Timeframe.H1)), "", Findings()
        )


def test_a_series_that_never_moved_or_traded_is_drawn() -> None:
    times = np.arange(120) * HOUR_MS
    flat = Candles(Timeframe.H1, times, *(np.full(120, 5.0) for _ in range(4)), np.zeros(120))
    assert png(standing_scene(Source("demo", "X/USDT", "balanced", Decimal("0.1"), flat), "", Findings()))


def test_charts_leave_nothing_behind() -> None:
    of = scene(BTC.plan)
    png(of)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(12):
        png(of)
    gc.collect()
    assert len(gc.get_objects()) - before < 500


def test_drawing_touches_no_pyplot_and_assembling_no_matplotlib(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from tests.fixtures.hand_chart import scene\n"
        "from tests.fixtures.hand_scan import BTC\n"
        "import snipersight, engine.charting, engine.commands.app\n"
        "drawn = scene(BTC.plan)\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from bot.ui.charts import png\n"
        "png(drawn)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).resolve().parents[3])


def test_marks_of_which_nothing_would_be_seen_are_left_out() -> None:
    candles = wander(BTC.plan)
    found, end = findings(BTC.plan, candles), int(candles.close_ms[-1])
    under = replace(found.zones[0], object_id="under", low=100.0, high=200.0)
    early = replace(
        found.breaks[0], object_id="early", origin_ms=end - 900 * HOUR_MS, known_ms=end - 800 * HOUR_MS
    )
    source = Source("demo", "BTC/USDT", "balanced", Decimal("0.1"), candles)
    of = standing_scene(source, "", Findings((under,), (early,)))
    assert (of.boxes, of.lines) == ((), ())
    assert not {"label-under", "label-early", "key-demand block"} & set(words(figure(of)))


def test_findings_older_than_the_picture_reach_in_from_its_left_edge() -> None:
    candles = wander(BTC.plan)
    found = findings(BTC.plan, candles)
    old = replace(
        found, zones=tuple(replace(zone, origin_ms=zone.origin_ms - 900 * HOUR_MS) for zone in found.zones)
    )
    source = Source("demo", "BTC/USDT", "balanced", Decimal("0.1"), candles)
    of = standing_scene(source, "", old)
    assert len(of.candles) == 160
    assert all(f"label-{box.object_id}" in words(figure(of)) for box in of.boxes)
