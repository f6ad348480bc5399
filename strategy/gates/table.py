"""What a symbol's gates say together."""

from __future__ import annotations

from collections.abc import Iterable

from shared.models.gates import GateResult


def first_failed(gates: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """The first gate that failed, or none."""
    return tuple(gate for gate in gates if not gate.passed)[:1]
