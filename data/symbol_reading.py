"""One symbol's reading: what is stored, what is missing of it, and how that comes.

1. The newest page of the base timeframe is brought up to date: of a re-scan one small request, whose first candle is the newest
   stored one again, so that a revised one shows.
2. Coarser candles that closed meanwhile are derived from it, as far as it covers them without a hole that is not the exchange's own.
3. What is still missing of a window is fetched in pages, oldest first; each is checked and stored as it arrives, so whoever is
   killed goes on from there. What the exchange has none of is asked for twice (before its first candle: once) and noted.
4. Once a day, and after a gap, derived candles are held against the exchange's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final
from zlib import crc32

from data.aggregation import aggregate
from data.echo import Known, check_echo
from data.likeness import news
from data.pages import merge
from data.renames import with_former
from data.series_notes import NO_NOTE, SeriesNote
from data.source import Source
from data.spans import Span, joined, missing, on_grid
from data.spikes import check_spikes
from data.streamed import UNNOTED, StreamTurn
from shared.errors import ConflictingData, DamagedPage, DataFault
from shared.models.data import Candles, Market
from shared.models.profile import Profile
from shared.models.timeframe import DAY_MS, MINUTE_MS, Timeframe

BASE_PAGE: Final = 1000
"""Base candles one request brings: a scan at most this long after the last one costs one request a symbol."""
SETTLED_MS: Final = 60 * MINUTE_MS
"""A candle that closed this long ago and is not there will not come."""
AT_ONCE: Final = 100
"""From so many candles on a page is stored before the next is asked for; fewer wait for what is derived of them."""
LEAST_AGE_MS: Final = DAY_MS // 2
"""No series is verified more often."""


@dataclass(slots=True)
class Checks:
    """How many derived series this run may still hold against the exchange's own."""

    left: int

    def taken(self) -> bool:
        """Take one, if there is one."""
        self.left -= 1
        return self.left >= 0


@dataclass(slots=True)
class SymbolReading:
    """``held`` is what is known of each series, all of it stored but for ``unsaved``; ``damaged`` says per timeframe where a page of
    the store starts that has to be fetched again; ``flags`` are remarks on the run. ``since_ms`` above 0 takes the place of the
    windows' starts."""

    market: Market
    source: Source
    settings: Profile
    as_of_ms: int
    checks: Checks
    held: dict[Timeframe, Candles] = field(default_factory=dict)
    unsaved: list[Candles] = field(default_factory=list)
    damaged: dict[Timeframe, int] = field(default_factory=dict)
    gapped: set[Timeframe] = field(default_factory=set)
    flags: list[str] = field(default_factory=list)
    notes: dict[Timeframe, SeriesNote] = field(default_factory=dict)
    revised_ms: int = 2**62
    since_ms: int = 0
    stream: StreamTurn | None = None

    async def series(self, timeframes: tuple[Timeframe, ...] = ()) -> Mapping[Timeframe, Candles]:
        """Every timeframe the profile needs (or those named), finest first, each from its window's start.

        Raises:
            SniperError: one of them cannot be read.
        """
        wanted = timeframes or self.settings.timeframes.needed
        found: dict[Timeframe, Candles] = {}
        finer = Candles.empty(self.base)
        if self.source.feed and self.source.store:
            self.notes = dict(self.source.notes.notes(self.market.exchange, self.market.symbol))
            before = dict(self.notes)
            finer = await self._read_base(reads_window=self.base in wanted)
        for timeframe in wanted:
            await self._read(timeframe, finer)
            window = self._window(timeframe)
            finer = found[timeframe] = self.held[timeframe].between(window.first_ms, self.as_of_ms)
        self._save()
        if self.source.feed and self.source.store and self.notes != before:
            self.source.notes.save(self.market.exchange, self.market.symbol, self.notes)
        return found

    @property
    def base(self) -> Timeframe:
        """The timeframe that is fetched."""
        return self.settings.timeframes.base

    def _window(self, timeframe: Timeframe) -> Span:
        since = self.since_ms or timeframe.window_start(self.as_of_ms, self.settings.data.history_bars)
        return on_grid(timeframe, max(since, timeframe.floor(self.market.onboard_ms)), self.as_of_ms)

    def _page_start(self) -> int:
        return self.base.floor(self.as_of_ms) - BASE_PAGE * self.base.ms

    async def _read_base(self, *, reads_window: bool) -> Candles:
        """The base timeframe, up to date."""
        first = self._page_start()
        first = min(first, self._window(self.base).first_ms) if reads_window else first
        span = on_grid(self.base, max(first, self.base.floor(self.market.onboard_ms)), self.as_of_ms)
        self._load(self.base, span.first_ms)
        claimed = await self._take_streamed(span)
        reached_ms = _end_ms(self.held[self.base])
        await self._complete(self.base, span, Candles.empty(self.base))
        if _end_ms(self.held[self.base]) > reached_ms:
            self._settle_streamed(*claimed)
        return self.held[self.base]

    async def _take_streamed(self, span: Span) -> tuple[Candles, Candles]:
        """Take what a stream has up to the end of the span, if it may be taken unasked. What it said before and the exchange did not yet
        is given back, and what it says now."""
        held, note = self.held[self.base], self.notes.get(self.base, NO_NOTE)
        before = held.between(note.streamed_ms, self.as_of_ms) if note.streamed_ms else held.head(0)
        wanted = Span(_end_ms(held), span.end_ms)
        if self.stream is None or wanted.first_ms >= wanted.end_ms:
            return before, held.head(0)
        run, is_good = self.stream.offer(self.market.symbol, self.base, wanted)
        try:
            await self._check(self.base, run, held.head(0))
        except DataFault as fault:
            self.stream.refuse(self.market.symbol, self.base, fault.problem)
            return before, held.head(0)
        if is_good:
            self._keep_streamed(run, note, self.stream)
        return before, run

    def _keep_streamed(self, run: Candles, note: SeriesNote, stream: StreamTurn) -> None:
        """The note comes first: a run that is killed in between leaves a request too many, never a candle that nobody asks for. Where
        none can be kept, the exchange is asked now."""
        if not note.streamed_ms:
            note = self.notes[self.base] = replace(note, streamed_ms=int(run.open_ms[0]))
            self.source.notes.save(self.market.exchange, self.market.symbol, {self.base: note})
        if self.source.notes.remarks:
            stream.ask(self.market.symbol, UNNOTED)
        else:
            self._take(self.base, run)

    def _settle_streamed(self, before: Candles, now: Candles) -> None:
        """Hold what a stream said before and now against what the exchange answered, which is in its place."""
        held, note = self.held[self.base], self.notes.get(self.base, NO_NOTE)
        differing = len(news(held, merge(before, now).between(0, _end_ms(held)))[0])
        if differing:
            self.flags.append(f"stream_differs: {self.market.symbol} {self.base} {differing}")
        if note.streamed_ms:
            self.notes[self.base] = replace(note, streamed_ms=0)
        if self.stream and (differing or len(now)):
            self.stream.settle(self.market.symbol, self.base, same=not differing)

    async def _read(self, timeframe: Timeframe, finer: Candles) -> None:
        """Bring one timeframe's window up to date."""
        window = self._window(timeframe)
        if timeframe not in self.held:
            self._load(timeframe, window.first_ms)
            if self.source.feed:
                self._derive(timeframe)
                await self._complete(timeframe, window, finer)
                await self._verify(timeframe, window, finer)

    def _load(self, timeframe: Timeframe, since_ms: int) -> None:
        """What the store has; nothing where it is damaged and can be fetched again.

        Raises:
            DamagedPage: it is damaged, and there is no exchange to ask.
        """
        self.held[timeframe] = Candles.empty(timeframe)
        try:
            self.held[timeframe] = self._stored(timeframe, since_ms)
        except DamagedPage as damage:
            if self.source.feed is None:
                raise
            self.damaged[timeframe] = damage.first_ms

    def _stored(self, timeframe: Timeframe, since_ms: int) -> Candles:
        if self.source.store is None:
            return Candles.empty(timeframe)
        market = self.market
        own = self.source.store.read(market.exchange, market.symbol, timeframe, since_ms, self.as_of_ms)
        return with_former(own, market, self.source, self.settings, since_ms)

    def _derive(self, timeframe: Timeframe) -> None:
        """What the base closes of a coarser timeframe, from the newest known candle on, or from a base candle that was revised."""
        known, base = self.held[timeframe], self.held.get(self.base, Candles.empty(self.base))
        if timeframe is self.base or not (len(known) and len(base)):
            return
        start = min(int(known.close_ms[-1]), timeframe.floor(min(self.revised_ms, self.as_of_ms)))
        if timeframe.last_closed_open(self.as_of_ms) < start:
            return
        if base.open_ms[0] > start:
            base = self._longer_base(base, start)
        recent = base.between(start, self.as_of_ms)
        made = aggregate(recent, timeframe) if len(recent) and recent.open_ms[0] == start else known.head(0)
        if len(made) and recent.gaps():
            self.gapped.add(timeframe)
        self._take(timeframe, made)

    def _longer_base(self, base: Candles, start_ms: int) -> Candles:
        """The base from ``start_ms``, if it is stored without a hole; else what there is."""
        try:
            longer = self._stored(self.base, start_ms)
        except DamagedPage:
            return base
        longer = merge(longer, base)
        span = on_grid(self.base, start_ms, int(base.close_ms[-1]))
        return base if missing(longer, span, self._absent(self.base)) else longer

    def _absent(self, timeframe: Timeframe) -> tuple[Span, ...]:
        return self.notes.get(timeframe, NO_NOTE).absent_at(self.as_of_ms)

    async def _complete(self, timeframe: Timeframe, window: Span, finer: Candles) -> None:
        """Fetch what is missing of a window, what is missing still once more, and note what the exchange has none of."""
        window = Span(min(window.first_ms, self.damaged.get(timeframe, window.first_ms)), window.end_ms)
        was_empty = not len(self.held[timeframe])
        lacking = self._missing(timeframe, window)
        if lacking:
            for span in joined(lacking, BASE_PAGE * timeframe.ms):
                await self._fetch(timeframe, self._overlapping(timeframe, span), finer)
            for span in self._holes(timeframe, window):
                await self._fetch(timeframe, span, finer)
            self._note(timeframe, window, all_fetched=was_empty)
        if self.damaged.pop(timeframe, None) is not None:
            self.flags.append(f"store_mended: {self.market.symbol} {timeframe}")

    def _missing(self, timeframe: Timeframe, window: Span) -> list[Span]:
        return missing(self.held[timeframe], window, self._absent(timeframe))

    def _overlapping(self, timeframe: Timeframe, span: Span) -> Span:
        """Of the base, from the candle before, if that is known, and from what came of a stream: it comes again at no cost."""
        held, streamed_ms = self.held[timeframe], self.notes.get(timeframe, NO_NOTE).streamed_ms
        again = timeframe is self.base and len(held) and int(held.close_ms[-1]) == span.first_ms
        before = span.first_ms - timeframe.ms
        return Span(min(before, streamed_ms or before), span.end_ms) if again else span

    def _holes(self, timeframe: Timeframe, window: Span) -> list[Span]:
        """What is missing between known candles: an answer may have left it out by mistake."""
        held = self.held[timeframe]
        first = int(held.open_ms[0]) if len(held) else window.end_ms
        last = int(held.open_ms[-1]) if len(held) else window.end_ms
        return [span for span in self._missing(timeframe, window) if first < span.first_ms < last]

    def _note(self, timeframe: Timeframe, window: Span, *, all_fetched: bool) -> None:
        """Remember what was asked for and is not there, and that what is there is the exchange's own."""
        settled_ms = timeframe.floor(self.as_of_ms - SETTLED_MS)
        spans = (Span(first, min(end, settled_ms)) for first, end in self._missing(timeframe, window))
        absent = tuple(span for span in spans if span.first_ms < span.end_ms)
        note = self.notes.get(timeframe, NO_NOTE)
        note = note.with_absent(absent, self.as_of_ms) if absent else note
        self.notes[timeframe] = replace(note, verified_ms=self.as_of_ms) if all_fetched else note

    async def _fetch(self, timeframe: Timeframe, span: Span, finer: Candles) -> None:
        """Pages of a span, checked and stored as they arrive; an answer that contradicts itself is asked for once more.

        Raises:
            ConflictingData: it still contradicts itself.
        """
        try:
            await self._fetch_once(timeframe, span, finer)
        except ConflictingData:
            await self._fetch_once(timeframe, span, finer)

    async def _fetch_once(self, timeframe: Timeframe, span: Span, finer: Candles) -> None:
        if self.source.feed is None:
            return
        asked = self.source.feed.pages(self.market.symbol, timeframe, span.first_ms, span.end_ms)
        async with aclosing(asked) as pages:
            async for page in pages:
                await self._check(timeframe, page, finer)
                revised = self._take(timeframe, page)
                if revised:
                    self.flags.append(f"revised: {self.market.symbol} {timeframe} {revised}")
                if len(page) >= AT_ONCE:
                    self._save()

    async def _check(self, timeframe: Timeframe, page: Candles, finer: Candles) -> None:
        """Hold a page against what is known.

        Raises:
            DataFault: it is another market's, or spikes.
        """
        if not len(page):
            return
        name = f"{self.market.exchange} {self.market.symbol} {timeframe}"
        day = await self.source.ticker(self.market.symbol, int(page.close_ms[-1]))
        held = self.held[timeframe]
        check_echo(name, page, Known(day.last, held, finer))
        if day.high > 0:
            around = merge(held.rows(max(0, len(held) - BASE_PAGE), len(held)), page)
            check_spikes(name, around, day, self.as_of_ms)
            if self.source.second:
                self.flags += await self.source.second.hold(
                    self.market.exchange, self.market.symbol, around, int(page.open_ms[0])
                )

    def _take(self, timeframe: Timeframe, fresh: Candles) -> int:
        """Add what is new; how many candles have other values than before."""
        new, revised = news(self.held[timeframe], fresh)
        if len(new):
            self.held[timeframe] = merge(self.held[timeframe], new)
            self.unsaved.append(new)
        if revised and timeframe is self.base:
            self.revised_ms = min(self.revised_ms, int(new.open_ms[0]))
        return revised

    async def _verify(self, timeframe: Timeframe, window: Span, finer: Candles) -> None:
        """Hold what was derived since the last time against the exchange's own, which takes its place where it differs."""
        feed, held, note = self.source.feed, self.held[timeframe], self.notes.get(timeframe, NO_NOTE)
        if feed is None or self.source.store is None or timeframe is self.base or not len(held):
            return
        if int(held.close_ms[-1]) <= note.verified_ms or not self._is_due(timeframe, note):
            return
        since = max(timeframe.floor(note.verified_ms), window.end_ms - BASE_PAGE * timeframe.ms)
        native = await feed.candles(self.market.symbol, timeframe, since, window.end_ms)
        await self._check(timeframe, native, finer)
        differing = self._take(timeframe, native)
        if differing:
            self.flags.append(f"derived_differs: {self.market.symbol} {timeframe} {differing}")
        self.notes[timeframe] = replace(note, verified_ms=self.as_of_ms)

    def _is_due(self, timeframe: Timeframe, note: SeriesNote) -> bool:
        """After a gap; else once a day, each series at its own time of day, and a few of them a run."""
        if timeframe in self.gapped:
            return True
        phase = crc32(f"{self.market.symbol} {timeframe}".encode()) % DAY_MS
        another_day = (self.as_of_ms - phase) // DAY_MS > (note.verified_ms - phase) // DAY_MS
        return another_day and self.as_of_ms - note.verified_ms >= LEAST_AGE_MS and self.checks.taken()

    def _save(self) -> None:
        """Store what is new, all or none."""
        if self.source.store and self.unsaved:
            self.source.store.write_many(self.market.exchange, {self.market.symbol: self.unsaved})
        self.unsaved.clear()


def _end_ms(held: Candles) -> int:
    """When the newest candle closed; 0 where there is none."""
    return int(held.close_ms[-1]) if len(held) else 0
