"""The command line in this process: what goes to which stream, and the exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import engine.explanation
import engine.orchestrator
from data.cache import SqliteCandleStore
from engine.commands import edges, scan
from engine.commands.app import run
from shared.errors import ClockFault, TransportFault
from shared.models.scan import RunStatus, ScanResult
from shared.models.timeframe import Timeframe
from tests.fixtures.hand_scan import EMPTY, PLANNED, SCAN
from tests.laws.markets import market

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and working directory, and no settings of the machine's own."""
    for name in ("SNIPERSIGHT_DEBUG", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line: exit code, standard output, standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def ends_in(monkeypatch: pytest.MonkeyPatch, end: ScanResult | Exception) -> list[Any]:
    """Let every scan end in ``end``; the requests it was asked."""
    asked: list[Any] = []

    def scanned(request: Any, *_: object, **__: object) -> ScanResult:
        asked.append(request)
        if isinstance(end, Exception):
            raise end
        return end

    monkeypatch.setattr(engine.orchestrator, "run_scan", scanned)
    for module in (edges, scan):
        monkeypatch.setattr(module, "exchange_names", lambda: ("binance", "demo"), raising=False)
    return asked


def test_json_is_one_document_and_remarks_go_to_stderr(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_in(monkeypatch, SCAN)
    code, out, err = cli("scan", "-e", "demo", "--json")
    assert code == 10
    assert json.loads(out)["run_id"] == SCAN.run_id
    assert "! XTZ/USDT: 3 candles missing in 15m. Import them again." in err


def test_jsonl_is_one_plan_a_line(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_in(monkeypatch, SCAN)
    _, out, _ = cli("scan", "-e", "demo", "--jsonl")
    assert [json.loads(line)["symbol"] for line in out.splitlines()] == ["BTC/USDT", "SHIB/USDT"]


def test_a_pipe_gets_tab_separated_values(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_in(monkeypatch, SCAN)
    _, out, err = cli("scan", "-e", "demo")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["symbol", "BTC/USDT", "SHIB/USDT"]
    assert "Stage" in err
    assert "\x1b" not in out + err


def test_quiet_says_nothing_when_nothing_is_found_and_nothing_wrong(
    cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_in(monkeypatch, EMPTY)
    assert cli("scan", "-e", "demo", "-q") == (0, "", "")
    ends_in(monkeypatch, replace(SCAN, setups=()))
    assert cli("scan", "-e", "demo", "-q") == (
        10,
        "",
        "! XTZ/USDT: 3 candles missing in 15m. Import them again.\n",
    )


def test_quiet_says_why_a_scan_is_degraded_or_refused(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = ("journal_failed: the disk is full",)
    ends_in(monkeypatch, replace(EMPTY, status=RunStatus.DEGRADED, flags=flags))
    assert cli("scan", "-e", "demo", "-q") == (10, "", "! journal_failed: the disk is full\n")
    ends_in(monkeypatch, replace(EMPTY, status=RunStatus.REFUSED, coverage=(1, 3)))
    code, _, err = cli("scan", "-e", "demo", "-q")
    assert (code, err[:23]) == (20, "refused: 1 of 3 symbols")


def test_verbose_logs_events_on_stderr(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_in(monkeypatch, SCAN)
    _, out, err = cli("scan", "-e", "demo", "--json", "-v", "--log-format", "json")
    assert json.loads(out)
    events = [json.loads(line)["event"] for line in err.splitlines() if line.startswith("{")]
    assert events[0] == "scan_started"
    assert "setup_rejected" not in events


@pytest.mark.parametrize("status", list(RunStatus))
def test_the_status_is_the_exit_code(status: RunStatus, cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_in(monkeypatch, replace(EMPTY, status=status))
    assert (
        cli("scan", "-e", "demo")[0] == {"ok": 0, "degraded": 10, "refused": 20, "failed": 30}[status.value]
    )


def test_flags_become_the_request(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ends_in(monkeypatch, EMPTY)
    source = ("-p", "trend", "-e", "demo", "--as-of", "2024-08-05", "--offline", "--account", "250USDT")
    cli("scan", *source, "-s", "btc,eth/usdt", "-s", "sol", "-n", "5")
    (request,) = asked
    assert request.profile.name == "trend"
    assert request.symbols == ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    assert (request.exchange, request.top) == ("demo", 5)
    assert request.as_of_ms == 1_722_816_000_000
    assert request.account.equity == 250


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("scan", "-p", "balanc"), "error: --profile: unknown profile 'balanc'. Did you mean 'balanced'?"),
        (("scan", "-e", "binanc"), "error: --exchange: unknown exchange 'binanc'. Did you mean 'binance'?"),
        (
            ("scan", "--as-of", "soon"),
            "error: --as-of is not a time: 'soon'. Write it like 2024-08-05T12:00:00Z.",
        ),
        (("scan", "--as-of", "2024-08-05T12:00"), "error: --as-of has no time zone"),
        (
            ("scan", "-s", "@gone"),
            "error: --symbols: cannot read gone: No such file or directory. Check the path.",
        ),
        (("scan", "-c", "gone.toml"), "error: --config: cannot read gone.toml"),
        (
            ("scan", "--account", "much"),
            "error: --account: account must be an amount above 0 and a currency, found 'much'.",
        ),
        (
            ("scan", "--json", "--plain"),
            "error: --json and --plain exclude each other. Choose one output format.",
        ),
        (("scan", "--top", "0"), "error: Invalid value for '--top'"),
        (("scan", "--profle", "x"), "error: No such option: --profle"),
        (("scna",), "error: No such command 'scna'. Did you mean 'scan'?"),
        (("explain", "BTC/USDT,ETH/USDT"), "error: explain takes one symbol, found 'BTC/USDT,ETH/USDT'."),
        (("profiles", "show", "mobil"), "unknown profile 'mobil'. Did you mean 'mobile'?"),
        (("data", "import", "gone.parquet"), "error: no such file or folder: gone.parquet. Check the path."),
    ],
)
def test_wrong_usage_is_one_line_and_2(
    arguments: tuple[str, ...], message: str, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_in(monkeypatch, EMPTY)
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_fault_has_its_own_code_and_no_traceback_unless_asked(
    cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_in(monkeypatch, ClockFault("--as-of is in the future", "Give a time that has passed"))
    assert cli("scan", "-e", "demo") == (
        20,
        "",
        "error: --as-of is in the future. Give a time that has passed.\n",
    )
    ends_in(monkeypatch, TransportFault("binance: no answer", "Try again"))
    assert cli("scan", "-e", "demo")[0] == 30
    assert "Traceback" in cli("scan", "-e", "demo", "--debug")[2]
    monkeypatch.setenv("SNIPERSIGHT_DEBUG", "1")
    assert "Traceback" in cli("scan", "-e", "demo")[2]


def test_a_defect_is_30_one_line_and_a_saved_traceback_without_secrets(
    cli: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("MY_API_KEY", "canary-value")
    ends_in(monkeypatch, ZeroDivisionError("canary-value divided"))
    code, out, err = cli("scan", "-e", "demo")
    assert (code, out, err.count("\n")) == (30, "", 1)
    assert err.startswith(
        "error: unexpected ZeroDivisionError: [hidden] divided. This is a defect in SniperSight"
    )
    (saved,) = (home / "home" / "log").iterdir()
    assert str(saved) in err
    text = saved.read_text()
    assert "Traceback" in text
    assert "canary" not in text


def test_ctrl_c_is_130(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    ends_in(monkeypatch, EMPTY)
    monkeypatch.setattr(engine.orchestrator, "run_scan", stop)
    assert cli("scan", "-e", "demo") == (130, "", "interrupted; nothing half-written\n")


def test_explain_prints_words_or_a_document(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_in(monkeypatch, EMPTY)
    monkeypatch.setattr(engine.explanation, "explain_symbol", lambda *_: PLANNED)
    code, out, _ = cli("explain", "btc", "-e", "demo")
    assert (code, out.splitlines()[0][:16]) == (0, "BTC/USDT · LONG ")
    assert json.loads(cli("explain", "btc", "-e", "demo", "--json")[1])["schema"] == "snipersight.explain/1"


def test_profiles_and_settings_are_listed_with_units_ranges_and_origins(
    cli: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    ends_in(monkeypatch, EMPTY)
    assert [line.split("\t")[0] for line in cli("profiles", "list")[1].splitlines()] == [
        "balanced", "trend", "range", "aggressive", "mobile",
    ]  # fmt: skip
    rows = [line.split("\t") for line in cli("profiles", "show", "trend")[1].splitlines()]
    found = {row[0]: row[1:] for row in rows}
    assert found["profile.gates.min_score"] == ["70", "points", "0 to 100", "profile trend", "confluence"]
    assert found["profile.confluence.weights.alignment"][:4] == ["18", "points", "0 to 100", "default"]
    assert found["profile.timeframes.anchor"][1:3] == ["", ""]
    (home / "snipersight.toml").write_text("profile.gates.min_score = 71")
    assert "profile.gates.min_score = 71  # snipersight.toml" in cli("config", "show", "--origin")[1]
    assert "exchanges.binance.timeout_s = 10\n" in cli("config", "show")[1]


def test_an_empty_store_says_what_to_do(cli: Run) -> None:
    code, out, err = cli("data", "status")
    assert (code, out.count("\n")) == (0, 1)
    assert "nothing is stored yet" in err


def test_a_file_that_is_no_candle_file_is_named_and_nothing_is_kept(cli: Run, home: Path) -> None:
    (home / "binance__BTC-USDT__5m.parquet").write_text("no parquet")
    code, out, err = cli("data", "import", str(home))
    assert (code, out) == (30, "")
    assert "! binance__BTC-USDT__5m.parquet: not readable as Parquet" in err
    assert cli("data", "status")[1].count("\n") == 1


def test_an_import_that_imports_nothing_is_no_silent_success(cli: Run, home: Path) -> None:
    (home / "binance__BTC-USDT__7m.parquet").write_text("whatever")
    code, out, err = cli("data", "import", str(home))
    assert (code, out) == (30, "")
    assert err.splitlines()[-1] == "0 files imported, 0 refused, 1 skipped"
    code, out, err = cli("data", "import", str(home / "binance__BTC-USDT__7m.parquet"))
    assert (code, out) == (30, "")
    assert "! binance__BTC-USDT__7m.parquet: 7m candles are not kept, only 5m, 15m, 1h, 4h, 1d, 1w" in err


def test_a_parquet_file_without_pyarrow_says_what_to_run(
    cli: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "binance__BTC-USDT__5m.parquet").write_text("whatever")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, out, err = cli("data", "import", str(home))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"{sys.executable} -m pip install -e '.[parquet]'" in err


def test_steps_after_the_demo_fit_the_terminal() -> None:
    for columns in (60, 80, 92, 120):
        assert max(map(len, scan.next_steps("WIF/USDT", columns))) <= columns


def test_lists_fit_the_terminal(cli: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteCandleStore(home / "home" / "cache" / "candles.sqlite3")
    store.write("binance", "1000SATS/USDT", market(1, 300, "walk", Timeframe.M15))
    store.close()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for columns in (60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        for words in (("data", "status"), ("profiles", "list")):
            lines = cli(*words)[1].splitlines()
            assert max(map(len, lines)) <= columns
            assert any("1000SATS/USDT" in line or "balanced" in line for line in lines)


def test_nothing_asked_shows_help_and_the_version_is_told(cli: Run) -> None:
    code, out, _ = cli()
    assert (code, out.splitlines()[0]) == (0, "Usage: snipersight [OPTIONS] COMMAND [ARGS]...")
    assert cli("--version") == (0, "SniperSight 0.1.0\n", "")
