"""Contracts are kept: every Protocol has what stands for it in the product, call for call."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, get_type_hints

import pytest

import contracts
from bot.notifications.streams import JsonLines
from contracts.data_contract import BookStore, CandleFeed, CandleStore, CandleStream, Clock
from contracts.desk_contract import BotStore, Desk
from contracts.indicators_contract import Indicator
from contracts.journal_contract import Journal
from contracts.lock_contract import LockStore
from contracts.notification_contract import Channel, Outbox
from contracts.plugin_contract import OffersDetectors, OffersFactors, OffersHooks, OffersIndicators
from contracts.risk_contract import RiskJudge
from contracts.strategy_contract import Detector, StructureReader
from contracts.track_contract import TrackStore
from contracts.trial_contract import TrialLog
from contracts.universe_contract import UniverseStore
from data.adapters.ccxt_feed import CcxtFeed
from data.adapters.ccxt_stream import CcxtStream
from data.adapters.demo import DemoFeed
from data.bot_store import SqliteBotStore
from data.cache import SqliteCandleStore
from data.journal import SqliteJournal
from data.lock_store import SqliteLockStore
from data.object_store import ObjectCandleStore
from data.outbox_store import SqliteOutbox
from data.track_store import SqliteTrackStore
from data.trial_log import SqliteTrialLog
from data.universe_store import SqliteUniverseStore
from engine.commands.desk import EngineDesk
from engine.commands.edges import SystemClock
from indicators.registry import Entry
from risk.judge import judge_plans
from strategy.smc.engine import detect
from strategy.smc.snapshot import find_structure

KEPT_BY: tuple[tuple[type, Any], ...] = (
    (Clock, SystemClock),
    (CandleFeed, CcxtFeed),
    (CandleFeed, DemoFeed),
    (CandleStore, SqliteCandleStore),
    (CandleStream, CcxtStream),
    (Journal, SqliteJournal),
    (BookStore, SqliteCandleStore),
    (CandleStore, ObjectCandleStore),
    (UniverseStore, SqliteUniverseStore),
    (LockStore, SqliteLockStore),
    (TrackStore, SqliteTrackStore),
    (TrialLog, SqliteTrialLog),
    (Desk, EngineDesk),
    (BotStore, SqliteBotStore),
    (Channel, JsonLines),
    (Outbox, SqliteOutbox),
    (Indicator, Entry),
    (RiskJudge, judge_plans),
    (StructureReader, find_structure),
    (Detector, detect),
)
FROM_OUTSIDE = {OffersHooks, OffersIndicators, OffersDetectors, OffersFactors}
"""Kept by other people's packages, and held to it when they are loaded."""


def protocols() -> Iterator[type]:
    for path in sorted(Path(contracts.__file__).parent.glob("*_contract.py")):
        module = importlib.import_module(f"contracts.{path.stem}")
        for member in vars(module).values():
            if (
                isinstance(member, type)
                and Protocol in member.__bases__
                and member.__module__ == module.__name__
            ):
                yield member


def calls(protocol: type) -> dict[str, Any]:
    return {
        name: member
        for name, member in vars(protocol).items()
        if callable(member) and (name == "__call__" or not name.startswith("_"))
    }


def shape(function: Callable[..., Any]) -> tuple[list[tuple[str, Any]], dict[str, Any], bool]:
    """Parameters with their defaults, types by parameter, and whether it is awaited."""
    parameters = [
        (name, parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "self"
    ]
    return parameters, get_type_hints(function), inspect.iscoroutinefunction(function)


def test_every_contract_is_kept_by_something() -> None:
    assert set(protocols()) == {contract for contract, _ in KEPT_BY} | FROM_OUTSIDE


@pytest.mark.parametrize(("contract", "kept_by"), KEPT_BY)
def test_what_keeps_a_contract_is_called_as_it_says(contract: type, kept_by: Any) -> None:
    for name, promised in calls(contract).items():
        is_function = name == "__call__" and inspect.isfunction(kept_by)
        assert shape(kept_by if is_function else getattr(kept_by, name)) == shape(promised), name
    for name, promised in vars(contract).items():
        if isinstance(promised, property):
            assert name in dir(kept_by), name
