"""A plugin's indicators, detectors and factors: each of its type, with a name of its own, held to its laws."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterator
from typing import Any, Final, TypeVar

from engine.plugins.laws import ACTION, held_detector, held_factor, held_indicator
from indicators.registry import COLUMNS
from shared.errors import ContractError
from shared.models.events import Kind
from shared.models.extensions import Extensions, OfferedDetector, OfferedFactor, OfferedIndicator
from strategy.confluence.factors import BY_NAME

Offer = TypeVar("Offer", OfferedIndicator, OfferedDetector, OfferedFactor)

OWN_DETECTORS: Final = tuple(kind.name.lower() for kind in Kind)


def read_offers(who: str, plugin: Any, owner: str, taken: Extensions) -> Extensions:
    """What ``plugin`` offers beside hooks, ready to be called. ``taken`` is what plugins before it offer.

    Raises:
        ContractError: something is of another type, has a name that is taken or breaks a law; the message names it.
    """
    indicators = tuple(_offered(who, plugin, "indicators", OfferedIndicator))
    detectors = tuple(_offered(who, plugin, "detectors", OfferedDetector))
    factors = tuple(_offered(who, plugin, "factors", OfferedFactor))
    columns = [column.name for indicator in indicators for column in indicator.columns]
    held_columns = [column.name for indicator in taken.indicators for column in indicator.columns]
    _check_names(who, "indicator column", columns, (*COLUMNS, *held_columns))
    _check_names(who, "detector", [one.name for one in detectors], (*OWN_DETECTORS, *_names(taken.detectors)))
    _check_names(who, "factor", [one.name for one in factors], (*BY_NAME, *_names(taken.factors)))
    return Extensions(
        tuple(held_indicator(f"{who}: indicator {one.name!r}", one) for one in indicators),
        tuple(held_detector(f"{who}: detector {one.name!r}", one) for one in detectors),
        tuple(held_factor(f"{who}: factor {one.name!r}", one) for one in factors),
        (owner,) if indicators or detectors or factors else (),
    )


def _offered(who: str, plugin: Any, offer: str, kind: type[Offer]) -> Iterator[Offer]:
    if not hasattr(plugin, offer):
        return
    try:
        offered: object = getattr(plugin, offer)()
    except ContractError as error:
        raise _refusal(who, error.problem) from error
    if not isinstance(offered, (tuple, list)):
        raise _refusal(who, f"{offer}() must give a tuple of {kind.__name__}, found {type(offered).__name__}")
    for one in offered:
        if not isinstance(one, kind):
            raise _refusal(who, f"{offer}() must give {kind.__name__}s, found {one!r}")
        _check_travels(who, one)
        yield one


def _check_travels(who: str, one: Offer) -> None:
    """Whether worker processes can be handed it."""
    try:
        pickle.dumps(one)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise _refusal(
            who,
            f"{one.name!r} cannot be handed to a worker process: its functions must stand in a module ({error})",
        ) from None


def _check_names(who: str, what: str, names: Collection[str], taken: Collection[str]) -> None:
    seen = set(taken)
    for name in names:
        if name in seen:
            raise _refusal(who, f"{what} {name!r} exists already; give it another name")
        seen.add(name)


def _names(held: Collection[OfferedDetector] | Collection[OfferedFactor]) -> tuple[str, ...]:
    return tuple(one.name for one in held)


def _refusal(who: str, why: str) -> ContractError:
    return ContractError(f"{who}: {why}", ACTION)
