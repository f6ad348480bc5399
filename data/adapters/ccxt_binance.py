"""Binance spot through ccxt (async), public data only, behind the HTTP guard.

Facts of the venue: klines of at most 1,000 rows, opened at ``startTime``; the last row is still forming; days open
00:00 UTC and weeks on Monday (Binance API documentation, "Kline/Candlestick data").
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import numpy as np

from contracts.data_contract import Ticker
from data.adapters.budget_ledger import Ledger, MemoryLedger
from data.adapters.http_guard import Answer, Guard, reading
from data.adapters.request_budget import RequestBudget
from data.adapters.spending import Allowance
from shared.config.settings import ExchangeSettings
from shared.errors import DataFault, NotFound, TransportFault, VenueRefusal
from shared.models.data import Candles, Market
from shared.models.timeframe import Timeframe

T = TypeVar("T")

EXCHANGE: Final = "binance"
OWN_HOSTS: Final = frozenset({"api.binance.com", "data-api.binance.vision"})
PUBLIC_URL: Final = "https://data-api.binance.vision"
"""Public market data only: no key is ever needed there."""
ALLOWANCE: Final = Allowance(60_000, 5_400)
"""Nine tenths of the 6,000 that the venue allows in a minute (its API documentation, "Limits")."""
WEIGHTS: Final = {"klines": 2, "exchangeInfo": 20, "24hr": 80}
"""By the last part of the address, of the requests sent here; others weigh 1."""
PAGE: Final = 1000
GRACE_MS: Final = 2_000
"""A candle counts as closed this long after its close time by the exchange's clock."""
FIELDS: Final = 6
ROW_FIELDS: Final = 12


class BinanceSpot:
    """The feed of :class:`contracts.data_contract.CandleFeed` for Binance spot."""

    exchange = EXCHANGE

    def __init__(
        self, settings: ExchangeSettings, ledger: Ledger | None = None, allowance: Allowance = ALLOWANCE
    ) -> None:
        """Set ccxt up; nothing is sent yet. To be made inside a running event loop. Without a ledger nobody shares ours."""
        base_url = settings.base_url or PUBLIC_URL
        hosts = frozenset({urlsplit(base_url).netloc, *settings.allowed_hosts}) | OWN_HOSTS
        budget = RequestBudget(EXCHANGE, allowance, ledger or MemoryLedger())
        guard = Guard(EXCHANGE, hosts, settings.timeout_s, budget, weight_of)
        self._client = _guarded_client(guard, settings.proxy)
        _point_at(self._client, base_url)
        self._markets: Mapping[str, Market] = {}
        self._tickers: Mapping[str, Ticker] = {}
        self._now_ms = 0

    async def time_ms(self) -> int:
        """The exchange's own time, asked once a run: what closed later waits for the next one."""
        if not self._now_ms:
            now = await self._read(self._client.fetch_time)
            if not isinstance(now, int) or isinstance(now, bool) or now <= 0:
                raise TransportFault(f"{EXCHANGE}: the time is not a time: {now!r}", "Try again later")
            self._now_ms = now
        return self._now_ms

    async def markets(self) -> Mapping[str, Market]:
        """Spot trading rules by unified symbol; asked once a run."""
        if not self._markets:
            loaded = await self._read(self._client.load_markets)
            self._markets = {
                symbol: _market(entry)
                for symbol, entry in loaded.items()
                if entry["spot"] and _has_steps(entry)
            }
        if not self._markets:
            raise TransportFault(f"{EXCHANGE}: it lists no spot market", "Try again later")
        return self._markets

    async def tickers(self) -> Mapping[str, Ticker]:
        """24-hour figures by unified symbol; asked once a run."""
        if self._tickers:
            return self._tickers
        await self.markets()
        loaded = await self._read(self._client.fetch_tickers)
        self._tickers = {
            symbol: Ticker(symbol, float(entry["last"]), float(entry["quoteVolume"]))
            for symbol, entry in loaded.items()
            if symbol in self._markets and entry["last"] is not None and entry["quoteVolume"] is not None
        }
        return self._tickers

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        """Closed candles that open at or after ``since_ms`` and are closed at ``until_ms``.

        Raises:
            NotFound: the exchange does not list the symbol.
            DataFault: a row is no candle, or not one of those asked for.
            TransportFault: no well-formed answer.
        """
        if symbol not in await self.markets():
            raise NotFound(f"{EXCHANGE}: no symbol {symbol!r}", "See the exchange's list of markets")
        until_ms = min(until_ms, await self.time_ms() - GRACE_MS)
        pages = [Candles.empty(timeframe)]
        start = timeframe.floor(since_ms + timeframe.ms - 1)
        while start + timeframe.ms <= until_ms:
            page = await self._page(symbol, timeframe, start, until_ms)
            if not len(page):
                break
            pages.append(page)
            start = int(page.close_ms[-1])
            if len(page) < PAGE:
                break
        columns = ("open_ms", "open", "high", "low", "close", "volume")
        joined = (np.concatenate([getattr(page, name) for page in pages]) for name in columns)
        return Candles(timeframe, *joined).between(since_ms, until_ms)

    async def close(self) -> None:
        """Release connections; may be called twice."""
        await self._client.close()

    async def _page(self, symbol: str, timeframe: Timeframe, start: int, until_ms: int) -> Candles:
        """One request, through ccxt's own method for the endpoint: its unified one drops rows it does not expect."""
        asked = {"symbol": self._markets[symbol].market_id, "interval": timeframe.value, "limit": PAGE}
        span = {"startTime": start, "endTime": until_ms - 1}
        rows = await self._read(lambda: self._client.public_get_klines(asked | span))
        return read_rows(rows, symbol, timeframe, start)

    async def _read(self, read: Callable[[], Awaitable[T]]) -> T:
        return await reading(lambda: _translated(read))


def weight_of(url: str) -> int:
    """What the venue counts for a request."""
    return WEIGHTS.get(urlsplit(url).path.rpartition("/")[2], 1)


def read_rows(rows: object, symbol: str, timeframe: Timeframe, start_ms: int) -> Candles:
    """The candles of one answer, held to what was asked: rows of twelve fields whose times make a candle of this timeframe, not
    before ``start_ms``; the same row twice counts once.

    Raises:
        DataFault: a row is not that, or two rows of one time differ.
    """
    name = f"{EXCHANGE} {symbol} {timeframe}"
    if not isinstance(rows, list):
        raise DataFault(f"{name}: the answer is not a list of candles", "Try again later")
    try:
        table = np.asarray([_row(row, timeframe) for row in rows], np.float64).reshape(-1, FIELDS)
    except (TypeError, ValueError, IndexError) as error:
        raise DataFault(f"{name}: a row of the answer is not a candle: {error}", "Try again later") from error
    unique = np.unique(table, axis=0)
    times = unique[:, 0].astype(np.int64)
    if times.size and int(times[0]) < start_ms:
        raise DataFault(
            f"{name}: the answer starts at {int(times[0])} ms, before the {start_ms} ms asked for",
            "The exchange answers another question or in another unit: check base_url",
        )
    return Candles(timeframe, times, *(unique[:, column] for column in range(1, FIELDS)))


def _row(row: list[Any], timeframe: Timeframe) -> tuple[float, ...]:
    if not isinstance(row, list) or len(row) != ROW_FIELDS:
        raise ValueError(f"{row!r:.60} does not have {ROW_FIELDS} fields")
    opened, closed = row[0], row[6]
    if not isinstance(opened, int) or closed != opened + timeframe.ms - 1:
        raise ValueError(f"{opened!r} to {closed!r} is not {timeframe} in milliseconds")
    numbers = tuple(float(cell) for cell in row[1:FIELDS])
    if not all(isfinite(number) for number in numbers):
        raise ValueError(f"{row!r:.80} holds a number that is not finite")
    return float(opened), *numbers


async def _translated(read: Callable[[], Awaitable[T]]) -> T:
    """ccxt's exceptions by what they mean here; ours pass."""
    import ccxt

    try:
        return await read()
    except ccxt.BadSymbol as error:
        raise NotFound(f"{EXCHANGE}: {_first_line(error)}", "See the exchange's list of markets") from error
    except (ccxt.AuthenticationError, ccxt.PermissionDenied, ccxt.BadRequest) as error:
        raise VenueRefusal(
            f"{EXCHANGE} refused: {_first_line(error)}", "Report it: the request was wrong"
        ) from error
    except ccxt.BaseError as error:
        raise TransportFault(
            f"{EXCHANGE}: {type(error).__name__}: {_first_line(error)}", "Try again later"
        ) from error
    except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
        raise TransportFault(
            f"{EXCHANGE}: an answer of unknown shape ({type(error).__name__})", "Try again later"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def _guarded_client(guard: Guard, proxy: str) -> Any:
    """ccxt's Binance, its requests going through the guard; only spot is asked for, and nothing that needs a key."""
    import ccxt.async_support

    class Guarded(ccxt.async_support.binance):  # type: ignore[misc]
        async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
            if method != "GET" or body:
                raise VenueRefusal(f"{EXCHANGE}: only public reads are sent, found {method}", "Report it")
            import yarl

            self.open(True)
            answer: Answer = await guard.get(
                self.session, yarl.URL(url, encoded=True), self.prepare_request_headers(headers), proxy
            )
            self.handle_errors(
                answer.status,
                answer.reason,
                url,
                method,
                answer.headers,
                answer.text,
                answer.document,
                headers,
                body,
            )
            self.handle_http_status_code(answer.status, answer.reason, url, method, answer.text)
            return answer.document

    options = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False, "fetchMargins": False}
    return Guarded({"enableRateLimit": False, "options": options})


def _point_at(client: Any, base_url: str) -> None:
    """Every address of the client moves to ``base_url``, its path kept."""
    api = client.urls["api"]
    for name, url in api.items():
        if isinstance(url, str):
            api[name] = base_url.rstrip("/") + urlsplit(url).path


def _has_steps(entry: Mapping[str, Any]) -> bool:
    return bool(entry["precision"].get("price") and entry["precision"].get("amount"))


def _market(entry: Mapping[str, Any]) -> Market:
    """ccxt's market with exact decimals; its precision is in steps (TICK_SIZE mode)."""
    smallest = entry["limits"]["cost"]["min"]
    return Market(
        exchange=EXCHANGE,
        symbol=entry["symbol"],
        market_id=entry["id"],
        base=entry["base"],
        quote=entry["quote"],
        kind="spot",
        tick=Decimal(repr(entry["precision"]["price"])),
        lot_step=Decimal(repr(entry["precision"]["amount"])),
        min_notional=Decimal(repr(smallest)) if smallest else Decimal(0),
        active=bool(entry["active"]),
        source="exchange",
    )
