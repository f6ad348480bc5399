"""What other people's packages add to a decision: indicators, detectors and factors, as values with a name and functions.

The functions are pure and stand in a module, so that worker processes can be handed them. What they return is held to the
laws said here each time they are called (``engine.plugins.laws``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from shared.errors import ContractError
from shared.models.data import Candles, Floats, MultiTimeframeData
from shared.models.indicators import IndicatorSet, IndicatorSets
from shared.models.profile import Profile
from shared.models.regime import Regime
from shared.models.smc import PluginEvent, Side, SMCSnapshot, TimeframeStructure


class Named:
    """Base of what is offered: a name of lower-case letters, digits and underscores.

    Raises:
        ContractError: it is not one.
    """

    __slots__ = ()
    name: str

    def __post_init__(self) -> None:
        """Check the name."""
        name: object = self.name
        if not isinstance(name, str) or not name.isidentifier() or name != name.lower():
            raise ContractError(
                f"{type(self).__name__}: name must be lower-case letters, digits and underscores, found {name!r}"
            )


@dataclass(frozen=True, slots=True)
class Column(Named):
    """One output of an indicator: rows without a value at the start, lowest and highest possible value."""

    name: str
    warmup: int
    low: float = -inf
    high: float = inf


@dataclass(frozen=True, slots=True)
class OfferedIndicator(Named):
    """Columns computed from closed candles.

    Laws: causal; ``compute`` gives exactly ``columns``, each float64 of shape (n,), NaN in exactly the first ``warmup`` rows,
    within its bounds after.
    """

    name: str
    columns: tuple[Column, ...]
    compute: Callable[[Candles], Mapping[str, Floats]]


@dataclass(frozen=True, slots=True)
class OfferedDetector(Named):
    """Events found in closed candles of one timeframe.

    Laws: causal — of ``candles.head(n)`` it finds exactly the events of ``candles`` known by the n-th close; ordered by
    ``known_ms``.
    """

    name: str
    find: Callable[[Candles], tuple[PluginEvent, ...]]


@dataclass(frozen=True, slots=True)
class FactorView:
    """What a factor reads: everything known of the symbol at the as-of close, and the side asked about."""

    side: Side
    multi_tf_data: MultiTimeframeData
    multi_tf_indicators: IndicatorSets
    smc_snapshot: SMCSnapshot
    regime: Regime
    settings: Profile

    @property
    def anchor(self) -> TimeframeStructure:
        """Structure of the timeframe whose zones are traded."""
        return self.smc_snapshot.timeframes[self.settings.timeframes.anchor]

    @property
    def indicators(self) -> IndicatorSet:
        """Indicators of the timeframe whose zones are traded, offered columns included."""
        return self.multi_tf_indicators[self.settings.timeframes.anchor]


@dataclass(frozen=True, slots=True)
class OfferedFactor(Named):
    """A part of the score. Laws: ``value`` is finite and in [0, 1]; ``why`` is one sentence with the numbers behind it."""

    name: str
    value: Callable[[FactorView], float]
    why: Callable[[FactorView], str]


@dataclass(frozen=True, slots=True)
class Extensions:
    """All that is offered, in the order in which it is computed and shown. ``owners`` are the packages, as name and version."""

    indicators: tuple[OfferedIndicator, ...] = ()
    detectors: tuple[OfferedDetector, ...] = ()
    factors: tuple[OfferedFactor, ...] = ()
    owners: tuple[str, ...] = ()

    def joined(self, other: Extensions) -> Extensions:
        """Both; what both have stands once."""
        return Extensions(
            tuple(dict.fromkeys((*self.indicators, *other.indicators))),
            tuple(dict.fromkeys((*self.detectors, *other.detectors))),
            tuple(dict.fromkeys((*self.factors, *other.factors))),
            tuple(dict.fromkeys((*self.owners, *other.owners))),
        )


NOTHING: Final = Extensions()
"""No package offers anything."""
