"""The desk of the bot: its questions answered by the same entries that the command line uses."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from engine.commands.edges import DEMO, SystemClock, open_edges, open_journal, open_store_at
from engine.commands.flags import Flags
from engine.commands.locks import open_locks, under_locks
from engine.commands.notify import hush_of, open_bot_store, open_outbox
from engine.commands.paths import is_there, journal_file, kill_file, lock_file
from engine.commands.recall import with_past
from engine.commands.request import one_symbol, request_of
from engine.commands.rulings import ruled
from engine.commands.settings import Configured
from shared.errors import ConfigFault, NotFound
from shared.models.desk import Answer, Decision, Hush
from shared.models.journal import RecordKind
from shared.models.timeframe import Timeframe, iso
from shared.utils.suggest import suggest
from shared.version import VERSION

if TYPE_CHECKING:
    from bot.ui.look import Look
    from engine.following.setups import Followed
    from shared.models.scan import Explanation

COLUMNS: Final = 40
"""What a phone shows of monospaced text without scrolling."""
SIGNALS_MS: Final = 7 * Timeframe.D1.ms
HOUR_MS: Final = 3_600_000
MOST_HOURS: Final = 30 * 24
SHOWN: Final = 20
NOT_YET: Final = "nothing is journaled yet"


@dataclass(frozen=True, slots=True)
class EngineDesk:
    """Answers with settings and flags as they were when the bot began; ``on_told`` is called when there is something to send."""

    configured: Configured
    flags: Flags
    environ: Mapping[str, str]
    on_told: Callable[[], None]
    began_s: float = field(default_factory=time.monotonic)

    def scan(self) -> Answer:
        """Scan now as ``scan --notify`` does: recorded, its setups told of, unless that is paused."""
        from bot.ui.terminal import scan_lines
        from engine.commands.scan import decided, scan_edges
        from engine.edges import silent

        flags = replace(self.flags, notify=True)
        request = request_of(flags, self.configured)
        with scan_edges(self.configured.settings, request, flags, self.environ) as edges:
            result = decided(request, edges, flags, self.environ, silent)
        self.on_told()
        now_ms = None if request.exchange == DEMO else SystemClock().now_ms()
        invented = ("These prices are invented.",) if request.exchange == DEMO else ()
        lines = (*invented, *scan_lines(result, _look(), now_ms), *self._held_back())
        return Answer("Scan", lines, monospaced=True)

    def _held_back(self) -> tuple[str, ...]:
        return ("New setups are recorded, not told: paused.",) if hush_of(self.environ).paused_ms else ()

    def why(self, symbol: str) -> Answer:
        """The words of ``explain``, without its tables of gates: a phone is narrow.

        Raises:
            SniperError: as ``explain``.
        """
        from bot.ui.terminal_explain import explain_lines

        explanation, missing = with_past(self._explained(symbol), self.environ)
        lines = [*explain_lines(explanation, _look(), with_gates=False), *(f"! {flag}" for flag in missing)]
        return Answer(explanation.symbol, tuple(lines), monospaced=True)

    def chart(self, symbol: str, timeframe: str) -> Answer:
        """The picture of ``chart``, dark as chats are read at night.

        Raises:
            SniperError: as ``chart``.
        """
        from bot.ui.chart_canvas import insist_on_matplotlib
        from bot.ui.chart_theme import Theme
        from bot.ui.charts import png
        from engine.charting import charted
        from engine.commands.chart import one_timeframe

        insist_on_matplotlib()
        wanted = one_timeframe(timeframe or None, "the timeframe")
        explanation = self._explained(symbol)
        scene = charted(explanation, wanted)
        scan = explanation.scan
        told = f"{scan.profile} · {scan.exchange} · closed bars up to {iso(scan.bar_ms)}"
        title = f"{explanation.symbol} {scene.candles.timeframe}"
        return Answer(title, (told,), picture=png(scene, Theme.DARK))

    def _explained(self, symbol: str) -> Explanation:
        from engine.explanation import explain_symbol

        wanted = self._symbol(symbol)
        request = under_locks(request_of(self.flags, self.configured), self.environ)
        with open_edges(self.configured.settings, request, self.environ) as edges:
            return explain_symbol(request, wanted, edges)

    def _symbol(self, given: str) -> str:
        """A symbol; never a file of them, as on the command line.

        Raises:
            ConfigFault: it cannot be one.
        """
        if "@" in given:
            raise ConfigFault("that is not a symbol", "Write it like BTC/USDT")
        return one_symbol(given, self.configured)

    def _listed(self, symbol: str) -> str:
        """A symbol that the exchange is known to list, as far as anything is stored of it.

        Raises:
            NotFound: another is; the nearest is named.
        """
        exchange = self.configured.settings.exchange
        if exchange == DEMO:
            return symbol
        with open_store_at(self.configured.settings.store, self.environ) as store:
            markets = store.markets(exchange)
        if markets and symbol not in markets:
            raise NotFound(f"{exchange} is not known to list {symbol!r}", suggest(symbol, markets))
        return symbol

    def signals(self) -> Answer:
        """The setups of the last days, newest first, and what all finished ones were worth."""
        from engine.following.track import shown, track_record

        setups = self._setups()
        since_ms = SystemClock().now_ms() - SIGNALS_MS
        recent = [shown(setup) for setup in reversed(setups) if setup.decided_ms >= since_ms]
        lines = [
            f"{row.symbol} {row.side} {row.grade} {row.score:.0f}: {row.state}"
            + (f", {row.result_r:+.2f} R" if row.is_filled else "")
            + (f", {row.verdict}" if row.verdict else "")
            for row in recent[:SHOWN]
        ]
        more = [f"and {len(recent) - SHOWN} older ones"] if len(recent) > SHOWN else []
        track = f"Track record, every finished setup taken as planned: {track_record(setups)}"
        return Answer("Setups of 7 days", (*(lines or ["none"]), *more, "", track))

    def open_symbols(self) -> tuple[str, ...]:
        """Symbols of the setups that are not over, the newest first."""
        alive = [str(setup.plan["symbol"]) for setup in reversed(self._setups()) if not setup.is_over]
        return tuple(dict.fromkeys(alive))

    def _setups(self) -> tuple[Followed, ...]:
        from engine.following.setups import setups_since

        if not is_there(journal_file(self.environ)):
            return ()
        with open_journal(self.environ) as journal:
            return setups_since(journal, 0, self.configured.settings.exchange)

    def status(self) -> Answer:
        """Version, uptime, what is scanned, the last scan, open setups, what waits to be sent, what is not told."""
        settings, hush = self.configured.settings, hush_of(self.environ)
        alive = sum(not setup.is_over for setup in self._setups())
        lines = [
            f"SniperSight {VERSION}, up {_span(time.monotonic() - self.began_s)}",
            f"{settings.exchange}, profile {settings.profile.name}",
            f"last scan: {self._last_scan()}",
            f"open setups: {alive}",
            f"outbox: {self._outbox()}",
            *_hushed(hush, SystemClock().now_ms()),
        ]
        if is_there(kill_file(self.environ)):
            lines.append("the kill switch is set: no plan is approved")
        return Answer("Status", tuple(lines))

    def _last_scan(self) -> str:
        if not is_there(journal_file(self.environ)):
            return NOT_YET
        with open_journal(self.environ) as journal:
            newest = journal.newest(1)
        if not newest:
            return NOT_YET
        scan = newest[0].content
        return (
            f"{iso(newest[0].at_ms)}, {scan['exchange']}, {scan['status']}, {scan['counts']['plans']} plans"
        )

    def _outbox(self) -> str:
        if not is_there(journal_file(self.environ)):
            return "empty"
        with open_outbox(self.environ) as outbox:
            counts = outbox.tally()
        return ", ".join(f"{count} {fate}" for fate, count in sorted(counts.items()) if count) or "empty"

    def locks(self) -> Answer:
        """Locks in force, the first to end first."""
        locks = []
        if is_there(lock_file(self.environ)):
            with open_locks(self.environ) as store:
                locks = [str(lock) for lock in store.locks() if lock.until_ms > SystemClock().now_ms()]
        killed = ["the kill switch is set: no plan is approved"] if is_there(kill_file(self.environ)) else []
        return Answer("Locks", tuple([*killed, *locks] or ["nothing is locked"]))

    def plan(self, fingerprint: str) -> Mapping[str, Any]:
        """The plan of a setup as it was first published.

        Raises:
            NotFound: none of that name was recorded.
        """
        if is_there(journal_file(self.environ)):
            with open_journal(self.environ) as journal:
                record = journal.first_of(fingerprint, RecordKind.PLAN)
            if record is not None:
                return record.content
        raise NotFound("no setup of that name is journaled", "See /signals")

    def pause(self) -> Answer:
        """Tell nothing new until resumed; the time of the first pause stays."""
        with open_bot_store(self.environ) as store:
            since_ms = store.hush().paused_ms or SystemClock().now_ms()
            store.pause(since_ms)
        return Answer(
            "Paused",
            (
                f"since {iso(since_ms)}. New setups are recorded, not told; what becomes of those you know is told.",
                "/resume tells again: also of what was held back, if a scan still finds it.",
            ),
        )

    def resume(self) -> Answer:
        """Tell what is new again."""
        with open_bot_store(self.environ) as store:
            was_ms = store.hush().paused_ms
            store.pause(0)
        return Answer("New setups are told again" if was_ms else "It was not paused")

    def mute(self, symbol: str, hours: float) -> Answer:
        """Tell of no new setup of a symbol for some hours.

        Raises:
            ConfigFault: a symbol or time that is none.
        """
        if not (math.isfinite(hours) and 0 <= hours <= MOST_HOURS):
            raise ConfigFault(f"hours must lie between 0 and {MOST_HOURS}", "Write it like /mute BTC 24")
        name = self._listed(self._symbol(symbol))
        until_ms = SystemClock().now_ms() + round(hours * HOUR_MS)
        with open_bot_store(self.environ) as store:
            store.mute(name, until_ms)
        if not hours:
            return Answer(f"{name} is told of again")
        return Answer(
            f"{name} is muted until {iso(until_ms)}",
            ("Its new setups are recorded, not told; what becomes of those you know comes without a sound.",),
        )

    def decide(self, decision: Decision) -> Answer:
        """Take a decision, once per setup.

        Raises:
            SniperError: the journal cannot be read or written; nothing was decided then.
        """
        answer = ruled(decision, self.plan(decision.fingerprint), self.configured.settings, self.environ)
        self.on_told()
        return answer


def _look() -> Look:
    from bot.ui.look import Look

    return Look(COLUMNS)


def _hushed(hush: Hush, now_ms: int) -> list[str]:
    paused = [f"paused since {iso(hush.paused_ms)}"] if hush.paused_ms else []
    return paused + [
        f"{symbol} muted until {iso(until_ms)}" for symbol, until_ms in hush.muted if until_ms > now_ms
    ]


def _span(seconds: float) -> str:
    minutes = int(seconds) // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
