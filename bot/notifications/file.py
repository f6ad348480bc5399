"""A channel that adds one line of JSON to a file, on disk before it counts as taken; a line that is there already is not added
again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from bot.notifications.lines import line_begin, line_of, line_parcel
from contracts.notification_contract import Threads
from shared.models.notifications import Delivered, Delivery, Notice, Parcel, Refused, Unknown


class LinesFile:
    """Appends to the files that it is told of; a parcel's address is its file's path."""

    name = "file"
    deadline_s = 10.0

    def __init__(self, paths: Sequence[Path]) -> None:
        """Nothing is opened yet."""
        self._paths = tuple(paths)

    def pace_s(self, address: str) -> float:  # noqa: ARG002 - it takes what comes
        """Requests may follow at once."""
        return 0.0

    def parcels(self, notice: Notice, threads: Threads) -> tuple[Parcel, ...]:  # noqa: ARG002 - a line has no thread
        """One line to each file."""
        return tuple(parcel for path in self._paths for parcel in line_parcel(self.name, str(path), notice))

    async def send(self, parcel: Parcel, parent_remote_id: str) -> Delivery:  # noqa: ARG002 - a line has no thread
        """Append the line and have the disk take it."""
        try:
            async with asyncio.timeout(self.deadline_s):
                return await asyncio.to_thread(_append, Path(parcel.address), parcel)
        except TimeoutError:
            return Unknown(f"the disk took nothing within {self.deadline_s:g} s")

    async def close(self) -> None:
        """Nothing stays open between requests."""


def _append(path: Path, parcel: Parcel) -> Delivery:
    """A file that cannot be opened, or could be put back as it was, took nothing."""
    try:
        with path.open("ab+") as file:
            if parcel.is_repeat and _holds(file, parcel.id):
                return Delivered()
            return _written(file, line_of(parcel).encode())
    except OSError as error:
        return Refused(f"cannot be opened: {error.strerror}", 0.0)


def _written(file: BinaryIO, line: bytes) -> Delivery:
    size = file.seek(0, os.SEEK_END)
    try:
        file.write(b"\n" * _is_torn(file, size) + line)
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        return _undone(file, size, error.strerror or "")
    return Delivered()


def _undone(file: BinaryIO, size: int, why: str) -> Delivery:
    try:
        os.ftruncate(file.fileno(), size)
        os.fsync(file.fileno())
    except OSError:
        return Unknown(f"could not be written: {why}")
    return Refused(f"could not be written: {why}", 0.0)


def _is_torn(file: BinaryIO, size: int) -> bool:
    """Whether the last line was cut off, by a power cut: it is ended, and stays for people to see."""
    if not size:
        return False
    file.seek(size - 1)
    return file.read(1) != b"\n"


def _holds(file: BinaryIO, name: str) -> bool:
    """Whether the whole line of a parcel is there."""
    begin = line_begin(name).encode()
    file.seek(0)
    return any(line.startswith(begin) and line.endswith(b"\n") for line in file)
