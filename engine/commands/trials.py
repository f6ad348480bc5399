"""The trial log of this machine: every configuration that was ever tried on its candles."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from engine.commands.paths import trial_file

if TYPE_CHECKING:
    from engine.backtest.request import BacktestRequest


def note_trial(request: BacktestRequest, environ: Mapping[str, str] = os.environ) -> int:
    """Keep that a backtest tries its profile, and say how many different ones were tried on these candles by now, this one included.
    One of a universe counts on all symbols of the exchange.

    Raises:
        StorageFault: the log cannot be read or written.
    """
    from data.trial_log import SqliteTrialLog
    from engine.backtest.on_record import note
    from shared.models.search import ANY, Ground

    symbols = request.symbols or (ANY,)
    ground = Ground(request.exchange, symbols, request.since_ms, request.until_ms, "")
    with closing(SqliteTrialLog(trial_file(environ))) as log:
        return note(request.profile, ground, log)
