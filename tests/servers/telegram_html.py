"""Telegram's HTML mode, as strictly as its servers read it: text, entities in UTF-16 units, or the error they answer with.

Known from the Bot API's page on formatting options: the tags it lists and no others, four named entities and numeric ones, no
nesting inside ``code`` and ``pre``, block quotations never inside each other.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "span": "spoiler", "tg-spoiler": "spoiler", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji", "tg-time": "date_time",
}  # fmt: skip
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))?)*)\s*>"
)
REFERENCE = re.compile(r"&(#x[0-9a-fA-F]+|#[0-9]+|[a-zA-Z]+);")
PLAIN_ATTRIBUTES = {
    "blockquote": {"expandable"},
    "a": {"href"},
    "code": {"class"},
    "span": {"class"},
    "tg-time": {"unix", "format"},
    "tg-emoji": {"emoji-id"},
}


class CannotParse(Exception):
    """What the server answers with 400."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Bad Request: can't parse entities: {why}")


@dataclass(frozen=True, slots=True)
class Entity:
    """``offset`` and ``length`` in UTF-16 units."""

    type: str
    offset: int
    length: int


def units(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def parse(source: str) -> tuple[str, tuple[Entity, ...]]:
    """Text and entities of a message in HTML mode.

    Raises:
        CannotParse: Telegram would refuse it.
    """
    text, entities, stack, place = "", [], [], 0
    while place < len(source):
        letter = source[place]
        if letter == "<":
            match = TAG.match(source, place)
            if match is None:
                raise CannotParse(
                    f'Unsupported start tag "{source[place : place + 9]}" at byte offset {_bytes(source, place)}'
                )
            closing, name, attributes = match[1], match[2].lower(), match[3]
            if name not in TAGS:
                raise CannotParse(f'Unsupported start tag "{name}" at byte offset {_bytes(source, place)}')
            if closing:
                if not stack or stack[-1][0] != name:
                    expected = f', expected "</{stack[-1][0]}>"' if stack else ""
                    raise CannotParse(f"Unmatched end tag at byte offset {_bytes(source, place)}{expected}")
                _, start = stack.pop()
                if units(text) > start:
                    entities.append(Entity(TAGS[name], start, units(text) - start))
            else:
                _may_open(name, attributes, [one for one, _ in stack], place)
                stack.append((name, units(text)))
            place = match.end()
        elif letter == "&" and (match := REFERENCE.match(source, place)):
            text += _referred(match[0], match[1])
            place = match.end()
        else:
            text += letter
            place += 1
    if stack:
        raise CannotParse(f'Can\'t find end tag corresponding to start tag "{stack[-1][0]}"')
    return text, tuple(entities)


def _bytes(source: str, place: int) -> int:
    return len(source[:place].encode())


def _may_open(name: str, attributes: str, inside: list[str], place: int) -> None:
    known = set(
        re.findall(
            r"([a-zA-Z][a-zA-Z0-9-]*)(?:\s*=|\s|$)", re.sub(r"=\s*(\"[^\"]*\"|'[^']*'|\S+)", "= ", attributes)
        )
    )
    if known - PLAIN_ATTRIBUTES.get(name, set()):
        raise CannotParse(f'Tag "{name}" has attributes it may not have at byte offset {place}')
    if {"code", "pre"} & set(inside) and not (name == "code" and inside == ["pre"]):
        raise CannotParse(f'Tag "{name}" inside code at byte offset {place}')
    if name == "blockquote" and "blockquote" in inside:
        raise CannotParse(f"Nested blockquote at byte offset {place}")
    if name == "tg-time" and not re.search(r'unix\s*=\s*"\d+"', attributes):
        raise CannotParse(f'Tag "tg-time" must have attribute "unix" at byte offset {place}')


def _referred(whole: str, name: str) -> str:
    if name.startswith("#"):
        return html.unescape(whole)
    return NAMED.get(name, whole)
