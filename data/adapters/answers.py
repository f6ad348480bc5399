"""Reading answers nobody vouches for: what is taken out of one must be there and be what it should be, or it is a DataFault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from shared.errors import DataFault

NUMBER: Final = re.compile(r"[0-9]{1,32}(\.[0-9]{1,32})?([eE][-+]?[0-9]{1,2})?", re.ASCII)
WHOLE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    """One object of an answer; ``what`` says of what, for the messages."""

    what: str
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, value: object, what: str) -> Record:
        """The object ``value`` is.

        Raises:
            DataFault: it is something else.
        """
        if not isinstance(value, dict):
            raise DataFault(f"{what}: {value!r:.60} is not an object", "Try again later")
        return cls(what, value)

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self._present(key)
        return value if isinstance(value, str) and value else self._refuse(key, "a text")

    def word(self, key: str) -> str:
        """A text that may be empty."""
        value = self._present(key)
        return value if isinstance(value, str) else self._refuse(key, "a text")

    def name(self, key: str, alphabet: re.Pattern[str]) -> str:
        """A text all of ``alphabet``."""
        value = self.text(key)
        return value if alphabet.fullmatch(value) else self._refuse(key, f"of the letters {alphabet.pattern}")

    def decimal(self, key: str) -> Decimal:
        """A number that is not negative, exactly as written but for trailing zeros."""
        digits = f"{Decimal(self._written(key)):f}"
        return Decimal(digits.rstrip("0").rstrip(".") if "." in digits else digits)

    def number(self, key: str) -> float:
        """A number that is not negative."""
        return float(self._written(key))

    def number_if_any(self, key: str) -> float:
        """The same, and 0 where the venue writes an empty text because there is none."""
        return 0.0 if self._present(key) == "" else self.number(key)

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._present(key)
        return value if isinstance(value, bool) else bool(self._refuse(key, "true or false"))

    def whole(self, key: str) -> int:
        """A whole number that is not negative and not written as a text."""
        value = self._present(key)
        is_whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return value if is_whole else int(self._refuse(key, "a whole number"))

    def time_ms(self, key: str) -> int:
        """Milliseconds since the epoch; 0 means none."""
        value = self._present(key)
        written = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        return int(written) if WHOLE.fullmatch(written) else self._refuse(key, "a time in whole milliseconds")

    def record(self, key: str) -> Record:
        """An object inside this one."""
        return Record.of(self._present(key), f"{self.what} {key}")

    def list(self, key: str) -> list[Any]:
        """A list inside this one."""
        value = self._present(key)
        return value if isinstance(value, list) else self._refuse(key, "a list")

    def _written(self, key: str) -> str:
        value = self._present(key)
        written = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
        return written if NUMBER.fullmatch(written) else self._refuse(key, "a number of 0 or more")

    def _present(self, key: str) -> Any:
        if key not in self.fields:
            raise DataFault(f"{self.what}: there is no {key!r}", "Try again later")
        return self.fields[key]

    def _refuse(self, key: str, expected: str) -> Any:
        raise DataFault(
            f"{self.what}: {key!r} is {self.fields[key]!r:.60}, which is not {expected}", "Try again later"
        )


def records(values: object, what: str) -> Iterator[Record]:
    """The objects of a list.

    Raises:
        DataFault: it is no list, or one of them is no object.
    """
    if not isinstance(values, list):
        raise DataFault(f"{what}: {values!r:.60} is not a list", "Try again later")
    for value in values:
        yield Record.of(value, what)


def levels(values: list[Any], what: str) -> list[tuple[float, float]]:
    """One side of an order book: pairs of price and size, written as numbers.

    Raises:
        DataFault: one of them is no such pair.
    """
    found = []
    for value in values:
        if not isinstance(value, list) or len(value) != 2:
            raise DataFault(f"{what}: {value!r:.60} is not a price and a size", "Try again later")
        pair = Record(what, {"price": value[0], "size": value[1]})
        found.append((pair.number("price"), pair.number("size")))
    return found
