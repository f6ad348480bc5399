"""The bot's desk in a chat: one update at a time in, an answer out, each update taken up at most once.

1. an update that was taken up before is passed over
2. who may not ask is not answered; one remark per stranger says so, without a word of theirs
3. what is older than the age limit is not carried out: it was meant for another moment
4. a question is marked as taken up, then answered: after a kill it is not answered twice
5. a decision is taken, then marked: a decision is one for good, so a repetition after a kill changes nothing

A slow question is worked on beside the others, one at a time.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.notifications.answers import note_of
from bot.notifications.aside import aside
from bot.notifications.authorisation import Asked, Denied, Guests, admitted
from bot.notifications.commands import Call, Misused, Unheard, help_answer, parsed, pressed, usage
from bot.notifications.markup import rendered
from bot.notifications.reasons import EVERY, listed
from bot.notifications.telegram_parcels import nonce_of
from contracts.data_contract import Clock
from contracts.desk_contract import BotStore, Desk
from shared.errors import SniperError
from shared.models.desk import Answer, Decision, Mark, Remark, Verdict

AGE_LIMIT_MS: Final = 300_000
"""A command that is older was meant for another moment."""
MARK_LIVES_MS: Final = 6 * 86_400_000
"""After a week without updates Telegram numbers them anew: an older mark says nothing about what comes now."""
QUICK_S: Final = 20.0
SLOW_S: Final = 900.0
STRANGERS: Final = 1000
"""Strangers that are remembered as remarked on."""
VERDICTS: Final = {"a": Verdict.APPROVED, "h": Verdict.HALF, "s": Verdict.SKIPPED}
DETAILS: Final = "w"
CHART: Final = "c"
TOO_LONG: Final = Answer("That takes too long", ("Ask again later.",))
DEFECT: Final = Answer("That failed", ("This is a defect of SniperSight; its log says more.",))


class Voice(Protocol):
    """How the bot speaks. Laws: one attempt, within a deadline; never raises for what the network or the other side does."""

    async def answer(self, asked: Asked, answer: Answer) -> None:
        """Send an answer to where it was asked."""
        ...

    async def tell(self, asked: Asked, html: str) -> None:
        """Send a text that is marked up already."""
        ...

    async def note(self, asked: Asked, text: str, *, loud: bool) -> None:
        """Answer a press with a short note."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """Whose bot it is: its own id and name, who may ask, and what makes its buttons' nonces."""

    bot: str
    username: str
    guests: Guests
    secret: str

    def __repr__(self) -> str:
        """Without the secret."""
        return f"House(bot={self.bot!r}, username={self.username!r}, guests={self.guests!r})"


class Reception:
    """Takes up updates. ``clean`` hides secrets in what people are told; ``remark`` is told what is worth knowing."""

    def __init__(
        self,
        house: House,
        desk: Desk,
        voice: Voice,
        store: BotStore,
        clock: Clock,
        *,
        remark: Callable[[Remark], None],
        clean: Callable[[str], str],
    ) -> None:
        """Nothing is being worked on."""
        self._house = house
        self._desk = desk
        self._voice = voice
        self._store = store
        self._clock = clock
        self._remark = remark
        self._clean = clean
        self._strangers: set[tuple[int, int]] = set()
        self._busy = ""
        self._work: set[asyncio.Task[None]] = set()

    def newest(self) -> int:
        """The highest update that was taken up, as far as it still says anything; 0 for none.

        Raises:
            StorageFault: it cannot be read.
        """
        mark = self._store.mark(self._house.bot)
        return mark.update_id if mark and self._clock.now_ms() - mark.at_ms < MARK_LIVES_MS else 0

    async def receive(self, update: Mapping[str, Any]) -> None:
        """Take up one update.

        Raises:
            StorageFault: what was taken up cannot be remembered: nothing was carried out.
        """
        asked = admitted(update, self._house.guests)
        if asked.update_id <= self.newest():
            return
        decision = self._decision(asked) if isinstance(asked, Asked) else None
        if isinstance(asked, Asked) and decision is not None:
            await self._decide(asked, decision)
            self._mark(asked.update_id)
            return
        self._mark(asked.update_id)
        if isinstance(asked, Denied):
            self._deny(asked)
        elif asked.sent_s is not None and self._clock.now_ms() - 1000 * asked.sent_s > AGE_LIMIT_MS:
            self._remark(Remark("too_old", "a command that is too old", user=asked.user, chat=asked.chat))
        elif asked.query:
            await self._press(asked)
        else:
            await self._command(asked)

    async def close(self) -> None:
        """Wait for nothing that is being worked on."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def _mark(self, update_id: int) -> None:
        self._store.keep_mark(self._house.bot, Mark(update_id, self._clock.now_ms()))

    def _deny(self, denied: Denied) -> None:
        who = denied.user, denied.chat
        if who not in self._strangers and len(self._strangers) < STRANGERS:
            self._strangers.add(who)
            self._remark(Remark("denied", denied.why, user=denied.user, chat=denied.chat, is_trouble=True))

    def _decision(self, asked: Asked) -> Decision | None:
        """The decision of a press whose nonce is right."""
        letter, _, rest = asked.text.partition(":")
        fingerprint, _, nonce = rest.rpartition(":")
        if not asked.query or letter not in VERDICTS or not fingerprint:
            return None
        right = nonce_of(self._house.secret, fingerprint, letter)
        if not hmac.compare_digest(right.encode(), nonce.encode()):
            return None
        return Decision(fingerprint, VERDICTS[letter], asked.user, asked.chat, asked.update_id)

    async def _decide(self, asked: Asked, decision: Decision) -> None:
        answer = await self._asked_for(lambda: self._desk.decide(decision), QUICK_S)
        await self._voice.note(asked, note_of(answer), loud=True)

    async def _press(self, asked: Asked) -> None:
        """A question by button; any other press is answered that it is nothing."""
        letter, _, name = asked.text.partition(":")
        call = pressed(asked.text)
        if call:
            await self._voice.note(asked, "", loud=False)
            await self._call(asked, call)
        elif letter == DETAILS:
            await self._details(asked, name)
        elif letter == CHART:
            await self._voice.note(asked, "", loud=False)
            await self._slowly(asked, "chart", lambda: self._desk.chart(self._symbol_of(name), ""))
        else:
            await self._voice.note(asked, "This button is not valid; nothing was done.", loud=True)

    def _symbol_of(self, fingerprint: str) -> str:
        return str(self._desk.plan(fingerprint)["symbol"])

    async def _details(self, asked: Asked, fingerprint: str) -> None:
        found: list[Mapping[str, Any]] = []
        answer = await self._asked_for(lambda: self._plan_for(fingerprint, found), QUICK_S)
        if not found:
            await self._voice.note(asked, note_of(answer), loud=True)
            return
        await self._voice.note(asked, "", loud=False)
        known = {"plan": found[0], "status": "", "record": "", "short_id": fingerprint[:4]}
        values = {**known, **listed(found[0], EVERY)}
        await self._voice.tell(asked, rendered("setup.html.j2", values))

    def _plan_for(self, fingerprint: str, found: list[Mapping[str, Any]]) -> Answer:
        found.append(self._desk.plan(fingerprint))
        return Answer("Details")

    async def _command(self, asked: Asked) -> None:
        call = parsed(asked.text, self._house.username)
        if call is None:
            return
        if isinstance(call, Unheard):
            await self._voice.answer(asked, Answer("No such command", (call.near,)))
        elif isinstance(call, Misused):
            symbols = await self._offers()
            await self._voice.answer(asked, usage(call.name, symbols))
        else:
            await self._call(asked, call)

    async def _offers(self) -> tuple[str, ...]:
        """Symbols that may be meant; none where they cannot be read: the words do without."""
        try:
            return await asyncio.wait_for(aside(self._desk.open_symbols), QUICK_S)
        except (SniperError, TimeoutError):
            return ()

    async def _call(self, asked: Asked, call: Call) -> None:
        work = self._work_of(call)
        if call.command.is_slow:
            await self._slowly(asked, call.name, work)
        else:
            await self._voice.answer(asked, await self._asked_for(work, QUICK_S))

    def _work_of(self, call: Call) -> Callable[[], Answer]:
        desk, first, second = self._desk, *(*call.arguments, "", "")[:2]
        works: Mapping[str, Callable[[], Answer]] = {
            "scan": desk.scan,
            "signals": desk.signals,
            "why": lambda: desk.why(first),
            "chart": lambda: desk.chart(first, second),
            "status": desk.status,
            "locks": desk.locks,
            "pause": desk.pause,
            "resume": desk.resume,
            "mute": lambda: _mute(desk, first, second),
            "help": help_answer,
        }
        return works[call.name]

    async def _slowly(self, asked: Asked, name: str, work: Callable[[], Answer]) -> None:
        """Work beside what is asked next, one at a time."""
        if self._busy:
            await self._voice.answer(
                asked, Answer(f"Busy with /{self._busy}", ("Ask again when it is answered.",))
            )
            return
        self._busy = name
        task = asyncio.ensure_future(self._worked(asked, work))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _worked(self, asked: Asked, work: Callable[[], Answer]) -> None:
        def worked() -> Answer:
            try:
                return work()
            finally:
                self._busy = ""

        await self._voice.answer(asked, await self._asked_for(worked, SLOW_S))

    async def _asked_for(self, work: Callable[[], Answer], within_s: float) -> Answer:
        """What the desk answers, or in plain words why it does not; a defect is remarked on, and the bot goes on."""
        coming = aside(work)
        await asyncio.wait({coming}, timeout=within_s)
        if not coming.done():
            return TOO_LONG
        error = coming.exception()
        if error is None:
            return coming.result()
        if isinstance(error, SniperError):
            return self._sorry(error)
        self._remark(Remark("failed", self._clean(f"{type(error).__name__}: {error}")[:500], is_trouble=True))
        return DEFECT

    def _sorry(self, fault: SniperError) -> Answer:
        lines = (fault.problem, fault.action) if fault.action else (fault.problem,)
        return Answer("That cannot be done", tuple(map(self._clean, lines)))


def _mute(desk: Desk, symbol: str, hours: str) -> Answer:
    """Mute for hours that are a number.

    Raises:
        SniperError: as the desk.
    """
    try:
        return desk.mute(symbol, float(hours or 24))
    except ValueError:
        return usage("mute", ())
