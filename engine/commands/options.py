"""Options that commands of several modules take, and their parameters as flags."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from engine.commands.flags import Flags, Output

OUTPUT_NAMES: Final = tuple(Output.__dataclass_fields__)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Plain = Annotated[bool, typer.Option("--plain", help="Tab-separated values, as in a pipe.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing that need not be said.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]


def flags_of(given: dict[str, Any]) -> Flags:
    """The flags among a command's parameters."""
    output = Output(**{name: given[name] for name in OUTPUT_NAMES if name in given})
    names = [
        name for name in Flags.__dataclass_fields__ if name not in ("output", "symbols") and name in given
    ]
    return Flags(
        output=output, symbols=tuple(given.get("symbols") or ()), **{name: given[name] for name in names}
    )
