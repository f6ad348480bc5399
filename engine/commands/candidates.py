"""What a walk-forward chooses from: profiles by name, or a profile with configurations drawn from a space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.commands.backtest import with_costs
from engine.commands.edges import DEMO, open_store
from engine.commands.flags import Flags, Forwarding, Replaying
from engine.commands.optimize import space_values
from engine.commands.settings import configure
from engine.commands.stored import known_exchanges
from shared.config.profiles import profile_names
from shared.errors import ConfigFault, DataFault

if TYPE_CHECKING:
    from engine.backtest.request import BacktestRequest
    from shared.models.profile import Profile
    from shared.models.timeframe import Timeframe

USUAL_TRIALS: Final = 10
"""Configurations drawn where a space is given and no number."""


def candidates_of(
    flags: Flags, asked: Replaying, forward: Forwarding, request: BacktestRequest, environ: Mapping[str, str]
) -> tuple[Profile, ...]:
    """The candidates, costs said on the command line in all of them.

    Raises:
        ConfigFault: profiles and a space at once, or an unknown profile.
        DataFault: no packaged profile's timeframes are stored.
    """
    if not (forward.trials or forward.space):
        return _by_name(flags, asked, forward, request, environ)
    if forward.profiles:
        raise ConfigFault(
            "--profiles and --space or --trials exclude each other",
            "Name the one profile to vary with --profile",
        )
    from engine.backtest.space import sampled, space_of

    space = space_of(space_values(forward.space))
    return sampled(request.profile, space, forward.trials or USUAL_TRIALS, request.seed)


def _by_name(
    flags: Flags, asked: Replaying, forward: Forwarding, request: BacktestRequest, environ: Mapping[str, str]
) -> tuple[Profile, ...]:
    """Profiles as ``--profile`` would give them, with what the settings change in each."""
    exchanges = known_exchanges(environ, flags)
    names = [name.strip() for given in forward.profiles for name in given.split(",") if name.strip()]
    found = [
        with_costs(configure(replace(flags, profile=name), environ, exchanges).settings.profile, asked)
        for name in dict.fromkeys(names or profile_names())
    ]
    if names or request.exchange == DEMO:
        return tuple(found)
    stored = _stored(flags, request.exchange, environ)
    readable = tuple(one for one in found if stored.issuperset({*one.timeframes.needed, one.timeframes.base}))
    if not readable:
        raise DataFault(
            f"no profile's timeframes are all stored of {request.exchange}",
            "Fetch them with 'data sync', or name a profile with --profiles",
        )
    return readable


def _stored(flags: Flags, exchange: str, environ: Mapping[str, str]) -> frozenset[Timeframe]:
    with open_store(environ, flags) as store:
        return frozenset(info.timeframe for info in store.series(exchange))
