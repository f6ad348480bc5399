"""What ``doctor`` measures of this machine."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from engine.commands.paths import APP, candle_file, config_file, is_there, log_folder, request_file
from engine.doctor import libraries as of_libraries
from engine.doctor import machine
from engine.doctor import store as of_store
from engine.doctor.folders import judge_folders
from engine.doctor.room import judge_room
from shared.errors import SniperError
from shared.models.health import Finding

if TYPE_CHECKING:
    from shared.config.settings import Settings

SAMPLE_SERIES: Final = 24
"""Series of the store whose every page is looked at."""


def python(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """The interpreter and the system."""
    shown = f"SniperSight on Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return (of_libraries.judge_python(sys.version_info[:3], shown),)


def libraries(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Installed versions against the floors of our own package."""
    try:
        floors = of_libraries.floors_of(distribution(APP).requires or ())
    except PackageNotFoundError:
        return (of_libraries.judge_uninstalled(),)
    return (of_libraries.judge_libraries(floors, _installed(floors)),)


def _installed(names: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def kernels(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Whether numba is there and used."""
    import importlib.util

    from shared.utils.kernels import jit_available

    installed = importlib.util.find_spec("numba") is not None
    return (machine.judge_kernels(installed=installed, used=jit_available()),)


def zones(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """The sessions' time zone."""
    try:
        ZoneInfo(machine.SESSION_ZONE)
    except (KeyError, ValueError, OSError):
        return (machine.judge_zones(found=False),)
    return (machine.judge_zones(found=True),)


def plugins(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Installed plugins, loaded as a scan loads them."""
    from engine.plugins.loader import installed_plugins

    try:
        names = tuple(dict.fromkeys(one.plugin for one in installed_plugins()))
    except SniperError as fault:
        return (machine.judge_broken_plugin(fault),)
    return (machine.judge_plugins(names),)


def folders(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """A file made and removed in each folder, or in what there is of its path."""
    return (judge_folders({name: _problem(folder) for name, folder in _folders(environ).items()}),)


def _folders(environ: Mapping[str, str]) -> dict[str, Path]:
    return {
        "config": config_file(environ).parent,
        "cache": candle_file(environ).parent,
        "data": request_file(environ).parent,
        "log": log_folder(environ),
    }


def _problem(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=_nearest(folder)):
            return ""
    except OSError as error:
        return f"{_nearest(folder)}: {error.strerror or error}"


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that can be seen."""
    return next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))


def room(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Bytes that may be written where candles and the rest are kept."""
    places = {"candles": candle_file(environ).parent, "the rest": request_file(environ).parent}
    return (judge_room({name: shutil.disk_usage(_nearest(path)).free for name, path in places.items()}),)


def store(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """The candle store opened, written to (nothing), and a sample of it held to its seals."""
    try:
        return (_objects(settings) if settings.store.url else _file(candle_file(environ)),)
    except SniperError as fault:
        return (of_store.judge_closed_store(fault),)


def _file(path: Path) -> Finding:
    from data.cache import SqliteCandleStore
    from data.store_check import check_sample

    if not is_there(path):
        return of_store.judge_no_store()
    with closing(SqliteCandleStore(path)) as kept:
        with kept.file.transaction():
            pass
        sample = check_sample(kept.file, SAMPLE_SERIES)
        look = of_store.StoreLook(kept.series(), sample, kept.file.size(), kept.file.remarks)
    return of_store.judge_store(look)


def _objects(settings: Settings) -> Finding:
    from engine.commands.edges import open_store_at

    with open_store_at(settings.store, os.environ) as kept:
        return of_store.judge_objects(kept.series())
