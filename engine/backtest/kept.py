"""Columns that were decided before, kept in files: a backtest that was stopped, or is asked again with another account, goes on from them.

A file is named by everything its columns depend on (code, settings, candles, the market around them), so that what is kept can be old but
never wrong. It is written beside its place and moved there, and is read only if its own digest holds; a damaged one is made anew.
"""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from shared.errors import StorageFault
from strategy.columns.span import TOLD, Decisions

SEAL: Final = "seal"
ABANDONED_S: Final = 86_400
"""A file half written a day ago is of a run that was killed."""
ADVICE: Final = "Make room or name another SNIPERSIGHT_HOME, or run with --no-resume"
UNREADABLE: Final = (BadZipFile, ValueError, KeyError, EOFError, RuntimeError, zlib.error)
"""What a file that is not what was written may raise."""
MOST_FILES: Final = 400
"""The oldest go when there are more: of a year of 15m closes one takes a third of a megabyte."""


@dataclass(frozen=True, slots=True)
class FileShelf:
    """One file a symbol in ``folder``, which is made when the first is kept."""

    folder: Path

    def get(self, key: str) -> tuple[Decisions, ...]:
        """What is kept, if it is whole.

        Raises:
            StorageFault: the file is there and cannot be read.
        """
        try:
            packed = self._file(key).read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StorageFault(f"{self._file(key)} cannot be read: {error.strerror}", ADVICE) from error
        try:
            with np.load(BytesIO(packed), allow_pickle=False) as held:
                columns = {name: held[name] for name in (*TOLD, SEAL)}
        except UNREADABLE:
            return ()
        seal = columns.pop(SEAL)
        return (Decisions(**columns),) if str(seal) == _seal(key, columns) else ()

    def put(self, key: str, decisions: Decisions) -> None:
        """Keep columns, all or nothing.

        Raises:
            StorageFault: they cannot be written.
        """
        columns = {name: getattr(decisions, name) for name in TOLD}
        place = self._file(key)
        beside = place.with_suffix(f".{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as stream:
                np.savez_compressed(
                    stream, allow_pickle=False, **columns, **{SEAL: np.asarray(_seal(key, columns))}
                )
            beside.replace(place)
            self._prune()
        except OSError as error:
            raise StorageFault(f"{self.folder} cannot be written: {error.strerror}", ADVICE) from error

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _prune(self) -> None:
        files = sorted(self.folder.glob("*.npz"), key=_written)
        left = [file for file in self.folder.glob("*.part") if time.time() - _written(file) > ABANDONED_S]
        for file in (*files[:-MOST_FILES], *left):
            file.unlink(missing_ok=True)


def _written(file: Path) -> float:
    """When a file was written; at the beginning of time if another run has just removed it."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _seal(key: str, columns: Mapping[str, npt.NDArray[np.generic]]) -> str:
    sha = hashlib.sha256(key.encode())
    for name in TOLD:
        sha.update(name.encode() + columns[name].dtype.str.encode() + columns[name].tobytes())
    return sha.hexdigest()
