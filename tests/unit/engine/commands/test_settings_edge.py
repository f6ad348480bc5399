"""Where settings are read from, and in what order."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from engine.commands.flags import Flags, Output
from engine.commands.paths import candle_file, config_file, log_folder
from engine.commands.settings import configure
from shared.errors import ConfigFault, StorageFault

EXCHANGES = ("binance", "demo")
KEY = "SNIPERSIGHT_PROFILE__GATES__MIN_SCORE"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment whose home is empty, in an empty working directory."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return {"SNIPERSIGHT_HOME": str(tmp_path / "home")}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_each_source_wins_over_those_before_it(home: dict[str, str]) -> None:
    def score(flags: Flags, environ: dict[str, str]) -> float:
        return configure(flags, environ, EXCHANGES).settings.profile.gates.min_score

    assert score(Flags(), home) == 65
    write(config_file(home), 'profile = "trend"')
    assert score(Flags(), home) == 70
    write(Path("snipersight.toml"), "profile.gates.min_score = 71")
    assert score(Flags(), home) == 71
    write(Path("other.toml"), "profile.gates.min_score = 72")
    assert score(Flags(config="other.toml"), home) == 72
    assert score(Flags(config="other.toml"), home | {KEY: "73"}) == 73
    both = configure(Flags(profile="range"), home | {KEY: "73"}, EXCHANGES).settings
    assert (both.profile.name, both.profile.gates.min_score) == ("range", 73)
    assert both.origin["profile.name"] == "--profile"


def test_the_account_flag_wins_over_settings_and_may_set_the_risk(home: dict[str, str]) -> None:
    write(Path("snipersight.toml"), 'account.equity = "700USDC"')
    assert configure(Flags(), home, EXCHANGES).account.equity == Decimal(700)
    write(Path("mine.toml"), 'equity = "900USDT"\nrisk_pct = 0.2')
    found = configure(Flags(account="mine.toml"), home, EXCHANGES)
    assert (found.account.equity, found.settings.profile.risk.risk_pct) == (Decimal(900), 0.2)
    assert found.settings.origin["profile.risk.risk_pct"] == "mine.toml"


def test_settings_that_cannot_be_looked_for_are_never_taken_for_none(home: dict[str, str]) -> None:
    folder = config_file(home).parent
    folder.parent.mkdir()
    folder.symlink_to(folder)
    with pytest.raises(StorageFault, match=r"config\.toml could not be looked for: .*SNIPERSIGHT_HOME"):
        configure(Flags(), home, EXCHANGES)


def test_a_named_file_must_be_there(home: dict[str, str]) -> None:
    with pytest.raises(ConfigFault, match=r"--config: cannot read gone\.toml"):
        configure(Flags(config="gone.toml"), home, EXCHANGES)


def test_a_wrong_value_names_the_file(home: dict[str, str]) -> None:
    write(config_file(home), "profile.gates.min_score = 700")
    with pytest.raises(
        ConfigFault, match=r"config\.toml: profile\.gates\.min_score must be 0 to 100 points, found 700"
    ):
        configure(Flags(), home, EXCHANGES)


def test_one_variable_moves_everything_kept() -> None:
    environ = {"SNIPERSIGHT_HOME": "/somewhere"}
    places = (config_file(environ), candle_file(environ), log_folder(environ))
    assert [str(place) for place in places] == [
        "/somewhere/config/config.toml", "/somewhere/cache/candles.sqlite3", "/somewhere/log",
    ]  # fmt: skip
    assert all("snipersight" in str(place) for place in (config_file({}), candle_file({}), log_folder({})))


def test_two_output_formats_exclude_each_other() -> None:
    with pytest.raises(ConfigFault, match="--json and --jsonl exclude each other"):
        Output(json=True, jsonl=True)
