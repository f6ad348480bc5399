"""What a scan says that the one before did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.models.scan import Setup


@dataclass(frozen=True, slots=True)
class News:
    """Setups that are new, those whose prices or grade changed, and the names of those that are gone."""

    new: tuple[Setup, ...]
    changed: tuple[Setup, ...]
    gone: tuple[str, ...]

    @property
    def told(self) -> tuple[Setup, ...]:
        """New and changed ones, by score as in the scan."""
        return tuple(
            sorted((*self.new, *self.changed), key=lambda setup: (-setup.plan.score, setup.plan.symbol))
        )


Told = Mapping[str, tuple[str, tuple[object, ...]]]
"""By fingerprint, the setup's name and what was told of it: as many as the last scan had."""


def news_of(setups: Sequence[Setup], told: Told) -> tuple[News, Told]:
    """The news since ``told``, and what is told now."""
    now = {setup.plan.fingerprint: (_name(setup), _facts(setup)) for setup in setups}
    new = tuple(setup for setup in setups if setup.plan.fingerprint not in told)
    changed = tuple(
        setup
        for setup in setups
        if setup.plan.fingerprint in told and told[setup.plan.fingerprint][1] != _facts(setup)
    )
    gone = tuple(name for key, (name, _) in told.items() if key not in now)
    return News(new, changed, gone), now


def _name(setup: Setup) -> str:
    return f"{setup.plan.symbol} {setup.plan.side.word}"


def _facts(setup: Setup) -> tuple[object, ...]:
    """What a trader would act on otherwise: grade and prices, not the score's last point."""
    plan = setup.plan
    prices = (plan.entry.near, plan.entry.far, plan.entry.price, plan.stop.price)
    return (plan.grade, *prices, *(target.price for target in plan.targets))
