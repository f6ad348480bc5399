"""A channel that writes one JSON document a line to an open text stream: standard output, a pipe."""

from __future__ import annotations

from typing import TextIO

from bot.notifications.lines import line_of, line_parcel
from contracts.notification_contract import Threads
from shared.models.notifications import Delivered, Delivery, Notice, Parcel, Refused, Unknown

ADDRESS = "-"


class JsonLines:
    """Writes each notice's document as one line and flushes it."""

    name = "stdout"
    deadline_s = 5.0

    def __init__(self, stream: TextIO) -> None:
        """``stream`` is open for writing and stays the caller's to close."""
        self._stream = stream

    def pace_s(self, address: str) -> float:  # noqa: ARG002 - it takes what comes
        """Requests may follow at once."""
        return 0.0

    def parcels(self, notice: Notice, threads: Threads) -> tuple[Parcel, ...]:  # noqa: ARG002 - a line has no thread
        """One line, whatever the thread."""
        return line_parcel(self.name, ADDRESS, notice)

    async def send(self, parcel: Parcel, parent_remote_id: str) -> Delivery:  # noqa: ARG002 - a line has no thread
        """Write one line. A closed pipe takes nothing more: its reader has seen enough."""
        try:
            self._stream.write(line_of(parcel))
            self._stream.flush()
        except BrokenPipeError:
            return Refused("the pipe is closed", None)
        except OSError as error:
            return Unknown(f"could not be written: {error.strerror}")
        return Delivered()

    async def close(self) -> None:
        """Nothing stays open between requests."""
