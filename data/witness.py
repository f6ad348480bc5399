"""The journal's witness: the newest head in a small file of its own, so that a journal that was cut, or put back from an old
copy, is seen. It is written after the journal, so it may lag behind what was being written when a run was killed; it never
runs ahead.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

from shared.errors import DamagedJournal
from shared.models.journal import Head

TITLE: Final = "snipersight journal head 1"


def write_witness(path: Path, head: Head) -> None:
    """Replace the witness, on disk before this returns.

    Raises:
        OSError: the file or its folder cannot be written.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with fresh.open("w", encoding="ascii", newline="\n") as file:
            file.write(_text(head))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    _sync_folder(path.parent)


def read_witness(path: Path) -> Head | None:
    """The head last written; None where there is no witness.

    Raises:
        DamagedJournal: the file is not what was written.
        OSError: it cannot be read.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        _, line, _ = text.decode("ascii").split("\n", 2)
        seq, digest = line.split(" ")
        head = Head(int(seq), bytes.fromhex(digest))
    except ValueError:
        raise _damage(path) from None
    if text != _text(head).encode():
        raise _damage(path)
    return head


def _text(head: Head) -> str:
    line = f"{head.seq} {head.hash.hex()}"
    return f"{TITLE}\n{line}\n{hashlib.sha256(line.encode()).hexdigest()}\n"


def _damage(path: Path) -> DamagedJournal:
    return DamagedJournal(
        f"{path}: the journal's witness is damaged",
        "Run 'audit verify --accept': it takes the journal's own head, if its chain is whole",
    )


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where folders can be synced (not on Windows)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
