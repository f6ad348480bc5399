"""A chart draws what its plan cites and nothing else; without a plan what stands; through every door the same picture."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import snipersight as ss
from bot.ui.chart_scene import LineKind
from bot.ui.charts import png
from engine.charting import charted, charted_plan
from engine.commands.app import run
from engine.commands.gallery import file_name
from shared.errors import ConfigFault, DataFault, StorageFault
from shared.models.planner import TradePlan
from shared.models.scan import Explanation
from shared.models.smc import Side
from shared.models.timeframe import Timeframe

PLANNED, PLANLESS = "XRP/USDT", "BTC/USDT"


@pytest.fixture(scope="module")
def planned() -> Explanation:
    return ss.explain(PLANNED, exchange="demo")


@pytest.fixture(scope="module")
def planless() -> Explanation:
    return ss.explain(PLANLESS, exchange="demo")


def plan_of(explanation: Explanation) -> TradePlan:
    assert explanation.context is not None
    assert isinstance(explanation.context.plan, TradePlan)
    return explanation.context.plan


def test_the_chart_of_a_plan_has_its_prices_and_its_entry_zone(planned: Explanation) -> None:
    plan, scene = plan_of(planned), charted(planned)
    assert {tag.price for tag in scene.tags} == {
        float(price)
        for price in (
            *(target.price for target in plan.targets),
            *(plan.entry.price, plan.stop.price, plan.entry.invalidation, plan.close),
        )
    }
    assert plan.entry.object_id in [box.object_id for box in scene.boxes]
    assert (scene.bands[0].low, scene.bands[0].high) == tuple(
        sorted((float(plan.entry.near), float(plan.entry.far)))
    )


def test_it_draws_the_break_and_the_sweeps_that_the_score_counts(planned: Explanation) -> None:
    scene = charted(planned)
    breaks = [line for line in scene.lines if line.kind in (LineKind.SWING_BREAK, LineKind.INTERNAL_BREAK)]
    assert len(breaks) == 1
    assert (
        f"{breaks[0].kind.value.split('_')[0]} {breaks[0].text.split()[0]}"
        in plan_of(planned).rationale.trigger
    )
    assert all(line.side is Side.SHORT for line in scene.lines if line.kind is LineKind.SWEEP)


def test_the_zone_its_stop_was_moved_beyond_and_the_pools_of_its_targets_are_there(
    planned: Explanation,
) -> None:
    plan, scene = plan_of(planned), charted(planned)
    assert "moved beyond the breaker that ends at 0.6316" in plan.stop.why
    assert [round(box.high, 4) for box in scene.boxes if "breaker" in box.text] == [0.6316]
    pools = {line.text: line.price for line in scene.lines if line.kind is LineKind.POOL}
    named = [target for target in plan.targets if target.basis == "pool"]
    assert [float(target.price) for target in named] == pytest.approx(sorted(pools.values(), reverse=True))
    assert all(text.partition(": ")[2] in " ".join(target.why for target in named) for text in pools)


def test_nothing_is_on_a_chart_before_its_origin_or_after_the_decision(planned: Explanation) -> None:
    plan, scene = plan_of(planned), charted(planned)
    for mark in (*scene.boxes, *scene.lines):
        assert mark.origin_ms < mark.known_ms <= plan.decided_ms
    assert scene.last_ms <= plan.decided_ms


def test_without_a_plan_what_stands_is_drawn_with_the_reason(planless: Explanation) -> None:
    scene = charted(planless)
    assert scene.heading.title == "BTC/USDT · 1h · no plan"
    assert "smc.range_position" in scene.heading.note
    assert not scene.bands
    assert scene.boxes
    assert planless.context is not None
    assert planless.context.smc_snapshot is not None
    structure = planless.context.smc_snapshot.timeframes[Timeframe.H1]
    alive = {zone.object_id for zone in structure.zones}
    assert {box.object_id for box in scene.boxes} <= alive


def test_any_timeframe_that_is_read_can_be_drawn_and_no_other(planned: Explanation) -> None:
    assert charted(planned, Timeframe.M15).candles.timeframe is Timeframe.M15
    with pytest.raises(ConfigFault, match="no 5m candles"):
        charted(planned, Timeframe.M5)


def test_a_plan_that_risk_refused_is_not_drawn_as_one(planned: Explanation, planless: Explanation) -> None:
    refused = replace(planned, outcome=planless.outcome)
    assert "no plan" in charted(refused).heading.title


def test_without_candles_or_a_plan_there_is_nothing_to_draw(
    planned: Explanation, planless: Explanation
) -> None:
    with pytest.raises(DataFault, match="nothing to draw"):
        charted(replace(planless, context=None))
    assert planless.context is not None
    with pytest.raises(DataFault, match="no plan to draw"):
        charted_plan(planless.context)


def test_every_door_draws_the_same_picture(
    planned: Explanation, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    picture = png(charted(planned))
    assert run(["chart", PLANNED, "-e", "demo", "-q", "-o", str(tmp_path / "one.png")]) == 0
    assert capfd.readouterr().out == f"{tmp_path / 'one.png'}\n"
    assert (tmp_path / "one.png").read_bytes() == picture
    assert run(["scan", "-e", "demo", "-s", PLANNED, "--jsonl", "--chart", str(tmp_path / "all")]) == 0
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["XRP-USDT-1h.png"]
    assert (tmp_path / "all" / "XRP-USDT-1h.png").read_bytes() == picture
    assert f"1 chart in {tmp_path / 'all'}" in capfd.readouterr().err
    shown = ss.scan(exchange="demo", symbols=PLANNED)
    assert shown[0].chart()._repr_png_() == picture
    assert [setup.plan.symbol for setup in shown] == [PLANNED]
    drawn = ss.chart(PLANNED, exchange="demo", theme="dark")
    assert drawn.save(tmp_path / "dark.png").read_bytes() == png(drawn.scene, drawn.theme) != picture


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: ss.chart(PLANLESS, exchange="demo", timeframe="2h"), "timeframe: unknown timeframe '2h'"),
        (lambda: ss.chart(PLANLESS, exchange="demo", timeframe="1h,4h"), "takes one timeframe"),
        (lambda: ss.chart(PLANLESS, exchange="demo", theme="drak"), "unknown theme 'drak'"),
    ],
)
def test_what_cannot_be_drawn_is_said_before_anything_is_read(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(ConfigFault, match=message):
        wrong()


def test_without_matplotlib_the_doors_say_so_and_scans_go_on(
    planned: Explanation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    importing = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(f"blocked: {name}")
        return importing(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    for arguments in (
        ["chart", PLANNED, "-e", "demo"],
        ["scan", "-e", "demo", "--chart", str(tmp_path / "new")],
    ):
        assert run(arguments) == 2
        assert "charts need matplotlib" in capfd.readouterr().err
    assert not (tmp_path / "new").exists()
    assert charted(planned).tags
    with pytest.raises(ConfigFault, match="matplotlib"):
        png(charted(planned))


def test_a_folder_that_cannot_be_made_stops_the_scan_before_it_starts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(["scan", "-e", "demo", "--chart", str(tmp_path / "file" / "charts")]) == StorageFault.exit_code
    said = capfd.readouterr()
    assert said.out == ""
    assert "--chart: cannot make the folder" in said.err


def test_charts_that_cannot_be_written_leave_the_plans_and_flag_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert run(["scan", "-e", "demo", "-s", PLANNED, "--jsonl", "--chart", str(tmp_path)]) == 10
    said = capfd.readouterr()
    assert '"symbol":"XRP/USDT"' in said.out.replace(": ", ":")
    assert "charts_failed" in said.err
    assert "No space left" in said.err
    assert list(tmp_path.iterdir()) == []


def test_file_names_are_safe_whatever_a_symbol_holds(planned: Explanation) -> None:
    scene = charted(planned)
    assert file_name("BTC/USDT:USDT", scene) == "BTC-USDT-USDT-1h.png"
    assert file_name("../../etc/X", scene) == "..-..-etc-X-1h.png"
