"""``verify repaint``, ``null`` and ``lookahead`` on the command line; what they do stands in ``verify`` and ``lookahead``."""

from __future__ import annotations

from typing import Final

import typer

from engine.commands.options import (
    AtMost,
    Bars,
    Checked,
    Config,
    Cuts,
    Debug,
    Json,
    Library,
    NoColor,
    Plain,
    Profile,
    Quiet,
    Seed,
    Shuffles,
    Stored,
    Timeframes,
    checks_of,
    flags_of,
)

verify: Final = typer.Typer(
    help="Check what is computed of your own candles: repaint, null, lookahead.", rich_markup_mode=None
)


@verify.command("repaint")
def verify_repaint(
    *,
    exchange: Stored = None,
    symbols: Checked = None,
    timeframes: Timeframes = None,
    top: AtMost = None,
    bars: Bars = 2000,
    cuts: Cuts = 20,
    seed: Seed = 1,
    library: Library = None,
    profile: Profile = None,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Does a detector say something else of the past once more candles are there? Per detector: events, rewrites, lag."""
    given = locals()
    from engine.commands.verify import repaint as run

    return run(flags_of(given), checks_of(given))


@verify.command("null")
def verify_null(
    *,
    exchange: Stored = None,
    symbols: Checked = None,
    timeframes: Timeframes = None,
    top: AtMost = None,
    bars: Bars = 2000,
    shuffles: Shuffles = 20,
    seed: Seed = 1,
    profile: Profile = None,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """How often zones hold, sweeps reverse and breaks go on, beside the same on shuffled candles."""
    given = locals()
    from engine.commands.verify import null as run

    return run(flags_of(given), checks_of(given))


@verify.command("lookahead")
def verify_lookahead(
    *,
    exchange: Stored = None,
    symbols: Checked = None,
    timeframes: Timeframes = None,
    top: AtMost = None,
    bars: Bars = 2000,
    cuts: Cuts = 20,
    seed: Seed = 1,
    profile: Profile = None,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Does anything know the future? Columns, detectors and whole decisions, with later candles cut off, poisoned or altered. Exit code
    30 if anything of ours or of a plugin does."""
    given = locals()
    from engine.commands.lookahead import lookahead as run

    return run(flags_of(given), checks_of(given))
