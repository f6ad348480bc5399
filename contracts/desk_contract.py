"""What the bot asks the product, and what it remembers between runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from shared.models.desk import Answer, Decision, Hush, Mark


class Desk(Protocol):
    """Who answers the bot's questions.

    Laws: nothing is sent to an exchange but questions about the market; a decision is taken once per setup, whoever presses
    what how often; every fault is a SniperError whose text holds no secret. ``scan``, ``why`` and ``chart`` may take long and are called
    outside the event loop, one at a time.
    """

    def scan(self) -> Answer:
        """Scan now, record it as ``scan`` does, and say what was found."""
        ...

    def why(self, symbol: str) -> Answer:
        """Why a symbol has a plan, or none.

        Raises:
            SniperError: no such symbol (the nearest is named), or the market cannot be read.
        """
        ...

    def chart(self, symbol: str, timeframe: str) -> Answer:
        """A picture; an empty timeframe is the profile's own.

        Raises:
            SniperError: no such symbol or timeframe, or it cannot be drawn.
        """
        ...

    def signals(self) -> Answer:
        """How the setups of the last days stand."""
        ...

    def status(self) -> Answer:
        """How the product itself stands."""
        ...

    def locks(self) -> Answer:
        """What keeps plans from being approved."""
        ...

    def open_symbols(self) -> tuple[str, ...]:
        """Symbols of the setups that are not over, the newest first."""
        ...

    def plan(self, fingerprint: str) -> Mapping[str, Any]:
        """The published document of a setup's plan.

        Raises:
            NotFound: none of that name was recorded.
        """
        ...

    def pause(self) -> Answer:
        """Tell nothing new until :meth:`resume`."""
        ...

    def resume(self) -> Answer:
        """Tell what is new again."""
        ...

    def mute(self, symbol: str, hours: float) -> Answer:
        """Tell of no new setup of a symbol for some hours; 0 tells again."""
        ...

    def decide(self, decision: Decision) -> Answer:
        """Take a decision, or say why it cannot be taken (any more)."""
        ...


class BotStore(Protocol):
    """What the bot remembers.

    Laws: what was kept survives a kill; a mark only goes up, except that :meth:`keep_mark` may replace one that no longer
    counts; every call raises StorageFault where the file cannot be read or written.
    """

    def mark(self, bot: str) -> Mark | None:
        """The newest mark of a bot; None before its first update."""
        ...

    def keep_mark(self, bot: str, mark: Mark) -> None:
        """Remember that an update was taken up."""
        ...

    def hush(self) -> Hush:
        """What is not told."""
        ...

    def pause(self, since_ms: int) -> None:
        """Tell nothing new; 0 ends it."""
        ...

    def mute(self, symbol: str, until_ms: int) -> None:
        """Mute a symbol until a time."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...
