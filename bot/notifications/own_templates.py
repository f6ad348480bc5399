"""A user's own templates, tried with a sample before anything is told by them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from bot.notifications.markup import TEMPLATES, TOKEN, plain, rendered
from bot.notifications.reasons import EVERY, listed
from shared.errors import ConfigFault, NotifyFault
from shared.utils.suggest import suggest

TAGS: Final = frozenset(
    {
        "b",
        "strong",
        "i",
        "em",
        "u",
        "s",
        "code",
        "pre",
        "a",
        "blockquote",
        "tg-time",
        "tg-spoiler",
        "tg-emoji",
    }
)
RECORD: Final = "Setups like this, out of sample: N = 41, +0.31R [-0.02, +0.63] (scores 70 to 74.9, 2024-03-01 to 2024-09-01)"
NEWS: Final = {"symbol": "BTC/USDT", "text": "🎯 TP1 reached", "short_id": "ab12"}


def check_templates(folder: Path) -> None:
    """Try every template of a folder with a sample.

    Raises:
        ConfigFault: there is no such folder, a file of it stands for none of ours, or it cannot be used; with file, line and reason.
    """
    names = sorted(path.name for path in TEMPLATES.glob("*.j2"))
    if not folder.is_dir():
        raise ConfigFault(f"notify.templates: {folder} is no folder", "Make it, or leave the setting out")
    for path in sorted(folder.glob("*.j2")):
        if path.name not in names:
            raise ConfigFault(
                f"notify.templates: {path.name} stands for none of ours", suggest(path.name, names)
            )
        _try(path.name, folder)


def _try(name: str, folder: Path) -> None:
    for values in _samples(name):
        try:
            why = _wrong(rendered(name, values, str(folder)))
        except NotifyFault as fault:
            raise ConfigFault(f"notify.templates: {fault.problem}", "Correct it, or take it away") from fault
        if why:
            raise ConfigFault(
                f"notify.templates: {name}: {why}", "Telegram takes its own tags alone, each closed"
            )


def _samples(name: str) -> tuple[dict[str, Any], ...]:
    if name == "news.html.j2":
        return (NEWS, {**NEWS, "symbol": ""})
    plan = json.loads((TEMPLATES / "sample.json").read_text("utf-8"))
    return tuple(
        {"plan": plan, "status": status, "record": record, "short_id": "ab12", **listed(plan, most)}
        for status, record in (("", ""), ("", RECORD), ("closed +1.2R", ""))
        for most in (EVERY, 0)
    )


def _wrong(source: str) -> str:
    """What is wrong with a template's outcome; empty where nothing."""
    if not plain(source).strip():
        return "it comes out empty, and nothing would be told"
    return _broken(source)


def _broken(source: str) -> str:
    """What Telegram would not read; empty where nothing."""
    opened: list[str] = []
    for match in TOKEN.finditer(source):
        tag = match["name"]
        if tag is None:
            continue
        if tag not in TAGS:
            return f"<{tag}> is no tag of Telegram's"
        if not match["end"]:
            opened.append(tag)
        elif not opened or opened.pop() != tag:
            return f"</{tag}> closes what is not open"
    return f"<{opened[-1]}> is not closed" if opened else ""
