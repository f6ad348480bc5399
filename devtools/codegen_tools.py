"""Write the generated parts of ``docs/``: ``python -m devtools.codegen_tools``. A test keeps them in step."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from risk.gates import GATES as RISK_GATES
from shared.models.events import PAYLOAD
from shared.models.profile import SmcRules
from strategy.gates import GATES

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
BEGIN: Final = "<!-- {}: written by devtools.codegen_tools -->"
END: Final = "<!-- end of table -->"


def gate_table() -> str:
    """Every gate as a Markdown table, in the order in which a symbol meets them."""
    rows = [
        (gate.stage, gate.code, gate.what, gate.unit, gate.comparison, _threshold(gate.field))
        for gate in GATES
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


def replay_table() -> str:
    """Every field of a replay's document as a Markdown table."""
    return _fields(_schema("snipersight.replay-1"))


def _schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "schema" / f"{name}.schema.json").read_text("utf-8"))
    return found


def _fields(body: dict[str, Any]) -> str:
    rows = [f"| `{name}` | {field['description']} |" for name, field in body["properties"].items()]
    return "\n".join(["| field | meaning |", "|---|---|", *rows])


PARTS: Final[dict[str, tuple[tuple[str, Callable[[], str]], ...]]] = {
    "audit.md": (("record", record_table), ("replay", replay_table)),
    "quality_gates.md": (("table", gate_table),),
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
