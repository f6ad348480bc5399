"""How formats touch files: texts that may be packed are read up to a limit, files are replaced whole or not at all."""

from __future__ import annotations

import gzip
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shared.errors import DataFault, StorageFault

MAX_BYTES: Final = 256 << 20
"""The longest text a file may hold, unpacked: ten years of 5m candles are half of it."""
ADVICE: Final = "Check the folder's permissions and space"


def read_text(path: Path) -> str:
    """The text of a file, unpacked if its name ends in ``.gz``.

    Raises:
        DataFault: unreadable, not what its name says, too long, or not UTF-8.
    """
    try:
        with path.open("rb") as stream:
            raw = (gzip.GzipFile(fileobj=stream) if path.suffix == ".gz" else stream).read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFault(f"not readable: {error}") from error
    return decoded(raw)


def decoded(raw: bytes) -> str:
    """Bytes as text.

    Raises:
        DataFault: too many, or not UTF-8.
    """
    if len(raw) > MAX_BYTES:
        raise DataFault(f"it is longer than {MAX_BYTES >> 20} MiB unpacked", "Split it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFault(f"not UTF-8 text (byte {error.start})") from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to that becomes ``path`` when the block ends well; readers see the old file or the new one, whole.

    Raises:
        StorageFault: the folder cannot be made or written.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        raise StorageFault(f"{path} could not be written: {error.strerror or error}", ADVICE) from error
    finally:
        part.unlink(missing_ok=True)
