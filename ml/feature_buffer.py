"""Features of a scored context: what a model may learn from and score on, the same numbers in both."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from shared.errors import ContractError
from shared.models.context import SniperContext
from shared.models.smc import Side


def features(context: SniperContext, side: Side) -> dict[str, float]:
    """One direction's features, by name: every factor's value in [0, 1] as ``factor.<name>``, and the regime's figures.

    Raises:
        ContractError: the context has not been scored yet.
    """
    breakdown, regime, smc = context.confluence_breakdown, context.regime, context.smc_snapshot
    if breakdown is None or regime is None or smc is None:
        raise ContractError(
            f"{context.symbol}: features need a scored context", "Use the hook point after_confluence"
        )
    scored = breakdown.on(side)
    row = {f"factor.{factor.name}": factor.value for factor in scored.factors}
    row |= {
        "conflict_points": scored.conflict,
        "alignment": smc.alignment.along(side),
        "efficiency": regime.efficiency,
        "atr_percentile": regime.atr_percentile,
        "beta": regime.beta,
        "benchmark_impulse_z": regime.market.impulse_z * side,
    }
    return row


class FeatureBuffer:
    """The newest ``limit`` feature rows of both directions, collected at ``after_confluence``.

    A buffer is itself a hook: ``register_hook("after_confluence", buffer)``.
    """

    def __init__(self, limit: int = 10_000) -> None:
        """Keep at most ``limit`` rows; the oldest leave first."""
        self._rows: deque[Mapping[str, float | str]] = deque(maxlen=limit)

    def __call__(self, context: SniperContext) -> SniperContext:
        """Collect and pass the context on unchanged."""
        for side in Side:
            identity: dict[str, float | str] = {
                "symbol": context.symbol,
                "side": side.word,
                "as_of_ms": float(context.as_of_ms),
            }
            self._rows.append(identity | features(context, side))
        return context

    def rows(self) -> tuple[Mapping[str, float | str], ...]:
        """Rows collected so far, oldest first."""
        return tuple(self._rows)
