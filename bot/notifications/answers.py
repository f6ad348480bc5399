"""An answer as Telegram's messages: escaped, within the limits, never without an end."""

from __future__ import annotations

from html import escape
from typing import Final

from bot.notifications.markup import bold, split, units, with_plain_times
from shared.models.desk import Answer

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
ACK_LIMIT: Final = 200
"""Signs of the note that a press is answered with."""
MOST: Final = 4
"""Messages of one answer; more would bury the chat."""
CUT: Final = "… the rest is left out; ask on the command line for all of it"


def texts_of(answer: Answer) -> tuple[str, ...]:
    """The messages of an answer in HTML mode. With a picture the first is its caption, and may be all there is."""
    whole = with_plain_times(_html(answer))
    if not answer.picture:
        return _capped(split(whole, TEXT_LIMIT))
    if units(whole) <= CAPTION_LIMIT:
        return (whole,)
    title, *_ = split(bold(answer.title), CAPTION_LIMIT)
    return _capped((title, *split(with_plain_times(_lines(answer)), TEXT_LIMIT)))


def note_of(answer: Answer) -> str:
    """An answer as the short plain note of a press."""
    text = with_plain_times(". ".join(part.rstrip(".") for part in (answer.title, *answer.lines) if part))
    return text if units(escape(text)) <= ACK_LIMIT else text[: ACK_LIMIT // 2 - 1] + "…"


def _capped(texts: tuple[str, ...]) -> tuple[str, ...]:
    return texts if len(texts) <= MOST else (*texts[: MOST - 1], CUT)


def _html(answer: Answer) -> str:
    lines = _lines(answer)
    return f"{bold(answer.title)}\n{lines}" if lines else bold(answer.title)


def _lines(answer: Answer) -> str:
    text = escape("\n".join(answer.lines), quote=False)
    return f"<pre>{text}</pre>" if answer.monospaced and text.strip() else text
