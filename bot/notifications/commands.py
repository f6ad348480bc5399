"""What can be asked in a chat: every command with its arguments, and a text as a call of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shared.models.desk import Answer, Choice
from shared.utils.suggest import suggest

ARGUMENT: Final = re.compile(r"[^\W_][\w/:.\-]{0,31}")
"""What an argument may look like: short, of letters, digits and the signs of symbols; never a path, a list or a mark-up."""
DATA_LIMIT: Final = 64
"""Bytes of a button's data."""
OFFERED: Final = 6
"""Symbols offered where one is missing."""


@dataclass(frozen=True, slots=True)
class Command:
    """``arguments`` as people are shown them, ``least`` and ``most`` of them; ``is_slow`` ones read the market. ``letter`` begins
    the data of buttons that offer its first argument."""

    arguments: str
    words: str
    least: int = 0
    most: int = 0
    is_slow: bool = False
    letter: str = ""


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "scan": Command("", "scan now", is_slow=True),
        "signals": Command("", "how the setups of the last 7 days stand"),
        "why": Command("SYMBOL", "why there is a plan, or none", 1, 1, is_slow=True, letter="y"),
        "chart": Command("SYMBOL [TF]", "a picture, like /chart BTC 1h", 1, 2, is_slow=True, letter="k"),
        "status": Command("", "last scan, open setups, what waits to be sent"),
        "locks": Command("", "what keeps plans from being approved"),
        "pause": Command("", "tell of nothing new until /resume"),
        "resume": Command("", "tell of new setups again"),
        "mute": Command(
            "SYMBOL [HOURS]", "tell of no new setup of it, 24 hours; 0 ends it", 1, 2, letter="m"
        ),
        "help": Command("", "these lines"),
    }
)
BY_LETTER: Final = {command.letter: name for name, command in COMMANDS.items() if command.letter}


@dataclass(frozen=True, slots=True)
class Call:
    """A command with its arguments."""

    name: str
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> Command:
        """What is called."""
        return COMMANDS[self.name]


@dataclass(frozen=True, slots=True)
class Misused:
    """A command whose arguments are missing, too many, or nothing that could be meant."""

    name: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """A command that does not exist; ``near`` says which was perhaps meant."""

    near: str


def parsed(text: str, username: str) -> Call | Misused | Unheard | None:
    """The call in a text; None where it is no command, or one for another bot than ``username``."""
    if not text.startswith("/"):
        return None
    first, *arguments = text[1:].split()[:5] or [""]
    name, _, whose = first.partition("@")
    if whose and whose.lower() != username.lower():
        return None
    name = "help" if name.lower() == "start" else name.lower()
    if name not in COMMANDS:
        return Unheard(suggest(name, COMMANDS) if ARGUMENT.fullmatch(name) else "See /help")
    command = COMMANDS[name]
    fit = command.least <= len(arguments) <= command.most or name == "help"
    if not fit or not all(map(ARGUMENT.fullmatch, arguments)):
        return Misused(name)
    return Call(name, () if name == "help" else tuple(arguments))


def pressed(data: str) -> Call | None:
    """The call that a button under a usage makes; None for another button."""
    letter, _, argument = data.partition(":")
    if letter not in BY_LETTER or not ARGUMENT.fullmatch(argument):
        return None
    return Call(BY_LETTER[letter], (argument,))


def usage(name: str, symbols: tuple[str, ...]) -> Answer:
    """How a command is used, with buttons for symbols that may be meant."""
    command = COMMANDS[name]
    offers = [(symbol, f"{command.letter}:{symbol}") for symbol in symbols] if command.letter else []
    fitting = [Choice(text, data) for text, data in offers if len(data.encode()) <= DATA_LIMIT][:OFFERED]
    rows = tuple(tuple(fitting[place : place + 2]) for place in range(0, len(fitting), 2))
    return Answer(f"/{name} {command.arguments}".strip(), (command.words,), choices=rows)


def help_answer() -> Answer:
    """Every command in a line."""
    lines = [
        f"/{name} {command.arguments}".strip() + f": {command.words}" for name, command in COMMANDS.items()
    ]
    orders = "Approve, Half and Skip are recorded, once each setup. Nothing is ever sent to an exchange."
    return Answer("What can be asked", (*lines, "", orders))
