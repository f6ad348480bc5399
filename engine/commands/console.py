"""The two streams of a run: results on standard output, everything else on standard error."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from bot.ui.look import Layout, Look, look_at
from engine.commands.flags import Output
from shared.errors import StorageFault

FULL: Final = frozenset({errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT})
"""What a stream that takes nothing says."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where a run writes, and how that may look. ``watched`` is whether a person sees results on a terminal."""

    look: Look
    error_look: Look
    quiet: bool

    @classmethod
    def of(cls, output: Output, environ: Mapping[str, str]) -> Console:
        """The console of this process."""
        look = look_at(
            sys.stdout, environ, plain=output.plain or output.for_machines, no_color=output.no_color
        )
        return cls(look, look_at(sys.stderr, environ, no_color=output.no_color), output.quiet)

    @property
    def watched(self) -> bool:
        """Whether a person sees the results."""
        return self.look.layout is not Layout.TSV

    def result(self, lines: Iterable[str]) -> None:
        """Write results. A reader that has gone away (``| head``) has seen enough."""
        _write(sys.stdout, lines)

    def remark(self, lines: Iterable[str]) -> None:
        """Write remarks, unless asked to be quiet."""
        if not self.quiet:
            self.warn(lines)

    def warn(self, lines: Iterable[str]) -> None:
        """Write what must be seen even when quiet."""
        _write(sys.stderr, [self.error_look.signs(line) for line in lines])


def _write(stream: TextIO, lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    try:
        _put(stream, text)
    except BrokenPipeError:
        silence(stream)
    except OSError as error:
        silence(stream)
        if stream is sys.stdout:
            raise lost_output(error.strerror or str(error)) from error


def _put(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        stream.write(text.encode("ascii", "backslashreplace").decode())
    stream.flush()


def lost_output(why: str) -> StorageFault:
    """The fault of a standard output that takes nothing."""
    return StorageFault(
        f"standard output could not be written: {why}", "Send it to a file or terminal that has room"
    )


def open_streams() -> None:
    """Make sure that both streams are there before anything else is opened in their place. Without a standard error nobody
    reads remarks, and the run goes on.

    Raises:
        StorageFault: standard output is closed.
    """
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end
    if sys.stdout is None:
        raise lost_output("it is closed")


def is_lost_output(error: Exception) -> bool:
    """Whether an error that nobody translated came from writing to a standard output that takes nothing (help, version)."""
    return isinstance(error, OSError) and error.filename is None and error.errno in FULL


def silence(stream: TextIO) -> None:
    """Send the rest of a closed pipe's stream nowhere, so that the interpreter can end in peace."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
