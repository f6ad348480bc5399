"""``profiles`` and ``config``: what can be set, what is set, and by whom."""

from __future__ import annotations

import dataclasses
import os
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.commands.console import Console
from engine.commands.edges import exchange_names
from engine.commands.flags import Flags
from engine.commands.settings import configure
from shared.config.profiles import load_profile, profile_names
from shared.config.settings import ExchangeSettings, Settings
from shared.models.profile import Profile

DEFAULT: Final = "default"


def list_profiles(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """One line a profile."""
    console = Console.of(flags.output, environ)
    for name in profile_names():
        summary = load_profile(name).summary
        lines = (
            console.look.wrap(f"{name:<11} {summary}", " " * 12)
            if console.watched
            else [f"{name}\t{summary}"]
        )
        console.result(console.look.signs(line) for line in lines)
    return 0


def show_profile(flags: Flags, environ: Mapping[str, str] = os.environ) -> int:
    """Every value of a profile with its unit, range, origin and meaning."""
    settings = configure(flags, environ, exchange_names()).settings
    console = Console.of(flags.output, environ)
    rows = [row for row in rows_of(settings) if row[0].startswith("profile.")]
    console.result([f"{settings.profile.name}: {settings.profile.summary}"] if console.watched else [])
    console.result(_lines(rows, console))
    return 0


def show_config(flags: Flags, *, origin: bool, environ: Mapping[str, str] = os.environ) -> int:
    """Every effective value; with ``origin`` also where it came from."""
    settings = configure(flags, environ, exchange_names()).settings
    lines = [
        f"{key} = {value}" + (f"  # {source}" if origin else "")
        for key, value, _, _, source, _ in rows_of(settings)
    ]
    Console.of(flags.output, environ).result(lines)
    return 0


Row = tuple[str, str, str, str, str, str]
"""Key, value, unit, range, origin, meaning."""


def rows_of(settings: Settings) -> Iterator[Row]:
    """Every effective value."""
    yield from _profile_rows(settings.profile, settings.origin)
    yield (
        "exchange",
        settings.exchange,
        "",
        "",
        settings.origin.get("exchange", DEFAULT),
        "exchange that is scanned",
    )
    for name in sorted({settings.exchange, *settings.exchanges}):
        found: ExchangeSettings = settings.of_exchange(name)
        yield from _section_rows(found, f"exchanges.{name}", settings.origin)
    for table in ("account", "data", "store", "journal", "log"):
        yield from _section_rows(getattr(settings, table), table, settings.origin)


def _profile_rows(profile: Profile, origin: Mapping[str, str]) -> Iterator[Row]:
    yield (
        "profile.name",
        profile.name,
        "",
        "",
        origin.get("profile.name", DEFAULT),
        "profile that the rest starts from",
    )
    for spec in dataclasses.fields(profile):
        section = getattr(profile, spec.name)
        if dataclasses.is_dataclass(section):
            yield from _section_rows(section, f"profile.{spec.name}", origin)


def _section_rows(section: Any, key: str, origin: Mapping[str, str]) -> Iterator[Row]:
    for spec in dataclasses.fields(section):
        value, where = getattr(section, spec.name), f"{key}.{spec.name}"
        parts = (
            {f"{where}.{name}": part for name, part in value.items()}
            if isinstance(value, Mapping)
            else {where: value}
        )
        for name, part in parts.items():
            yield (
                name,
                _shown(part),
                spec.metadata["unit"],
                _range(spec.metadata),
                origin.get(name, DEFAULT),
                spec.metadata["doc"],
            )


def _range(metadata: Mapping[str, Any]) -> str:
    """The numbers that are taken, both ends included; empty where it is no number."""
    return f"{metadata['low']:g} to {metadata['high']:g}" if "low" in metadata else ""


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(item) for item in value) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value == "":
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lines(rows: list[Row], console: Console) -> Iterator[str]:
    """For people: key, value, unit, range and origin on a line, the meaning under it. For machines: tab-separated."""
    if not console.watched:
        yield "key\tvalue\tunit\trange\torigin\tmeaning"
        yield from ("\t".join(row) for row in rows)
        return
    for key, value, unit, bounds, source, meaning in rows:
        name, given = key.removeprefix("profile."), f"{value} {unit}".rstrip()
        given += f"  ({bounds})" if bounds else ""
        mark = "" if source == DEFAULT else f"  [{source}]"
        yield console.look.signs(f"{name} = {given}{mark}")
        yield from (
            console.look.paint(f"    {line}", "dim")
            for line in textwrap.wrap(meaning, console.look.columns - 4)
        )
