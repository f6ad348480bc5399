"""Write the generated parts of ``docs/``: ``python -m devtools.codegen_tools``. A test keeps them in step."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from risk.gates import GATES as RISK_GATES
from strategy.gates import GATES

GATES_PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "quality_gates.md"
BEGIN: Final = "<!-- table: written by devtools.codegen_tools -->"
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


def with_table(page: str) -> str:
    """``page`` with its table written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{gate_table()}\n{END}{after}"


if __name__ == "__main__":
    GATES_PAGE.write_text(with_table(GATES_PAGE.read_text()))
