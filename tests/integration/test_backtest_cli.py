"""``backtest`` from the command line: what it prints and writes, and what it says where it cannot."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

import snipersight as ss
from engine.commands.app import run
from tests.fixtures.past import past_store

ROOT = Path(__file__).resolve().parents[2]
PERIOD = (
    "-p",
    "aggressive",
    "-e",
    "binance",
    "--from",
    "2026-05-05",
    "--to",
    "2026-05-25",
    "--placebo",
    "20",
)


@pytest.fixture(scope="module")
def past_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    past_store(home, days=120).close()
    return home


@pytest.fixture
def home(past_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home with candles, and a folder of one's own to stand in."""
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(past_home))
    monkeypatch.setenv("SNIPERSIGHT_PROFILE__RISK__ALLOW_SPOT_SHORTS", "information")
    monkeypatch.chdir(tmp_path)
    return past_home


@pytest.mark.checkout
def test_it_prints_one_document_and_writes_three_files(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backtest", *PERIOD, "--json", "-o", "out"]) == 0
    printed = capsys.readouterr().out
    document = json.loads(printed)
    schema = json.loads((ROOT / "docs/schema/snipersight.backtest-1.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert json.loads((tmp_path / "out" / "backtest.json").read_text()) == document
    assert len((tmp_path / "out" / "trades.csv").read_text().splitlines()) == len(document["trades"]) + 1
    page = Page()
    page.feed((tmp_path / "out" / "report.html").read_text())
    assert page.links
    assert all(link.startswith("#") for link in page.links)


class Page(HTMLParser):
    """What a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def test_without_a_terminal_trades_come_a_line_each_and_the_report_in_its_usual_place(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backtest", *PERIOD]) == 0
    told = capsys.readouterr()
    header, *rows = told.out.splitlines()
    assert header.split("\t")[:3] == ["id", "symbol", "side"]
    assert rows
    (report,) = tmp_path.glob("reports/b-*/report.html")
    assert str(report.relative_to(tmp_path)) in told.err


def test_the_same_again_is_the_same_document_but_for_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = []
    for more in ((), ("--no-resume",), ("--jobs", "2")):
        assert run(["backtest", *PERIOD, "--json", "-o", "out", "-q", *more]) == 0
        documents.append(capsys.readouterr().out)
    assert documents[0] == documents[1] == documents[2]


def test_a_notebook_gets_the_same_trades(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backtest", *PERIOD, "--json", "-o", "out", "-q"]) == 0
    document = json.loads(capsys.readouterr().out)
    shown = ss.backtest("aggressive", "binance", since="2026-05-05", until="2026-05-25", placebo=20, jobs=2)
    assert shown.backtest.run_id == document["run_id"]
    assert list(shown.to_frame()["id"]) == [trade["plan"]["id"] for trade in document["trades"]]
    assert shown.report(tmp_path / "mine.html").read_text().startswith("<!doctype html>")
    assert "Reading" in repr(shown)
    assert shown._repr_html_().startswith("<iframe")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--from", "2026-05-30", "--to", "2026-05-20"), 2, "Give --from a time before --to"),
        (("--from", "yesterday"), 2, "--from is not a time: 'yesterday'"),
        (("--from", "2026-13"), 2, "--from is not a time: '2026-13'. Write it like 2024-08"),
        (
            ("--from", "2031-01"),
            2,
            "no 5m candle of binance is stored from 2031-01-01T00:00:00Z on: they run from",
        ),
        (("--from", "2031-01", "--to", "2031-02"), 2, "to 2031-02-01T00:00:00Z: they run from"),
        (("--from", "2010-01", "--to", "2010-02"), 2, "is stored from 2010-01-01T00:00:00Z"),
        (("-s", "BTCC/USDT"), 2, "Did you mean 'BTC/USDT'?"),
        (("--account", "100EUR"), 2, "the account is in EUR"),
        (("--executor", "tcp://127.0.0.1:9"), 2, "no Dask scheduler"),
        (("--maker-bps", "500"), 2, "maker_bps"),
        (("-o", "taken"), 30, "Name another folder with --output"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    (tmp_path / "taken").write_text("a file")
    assert run(["backtest", "-e", "binance", "--from", "2026-05-20", "--placebo", "0", *words]) == code
    assert said in capsys.readouterr().err


def test_without_candles_it_says_how_to_get_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path / "empty"))
    assert run(["backtest", "-e", "binance"]) == 30
    assert "data import" in capsys.readouterr().err
