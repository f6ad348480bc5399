"""The playbook's pictures show what the log says: their artists' data equal the detections, no label is cut, and they are kept."""

from __future__ import annotations

import re
import struct
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from devtools.playbook_marks import Box, Line, marks_of
from devtools.playbook_pictures import BODY, DPI, INCHES, PICTURES, picture, write
from devtools.playbook_scenes import SCENES, Scene
from shared.models.events import Kind
from shared.models.smc import Zone

PIXELS = (int(INCHES[0] * DPI), int(INCHES[1] * DPI))
MOST_BYTES = 30_000
NAMED = {scene.name: scene for scene in SCENES}
ZONED = ("fair_value_gap", "inverse_gap", "order_block", "breaker", "mitigation_block")
every_scene = pytest.mark.parametrize("name", NAMED)


def size_of(file: Path) -> tuple[int, int]:
    """Width and height out of a PNG's header."""
    wide, high = struct.unpack(">II", file.read_bytes()[16:24])
    return int(wide), int(high)


def rectangles(figure: Figure) -> dict[str, tuple[float, float, float, float]]:
    """Left, low, right, high of every named rectangle."""
    boxes = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle) and patch.get_gid()]
    return {str(box.get_gid()): (box.get_x(), box.get_y(), box.get_x() + box.get_width(), box.get_y() + box.get_height()) for box in boxes}  # fmt: skip


def living(scene: Scene) -> dict[str, Zone]:
    """Zones alive at any close of the picture, by id."""
    series = scene.series()
    shots = [series.snapshot(bar) for bar in range(scene.first, scene.first + scene.count)]
    return {zone.object_id: zone for shot in shots for zone in (*shot.zones, *shot.heirs)}


@every_scene
def test_candles_are_drawn_where_they_are(name: str) -> None:
    scene = NAMED[name]
    shown, candles = rectangles(picture(scene)), scene.candles
    for bar in range(scene.count):
        left, low, right, high = shown[f"candle-{bar}"]
        opened, closed = candles.open[scene.first + bar], candles.close[scene.first + bar]
        assert (left, right) == pytest.approx((bar - BODY / 2, bar + BODY / 2))
        assert (low, high) == pytest.approx((min(opened, closed), max(opened, closed)))


@pytest.mark.parametrize("name", ZONED)
def test_a_zone_is_drawn_as_it_was_detected_and_solid_from_the_close_it_was_known_at(name: str) -> None:
    scene = NAMED[name]
    shown, zones = rectangles(picture(scene)), living(scene)
    boxes = [mark for mark in marks_of(scene) if isinstance(mark, Box)]
    assert boxes
    for box in boxes:
        zone = zones[box.object_id]
        left, low, _, high = shown[box.object_id]
        assert (low, high) == pytest.approx((zone.low, zone.high))
        assert left == pytest.approx(scene.bar(zone.known_ms) - 1 + BODY / 2)
        assert (box.left, box.side) == (scene.bar(zone.origin_ms), zone.side)


@pytest.mark.parametrize("name", ["breaks", "layers", "protected_break", "structure_shift"])
def test_a_break_is_a_line_from_its_swing_to_its_close_solid_for_the_swing_layer(name: str) -> None:
    scene = NAMED[name]
    shot, figure = scene.series().snapshot(), picture(scene)
    lines = {line.get_gid(): line for line in figure.axes[0].lines if line.get_gid()}
    wanted = {mark.object_id for mark in marks_of(scene) if isinstance(mark, Line)}
    found = [one for layer in (shot.internal, shot.swing) for one in layer.breaks if one.object_id in wanted]
    assert len(found) == len(wanted)
    for one in found:
        line = lines[one.object_id]
        assert list(line.get_xdata()) == [scene.bar(one.origin_ms), scene.bar(one.known_ms) - 1]
        assert list(line.get_ydata()) == [one.level] * 2
        assert line.get_linestyle() == {"internal": "--", "swing": "-"}[one.layer.value]


def test_a_pool_is_a_line_to_the_candle_that_decided_its_fate() -> None:
    ends = {name: [mark.right for mark in marks_of(NAMED[name]) if isinstance(mark, Line)] for name in NAMED}
    lead = 3
    assert ends["sweep_wick"] == [lead + 6]
    assert ends["sweep_reclaim"] == [lead + 8]
    assert ends["pool_broken"] == [lead + 9]
    assert ends["equal_highs"] == [lead + 9]


def test_the_bands_are_those_of_the_dealing_range() -> None:
    scene = NAMED["dealing_range"]
    (dealing,) = scene.series().snapshot().internal.ranges
    shown = {name: box[1::2] for name, box in rectangles(picture(scene)).items() if "candle" not in name}
    span = dealing.high - dealing.low
    assert shown["discount"] == pytest.approx((dealing.low, dealing.low + 0.45 * span))
    assert shown["premium"] == pytest.approx((dealing.low + 0.55 * span, dealing.high))
    assert shown["optimal entry"] == pytest.approx((dealing.high - 0.79 * span, dealing.high - 0.62 * span))


@every_scene
def test_no_label_is_cut_and_none_lies_on_another(name: str) -> None:
    figure = picture(NAMED[name])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    frame = figure.bbox
    words = [text for text in figure.findobj(Text) if re.search("[a-zA-Z%]", text.get_text())]
    boxes = [(text.get_text(), text.get_window_extent()) for text in words]
    cut = [text for text, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > frame.x1 or box.y1 > frame.y1]
    crossed = [(one[0], two[0]) for one, two in combinations(boxes, 2) if one[1].overlaps(two[1])]
    assert (cut, crossed) == ([], [])


def test_every_kind_of_the_log_has_a_picture() -> None:
    assert {kind for scene in SCENES for kind in scene.kinds} == set(Kind)


@pytest.mark.checkout
def test_the_kept_pictures_are_those_of_the_scenes_small_and_of_one_size() -> None:
    kept = {file.stem: file for file in PICTURES.glob("*.png") if not file.stem.startswith("chart_")}
    assert set(kept) == set(NAMED), "run: make pictures"
    assert {size_of(file) for file in kept.values()} == {PIXELS}
    assert [name for name, file in kept.items() if file.stat().st_size > MOST_BYTES] == []


@pytest.mark.checkout
def test_the_playbook_shows_every_picture() -> None:
    page = (PICTURES.parent / "smc_playbook.md").read_text("utf-8")
    shown = set(re.findall(r"\(pictures/(\w+)\.png\)", page))
    assert shown == set(NAMED)


def test_the_command_writes_them_all(tmp_path: Path) -> None:
    files = write(tmp_path)
    assert [file.stem for file in files] == list(NAMED)
    assert {size_of(file) for file in files} == {PIXELS}
