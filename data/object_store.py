"""The candle store on object storage: Parquet objects of a month or a year, found through a head that is claimed, never edited.

    <exchange>/heads/<generation>.json                    what is stored, each generation a new object
    <exchange>/series/<BASE-QUOTE>/<timeframe>/….json     the parts of one series
    <exchange>/candles/<BASE-QUOTE>/<timeframe>/….parquet the candles of one part
    <exchange>/markets/….json                             trading rules

A write puts new objects first and then claims the next generation's head. The claim succeeds for one writer only; another merges
again on top of it. So a reader sees all of a write or nothing, and no writer loses another's candles. Objects that were
replaced stay for ``KEPT`` generations, for readers that are still at it.
"""

from __future__ import annotations

import io
import random
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from contracts.data_contract import SeriesInfo, WriteReport
from data.object_files import ObjectFiles
from data.object_head import (
    Entry,
    Head,
    Part,
    digest_text,
    pack_head,
    pack_markets,
    pack_parts,
    unpack_head,
    unpack_markets,
    unpack_parts,
)
from data.pages import compare, merge
from data.parquet_import import pack_candles, unpack_candles
from data.periods import Period, by_period
from shared.errors import DamagedPage, StorageFault
from shared.models.data import Candles, Market
from shared.models.timeframe import Timeframe, iso

NOTHING: Final = WriteReport(0, 0)
PERIOD_OF: Final[Mapping[Timeframe, Period]] = {
    Timeframe.M5: "M", Timeframe.M15: "M", Timeframe.H1: "Y", Timeframe.H4: "Y", Timeframe.D1: "Y", Timeframe.W1: "Y",
}  # fmt: skip
"""What one object holds of a series: some hundreds to some thousands of candles."""
KEPT: Final = 8
"""Generations for which heads and replaced objects stay."""
ATTEMPTS: Final = 8
PAUSE_S: Final = 0.05
FRESH_S: Final = 1.0
"""For how long a head is believed to be the newest: what another process wrote is seen after at most this."""


@dataclass
class _Draft:
    """A head in the making: objects to be put, keys that it replaces, what it changed."""

    head: Head
    objects: dict[str, bytes] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)


class ObjectCandleStore:
    """The store of :class:`contracts.data_contract.CandleStore` below an address such as ``s3://bucket/candles``.

    Raises:
        ConfigFault: no address we can use, or a package for it is not installed.
        StorageFault: the place cannot be reached, read or written, a head is damaged, or other writers keep coming first.
        DamagedPage: an object that is read does not match its digest, or is not there.
    """

    def __init__(self, url: str, fresh_s: float = FRESH_S) -> None:
        """Nothing is asked of the place yet."""
        self._files = ObjectFiles(url)
        self._fresh_s = fresh_s
        self._heads: dict[str, tuple[float, Head]] = {}

    def read(self, exchange: str, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        """Stored candles that open at or after ``since_ms`` and are closed at ``until_ms``; empty if there are none."""
        head = self._head(exchange)
        try:
            held = self._load(head, exchange, symbol, timeframe, since_ms, until_ms)
        except DamagedPage:
            newer = self._head(exchange, look_again=True)
            if newer.generation == head.generation:
                raise
            held = self._load(newer, exchange, symbol, timeframe, since_ms, until_ms)
        return held.between(since_ms, until_ms)

    def write(self, exchange: str, symbol: str, candles: Candles) -> WriteReport:
        """Insert or replace candles, all or none."""
        return self.write_many(exchange, {symbol: (candles,)}).get((symbol, candles.timeframe), NOTHING)

    def write_many(
        self, exchange: str, batch: Mapping[str, Iterable[Candles]]
    ) -> Mapping[tuple[str, Timeframe], WriteReport]:
        """Insert or replace candles of many symbols, all or none; what it changed by symbol and timeframe."""
        wanted = [(symbol, candles) for symbol, parts in batch.items() for candles in parts if len(candles)]
        reports: dict[tuple[str, Timeframe], WriteReport] = {}
        for draft in self._drafts(exchange):
            reports = {}
            for symbol, candles in wanted:
                key = symbol, candles.timeframe
                report = self._merge_in(draft, exchange, symbol, candles)
                reports[key] = reports.get(key, NOTHING) + report
        return reports

    def series(self, exchange: str | None = None) -> tuple[SeriesInfo, ...]:
        """Every stored series, ordered by exchange, symbol, timeframe."""
        exchanges = self._files.names("") if exchange is None else [exchange]
        found = [
            _info(name, key, entry) for name in exchanges for key, entry in self._head(name).series.items()
        ]
        order = tuple(Timeframe)
        return tuple(
            sorted(found, key=lambda info: (info.exchange, info.symbol, order.index(info.timeframe)))
        )

    def markets(self, exchange: str) -> Mapping[str, Market]:
        """Stored trading rules by unified symbol."""
        return self._markets(self._head(exchange))

    def save_markets(self, markets: Mapping[str, Market]) -> None:
        """Insert or replace trading rules, all or none for each exchange."""
        for exchange in {market.exchange for market in markets.values()}:
            mine = {symbol: market for symbol, market in markets.items() if market.exchange == exchange}
            for draft in self._drafts(exchange):
                held = self._markets(draft.head)
                if held | mine == held:
                    continue
                old, _ = draft.head.markets
                body = pack_markets(held | mine)
                key = f"{exchange}/markets/{secrets.token_hex(8)}.json"
                draft.objects[key] = body
                draft.replaced += [old] if old else []
                draft.head = replace(draft.head, markets=(key, digest_text(body)))

    def close(self) -> None:
        """Forget what was read; may be called twice."""
        self._heads.clear()

    def _head(self, exchange: str, *, look_again: bool = False) -> Head:
        """The newest head; one that was seen a moment ago is believed."""
        seen_s, head = self._heads.get(exchange, (float("-inf"), Head()))
        if not look_again and time.monotonic() - seen_s < self._fresh_s:
            return head
        newest = max(self._generations(exchange), default=0)
        if newest and newest != head.generation:
            name = _head_key(exchange, newest)
            (body,) = self._files.get([name])
            if body is None:
                raise StorageFault(f"{self._files.url}/{name} is gone", "Scan again")
            head = unpack_head(body, f"{self._files.url}/{name}")
        self._heads[exchange] = (time.monotonic(), head)
        return head

    def _generations(self, exchange: str) -> list[int]:
        stems = (name.removesuffix(".json") for name in self._files.names(f"{exchange}/heads"))
        return [int(stem) for stem in stems if stem.isdigit()]

    def _load(
        self, head: Head, exchange: str, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int
    ) -> Candles:
        entry = head.series.get(_series_key(symbol, timeframe))
        if entry is None:
            return Candles.empty(timeframe)
        name = f"{exchange} {symbol} {timeframe}"
        parts = [
            part
            for _, part in sorted(self._parts(entry, name).items())
            if part.last_ms >= since_ms and part.first_ms <= until_ms - timeframe.ms
        ]
        held = Candles.empty(timeframe)
        for candles in self._candles(parts, timeframe, name):
            held = merge(held, candles)
        return held

    def _parts(self, entry: Entry, name: str) -> dict[str, Part]:
        body = self._sound(entry, self._files.get([entry.key])[0], name)
        return unpack_parts(body, name)

    def _candles(self, parts: list[Part], timeframe: Timeframe, name: str) -> Iterator[Candles]:
        bodies = self._files.get([part.key for part in parts])
        for part, body in zip(parts, bodies, strict=True):
            yield unpack_candles(io.BytesIO(self._sound(part, body, name)), timeframe)

    def _sound(self, stored: Part | Entry, body: bytes | None, name: str) -> bytes:
        """An object's bytes, which are those that were written."""
        if body is None or digest_text(body) != stored.digest:
            raise DamagedPage(
                f"{self._files.url}/{stored.key}: the page of {name} that starts {iso(stored.first_ms)} is damaged",
                "Mend it: import that series again with 'data import', or scan without --offline",
                stored.first_ms,
            )
        return body

    def _markets(self, head: Head) -> dict[str, Market]:
        key, _ = head.markets
        if not key:
            return {}
        (body,) = self._files.get([key])
        return unpack_markets(body or b"", f"{self._files.url}/{key}")

    def _drafts(self, exchange: str) -> Iterator[_Draft]:
        """Drafts on top of the newest head until one of them, filled in by the caller, becomes the next."""
        for attempt in range(ATTEMPTS):
            head = self._head(exchange, look_again=True)
            draft = _Draft(head)
            yield draft
            if not draft.objects:
                return
            if self._commit(exchange, draft):
                return
            time.sleep(random.uniform(0, PAUSE_S * 2**attempt))  # noqa: S311 - spreads writers, keeps no secret
        raise StorageFault(
            f"candle store {self._files.url}: other writers came first {ATTEMPTS} times", "Try again later"
        )

    def _merge_in(self, draft: _Draft, exchange: str, symbol: str, new: Candles) -> WriteReport:
        """Put candles into the draft's head, part by part."""
        name, key = f"{exchange} {symbol} {new.timeframe}", _series_key(symbol, new.timeframe)
        parts, total = self._held_parts(draft, key, name, new)
        place = f"{symbol.replace('/', '-')}/{new.timeframe}"
        changed = total != NOTHING
        for period, candles in by_period(new, PERIOD_OF[new.timeframe]):
            old = parts.get(period)
            held, dropped = self._held(draft, old, new, name)
            added, former = compare(held, candles)
            report = WriteReport(added, len(former), dropped)
            if report != NOTHING:
                changed, merged = True, merge(held, candles)
                body = pack_candles(merged)
                part_key = f"{exchange}/candles/{place}/{period}-{secrets.token_hex(8)}.parquet"
                parts[period] = _part(part_key, body, merged)
                self._exchange(draft, part_key, body, old.key if old else "")
            total += report
        if changed:
            series_key = f"{exchange}/series/{place}/{secrets.token_hex(8)}.json"
            body = pack_parts(parts)
            known = draft.head.series.get(key)
            self._exchange(draft, series_key, body, known.key if known else "")
            entry = _entry(series_key, body, parts)
            draft.head = replace(draft.head, series={**draft.head.series, key: entry})
        return total

    def _held_parts(
        self, draft: _Draft, key: str, name: str, new: Candles
    ) -> tuple[dict[str, Part], WriteReport]:
        """The parts a series has in the draft, and what a damaged list of them, which is dropped, counts as."""
        entry = draft.head.series.get(key)
        if entry is None:
            return {}, NOTHING
        if entry.key in draft.objects:
            return unpack_parts(draft.objects[entry.key], name), NOTHING
        try:
            return self._parts(entry, name), NOTHING
        except DamagedPage:
            if not _reaches_into(new, entry):
                raise
            return {}, WriteReport(0, 0, 1)

    def _held(self, draft: _Draft, part: Part | None, new: Candles, name: str) -> tuple[Candles, int]:
        """The candles a part has in the draft, and how many damaged parts were dropped: none, or this one."""
        timeframe = new.timeframe
        if part is None:
            return Candles.empty(timeframe), 0
        if part.key in draft.objects:
            return unpack_candles(io.BytesIO(draft.objects[part.key]), timeframe), 0
        try:
            (held,) = self._candles([part], timeframe, name)
        except DamagedPage:
            if not _reaches_into(new, part):
                raise
            return Candles.empty(timeframe), 1
        return held, 0

    def _exchange(self, draft: _Draft, key: str, body: bytes, old: str) -> None:
        """An object of the draft in place of another, which goes when it was only the draft's own."""
        draft.objects[key] = body
        if draft.objects.pop(old, None) is None and old:
            draft.replaced.append(old)

    def _commit(self, exchange: str, draft: _Draft) -> bool:
        """Make the draft the newest head, unless another writer came first."""
        generation = draft.head.generation + 1
        due = [key for replaced_at, key in draft.head.replaced if replaced_at <= generation - KEPT]
        kept = [entry for entry in draft.head.replaced if entry[1] not in set(due)]
        head = replace(
            draft.head,
            generation=generation,
            replaced=(*kept, *((generation, key) for key in draft.replaced)),
        )
        self._files.put(draft.objects)
        old_head = [_head_key(exchange, generation - KEPT)] if generation - KEPT > 1 else []
        self._files.remove([*due, *old_head])
        mine = _head_key(exchange, generation)
        if not self._files.claim(mine, pack_head(head)):
            self._files.remove(draft.objects)
            return False
        if not self._follows(exchange, generation):
            self._files.remove([mine, *draft.objects])
            return False
        self._heads[exchange] = (time.monotonic(), head)
        return True

    def _follows(self, exchange: str, generation: int) -> bool:
        """Whether a claimed head stands on the one before it. A writer that slept for generations may claim a number that is free
        again because its head was removed; the first one's never is."""
        return generation == 1 or generation - 1 in self._generations(exchange)


def _reaches_into(new: Candles, stored: Part | Entry) -> bool:
    return int(new.open_ms[0]) <= stored.last_ms and int(new.open_ms[-1]) >= stored.first_ms


def _head_key(exchange: str, generation: int) -> str:
    return f"{exchange}/heads/{generation:012d}.json"


def _series_key(symbol: str, timeframe: Timeframe) -> str:
    return f"{symbol}|{timeframe}"


def _part(key: str, body: bytes, candles: Candles) -> Part:
    first, last = int(candles.open_ms[0]), int(candles.open_ms[-1])
    return Part(key, digest_text(body), first, last, len(candles), len(body))


def _entry(key: str, body: bytes, parts: Mapping[str, Part]) -> Entry:
    first = min(part.first_ms for part in parts.values())
    last = max(part.last_ms for part in parts.values())
    count = sum(part.count for part in parts.values())
    return Entry(key, digest_text(body), first, last, count, sum(part.size for part in parts.values()))


def _info(exchange: str, key: str, entry: Entry) -> SeriesInfo:
    symbol, _, kept = key.rpartition("|")
    timeframe = Timeframe(kept)
    missing = (entry.last_ms - entry.first_ms) // timeframe.ms + 1 - entry.count
    return SeriesInfo(
        exchange, symbol, timeframe, entry.first_ms, entry.last_ms, entry.count, missing, entry.size
    )
