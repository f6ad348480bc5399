"""Telegram's HTML mode: templates that escape what they are given, and texts cut where nothing is torn.

Telegram counts in UTF-16 units, after tags and references are read: 4,096 in a text, 1,024 under a picture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shared.errors import NotifyFault

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

TEMPLATES: Final = Path(__file__).with_name("templates")
TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
TIME_SHOWN: Final = "%Y-%m-%d %H:%M UTC"
LINE_END: Final = "\n"
TOKEN: Final = re.compile(r"<(?P<end>/?)(?P<name>[a-z-]+)[^>]*>|&[#a-zA-Z0-9]+;|.", re.DOTALL)


def rendered(template: str, values: Mapping[str, Any], folder: str = "") -> str:
    """A template with ``values``, each escaped; that of ``folder`` where it has one of that name, else our own.

    Raises:
        NotifyFault: the template is wrong or asks for what is not given.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return _templates(folder).get_template(template).render(values).strip()
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
        raise NotifyFault(
            f"template {template}{line}: {error}", "Correct it, or take it out of notify.templates"
        ) from error


@cache
def _templates(folder: str) -> SandboxedEnvironment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    made = SandboxedEnvironment(
        loader=FileSystemLoader([*([folder] if folder else []), TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=False,
    )
    made.filters |= {"thin": thin, "when": _when, "times": _times, "words": words, "tag": _tag}
    return made


def thin(price: str) -> str:
    """A price with thousands separators."""
    whole, point, rest = price.partition(".")
    return f"{int(whole):,}{point}{rest}"


def _when(time: str) -> Any:
    """A time that each reader is shown in a zone of their own."""
    from markupsafe import Markup

    moment = datetime.fromisoformat(time).astimezone(UTC)
    return Markup('<tg-time unix="{}" format="wDT">{}</tg-time>').format(
        int(moment.timestamp()), moment.strftime(TIME_SHOWN)
    )


def _times(text: str) -> Any:
    """A text in which each reader is shown every time in a zone of their own."""
    from markupsafe import Markup
    from markupsafe import escape as escaped

    return Markup(_with_times(str(escaped(text)), _when))  # noqa: S704 - escaped


def with_plain_times(text: str) -> str:
    """A text in which every time reads as people write it, ``2026-11-22 08:00 UTC``: for where a reader's zone is not known."""
    return _with_times(text, lambda time: datetime.fromisoformat(time).strftime(TIME_SHOWN))


def _with_times(text: str, shown: Callable[[str], Any]) -> str:
    """``text`` with ``shown`` in place of each time; what only looks like one stays."""

    def one(match: re.Match[str]) -> str:
        try:
            return str(shown(match[0]))
        except ValueError:
            return match[0]

    return TIME.sub(one, text)


def words(name: str) -> str:
    """A factor's name as people write it."""
    return name.replace("_", " ")


def _tag(symbol: str) -> str:
    """A symbol as a hashtag."""
    return re.sub(r"\W", "", symbol)


def units(source: str) -> int:
    """Length of a text in HTML mode as Telegram counts it."""
    return _units(plain(source))


def plain(source: str) -> str:
    """The text without its markup, as readers see it."""
    return unescape("".join(one[0] for one in TOKEN.finditer(source) if one["name"] is None))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def bold(text: str) -> str:
    """Escaped and in bold."""
    return f"<b>{escape(text, quote=False)}</b>"


@dataclass(slots=True)
class _Part:
    """A part being filled: its tokens, how long they are, and the tags open now; ``breaks`` is how many tokens come before the best
    place to cut, with the tags open there."""

    tokens: list[str] = field(default_factory=list)
    size: int = 0
    open: list[str] = field(default_factory=list)
    breaks: tuple[int, tuple[str, ...]] | None = None


def split(source: str, limit: int) -> tuple[str, ...]:
    """``source`` in parts of at most ``limit`` units, cut behind a line where one ends in the part's second half, else behind a
    word, else anywhere; tags that are open at a cut are closed and opened again."""
    parts: list[str] = []
    now = _Part()
    for match in TOKEN.finditer(source):
        token = match[0]
        size = 0 if match["name"] else _units(unescape(token))
        if now.size + size > limit:
            now = _cut(now, parts)
        _add(now, token, size, match, limit)
    parts.append(_whole(now.tokens, now.open))
    return tuple(part for part in parts if plain(part))


def _add(now: _Part, token: str, size: int, match: re.Match[str], limit: int) -> None:
    now.tokens.append(token)
    now.size += size
    if match["name"]:
        if match["end"]:
            now.open.pop()
        else:
            now.open.append(token)
    elif token.isspace() and now.size > limit // 2 and (token in LINE_END or not _breaks_at_line(now)):
        now.breaks = len(now.tokens), tuple(now.open)


def _breaks_at_line(now: _Part) -> bool:
    return now.breaks is not None and now.tokens[now.breaks[0] - 1] == "\n"


def _cut(now: _Part, parts: list[str]) -> _Part:
    """End a part at its best place; what follows begins the next one."""
    count, still_open = now.breaks or (len(now.tokens), tuple(now.open))
    parts.append(_whole(now.tokens[:count], list(still_open)))
    rest = now.tokens[count:]
    size = sum(_units(unescape(token)) for token in rest if not token.startswith("<"))
    return _Part([*still_open, *rest], size, list(now.open))


def _whole(tokens: list[str], still_open: list[str]) -> str:
    ends = (f"</{re.split('[ >]', tag[1:], maxsplit=1)[0]}>" for tag in reversed(still_open))
    return "".join(tokens) + "".join(ends)
