"""The name under which a compiled kernel is kept says everything it is made of."""

from __future__ import annotations

import pytest

from shared.utils import kernels

LIMIT = 3


def _under(value: int) -> bool:
    return value < LIMIT


def counted(values: list[int]) -> int:
    return sum(1 for value in values if value < 10) + (1 if _under(values[0]) else 0)


def test_a_number_of_another_module_is_part_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kernels._source_digest(counted)
    assert kernels._source_digest(counted) == before
    monkeypatch.setitem(_under.__globals__, "LIMIT", 4)
    assert kernels._source_digest(counted) != before
