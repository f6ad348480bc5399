"""A logistic model, stored as JSON, that adjusts confluence by up to ten points through a hook.

Scoring needs no ML library: the model is a handful of numbers. Model files are data, never code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ml.feature_buffer import features
from shared.errors import ConfigFault
from shared.models.context import SniperContext
from shared.models.scoring import ML_LIMIT
from shared.models.smc import Side


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """``p = 1 / (1 + exp(-(intercept + Σ weight·feature)))``, the probability that a setup reaches its first target."""

    intercept: float
    weights: Mapping[str, float]

    @classmethod
    def from_json(cls, text: str) -> LogisticModel:
        """Read ``{"intercept": 0.1, "weights": {"factor.alignment": 1.2}}``.

        Raises:
            ConfigFault: not that shape, or a number is not finite.
        """
        try:
            document = json.loads(text)
        except ValueError as error:
            raise ConfigFault(f"model: not JSON: {error}", "Give intercept and weights") from error
        if not isinstance(document, dict) or set(document) != {"intercept", "weights"}:
            raise ConfigFault("model: expected exactly the keys 'intercept' and 'weights'")
        weights = document["weights"]
        if not isinstance(weights, dict):
            raise ConfigFault("model: 'weights' must map feature names to numbers")
        return cls(
            _number("intercept", document["intercept"]),
            {name: _number(name, weights[name]) for name in weights},
        )

    def probability(self, row: Mapping[str, float]) -> float:
        """Probability for one feature row.

        Raises:
            ConfigFault: the model asks for a feature that the row does not have.
        """
        unknown = sorted(set(self.weights) - set(row))
        if unknown:
            raise ConfigFault(f"model: no such feature {unknown[0]!r}", f"There are {', '.join(sorted(row))}")
        logit = self.intercept + sum(weight * row[name] for name, weight in self.weights.items())
        return 0.5 * (1.0 + math.tanh(0.5 * logit))


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ConfigFault(f"model: {name!r} must be a finite number, found {value!r}")
    return float(value)


def rescoring_hook(model: LogisticModel) -> Callable[[SniperContext], SniperContext]:
    """A hook for ``after_confluence``: both directions get 20·(p − ½) points, within ±10."""

    def rescore(context: SniperContext) -> SniperContext:
        breakdown = context.confluence_breakdown
        if breakdown is None:
            return context
        for side in Side:
            points = 2 * ML_LIMIT * (model.probability(features(context, side)) - 0.5)
            breakdown = breakdown.adjusted(side, round(points, 1))
        return replace(context, confluence_breakdown=breakdown)

    return rescore
