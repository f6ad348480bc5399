"""Environment variables as a layer: ``SNIPERSIGHT_PROFILE__GATES__MIN_SCORE=70`` is ``profile.gates.min_score``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from shared.config.layers import Leaf, Tree, graft
from shared.config.settings import setting_keys
from shared.errors import ConfigFault
from shared.utils.suggest import nearest, suggest

PREFIX: Final = "SNIPERSIGHT_"

NOT_SETTINGS: Final[Mapping[str, str]] = {
    "SNIPERSIGHT_HOME": "directory that holds settings, candles and logs instead of the platform's own places",
    "SNIPERSIGHT_NO_JIT": "1 runs the kernels as plain Python",
    "SNIPERSIGHT_DEBUG": "1 shows tracebacks",
    "SNIPERSIGHT_MARKET_DATA": "directory of recorded candles for tests and benchmarks",
    "SNIPERSIGHT_WEBHOOK_SECRET": "secret with which what is posted to notify.webhook_url is signed",
    "SNIPERSIGHT_WEBHOOK_SECRET_FILE": "file that holds that secret",
    "SNIPERSIGHT_TELEGRAM_TOKEN": "token of the Telegram bot (TELEGRAM_BOT_TOKEN is read too)",
    "SNIPERSIGHT_TELEGRAM_TOKEN_FILE": "file that holds that token",
    "SNIPERSIGHT_APPRISE_URLS": "addresses of other services that are told, of apprise, between spaces",
    "SNIPERSIGHT_APPRISE_URLS_FILE": "file that holds those addresses",
    "SNIPERSIGHT_TZ": "time zone in which people are shown times",
}
"""Variables of ours that are not settings, and what they do."""


def variable(key: str) -> str:
    """The variable of a dotted key; a shell takes no hyphen in its name."""
    return PREFIX + key.upper().replace(".", "__").replace("-", "_")


def read_environment(environ: Mapping[str, str], exchanges: Collection[str]) -> Tree:
    """The layer of every ``SNIPERSIGHT_`` variable that is a setting.

    Raises:
        ConfigFault: a variable of ours that means nothing, with the nearest that does.
    """
    tree: Tree = {}
    known = {variable(key) for key in (*setting_keys(exchanges), "profile")} | set(NOT_SETTINGS)
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            path = _path(name.removeprefix(PREFIX).lower(), exchanges)
            if name not in known and variable(".".join(path[:-1])) not in known:
                near = nearest(name, known)
                raise ConfigFault(
                    f"unknown variable {name}", f"Did you mean {near}?" if near else suggest(name, ())
                )
            target = ("profile", "name") if path == ("profile",) else path
            graft(tree, target, Leaf(environ[name], f"environment {name}", text=True))
    return tree


def _path(written: str, exchanges: Collection[str]) -> tuple[str, ...]:
    """The key's parts; an exchange's name has its hyphens back."""
    path = tuple(written.split("__"))
    if path[0] != "exchanges" or len(path) < 2:
        return path
    named = {name.replace("-", "_"): name for name in exchanges}
    return (path[0], named.get(path[1], path[1]), *path[2:])
