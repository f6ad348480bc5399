"""The command line: what can be said. What is done stands in the modules beside this one, loaded when a command runs."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Final

import typer
from typer.exceptions import TyperException

from engine.commands.alerts_app import add_alert_commands
from engine.commands.app_audit import audit, replay
from engine.commands.backtest_app import add_backtest_commands
from engine.commands.bot_app import add_bot_commands
from engine.commands.chart_app import add_chart_commands
from engine.commands.live_app import Slot, add_live_commands
from engine.commands.lock_app import add_lock_commands
from engine.commands.optimize_app import add_optimize_commands
from engine.commands.options import (
    Account,
    AsOf,
    Chart,
    Checked,
    Config,
    Debug,
    DemoAsOf,
    Exchange,
    Exported,
    ExportFormat,
    FileExchange,
    FileFormat,
    Jobs,
    Journal,
    Json,
    Jsonl,
    LogFormat,
    LogJson,
    NoColor,
    Notify,
    Offline,
    Plain,
    Profile,
    Quiet,
    StoredOnly,
    Symbols,
    Top,
    Verbose,
    flags_of,
)
from engine.commands.parity_app import add_parity_commands
from engine.commands.store_app import add_store_commands
from engine.commands.track_app import add_track_commands
from engine.commands.verify_app import verify
from engine.commands.walk_forward_app import add_walk_forward_commands
from shared.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, SniperError
from shared.version import VERSION

HELP: Final = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="snipersight",
    help="Scan crypto markets for complete trade plans, from closed candles only.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=HELP,
)
profiles = typer.Typer(help="The packaged profiles: list, show.", rich_markup_mode=None)
data = typer.Typer(help="Stored candles: sync, import, export, status, verify, prune.", rich_markup_mode=None)
config = typer.Typer(help="Effective settings: show.", rich_markup_mode=None)
app.add_typer(profiles, name="profiles")
app.add_typer(data, name="data")
app.add_typer(config, name="config")
app.add_typer(verify, name="verify")
app.add_typer(audit, name="audit")
add_store_commands(data)
add_lock_commands(app)
add_live_commands(app)
add_alert_commands(app)
add_bot_commands(app)
add_backtest_commands(app)
add_parity_commands(app)
add_optimize_commands(app)
add_walk_forward_commands(app)
add_track_commands(app)
add_chart_commands(app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"SniperSight {VERSION}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def door(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Show help when nothing is asked."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def scan(
    *,
    profile: Profile = None,
    exchange: Exchange = None,
    symbols: Symbols = None,
    top: Top = None,
    as_of: AsOf = None,
    offline: Offline = False,
    slot: Slot = False,
    notify: Notify = False,
    chart: Chart = None,
    account: Account = None,
    config: Config = None,
    jobs: Jobs = 1,
    json: Json = False,
    jsonl: Jsonl = False,
    plain: Plain = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
    debug: Debug = False,
    log_format: LogFormat = "console",
    log_json: LogJson = None,
    journal: Journal = None,
) -> int:
    """Look at many symbols: plans, and what stopped the rest."""
    flags = flags_of(locals())
    from engine.commands.scan import scan as run

    return run(flags)


@app.command()
def demo(
    *,
    profile: Profile = None,
    symbols: Symbols = None,
    top: Top = None,
    as_of: DemoAsOf = None,
    chart: Chart = None,
    account: Account = None,
    config: Config = None,
    json: Json = False,
    jsonl: Jsonl = False,
    plain: Plain = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Scan the embedded made-up market: no network, no key."""
    flags = flags_of({**locals(), "exchange": "demo"})
    from engine.commands.scan import demo as run

    return run(flags)


@app.command()
def explain(
    symbol: Annotated[str, typer.Argument(help="A symbol, like BTC/USDT.")],
    *,
    profile: Profile = None,
    exchange: Exchange = None,
    as_of: AsOf = None,
    offline: Offline = False,
    account: Account = None,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """One symbol in words: what to do, why, every gate, and what would change it."""
    flags = flags_of(locals())
    from engine.commands.scan import explain as run

    return run(symbol, flags)


@app.command()
def universe(
    *,
    last: Annotated[
        bool, typer.Option("--last", help="Show the one the last scan stored (at or before --as-of).")
    ] = False,
    profile: Profile = None,
    exchange: Exchange = None,
    symbols: Symbols = None,
    top: Top = None,
    as_of: AsOf = None,
    offline: Offline = False,
    config: Config = None,
    json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Which symbols a scan looks at, and by what numbers the others are left out."""
    flags = flags_of(locals())
    from engine.commands.universe import universe as run

    return run(flags, last=last)


app.command()(replay)


@profiles.command("list")
def list_profiles(*, plain: Plain = False, debug: Debug = False) -> int:
    """One line a profile."""
    flags = flags_of(locals())
    from engine.commands.profiles import list_profiles as run

    return run(flags)


@profiles.command("show")
def show_profile(
    name: Annotated[str | None, typer.Argument(help="A profile. [the one in force]")] = None,
    *,
    config: Config = None,
    plain: Plain = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Every value with its unit, range, origin and meaning."""
    flags = flags_of({**locals(), "profile": name})
    from engine.commands.profiles import show_profile as run

    return run(flags)


@config.command("show")
def show_config(
    *,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value came from.")] = False,
    profile: Profile = None,
    config: Config = None,
    debug: Debug = False,
) -> int:
    """Every effective value."""
    flags = flags_of(locals())
    from engine.commands.profiles import show_config as run

    return run(flags, origin=origin)


@data.command("import")
def import_data(
    paths: Annotated[list[str], typer.Argument(help="Candle files, or folders of them.")],
    *,
    file_format: FileFormat = "",
    exchange: FileExchange = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Read candle files into the store: Parquet, Feather and CSV named <exchange>__<BASE>-<QUOTE>__<timeframe>, freqtrade's and
    Binance's public dumps. Parquet and Feather need pyarrow: in the checkout run .venv/bin/pip install -e '.[parquet]' once
    (make test installs it too)."""
    flags = flags_of(locals())
    from engine.commands.transfer import Layout
    from engine.commands.transfer import import_candles as run

    return run(tuple(paths), Layout(file_format), flags)


@data.command("export")
def export_data(
    folder: Annotated[str, typer.Argument(help="Where to; made if it is not there.")],
    *,
    file_format: ExportFormat = "parquet",
    exchange: StoredOnly = None,
    symbols: Checked = None,
    timeframes: Exported = None,
    config: Config = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Write stored candles into files, a line for each; files of the same name are replaced. Importing them gives the same
    candles, bit for bit."""
    flags = flags_of(locals())
    from engine.commands.transfer import Layout
    from engine.commands.transfer import export_candles as run

    return run(folder, Layout(file_format, tuple(timeframes or ())), flags)


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code. Every failure ends in one line on standard error."""
    from engine.commands.console import is_lost_output, lost_output, open_streams, silence
    from engine.commands.failures import report_crash, report_fault, report_interrupt, wants_traceback

    debug = wants_traceback(arguments, os.environ)
    try:
        open_streams()
        code = app(arguments, prog_name="snipersight", standalone_mode=False)
    except SniperError as error:
        return report_fault(error, os.environ, debug=debug)
    except TyperException as error:
        return _usage(error)
    except KeyboardInterrupt:
        return report_interrupt()
    except Exception as error:  # noqa: BLE001 - the last border: whatever is left is a defect, and is reported as one
        if is_lost_output(error):
            silence(sys.stdout)
            return report_fault(lost_output(str(error)), os.environ, debug=debug)
        return report_crash(error, os.environ, debug=debug)
    if code == EXIT_INTERRUPTED:
        return report_interrupt()
    return code if isinstance(code, int) else EXIT_OK


def _usage(error: TyperException) -> int:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "snipersight"
    sys.stderr.write(f"error: {' '.join(message.split())} Try '{command} --help'.\n")
    return EXIT_USAGE


def main() -> None:
    """The program."""
    from engine.commands.failures import quiet_on_interrupt

    quiet_on_interrupt()
    sys.exit(run(sys.argv[1:]))
