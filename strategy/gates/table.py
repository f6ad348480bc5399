"""What a symbol's gates say together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.models.gates import GateResult


def first_failed(gates: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """The first gate that failed, or none."""
    return tuple(gate for gate in gates if not gate.passed)[:1]


def to_first_failed(gates: Iterable[GateResult]) -> Iterator[GateResult]:
    """The gates up to the first that failed, that one included; later ones are not asked."""
    for gate in gates:
        yield gate
        if not gate.passed:
            return
