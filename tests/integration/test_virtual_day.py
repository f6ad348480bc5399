"""One virtual day, end to end: ``watch --notify`` on a loopback exchange whose clock goes, over recorded candles, telling a loopback
Bot API through the real library. What has to be told is worked out again by other ways in: scans as of each close, and the fill rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.executor.paper_broker import play
from bot.executor.terms import recorded_terms
from bot.notifications.life import stages_of
from bot.notifications.telegram import TelegramChannel
from bot.ui.chart_theme import Theme
from bot.ui.charts import png
from bot.ui.documents import plan_document
from data.cache import SqliteCandleStore
from engine.charting import charted_plan
from engine.commands.app import run
from engine.commands.edges import SystemClock
from engine.commands.flags import Flags
from engine.commands.paths import candle_file, journal_file
from engine.commands.request import request_of
from engine.commands.settings import configure
from engine.edges import Edges
from engine.orchestrator import run_scan
from shared.models.context import SniperContext
from shared.models.timeframe import Timeframe
from tests.servers.binance_usdm import BinanceUsdmServer
from tests.servers.market import DAY, served_market
from tests.servers.telegram import TOKEN, Sent, TelegramServer
from tests.unit.engine.watching.virtual_world import VirtualTimes

MIDNIGHT = 1_722_816_000_000
"""2024-08-05 00:00 UTC: the day on which the market fell by a fifth and came back."""
HOUR = Timeframe.H1.ms
SLOTS = 24
"""Decided from the close at midnight on."""
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
PERPETUALS = tuple(f"{symbol}:USDT" for symbol in SYMBOLS)
LOOSE = {
    "GATES__MIN_SCORE": "30",
    "GATES__MIN_ALIGNMENT": "-1",
    "GATES__MIN_FRESHNESS": "0",
    "GATES__MIN_DISPLACEMENT_ATR": "0.5",
    "GATES__MAX_REACH_ATR": "6",
    "GATES__MAX_RANGE_POSITION": "1",
    "GATES__MAX_CONFLICT": "60",
    "GATES__BTC_GATE": "false",
    "PLAN__MAX_STOP_ATR": "8",
    "TIMEFRAMES__ANCHOR": "4h",
    "TIMEFRAMES__TRIGGER": "1h",
    "RISK__MAX_SAME_SIDE": "10",
    "RISK__MAX_HEAT_R": "20",
    "RISK__MAX_POSITIONS": "20",
    "RISK__MAX_CLUSTER_R": "20",
}
"""Gates wide open: much has to happen on one day, whether it is worth a trade or not."""
ENVIRON = {
    **{f"SNIPERSIGHT_PROFILE__{name}": value for name, value in LOOSE.items()},
    "SNIPERSIGHT_PROFILE": "aggressive",
    "SNIPERSIGHT_EXCHANGE": "binance-usdm",
    "SNIPERSIGHT_TELEGRAM__CHATS": "77",
    "SNIPERSIGHT_TELEGRAM_TOKEN": TOKEN,
}


@dataclass
class Day:
    """What the day's clocks and servers show."""

    exchange: BinanceUsdmServer
    api: TelegramServer
    times: VirtualTimes = field(default_factory=lambda: VirtualTimes(MIDNIGHT + 60_000))

    def wait(self, seconds: float) -> bool:
        """Time passes only where the watch waits."""
        self.times.go(seconds)
        self.exchange.now_ms = self.times.wall_ms
        return False


class NeverStopped:
    signal = 0
    exit_code = 0

    def __init__(self, day: Day) -> None:
        self.wait = day.wait


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[BinanceUsdmServer, TelegramServer]]:
    market = served_market(SYMBOLS, MIDNIGHT - 420 * DAY, MIDNIGHT + 2 * DAY)
    with BinanceUsdmServer(market, MIDNIGHT + 60_000) as exchange, TelegramServer() as api:
        yield exchange, api


@pytest.fixture
def day(
    servers: tuple[BinanceUsdmServer, TelegramServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Day:
    made = Day(*servers)
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: made.times.now_ms())
    monkeypatch.setattr(SystemClock, "monotonic_s", lambda _: made.times.monotonic_s())

    @contextmanager
    def stopping() -> Iterator[NeverStopped]:
        yield NeverStopped(made)

    monkeypatch.setattr("engine.commands.watch.stopping", stopping)
    monkeypatch.setattr(TelegramChannel, "pace_s", lambda *_: 0.0)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SNIPERSIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("SNIPERSIGHT_EXCHANGES__BINANCE_USDM__BASE_URL", made.exchange.base_url)
    monkeypatch.setenv("SNIPERSIGHT_TELEGRAM__BASE_URL", made.api.base_url)
    return made


@dataclass(frozen=True)
class Expected:
    """A setup as it has to be told: its plan, its chart, and the stages of its life up to the day's end."""

    plan: Mapping[str, Any]
    picture: bytes
    stages: tuple[str, ...]


def expected_of(environ: Mapping[str, str], until_ms: int) -> dict[str, Expected]:
    """Every setup of the day by its fingerprint, as of the close that found it first, from what is stored."""
    configured = configure(Flags(), environ, ("binance-usdm",))
    request = request_of(Flags(symbols=PERPETUALS), configured)
    with_candles = SqliteCandleStore(candle_file(environ))
    found: dict[str, Expected] = {}
    try:
        for slot in range(SLOTS):
            kept: list[SniperContext] = []
            edges = Edges(None, with_candles, SystemClock(), on_judged=kept.extend)
            as_of = MIDNIGHT + slot * HOUR
            result = run_scan(_as_of(request, as_of), edges)
            for setup in result.setups:
                if setup.plan.fingerprint in found:
                    continue
                (context,) = [context for context in kept if context.symbol == setup.plan.symbol]
                plan = plan_document(setup)
                terms = recorded_terms(plan, request.profile.costs, perpetual=True)
                candles = with_candles.read(
                    "binance-usdm", setup.plan.symbol, Timeframe.M5, terms.live_ms, until_ms
                )
                stages = stages_of(plan, play(terms, candles), Timeframe.M5)
                picture = png(charted_plan(context), Theme.DARK)
                found[setup.plan.fingerprint] = Expected(plan, picture, tuple(stage.text for stage in stages))
    finally:
        with_candles.close()
    return found


def _as_of(request: Any, as_of_ms: int) -> Any:
    from dataclasses import replace

    return replace(request, as_of_ms=as_of_ms, offline=True)


def heads(api: TelegramServer) -> dict[str, list[Sent]]:
    """Messages with a picture, by the setup they are about."""
    told: dict[str, list[Sent]] = {}
    for message in api.to(77):
        if message.photo:
            (name,) = re.findall(r"plan ([0-9a-f]{12})", message.text)
            told.setdefault(name, []).append(message)
    return told


def test_every_setup_of_a_day_is_told_once_with_its_chart_and_through_its_life(
    day: Day, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import os

    code = run(["watch", "-s", ",".join(PERPETUALS), "--rounds", str(SLOTS), "--notify"])
    _, err = capsys.readouterr()
    assert code == 0, err
    last_ms = MIDNIGHT + (SLOTS - 1) * HOUR
    expected = expected_of(os.environ, last_ms)
    assert len(expected) >= 3
    told = heads(day.api)
    assert told.keys() == expected.keys()
    for name, wanted in expected.items():
        (head,) = told[name]
        replies = [message for message in day.api.to(77) if message.reply_to == head.message_id]
        assert head.photo == wanted.picture
        assert wanted.plan["symbol"] in head.text
        assert len(replies) == len(wanted.stages), name
        for reply, text in zip(replies, wanted.stages, strict=True):
            assert text in reply.text
        assert len(head.history) == 1 + len(wanted.stages)
    silent_or_replies = [m for m in day.api.to(77) if not m.photo and not m.reply_to]
    assert silent_or_replies == []
    assert journal_file(os.environ).exists()
    assert not any("repeat" in message.text or "late by" in message.text for message in day.api.to(77))
    assert sum(len(wanted.stages) for wanted in expected.values()) >= 3
