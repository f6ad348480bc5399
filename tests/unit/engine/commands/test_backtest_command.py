"""``backtest`` on the command line: what can be refused is refused before anything is replayed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.backtest import backtest
from engine.commands.flags import Flags, Replaying
from shared.errors import StorageFault


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*asked: object, **more: object) -> None:
        raise AssertionError("replayed for a report that has no place")

    monkeypatch.setattr("engine.backtest.telling.tell", never)
    (tmp_path / "taken").write_text("a file")
    home = {"SNIPERSIGHT_HOME": str(tmp_path / "home")}
    with pytest.raises(StorageFault, match="--output"):
        backtest(Flags(exchange="demo"), Replaying(output=str(tmp_path / "taken")), home)
