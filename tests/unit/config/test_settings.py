"""Layers of settings and what wins."""

from __future__ import annotations

import pytest

from shared.config.environment import NOT_SETTINGS, read_environment
from shared.config.layers import read_toml
from shared.config.settings import ExchangeSettings, Settings, build_settings
from shared.errors import ConfigFault

EXCHANGES = ("binance", "binance-usdm", "demo")


def settings(*texts: str, env: dict[str, str] | None = None) -> Settings:
    layers = [read_toml(text, f"file{number}.toml") for number, text in enumerate(texts, 1)]
    return build_settings((*layers, read_environment(env or {}, EXCHANGES)), EXCHANGES)


def test_nothing_given_is_all_defaults() -> None:
    found = settings()
    assert found.profile.name == "balanced"
    assert found.exchange == "binance"
    assert found.of_exchange("binance") == ExchangeSettings()
    assert dict(found.origin) == {"profile.summary": "profile balanced"}


def test_files_win_over_the_profile_and_the_environment_over_files() -> None:
    first = (
        '[profile]\nname = "trend"\ngates.min_score = 71\ngates.max_conflict = 11\ngates.max_reach_atr = 1'
    )
    second = "[profile.gates]\nmax_conflict = 12\nmax_reach_atr = 1.5"
    found = settings(first, second, env={"SNIPERSIGHT_PROFILE__GATES__MAX_REACH_ATR": "1.75"})
    gates = found.profile.gates
    assert (gates.min_alignment, gates.min_score, gates.max_conflict, gates.max_reach_atr) == (
        0.75,
        71,
        12,
        1.75,
    )
    assert [found.origin[f"profile.gates.{key}"] for key in ("min_alignment", "min_score", "max_conflict", "max_reach_atr")] == [
        "profile trend", "file1.toml", "file2.toml", "environment SNIPERSIGHT_PROFILE__GATES__MAX_REACH_ATR",
    ]  # fmt: skip


def test_a_profile_may_be_named_in_one_word() -> None:
    assert settings('profile = "range"').profile.name == "range"
    assert settings('profile = "range"', env={"SNIPERSIGHT_PROFILE": "mobile"}).profile.name == "mobile"
    both = settings('profile = "range"', "[profile.gates]\nmin_score = 90")
    assert (both.profile.name, both.profile.gates.min_score) == ("range", 90)


def test_the_environment_points_an_exchange_elsewhere() -> None:
    found = settings(env={"SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL": "http://127.0.0.1:8000"})
    assert found.of_exchange("binance").base_url == "http://127.0.0.1:8000"


def test_a_variable_names_an_exchange_without_its_hyphen() -> None:
    found = settings(env={"SNIPERSIGHT_EXCHANGES__BINANCE_USDM__TESTNET": "true"})
    assert found.of_exchange("binance-usdm").testnet is True
    assert found.of_exchange("binance").testnet is False
    with pytest.raises(ConfigFault, match="SNIPERSIGHT_EXCHANGES__BINANCE_USDM__TESTNET"):
        settings(env={"SNIPERSIGHT_EXCHANGES__BINANCE_USDM__TESTNE": "true"})


def test_text_of_the_environment_is_parsed() -> None:
    found = settings(
        env={
            "SNIPERSIGHT_PROFILE__TIMEFRAMES__CONTEXT": "1d, 4h",
            "SNIPERSIGHT_PROFILE__GATES__BTC_GATE": "off",
            "SNIPERSIGHT_PROFILE__RISK__RISK_PCT": "0.25%",
            "SNIPERSIGHT_PROFILE__RISK__MAX_POSITIONS": "4",
            "SNIPERSIGHT_PROFILE__CONFLUENCE__ALIGNMENT__1W": "0.1",
        }
    ).profile
    assert found.timeframes.context == ("1d", "4h")
    assert not found.gates.btc_gate
    assert (found.risk.risk_pct, found.risk.max_positions) == (0.25, 4)
    assert found.confluence.alignment["1w"] == 0.1


def test_variables_that_are_not_settings_are_left_alone() -> None:
    assert settings(env=dict.fromkeys(NOT_SETTINGS, "1") | {"PATH": "/bin"}).profile.name == "balanced"


def test_the_account_may_set_its_own_risk() -> None:
    assert settings('account.equity = "500USDC"\naccount.risk_pct = 0.3').profile.risk.risk_pct == 0.3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('profil = "trend"', "file1.toml: unknown key 'profil'. Did you mean 'profile'?"),
        ("min_score = 70", "file1.toml: unknown key 'min_score'. Did you mean 'profile.gates.min_score'?"),
        ('profile = "trnd"', "file1.toml: unknown profile 'trnd'. Did you mean 'trend'?"),
        ("profile = 3", "file1.toml: profile must be text, found 3"),
        ("[profile.name]\na = 1", "file1.toml: profile.name must be a value, found a table"),
        ("[profile.gates]\nmin_scor = 1", "Did you mean 'profile.gates.min_score'?"),
        ('exchange = "binanc"', "file1.toml: unknown exchange 'binanc'. Did you mean 'binance'?"),
        ("[exchange]\na = 1", "file1.toml: exchange must be a value, found a table"),
        ("exchanges = 1", "file1.toml: exchanges is a table, found 1"),
        ('[exchanges.binanc]\nbase_url = ""', "Did you mean 'exchanges.binance'?"),
        ('[exchanges.binance]\nbase_ur = ""', "Did you mean 'exchanges.binance.base_url'?"),
        ("[exchanges.binance]\ntimeout_s = 0", "exchanges.binance.timeout_s must be 0.1 to 300 s, found 0"),
        ('account.equity = "lots"', "account must be an amount above 0 and a currency, found 'lots'"),
        ("account.risk_pct = 9", "file1.toml: account.risk_pct must be 0.01 to 5 % of equity, found 9"),
        ("a = ", "file1.toml: not TOML"),
        ("a = 1" + " " * 1_000_000, "file1.toml: longer than 1,000,000 characters"),
    ],
)
def test_a_wrong_setting_is_refused_by_file_and_full_key(text: str, message: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        settings(text)
    assert message in str(fault.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host", "must be http:// or https:// with a host"),
        ("api.binance.com", "must be http:// or https:// with a host"),
        ("https://", "must be http:// or https:// with a host"),
        ("https://host:99999", "is not an address"),
        ("https://host/?a=1", "must not have a query"),
        ("https://me:canary@host", "must not hold a user name or password"),
    ],
)
def test_an_address_is_plain_http_without_secrets(url: str, message: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        settings(f'[exchanges.binance]\nbase_url = "{url}"')
    assert "file1.toml: exchanges.binance.base_url" in str(fault.value)
    assert message in str(fault.value)
    assert "canary" not in str(fault.value)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SNIPERSIGHT_PROFIL", "SNIPERSIGHT_PROFILE"),
        ("SNIPERSIGHT_DEBUGG", "SNIPERSIGHT_DEBUG"),
        ("SNIPERSIGHT_EXCHANGES__BINANCE__BASEURL", "SNIPERSIGHT_EXCHANGES__BINANCE__BASE_URL"),
        ("SNIPERSIGHT_PROFILE__GATES__MIN_SCOR", "SNIPERSIGHT_PROFILE__GATES__MIN_SCORE"),
    ],
)
def test_an_unknown_variable_of_ours_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ConfigFault, match=f"unknown variable {name}. Did you mean {nearest}\\?"):
        settings(env={name: "1"})


def test_a_value_and_a_table_of_one_name_clash_by_source() -> None:
    with pytest.raises(
        ConfigFault, match=r"file2.toml: profile.gates.min_score needs a table, but file1.toml gives"
    ):
        settings("profile.gates = 5", "profile.gates.min_score = 5")
