"""What a third party's package may bring: an object or a module found through the entry point group ``sniper_sight.plugins``.

It has a ``name`` and offers one or more of the four kinds below. Laws: an offer gives the same whenever it is asked; what it
gives is pure and stands in a module, so that worker processes can be handed it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from shared.models.context import SniperContext
from shared.models.extensions import OfferedDetector, OfferedFactor, OfferedIndicator


class OffersHooks(Protocol):
    """Functions around stages. Laws: a hook takes a context and gives one about the same symbol."""

    def hooks(self) -> Mapping[str, Callable[[SniperContext], SniperContext]]:
        """Hook point, such as ``after_confluence``, to hook."""
        ...


class OffersIndicators(Protocol):
    """Columns beside ours in every ``IndicatorSet``. Laws: as of ``OfferedIndicator``; no column has a name of ours."""

    def indicators(self) -> tuple[OfferedIndicator, ...]:
        """Its indicators."""
        ...


class OffersDetectors(Protocol):
    """Events in ``TimeframeStructure.plugin_events``. Laws: as of ``OfferedDetector``; none has a name of ours."""

    def detectors(self) -> tuple[OfferedDetector, ...]:
        """Its detectors."""
        ...


class OffersFactors(Protocol):
    """Parts of the score, weighed by ``confluence.plugin_weights``. Laws: as of ``OfferedFactor``; none has a name of ours."""

    def factors(self) -> tuple[OfferedFactor, ...]:
        """Its factors."""
        ...
