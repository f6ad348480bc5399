"""``chart``: one symbol decided as ``explain`` does, and drawn."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.commands.console import lost_output
from engine.commands.edges import exchange_names, open_edges
from engine.commands.flags import Flags
from engine.commands.gallery import file_name, write_chart
from engine.commands.locks import under_locks
from engine.commands.reading import parse_timeframes
from engine.commands.request import one_symbol, request_of
from engine.commands.scan import start
from engine.commands.settings import configure
from shared.errors import ConfigFault
from shared.models.timeframe import Timeframe

if TYPE_CHECKING:
    from bot.ui.chart_scene import ChartScene
    from bot.ui.chart_theme import Theme
    from shared.models.scan import Explanation

STANDARD_OUTPUT: Final = "-"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which picture, and where it goes; None leaves the timeframe to the plan and the file's name to the symbol."""

    timeframe: str | None
    theme: Theme
    output: str | None


def chart(symbol: str, flags: Flags, wanted: Wanted, environ: Mapping[str, str] = os.environ) -> int:
    """Draw one symbol; the exit code of its scan.

    Raises:
        ConfigFault: matplotlib is not installed, an unknown timeframe, or one the profile does not read.
        StorageFault: the file cannot be written.
        SniperError: as ``explain``.
    """
    from bot.ui.chart_canvas import insist_on_matplotlib

    insist_on_matplotlib()
    timeframe = one_timeframe(wanted.timeframe, "--timeframe")
    explanation = _explained(symbol, flags, environ)
    from engine.charting import charted

    scene = charted(explanation, timeframe)
    if wanted.output == STANDARD_OUTPUT:
        _pour(scene, wanted.theme)
    else:
        path = Path(wanted.output or file_name(explanation.symbol, scene))
        write_chart(scene, path, wanted.theme)
        sys.stdout.write(f"{path}\n")
    return explanation.scan.status.exit_code


def one_timeframe(given: str | None, called: str) -> Timeframe | None:
    """The timeframe that was named, if any.

    Raises:
        ConfigFault: an unknown one, or several.
    """
    if given is None:
        return None
    found = parse_timeframes((given,), called)
    if len(found) != 1:
        raise ConfigFault(f"{called} takes one timeframe, found {given!r}", "Write it like 1h")
    return found[0]


def _explained(symbol: str, flags: Flags, environ: Mapping[str, str]) -> Explanation:
    from engine.explanation import explain_symbol
    from engine.plugins.loader import register_plugins

    configured = configure(flags, environ, exchange_names())
    symbol = one_symbol(symbol, configured)
    request = under_locks(request_of(flags, configured), environ)
    with start(flags.output, configured.settings, environ):
        register_plugins()
        with open_edges(configured.settings, request, environ) as edges:
            return explain_symbol(request, symbol, edges)


def _pour(scene: ChartScene, theme: Theme) -> None:
    """The picture on standard output."""
    from bot.ui.charts import png

    try:
        sys.stdout.buffer.write(png(scene, theme))
        sys.stdout.buffer.flush()
    except OSError as error:
        raise lost_output(error.strerror or str(error)) from error
