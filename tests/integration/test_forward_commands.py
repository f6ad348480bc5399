"""``optimize``, ``walk-forward`` and ``track`` on stored candles: what they print and keep, and that a killed search goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.telemetry import analytics
from data.track_store import SqliteTrackStore
from engine.backtest.space import read_space, space_of
from engine.commands.app import run
from engine.commands.flags import Flags
from engine.commands.settings import configure
from shared.config.digest import decision_digest
from shared.models.profile import Profile
from tests.fixtures.past import past_store

ROOT = Path(__file__).parents[2]
SPACE = """
[search]
gates.min_score = { low = 50, high = 60, step = 5 }
plan.first_fraction = { choices = [0.5, 1.0] }
"""
SEARCH = (
    "optimize",
    "-e",
    "binance",
    "-p",
    "aggressive",
    "--from",
    "2026-04-01",
    "--trials",
    "4",
    "-o",
    "found",
)
SEARCH = (*SEARCH, "--space", "space.toml", "--no-resume")
WALK = (
    "walk-forward",
    "-e",
    "binance",
    "--profiles",
    "aggressive,balanced",
    "--from",
    "2026-03-01",
    "-o",
    "walked",
)
WALK = (*WALK, "--train-days", "30", "--validate-days", "12", "--test-days", "20", "--record")
LENIENT = """
[profile.gates]
min_score = 45.0
[profile.risk]
allow_spot_shorts = "information"
"""
"""Settings under which made-up candles give trades."""
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("past")
    past_store(home, ("BTC/USDT", "ETH/USDT"), days=120).close()
    return home


@pytest.fixture
def home(candles: Path, tmp_path: Path) -> Path:
    shutil.copytree(candles, tmp_path / "home")
    (tmp_path / "space.toml").write_text(SPACE)
    return tmp_path / "home"


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A command in a folder of its own, where one trade is enough to say something."""
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(home))
    monkeypatch.chdir(home.parent)
    monkeypatch.setattr(analytics, "MIN_TRADES", 1)
    monkeypatch.setattr(analytics, "MIN_DAYS", 1)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(list(words))
        return (code, *capsys.readouterr())

    return call


def valid(name: str, text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    schema = json.loads((ROOT / "docs" / "schema" / f"snipersight.{name}-1.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(document)
    return document


def test_a_search_says_what_it_tried_and_keeps_settings_that_load(cli: Cli) -> None:
    code, out, err = cli(*SEARCH, "--json", "-v")
    assert code == 0, err
    document = valid("optimize", out)
    assert [line.partition(":")[0] for line in err.splitlines()[:4]] == [
        f"trial {n} of 4" for n in range(1, 5)
    ]
    assert Path("found/optimize.json").read_text("utf-8") == out.removesuffix("\n")
    assert document["configurations"] == 6
    assert len(document["trials"]) == 4
    assert document["best"]["score"] == max(trial["score"] for trial in document["trials"])
    assert document["held"]["trades"] >= 0
    assert not document["is_proven"]
    chosen = tomllib.loads(Path("found/chosen.toml").read_text("utf-8"))["profile"]
    flat = [
        {"field": f"{part}.{name}", "value": value}
        for part in ("gates", "plan")
        for name, value in chosen[part].items()
    ]
    assert (chosen["name"], flat) == ("aggressive", document["best"]["changes"])
    assert cli("config", "show", "--config", "found/chosen.toml")[0] == 0


def test_a_search_is_a_line_a_trial_recalled_when_asked_again_and_another_with_another_account(
    cli: Cli,
) -> None:
    first, again = cli(*SEARCH, "--trials", "1"), cli(*SEARCH, "--trials", "1")
    assert first == again
    assert first[1] == Path("found/trials.tsv").read_text("utf-8")
    assert len(first[1].splitlines()) == 2
    one = json.loads(Path("found/optimize.json").read_text("utf-8"))
    other = json.loads(cli(*SEARCH, "--trials", "1", "--json", "--account", "50USDT")[1])
    assert one["id"] != other["id"]
    assert one["data_digest"] != other["data_digest"]


def test_a_killed_search_goes_on_and_finds_what_it_would_have_found(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(home, home.parent / "other")
    command = [sys.executable, "-m", "tests.fixtures.killed_optimize", "2", *SEARCH]
    environ = {**os.environ, "SNIPERSIGHT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environ, cwd=home.parent, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with closing(sqlite3.connect(home / "data" / "trials.sqlite3")) as log:
        assert log.execute("SELECT count(*) FROM trial").fetchone() == (2,)
    continued = cli(*SEARCH, "--json")[1]
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(home.parent / "other"))
    whole = json.loads(cli(*SEARCH, "--json")[1])
    assert json.loads(continued) == whole


def test_the_space_that_is_printed_is_the_space_that_is_searched(cli: Cli) -> None:
    code, out, _ = cli("optimize", "--print-space")
    Path("usual.toml").write_text(out)
    assert code == 0
    assert space_of(read_space(out, "usual.toml")) == space_of()
    assert cli("optimize", "--print-space", "--space", "usual.toml")[1] == out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--profiles", "balancd"), "--profiles: unknown profile 'balancd'. Did you mean 'balanced'?"),
        (("--profiles", " , "), "--profiles names no profile"),
        (("--profiles", "balanced", "-p", "trend"), "--profiles and --profile exclude each other"),
        (
            ("--profiles", "balanced", "--trials", "2"),
            "--profiles and --space or --trials exclude each other",
        ),
    ],
)
def test_candidates_that_are_none_are_refused(cli: Cli, words: tuple[str, ...], problem: str) -> None:
    code, _, err = cli("walk-forward", "-e", "binance", *words)
    assert (code, problem in err) == (2, True), err


def test_one_profile_alone_is_its_own_walk(cli: Cli) -> None:
    walk = (
        "walk-forward",
        "-e",
        "binance",
        "-p",
        "aggressive",
        "--from",
        "2026-03-01",
        "-o",
        "one",
        "--json",
    )
    code, out, err = cli(*walk, "--train-days", "30", "--validate-days", "12", "--test-days", "20")
    assert code == 0, err
    assert [candidate["name"] for candidate in json.loads(out)["candidates"]] == ["aggressive"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[searching]\n", "wants the table [search] alone"),
        ("[search]\ngates.min_scroe = { low = 1, high = 2, step = 1 }\n", "min_score"),
        ("[search", "not TOML"),
        ("[search]\ngates.min_score = 7\n", "must be a range or choices"),
    ],
)
def test_a_space_that_is_none_is_refused(cli: Cli, text: str, problem: str) -> None:
    Path("space.toml").write_text(text)
    code, _, err = cli(*SEARCH)
    assert (code, problem in err) == (2, True), err


def test_a_walk_forward_is_told_recorded_and_forgotten(cli: Cli, home: Path) -> None:
    Path("snipersight.toml").write_text(LENIENT)
    code, out, err = cli(*WALK, "--json")
    assert code == 0, err
    document = valid("walk-forward", out)
    folds, recorded = document["folds"], document["recorded"]
    assert [candidate["name"] for candidate in document["candidates"]] == ["aggressive", "balanced"]
    assert [fold["test"]["since"] for fold in folds][1:] == [fold["test"]["until"] for fold in folds][:-1]
    assert {"reason", "choice"} & set(folds[-1]) == {"choice"}
    assert recorded == sum(fold["did"]["trades"] for fold in folds) == document["worth"]["trades"] > 2
    told = json.loads(Path("walked/backtest.json").read_text("utf-8"))
    assert told["profile"] == f"out of sample, {len(folds)} folds"
    assert told["statistics"]["finished"] == recorded
    assert told["notes"][0].startswith("Out of sample: in each fold one of 2 candidates")
    since = folds[-1]["test"]["since"]
    assert all(trade["plan"]["decided_at"] > since for trade in told["trades"])
    assert "out of sample" in Path("walked/report.html").read_text("utf-8")
    tracked = valid("track", cli("track", "--json")[1])["recorded"]
    assert [(row["source"], row["worth"]["trades"]) for row in tracked] == [(document["id"], recorded)]
    with closing(SqliteTrackStore(home / "data" / "track.sqlite3")) as store:
        profile = configured("aggressive")
        assert len(store.rows("binance", decision_digest(profile))) == recorded
    assert cli("track", "forget", document["id"])[0] == 0
    assert cli("track")[1].count("\n") == 1
    code, _, err = cli("track", "forget", document["id"])
    assert (code, "nothing is on record" in err) == (2, True)


def configured(name: str) -> Profile:
    """A profile under the settings of the folder, as a scan would have it."""
    return configure(Flags(profile=name), os.environ, ("binance",)).settings.profile


def test_configurations_are_drawn_about_a_profile_and_their_number_is_stated(cli: Cli) -> None:
    drawn = ("--space", "space.toml", "--trials", "2", "-p", "aggressive")
    words = (
        *(word for word in WALK if word not in ("--profiles", "aggressive,balanced", "--record")),
        *drawn,
    )
    code, out, err = cli(*words, "--json")
    assert code == 0, err
    document = valid("walk-forward", out)
    names = [candidate["name"] for candidate in document["candidates"]]
    assert (len(names), names[0], document["recorded"]) == (3, "aggressive", 0)
    assert cli(*WALK, *drawn)[0] == 2


def test_too_short_a_time_for_a_fold_says_how_much_is_needed(cli: Cli) -> None:
    code, _, err = cli("walk-forward", "-e", "binance", "--profiles", "balanced", "--from", "2026-05-01")
    assert (code, "one fold takes" in err) == (2, True), err


def test_workers_end_with_a_run_that_is_killed(home: Path) -> None:
    script = (
        "import os, signal\n"
        "from engine.commands.edges import _workers\n"
        "if __name__ == '__main__':\n"
        "    print(_workers(1).submit(os.getpid).result(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    (home.parent / "killed.py").write_text(script)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "killed.py"],
        env=environ,
        cwd=home.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    worker, deadline = int(done.stdout), time.monotonic() + 10
    while is_running(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(worker)


def is_running(pid: int) -> bool:
    """Whether a process is there and not a zombie that nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
