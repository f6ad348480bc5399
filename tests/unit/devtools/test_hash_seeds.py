"""The same decision under every hash seed: a few processes here, a thousand by ``make reruns``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from data.cache import SqliteCandleStore
from devtools import hash_seeds
from devtools.hash_seeds import CANDLES, FixedClock, asked, keep_candles, main, rerun
from engine.edges import Edges
from engine.orchestrator import run_scan


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("candles")
    keep_candles(folder)
    return folder


def test_processes_with_other_hash_seeds_record_the_same_decision(candles: Path) -> None:
    (found,) = {rerun(candles, seed) for seed in (0, 7, 2**32 - 1)}
    assert (len(found), int(found, 16) > 0) == (64, True)


def test_what_is_decided_again_has_plans_and_rejections(candles: Path) -> None:
    with closing(SqliteCandleStore(candles / CANDLES)) as store:
        result = run_scan(asked(offline=True), Edges(None, store, FixedClock()))
    assert (len(result.setups), result.faults) == (3, ())
    assert {stop.stage for stop in result.rejections} >= {"universe", "smc", "confluence"}


@pytest.mark.parametrize(
    ("answers", "code"), [(("a", "a"), 0), (("a", "b"), 1), (("broke with seed 1", "broke with seed 1"), 1)]
)
def test_another_hash_or_a_broken_run_fails_the_command(
    answers: tuple[str, str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = list(answers)
    monkeypatch.setattr(hash_seeds, "keep_candles", lambda folder: None)
    monkeypatch.setattr(hash_seeds, "rerun", lambda folder, seed: left.pop())
    assert main(("--runs", "2", "--jobs", "1")) == code
    assert f"2 runs, {len(set(answers))} outcomes" in capsys.readouterr().out
