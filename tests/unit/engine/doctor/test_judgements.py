"""What the doctor makes of figures: each limit from both sides, and advice with every complaint."""

from __future__ import annotations

import pytest

from contracts.data_contract import CheckReport, Damage, SeriesInfo
from data.adapters.spending import Allowance, Spending
from engine.doctor import libraries, machine
from engine.doctor.budget import judge_budget
from engine.doctor.exchange import SKEWED_MS, SLOW_MS, WRONG_MS, judge_exchange, judge_silence
from engine.doctor.folders import judge_folders
from engine.doctor.room import FULL_BYTES, LOW_BYTES, judge_room
from engine.doctor.store import StoreLook, judge_objects, judge_store
from engine.exchange_time import Reading
from shared.errors import ContractError, TransportFault
from shared.models.health import Diagnosis, Finding, Verdict
from shared.models.timeframe import Timeframe

OK, WARN, FAIL = Verdict
NOW = 1_700_000_000_000
MINUTE = Allowance(60_000, 1_000)


def reading(latency_ms: float = 100, offset_ms: float = 0) -> Reading:
    return Reading(NOW, int(NOW + latency_ms / 2 - offset_ms), 5.0, latency_ms)


def test_a_complaint_without_advice_is_refused() -> None:
    with pytest.raises(ContractError, match="gives no advice"):
        Finding("disk", WARN, "full")


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [((), 0), ((OK,), 0), ((OK, WARN), 10), ((FAIL, WARN), 30), ((WARN, FAIL, OK), 30)],
)
def test_the_worst_finding_is_the_exit_code(verdicts: tuple[Verdict, ...], code: int) -> None:
    assert Diagnosis(tuple(Finding("x", one, "y", "z") for one in verdicts)).exit_code == code


@pytest.mark.parametrize(("latency", "verdict"), [(1, OK), (SLOW_MS, OK), (SLOW_MS + 1, WARN)])
def test_a_slow_exchange_is_a_warning(latency: float, verdict: Verdict) -> None:
    assert judge_exchange("binance", [reading(latency)])[0].verdict is verdict


def test_latency_is_the_median_of_the_readings() -> None:
    found, _ = judge_exchange("binance", [reading(900), reading(20), reading(30)])
    assert found.measured == "binance answers in 30 ms (median of 3)"


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("offset", "verdict"),
    [(0, OK), (SKEWED_MS + 50, OK), (SKEWED_MS + 51, WARN), (WRONG_MS + 50, WARN), (WRONG_MS + 51, FAIL)],
)
def test_a_clock_is_wrong_only_by_what_the_way_of_the_answer_cannot_explain(
    sign: int, offset: int, verdict: Verdict
) -> None:
    _, clock = judge_exchange("binance", [reading(100, sign * offset)])
    assert clock.verdict is verdict
    if offset:
        assert ("behind" if sign > 0 else "ahead of") in clock.measured


def test_the_quickest_reading_tells_the_clock() -> None:
    _, clock = judge_exchange("binance", [reading(5_000, 40_000), reading(10, 100)])
    assert clock.verdict is OK
    assert clock.measured == "0.1 s behind binance, within 0.01 s"


def test_an_exchange_that_is_silent_fails_with_the_faults_own_advice_first() -> None:
    (found,) = judge_silence(TransportFault("binance: no whole answer", "Check the network"))
    assert (found.verdict, found.measured) == (FAIL, "binance: no whole answer")
    assert found.advice.startswith("Check the network; ")


@pytest.mark.parametrize(("spent", "verdict"), [(0, OK), (900, OK), (901, WARN), (1_000, WARN)])
def test_a_budget_that_is_nearly_spent_is_a_warning(spent: int, verdict: Verdict) -> None:
    slots = ((NOW - 1_000, spent),) if spent else ()
    assert judge_budget(Spending(slots, seen_ms=NOW), MINUTE, NOW).verdict is verdict


def test_a_ban_fails_and_says_until_when_and_is_over_then() -> None:
    kept = Spending(stopped_until_ms=NOW + 60_000, stopped_by=418, seen_ms=NOW)
    found = judge_budget(kept, MINUTE, NOW)
    assert found.verdict is FAIL
    assert found.measured.startswith("stopped until 2023-11-14T22:14:20Z (HTTP 418)")
    assert found.advice.startswith("Wait 60 s")
    assert judge_budget(kept, MINUTE, NOW + 60_000).verdict is OK


def look(damage: tuple[Damage, ...] = (), remarks: tuple[str, ...] = ()) -> StoreLook:
    info = SeriesInfo("binance", "BTC/USDT", Timeframe.M5, NOW, NOW + 300_000, 2, 0, 96)
    return StoreLook([info], CheckReport(1, 2, 0, 0, damage, dropped=False), 2_000_000, remarks)


def test_a_whole_store_says_what_it_holds() -> None:
    found = judge_store(look())
    assert found.verdict is OK
    assert found.measured.startswith("1 series, 2.0 MB, 2023-11-14T22:13:20Z to 2023-11-14T22:23:20Z; ")
    assert judge_objects(look().series).measured.startswith("objects: 1 series")


def test_damage_in_the_sample_fails_and_a_remark_warns() -> None:
    damage = Damage("page", "binance", "BTC/USDT", "5m", NOW)
    assert judge_store(look((damage,))).verdict is FAIL
    assert judge_store(look((), ("store_without_wal",))).verdict is WARN


@pytest.mark.parametrize(
    ("free", "verdict"), [(0, FAIL), (FULL_BYTES - 1, FAIL), (FULL_BYTES, WARN), (LOW_BYTES, OK)]
)
def test_the_fullest_disk_decides(free: int, verdict: Verdict) -> None:
    found = judge_room({"candles": 10**12, "the rest": free})
    assert found.verdict is verdict
    assert found.measured.endswith("for the rest")


def test_a_folder_that_cannot_be_written_is_named_with_the_reason() -> None:
    assert judge_folders({"cache": "", "data": ""}).verdict is OK
    found = judge_folders({"cache": "", "data": "/x: Permission denied"})
    assert (found.verdict, found.measured) == (FAIL, "data: /x: Permission denied")


def test_floors_are_read_from_requirements_that_hold_without_an_extra() -> None:
    texts = ["numpy>=2.0", "typer<0.29,>=0.28", "plain", 'pyarrow>=18; extra == "parquet"', "a[b]>=1.2.3"]
    assert libraries.floors_of(texts) == {"numpy": "2.0", "typer": "0.28", "plain": "0", "a": "1.2.3"}


@pytest.mark.parametrize(
    ("version", "floor", "verdict"),
    [
        ("2.0", "2.0", OK),
        ("2", "2.0", OK),
        ("2.0.0", "2", OK),
        ("2.10", "2.9", OK),
        ("2.1rc1", "2.1", OK),
        ("1.26.4", "2.0", FAIL),
        ("4.5.69", "4.5.70", FAIL),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, floor: str, verdict: Verdict) -> None:
    assert libraries.judge_libraries({"numpy": floor}, {"numpy": version}).verdict is verdict


def test_what_is_missing_or_too_old_is_one_command_away() -> None:
    found = libraries.judge_libraries({"numpy": "2.0", "ccxt": "4.5.70"}, {"numpy": "1.26"})
    assert found.measured == "ccxt is missing; numpy 1.26 is older than 2.0"
    assert found.advice == "pip install --upgrade 'ccxt>=4.5.70' 'numpy>=2.0'"


def test_an_old_python_fails() -> None:
    assert libraries.judge_python((3, 10, 9), "Python 3.10.9").verdict is FAIL
    assert libraries.judge_python((3, 11, 0), "Python 3.11.0").verdict is OK


def test_slow_kernels_are_a_warning_with_the_way_out() -> None:
    assert machine.judge_kernels(installed=True, used=True).verdict is OK
    assert machine.judge_kernels(installed=True, used=False).advice == "Unset SNIPERSIGHT_NO_JIT"
    assert "numba" in machine.judge_kernels(installed=False, used=False).advice


def test_no_time_zones_and_a_broken_plugin_fail() -> None:
    assert machine.judge_zones(found=False).verdict is FAIL
    assert machine.judge_broken_plugin(ContractError("plugin 'x': no")).verdict is FAIL
    assert machine.judge_plugins(["a", "b"]).measured == "a, b"
