"""The outbox as a state machine: two senders that decide, take, claim, send, book, crash and oversleep in any order."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from data.journal import SqliteJournal
from data.outbox_store import SqliteOutbox
from risk.audit_pipeline import chain, check_chain
from shared.models.notifications import Delivered, Delivery, Parcel, Refused, Unknown, parcel_id
from shared.models.outbox import OPEN, Claim, Doubt, Fate, Lost, Terms, Turn, Wait

MORE = os.environ.get("SNIPERSIGHT_HYPOTHESIS") == "nightly"
MEMORY = Path("/dev/shm")
ADDRESSES = ("a", "b")
LEASE_MS = 1000
LIFE_MS = 20_000
SENDERS = st.integers(0, 1)
OUTCOMES: tuple[Delivery, ...] = (
    Delivered("r"),
    Refused("busy", 0.0),
    Refused("busy", 1.5),
    Refused("no", None),
    Unknown("?"),
)


@dataclass
class Sender:
    outbox: SqliteOutbox
    journal: SqliteJournal
    turn: Turn | None = None
    claim: Claim | None = None


class Outboxes(RuleBasedStateMachine):
    """What the senders see is held against what was decided and what left."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.now_ms = 1_000_000
        self.senders = [self.opened(), self.opened()]
        self.decided: dict[str, list[str]] = {address: [] for address in ADDRESSES}
        self.expires_ms: dict[str, int] = {}
        self.low: set[str] = set()
        self.left: Counter[tuple[str, bool]] = Counter()
        self.newest: Counter[str] = Counter()
        self.done: set[str] = set()
        self.terms = Terms(lease_ms=LEASE_MS, late_ms=5000, repeats=2, attempts=6, pauses_s=(0.5, 1.0))

    def opened(self) -> Sender:
        journal = SqliteJournal(self.folder / "journal.sqlite3", chain)
        return Sender(SqliteOutbox(journal), journal)

    @rule(doubt=st.sampled_from(("repeat_marked", "hold", "drop_marked")))
    def set_doubt(self, doubt: Doubt) -> None:
        self.terms = Terms(
            lease_ms=LEASE_MS, late_ms=5000, doubt=doubt, repeats=2, attempts=6, pauses_s=(0.5, 1.0)
        )

    @rule(who=SENDERS, number=st.integers(0, 9), low=st.booleans())
    def decide(self, who: int, number: int, low: bool) -> None:
        parcels = [
            Parcel(
                parcel_id("memory", address, str(number)), "memory", address, "send", "{}", self.now_ms,
                self.now_ms + LIFE_MS, low_value=low,
            )
            for address in ADDRESSES
        ]  # fmt: skip
        appended = self.senders[who].outbox.decide(None, parcels, self.now_ms)
        for parcel in parcels:
            if parcel.id in self.expires_ms:
                assert appended.added == 0
                continue
            self.expires_ms[parcel.id] = parcel.expires_ms
            self.decided[parcel.address].append(parcel.id)
            self.low |= {parcel.id} if low else set()

    @rule(who=SENDERS, address=st.sampled_from(ADDRESSES))
    def take(self, who: int, address: str) -> None:
        sender = self.senders[who]
        taken = sender.outbox.take("memory", address, f"s{who}", self.now_ms, LEASE_MS)
        if isinstance(taken, Wait):
            assert taken.until_ms > self.now_ms
            return
        assert taken.fence > self.newest[address]
        self.newest[address] = taken.fence
        sender.turn, sender.claim = taken, None

    @precondition(lambda self: any(sender.turn and not sender.claim for sender in self.senders))
    @rule(who=SENDERS)
    def claim(self, who: int) -> None:
        sender = self.senders[who]
        if sender.turn is None or sender.claim:
            return
        claim = sender.outbox.claim(sender.turn, self.now_ms, self.terms)
        is_newest = sender.turn.fence == self.newest[sender.turn.address]
        assert isinstance(claim, Lost) is not is_newest
        if not isinstance(claim, Claim):
            sender.turn = None
            return
        sender.claim, parcel = claim, claim.parcel
        assert parcel.id not in self.done
        assert self.now_ms < self.expires_ms[parcel.id]
        fates = {letter.id: letter.fate for letter in sender.outbox.letters(*Fate)}
        assert fates[parcel.id] is Fate.INFLIGHT
        before = self.decided[parcel.address][: self.decided[parcel.address].index(parcel.id)]
        assert all(fates[name] not in OPEN for name in before)
        if parcel.is_repeat:
            assert parcel.id not in self.low

    @precondition(lambda self: any(sender.claim for sender in self.senders))
    @rule(who=SENDERS, outcome=st.sampled_from(OUTCOMES))
    def send_and_book(self, who: int, outcome: Delivery) -> None:
        sender = self.senders[who]
        if sender.claim is None:
            return
        claim, sender.claim = sender.claim, None
        self.leave(claim, outcome)
        fate = sender.outbox.book(claim, outcome, self.now_ms, self.terms)
        if fate is Fate.DONE:
            self.done.add(claim.parcel.id)

    @precondition(lambda self: any(sender.claim for sender in self.senders))
    @rule(who=SENDERS, outcome=st.sampled_from(OUTCOMES), is_sent=st.booleans())
    def crash(self, who: int, outcome: Delivery, is_sent: bool) -> None:
        claim = self.senders[who].claim
        if claim and is_sent:
            self.leave(claim, outcome)
        self.senders[who].journal.close()
        self.senders[who] = self.opened()

    @rule(who=SENDERS)
    def release(self, who: int) -> None:
        sender = self.senders[who]
        if sender.turn and not sender.claim:
            sender.outbox.release(sender.turn)
            sender.turn = None

    @rule(by_ms=st.sampled_from((1, 400, 900, 2500, 30_000)))
    def wait(self, by_ms: int) -> None:
        self.now_ms += by_ms

    def leave(self, claim: Claim, outcome: Delivery) -> None:
        """A request is out; one that was refused has no effect, one of unknown fate may have."""
        if not isinstance(outcome, Refused):
            self.left[claim.parcel.id, claim.parcel.is_repeat] += 1

    @invariant()
    def tells_nothing_twice_without_its_mark(self) -> None:
        assert all(count == 1 for (_, is_repeat), count in self.left.items() if not is_repeat)

    @invariant()
    def stands_as_the_chain_says(self) -> None:
        self.senders[0].outbox.examine()

    def teardown(self) -> None:
        journal = self.senders[0].journal
        check_chain(journal.records(), journal.head())
        fates = {letter.id for letter in self.senders[0].outbox.letters(*Fate)}
        assert fates == set(self.expires_ms)
        for sender in self.senders:
            sender.journal.close()
        shutil.rmtree(self.folder)


TestOutboxes = Outboxes.TestCase
TestOutboxes.settings = settings(
    max_examples=5000 if MORE else 40,
    stateful_step_count=50 if MORE else 40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
