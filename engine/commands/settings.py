"""The edge at which settings are read: files and environment in, a settings value out."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from engine.commands.flags import Flags
from engine.commands.paths import config_file, is_there
from engine.commands.reading import parse_account, read_text
from shared.config.account import AccountFile, parse_equity
from shared.config.environment import read_environment, variable
from shared.config.layers import Leaf, Tree, graft, leaves, merged, read_toml
from shared.config.settings import Settings, StoreSettings, build_settings, read_store, with_risk
from shared.config.urls import check_url
from shared.errors import SecurityFault
from shared.models.profile import Profile
from shared.models.risk import Account

LOCAL_FILE: Final = "snipersight.toml"
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Configured:
    """Effective settings, with the account that sizes are computed from."""

    settings: Settings
    account: Account


def configure(flags: Flags, environ: Mapping[str, str], exchanges: Collection[str]) -> Configured:
    """Settings by precedence: defaults, profile, the user's file, ``./snipersight.toml``, ``--config``, environment, flags.
    A whole profile among the flags stands for all that the layers say of one.

    Raises:
        ConfigFault: a file cannot be read, or a value is wrong; the message names its source and full key.
        SecurityFault: a file holds a key and others than its owner may read it.
        StorageFault: nobody can say whether a usual file is there.
    """
    layers = (*_files(flags, environ), read_environment(environ, exchanges), _flag_layer(flags))
    settings = _with_values(build_settings(layers, exchanges), flags)
    if flags.account is None:
        equity, currency = parse_equity(settings.account.equity, "account.equity")
        return Configured(settings, Account(equity, currency))
    given = parse_account(flags.account, flags.called("account"))
    return Configured(_with_account_risk(settings, given, flags.account), given.account)


def configure_store(flags: Flags, environ: Mapping[str, str]) -> StoreSettings:
    """Where candles are kept, by the same precedence. The rest of the settings is not looked at: which exchanges they may name
    depends on what is stored.

    Raises:
        ConfigFault: a file cannot be read, or a value is wrong.
    """
    mine = {name: value for name, value in environ.items() if name.startswith(variable("store."))}
    return read_store(merged((*_files(flags, environ), read_environment(mine, ()))))


def _files(flags: Flags, environ: Mapping[str, str]) -> list[Tree]:
    """Files that are there; the one named by ``--config`` must be.

    Raises:
        StorageFault: nobody can say whether one is there.
    """
    usual = [path for path in (config_file(environ), Path(LOCAL_FILE)) if is_there(path) and path.is_file()]
    layers = [_file(path, "settings", str(path)) for path in usual]
    if flags.config is not None:
        layers.append(_file(Path(flags.config), flags.called("config"), flags.config))
    return layers


def _file(path: Path, asked_by: str, source: str) -> Tree:
    """The layer of one file; keys are taken only from one that its owner alone may read or write.

    Raises:
        SecurityFault: others may too.
    """
    layer = read_toml(read_text(path, asked_by), source)
    others = path.stat().st_mode & OTHERS if os.name == "posix" else 0
    if others and any(key[0] == "exchanges" and key[-1] in ("key", "secret") for key, _ in leaves(layer)):
        raise SecurityFault(
            f"{source} holds an exchange's key and others than its owner may read or write it",
            f"Run chmod 600 {source}; if others could read it, make a new key",
        )
    return layer


def _flag_layer(flags: Flags) -> Tree:
    layer: Tree = {}
    if isinstance(flags.profile, str):
        graft(layer, ("profile", "name"), Leaf(flags.profile, flags.called("profile")))
    if flags.exchange is not None:
        graft(layer, ("exchange",), Leaf(flags.exchange, flags.called("exchange")))
    return layer


def _with_values(settings: Settings, flags: Flags) -> Settings:
    """Settings with what is said as a value and has no key of its own: a whole profile, the chosen exchange's address."""
    if isinstance(flags.profile, Profile):
        settings = replace(settings, profile=flags.profile)
    if flags.base_url is None:
        return settings
    check_url(flags.base_url, flags.called("base_url"))
    reached = replace(settings.of_exchange(settings.exchange), base_url=flags.base_url)
    return replace(settings, exchanges={**settings.exchanges, settings.exchange: reached})


def _with_account_risk(settings: Settings, given: AccountFile, source: str) -> Settings:
    if given.risk_pct is None:
        return settings
    profile = with_risk(settings.profile, Leaf(given.risk_pct, source))
    return replace(settings, profile=profile, origin={**settings.origin, "profile.risk.risk_pct": source})
