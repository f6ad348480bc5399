"""Write the generated parts of ``docs/``: ``python -m devtools.codegen_tools``. A test keeps them in step."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from data.adapters.venue import Tiers, Venue
from data.adapters.venues import VENUES
from data.universe_gates import RANK, UNIVERSE_GATES
from devtools.beside.comparison import beside_table
from devtools.fill_examples import fill_table
from devtools.profile_reasons import profile_tables
from devtools.scenarios.table import PARTS as SCENARIO_PARTS
from risk.gates import GATES as RISK_GATES
from shared.config.profiles import load_profile, profile_names
from shared.models.events import PAYLOAD
from shared.models.profile import SmcRules
from shared.models.timeframe import iso
from strategy.gates import GATES

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
BEGIN: Final = "<!-- {}: written by devtools.codegen_tools -->"
END: Final = "<!-- end of table -->"


def gate_table() -> str:
    """Every gate as a Markdown table, in the order in which a symbol meets them."""
    rows = [
        (gate.stage, gate.code, gate.what, gate.unit, gate.comparison, _threshold(gate.field))
        for gate in (*(gate.row for gate in UNIVERSE_GATES), RANK, *GATES)
    ]
    rows += [
        ("risk", gate.code, gate.what, gate.unit, gate.comparison, _threshold(gate.setting))
        for gate in RISK_GATES
    ]
    lines = [
        "| stage | code | what is measured | unit | passes when | threshold |",
        "|---|---|---|---|:-:|---|",
    ]
    lines += [
        f"| {stage} | `{code}` | {what} | {unit or '–'} | {sign} | {limit} |"
        for stage, code, what, unit, sign, limit in rows
    ]
    return "\n".join(lines)


def _threshold(field: str) -> str:
    if not field:
        return "0"
    return f"`{field}`" if "." in field and not field[0].isdigit() else field


def profile_table(section: str) -> str:
    """Every number of a section of the profiles as a Markdown table."""
    names = profile_names()
    lines = [f"| setting | unit | {' | '.join(names)} |", f"|---|---|{'--:|' * len(names)}"]
    rules = [getattr(load_profile(name), section) for name in names]
    for spec in fields(rules[0]):
        if "low" in spec.metadata:
            values = " | ".join(f"{getattr(one, spec.name):g}" for one in rules)
            lines.append(f"| `{section}.{spec.name}` | {spec.metadata['unit']} | {values} |")
    return "\n".join(lines)


def options_table() -> str:
    """Every option of the structure rules as a Markdown table."""
    lines = ["| option | default | unit | allowed | meaning |", "|---|---|---|---|---|"]
    hints = get_type_hints(SmcRules)
    for spec in fields(SmcRules):
        meta = spec.metadata
        allowed = f"{meta['low']:g} to {meta['high']:g}" if "low" in meta else _choices(hints[spec.name])
        shown = f"{spec.default:g}" if "low" in meta else _word(spec.default)
        lines.append(f"| `{spec.name}` | {shown} | {meta['unit'] or '–'} | {allowed} | {meta['doc']} |")
    return "\n".join(lines)


def _choices(hint: object) -> str:
    return ", ".join(_word(value) for value in get_args(hint) or (True, False))


def _word(value: object) -> str:
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _weekday(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%A %H:%M} UTC"


def _yes(*, value: bool) -> str:
    return "yes" if value else "no"


def payload_table() -> str:
    """What the payload of every event means as a Markdown table."""
    lines = ["| object | event | payload |", "|---|---|---|"]
    for (kind, event), meant in PAYLOAD.items():
        words = "; ".join(f"`{name}` {meaning}" for name, meaning in meant.items())
        lines.append(f"| {kind.name.lower()} | `{event.name.lower()}` | {words} |")
    return "\n".join(lines)


def record_table() -> str:
    """Every field of a journal's record, and of each kind's content, as Markdown tables."""
    whole = _schema("snipersight.record-1")
    parts = [_fields(whole)]
    for kind, body in whole["$defs"].items():
        fields_of_kind = [] if kind == "plan" else ["", _fields(body)]
        parts.append("\n".join([f"\n`{kind}`: {body['description']}", *fields_of_kind]))
    return "\n".join(parts)


def notice_table() -> str:
    """Every field of a notice as a Markdown table."""
    return _fields(_schema("snipersight.notice-1"))


def replay_table() -> str:
    """Every field of a replay's document as a Markdown table."""
    return _fields(_schema("snipersight.replay-1"))


def _schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "schema" / f"{name}.schema.json").read_text("utf-8"))
    return found


def _fields(body: dict[str, Any]) -> str:
    rows = [f"| `{name}` | {field['description']} |" for name, field in body["properties"].items()]
    return "\n".join(["| field | meaning |", "|---|---|", *rows])


def venue_table() -> str:
    """What is known of every venue as a Markdown table: a row a fact, a column a venue."""
    lines = [f"| | {' | '.join(f'`{name}`' for name in VENUES)} |", "|---|" + "---|" * len(VENUES)]
    for what, shown in VENUE_FACTS:
        lines.append(f"| {what} | {' | '.join(shown(venue) for venue in VENUES.values())} |")
    return "\n".join(lines)


def _weight_of(read: str, venue: Venue) -> str:
    return str(venue.weights[read])


def _tiers(tiers: Tiers) -> str:
    return ", ".join(f"≤ {rows:,}: {weight}" for rows, weight in tiers)


VENUE_FACTS: Final[tuple[tuple[str, Callable[[Venue], str]], ...]] = (
    ("kind", lambda venue: venue.kind),
    ("ccxt class", lambda venue: f"`{venue.ccxt_class}`"),
    ("address", lambda venue: venue.url),
    ("test network", lambda venue: venue.testnet_url),
    ("hosts", lambda venue: ", ".join(sorted(venue.hosts))),
    ("weight of candles by rows", lambda venue: _tiers(venue.candle_tiers)),
    ("candles a page", lambda venue: f"{venue.page:,}"),
    ("weight of an order book by levels", lambda venue: _tiers(venue.book_tiers)),
    *((f"weight of {read}", partial(_weight_of, read)) for read in ("time", "markets", "tickers")),
    ("weight a window", lambda venue: f"{venue.window_weight:,} in {venue.window_s} s"),
    ("a week opens", lambda venue: _weekday(venue.week_anchor_ms)),
    ("volume counts", lambda venue: venue.volume_unit),
    ("the newest candle may be forming", lambda venue: _yes(value=venue.shows_forming)),
    ("a long span gives the", lambda venue: "first candles" if venue.pages_forward else "last candles"),
    ("an order book says as of when", lambda venue: _yes(value=venue.book_is_timed)),
    ("streams candles from", lambda venue: venue.stream.url if venue.stream else "-"),
    ("intervals", lambda venue: ", ".join(f"{name}" for name in venue.intervals.values())),
    ("nothing traded before", lambda venue: iso(venue.first_ms)),
)


def scenario_tables() -> str:
    """Every scenario as Markdown tables, a heading a part."""
    lines = []
    for title, part in SCENARIO_PARTS:
        lines += [
            f"**{title}** ({len(part)})",
            "",
            "| scenario | profile | ends as | story |",
            "|---|---|---|---|",
        ]
        lines += [f"| `{one.name}` | {one.profile} | {one.ends} | {one.story} |" for one in part] + [""]
    return "\n".join(lines).rstrip()


PARTS: Final[dict[str, tuple[tuple[str, Callable[[], str]], ...]]] = {
    "adapters.md": (("venues", venue_table),),
    "fills.md": (("rules", fill_table), ("beside", beside_table)),
    "audit.md": (("record", record_table), ("replay", replay_table)),
    "notification_spec.md": (("notice", notice_table),),
    "profiles.md": (("profiles", profile_tables),),
    "quality_gates.md": (
        *((section, partial(profile_table, section)) for section in ("universe", "risk", "protection")),
        ("table", gate_table),
    ),
    "scenarios.md": (("scenarios", scenario_tables),),
    "smc_playbook.md": (("options", options_table), ("payload", payload_table)),
}
"""Pages and their generated tables."""


def written(name: str) -> str:
    """The page ``name`` of ``docs/`` with its tables written anew."""
    page = (DOCS / name).read_text("utf-8")
    for part, make in PARTS[name]:
        begin = BEGIN.format(part)
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(END)
        page = f"{before}{begin}\n{make()}\n{END}{after}"
    return page


if __name__ == "__main__":
    for page_name in PARTS:
        (DOCS / page_name).write_text(written(page_name), "utf-8")
