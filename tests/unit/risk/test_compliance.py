"""What may be traded at all, and when; locks and the kill switch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.compliance_checks import opens_in_min, zone_of
from risk.judge import judge_plans
from shared.errors import ConfigFault
from shared.models.data import Market
from shared.models.gates import Rejection
from shared.models.planner import TradePlan
from shared.models.risk import Account, Lock, RiskPlan
from shared.models.risk_rules import RiskRules
from tests.unit.risk.drawings import ACCOUNT, BALANCED, HOUR_MS, market, plan

PLAN = plan()
LAST_MS = PLAN.entry.expires_ms + PLAN.hold_bars * PLAN.anchor.ms


def lock(scope: str, since_ms: int = 0, until_ms: int = 3 * HOUR_MS) -> Lock:
    return Lock(scope, "by hand", "holidays", since_ms, until_ms, 0.0, 0.0, "")


def answer(
    one: TradePlan = PLAN,
    where: Market | None = None,
    account: Account = ACCOUNT,
    rules: RiskRules | None = None,
) -> RiskPlan | Rejection:
    settings = replace(BALANCED, risk=rules or RiskRules())
    (given,) = judge_plans([(one, where or market(), 1e9)], account, settings)
    return given


@pytest.mark.parametrize(
    ("code", "measured", "asked"),
    [
        ("risk.kill_switch", 1.0, {"account": replace(ACCOUNT, killed=True)}),
        ("risk.locked", 3.0, {"account": replace(ACCOUNT, locks=(lock("all"),))}),
        ("risk.spot_only", 1.0, {"where": market(kind="perpetual"), "rules": RiskRules(spot_only=True)}),
        ("risk.allow", 0.0, {"rules": RiskRules(allow=("ETH", "SOL/*"))}),
        ("risk.deny", 2.0, {"rules": RiskRules(deny=("btc", "*/USDT", "ETH"))}),
        ("risk.hours", 480.0, {"rules": RiskRules(trading_hours=("08:00-20:00",))}),
        ("risk.delisting", 1.0, {"where": replace(market(), delivery_ms=LAST_MS - HOUR_MS)}),
    ],
)
def test_each_rule_refuses_with_its_code_and_measure(
    code: str, measured: float, asked: dict[str, object]
) -> None:
    refused = answer(**asked)  # type: ignore[arg-type]
    assert isinstance(refused, Rejection)
    assert (refused.code, refused.measured) == (code, measured)


@pytest.mark.parametrize(
    "asked",
    [
        {"rules": RiskRules(allow=("BTC",))},
        {"rules": RiskRules(deny=("BTC/USDC", "BT"))},
        {"rules": RiskRules(trading_hours=("23:00-01:00",))},
        {"rules": RiskRules(spot_only=True)},
        {"where": replace(market(), delivery_ms=LAST_MS)},
    ],
)
def test_what_keeps_the_rules_passes(asked: dict[str, object]) -> None:
    assert isinstance(answer(**asked), RiskPlan)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "refused"),
    [
        (lock("all"), True), (lock("long"), True), (lock("short"), False), (lock("BTC/USDT"), True),
        (lock("ETH/USDT"), False),
    ],
)  # fmt: skip
def test_a_lock_holds_its_scope_while_it_lasts(held: Lock, refused: bool) -> None:
    assert isinstance(answer(account=replace(ACCOUNT, locks=(held,))), Rejection) is refused


def test_a_lock_has_ended_at_its_end() -> None:
    later = replace(PLAN, decided_ms=3 * HOUR_MS)
    assert isinstance(answer(later, account=replace(ACCOUNT, locks=(lock("all"),))), RiskPlan)


def test_the_refusal_tells_the_reason_and_end_of_the_lock_that_lasts_longest() -> None:
    locks = (lock("BTC/USDT", until_ms=2 * HOUR_MS), lock("long", until_ms=5 * HOUR_MS))
    refused = answer(account=replace(ACCOUNT, locks=locks))
    assert isinstance(refused, Rejection)
    told = "time until the last lock ends (long: holidays, until 1970-01-01T05:00:00Z)"
    assert (refused.measured, refused.what) == (5.0, told)
    assert told in refused.reason


def test_where_no_lock_holds_none_is_told() -> None:
    approved = answer(account=replace(ACCOUNT, locks=(lock("short"),)))
    assert isinstance(approved, RiskPlan)
    assert [gate.what for gate in approved.gates if gate.code == "risk.locked"] == [
        "time until the last lock ends"
    ]


@pytest.mark.parametrize(
    ("scope", "reason", "until_ms"),
    [("BTC", "why", 5), ("all", "  ", 5), ("all", "why", 0), ("", "why", 5), ("all", "a\tb", 5)],
)
def test_a_lock_that_locks_nothing_is_refused(scope: str, reason: str, until_ms: int) -> None:
    with pytest.raises(ConfigFault, match="lock"):
        Lock(scope, "by hand", reason, 0, until_ms, 0.0, 0.0, "")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


@pytest.mark.parametrize(
    ("now", "hours", "zone", "days", "minutes"),
    [
        ("2024-08-05T07:59:00Z", ("08:00-20:00",), "UTC", "mon", 1),
        ("2024-08-05T08:00:00Z", ("08:00-20:00",), "UTC", "mon", 0),
        ("2024-08-05T20:00:00Z", ("08:00-20:00",), "UTC", "mon tue", 720),
        ("2024-08-05T06:00:00Z", ("08:00-20:00",), "Europe/Berlin", "mon", 0),
        ("2024-08-06T01:00:00Z", ("22:00-02:00",), "UTC", "mon", 0),
        ("2024-08-05T01:00:00Z", ("22:00-02:00",), "UTC", "mon", 1260),
        ("2024-08-03T12:00:00Z", (), "UTC", "mon fri", 2160),
        ("2024-08-05T12:00:00Z", (), "UTC", "mon fri", 0),
        ("2024-08-05T12:30:00Z", ("08:00-12:00", "13:00-17:00"), "UTC", "mon", 30),
        ("2024-03-30T23:00:00Z", ("08:00-20:00",), "Europe/Berlin", "sun", 420),
    ],
)  # fmt: skip
def test_minutes_until_trading_hours(
    now: str, hours: tuple[str, ...], zone: str, days: str, minutes: int
) -> None:
    rules = RiskRules(trading_hours=hours, trading_zone=zone, trading_days=tuple(days.split()))  # type: ignore[arg-type]
    assert opens_in_min(at(now), rules) == minutes


@given(
    st.integers(0, 2**41),
    st.sampled_from([("08:00-20:00",), ("22:00-02:00",), ("00:00-00:01", "12:00-12:30")]),
)
def test_after_the_wait_the_hours_have_begun(now_ms: int, hours: tuple[str, ...]) -> None:
    rules = RiskRules(trading_hours=hours, trading_days=("mon", "sat"))
    wait = opens_in_min(now_ms, rules)
    assert 0 <= wait <= 7 * 24 * 60
    assert opens_in_min(now_ms + round(wait * 60_000), rules) == 0


@pytest.mark.parametrize(
    "wrong", [{"trading_hours": ("8-20",)}, {"trading_hours": ("08:00-08:00",)}, {"trading_days": ()}]
)
def test_hours_that_are_none_are_refused(wrong: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ConfigFault, match="trading_"):
        RiskRules(**wrong)  # type: ignore[arg-type]


def test_a_zone_that_is_none_is_refused_with_what_to_write() -> None:
    with pytest.raises(
        ConfigFault, match=r"no time zone 'Europe/Atlantis'. Write it like Europe/Berlin, or UTC$"
    ):
        opens_in_min(0, RiskRules(trading_zone="Europe/Atlantis", trading_hours=("08:00-20:00",)))


def test_universal_time_needs_no_list_of_zones() -> None:
    assert zone_of("UTC") is UTC
