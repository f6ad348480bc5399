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
from shared.config.profiles import profile_names, profile_trees
from shared.errors import ConfigFault, DataFault
from shared.utils.suggest import suggest

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
        ConfigFault: profiles and a space or one profile at once, none where some are named, or an unknown profile.
        DataFault: no packaged profile's timeframes are stored.
    """
    varied = bool(forward.trials or forward.space)
    if forward.profiles and varied:
        raise ConfigFault(
            "--profiles and --space or --trials exclude each other",
            "Name the one profile to vary with --profile",
        )
    if forward.profiles and flags.profile is not None:
        raise ConfigFault(
            "--profiles and --profile exclude each other", "Name every candidate with --profiles"
        )
    if not varied:
        return _by_name(flags, asked, forward, request, environ)
    from engine.backtest.space import sampled, space_of

    space = space_of(space_values(forward.space))
    return sampled(request.profile, space, forward.trials or USUAL_TRIALS, request.seed)


def _by_name(
    flags: Flags, asked: Replaying, forward: Forwarding, request: BacktestRequest, environ: Mapping[str, str]
) -> tuple[Profile, ...]:
    """Profiles as ``--profile`` would give them, with what the settings change in each."""
    exchanges = known_exchanges(environ, flags)
    names = _names(flags, forward)
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


def _names(flags: Flags, forward: Forwarding) -> list[str | Profile]:
    """Profiles that were named, ``--profile`` alone being the one; none means every packaged one."""
    named = [name.strip() for given in forward.profiles for name in given.split(",") if name.strip()]
    if forward.profiles and not named:
        raise ConfigFault("--profiles names no profile", "Write it like balanced,trend")
    trees = profile_trees()
    for name in named:
        if name not in trees:
            raise ConfigFault(f"--profiles: unknown profile {name!r}", suggest(name, trees))
    return [*named] or ([flags.profile] if flags.profile is not None else [])


def _stored(flags: Flags, exchange: str, environ: Mapping[str, str]) -> frozenset[Timeframe]:
    with open_store(environ, flags) as store:
        return frozenset(info.timeframe for info in store.series(exchange))
