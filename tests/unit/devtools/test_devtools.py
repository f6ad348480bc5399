"""The workshop's tools work, and what they write is what the documentation says."""

from __future__ import annotations

import pytest

from devtools.codegen_tools import GATES_PAGE, with_table
from devtools.debug_cli import events, main, stages


@pytest.mark.checkout
def test_the_gates_page_holds_the_table_as_it_is() -> None:
    page = GATES_PAGE.read_text()
    assert with_table(page) == page, "run: make schema"


def test_stages_are_timed_in_order() -> None:
    assert [line.split()[0] for line in stages()] == ["indicators", "smc", "regime", "confluence", "plan"]


def test_events_end_with_the_newest() -> None:
    times = [line.split()[0] for line in events("ETH/USDT", "4h", "12")]
    assert len(times) == 12
    assert times == sorted(times)


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 2
    assert "stages | events" in capsys.readouterr().err
