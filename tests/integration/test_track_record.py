"""What a walk-forward left on record is told with a new setup, where there is enough of it; a ruined record stops no alert."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.commands.app import run
from engine.commands.doctor_files import files
from engine.commands.edges import SystemClock
from engine.commands.recall import open_track
from shared.config.digest import decision_digest
from shared.config.profiles import load_profile
from shared.config.settings import build_settings
from shared.models.health import Verdict
from tests.fixtures.hand_track import past_trades

STANDS_MS = 1_794_153_600_000
SCAN = ("scan", "-e", "demo", "-s", "XRP/USDT,LTC/USDT", "--notify", "--jsonl")
SCORES = (72.0, 73.0, 74.0, 75.0, 76.0, 77.0, 78.0, 80.0, 84.0)
LINE = "Setups like this, out of sample: N = 40, "
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("SNIPERSIGHT_NOTIFY__FILE", "alerts.jsonl")
    monkeypatch.setenv("SNIPERSIGHT_NOTIFY__PATIENCE_S", "0")
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: STANDS_MS + 60_000)
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(list(words or SCAN))
        return (code, *capsys.readouterr())

    return call


def kept(home: Path, **changed: str) -> None:
    """Put a walk-forward on record: 25 trades that scored 66, 40 of each higher score."""
    of = {"decision": decision_digest(load_profile()), **changed}
    rows = past_trades((66.0,) * 5, each=5, **of) + past_trades((66.0, *SCORES), **of)[40:]
    with open_track({"SNIPERSIGHT_HOME": str(home)}) as store:
        store.keep("r-walk", rows)


def alerts() -> dict[str, dict[str, Any]]:
    lines = Path("alerts.jsonl").read_text("utf-8").splitlines()
    return {notice["symbol"]: notice for notice in (json.loads(line)["notice"] for line in lines)}


def test_a_score_with_enough_trades_is_told_with_them_and_one_without_is_told_alone(
    tmp_path: Path, cli: Cli
) -> None:
    kept(tmp_path)
    code, _, err = cli()
    assert code == 0, err
    told = alerts()
    many, few = told["XRP/USDT"], told["LTC/USDT"]
    assert (many["plan"]["score"], few["plan"]["score"]) == (78.3, 67.3)
    assert many["text"].splitlines()[-1].startswith(LINE)
    assert many["record"]["text"] == many["text"].splitlines()[-1]
    assert (many["record"]["score_low"], many["record"]["score_high"], many["record"]["trades"]) == (
        78.0,
        79.9,
        40,
    )
    assert "record" not in few
    assert "out of sample" not in few["text"]


def test_explain_says_the_same_of_both(tmp_path: Path, cli: Cli) -> None:
    kept(tmp_path)
    documents = {}
    for symbol in ("XRP", "LTC"):
        code, out, err = cli("explain", symbol, "-e", "demo", "--json")
        assert (code, err) == (0, "")
        documents[symbol] = json.loads(out)
    assert documents["XRP"]["record"]["text"].startswith(LINE)
    assert "record" not in documents["LTC"]
    _, words, _ = cli("explain", "XRP", "-e", "demo")
    assert LINE[:30] in words


@pytest.mark.parametrize("changed", [{"exchange": "binance"}, {"decision": "e" * 64}])
def test_other_markets_and_other_rules_say_nothing(tmp_path: Path, cli: Cli, changed: dict[str, str]) -> None:
    kept(tmp_path, **changed)
    code, _, _ = cli()
    assert code == 0
    assert alerts()
    assert not any("record" in notice for notice in alerts().values())


def test_a_ruined_record_stops_no_alert_and_is_flagged(tmp_path: Path, cli: Cli) -> None:
    kept(tmp_path)
    place = tmp_path / "data" / "track.sqlite3"
    place.write_bytes(b"no database at all, and long enough to be looked at" * 99)
    code, _, err = cli()
    assert code == 10
    assert "track_record_unread: track record in" in err
    assert set(alerts()) == {"XRP/USDT", "LTC/USDT"}
    assert not any("record" in notice for notice in alerts().values())
    code, out, err = cli("explain", "XRP", "-e", "demo", "--json")
    assert (code, "record" in json.loads(out)) == (0, False)
    assert "track_record_unread" in err
    environ = {"SNIPERSIGHT_HOME": str(tmp_path)}
    (finding,) = files(build_settings((), ("binance",)), environ)
    assert (finding.verdict, "track record in" in finding.measured) == (Verdict.WARN, True)


def test_no_record_makes_no_file(tmp_path: Path, cli: Cli) -> None:
    code, _, _ = cli()
    assert code == 0
    assert not (tmp_path / "data" / "track.sqlite3").exists()
