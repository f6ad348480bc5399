"""The charts of the documentation are those the demo market gives today, and the page shows them all."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from bot.ui.chart_theme import HEIGHT_PX, WIDTH_PX
from devtools.chart_pictures import CHARTS, PICTURES, scene, write
from shared.models.smc import Side

NAMES = {name for name, _, _ in CHARTS}


def size_of(file: Path) -> tuple[int, int]:
    wide, high = struct.unpack(">II", file.read_bytes()[16:24])
    return int(wide), int(high)


def test_the_command_writes_them_all(tmp_path: Path) -> None:
    files = write(tmp_path)
    assert {file.stem for file in files} == NAMES
    assert {size_of(file) for file in files} == {(WIDTH_PX, HEIGHT_PX)}


def test_plans_and_a_symbol_without_one_are_shown() -> None:
    assert [bool(scene(symbol).bands) for _, symbol, _ in CHARTS] == [True, True, False]
    assert Side.SHORT.name in scene(CHARTS[0][1]).heading.title


@pytest.mark.checkout
def test_the_kept_charts_are_of_one_size_and_the_page_shows_each() -> None:
    kept = {file.stem: file for file in PICTURES.glob("chart_*.png")}
    assert set(kept) == NAMES, "run: make pictures"
    assert {size_of(file) for file in kept.values()} == {(WIDTH_PX, HEIGHT_PX)}
    page = (PICTURES.parent / "charts.md").read_text("utf-8")
    assert set(re.findall(r"\(pictures/(\w+)\.png\)", page)) == NAMES
