"""A channel that writes one JSON document a line to an open text stream: standard output, a file, a pipe."""

from __future__ import annotations

from typing import TextIO

from contracts.notification_contract import Message
from shared.errors import NotifyFault


class JsonLines:
    """Writes each message's payload as one line and flushes it."""

    channel = "jsonl"

    def __init__(self, stream: TextIO) -> None:
        """``stream`` is open for writing and stays the caller's to close."""
        self._stream = stream

    def deliver(self, message: Message) -> None:
        """Write one line.

        Raises:
            NotifyFault: the stream refuses it. A closed pipe stays a BrokenPipeError: its reader has seen enough.
        """
        try:
            self._stream.write(message.payload + "\n")
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise NotifyFault(
                f"channel {self.channel}: {message.symbol} could not be written: {error}",
                "Free the disk or name another file",
            ) from error
