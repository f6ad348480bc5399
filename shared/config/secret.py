"""A text that is used and never shown."""

from __future__ import annotations

from hmac import compare_digest
from typing import Final, Never

from shared.errors import SecurityFault

HIDDEN: Final = "[hidden]"


class Secret:
    """A key or password. Printed, formatted or written anywhere it is ``[hidden]``; it has no JSON form and cannot be pickled. An
    empty one is false: nothing was set.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        """``text`` is what must not be told."""
        self._text = text

    def reveal(self) -> str:
        """The text, for whoever signs with it or hides it; nobody else has a use for it."""
        return self._text

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        """The same text, compared in a time that does not tell how much of it agrees."""
        return isinstance(other, Secret) and compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        """Of the text."""
        return hash(self._text)

    def __repr__(self) -> str:
        """Not the text."""
        return HIDDEN if self._text else ""

    def __reduce__(self) -> Never:
        """Refuse to be pickled or copied.

        Raises:
            SecurityFault: always.
        """
        raise SecurityFault("a secret is not written down", "Hand the settings on, not a copy of the secret")
