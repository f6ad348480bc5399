"""Candles, markets and what a symbol's decision reads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from shared.errors import ConfigFault, DataFault
from shared.models.timeframe import Timeframe, iso
from shared.utils.suggest import suggest

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
AnyInts = npt.NDArray[np.signedinteger[Any]]
Bools = npt.NDArray[np.bool_]

COLUMNS: Final = ("open", "high", "low", "close", "volume")
NO_ROWS: Final = (np.empty(0, np.int64), *(np.empty(0) for _ in COLUMNS))
"""The columns of no candles."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Candles:
    """Closed candles of one timeframe, oldest first, one array a column.

    Shape (n,) each. ``open_ms`` is int64 UTC milliseconds of the open, strictly increasing and on the timeframe's
    grid; holes are allowed and are what :meth:`gaps` counts. Prices are float64 > 0 in quote currency, volume
    float64 ≥ 0 in base currency. Arrays are read-only.

    Raises:
        DataFault: a column breaks one of these rules; the message names the row.
    """

    timeframe: Timeframe
    open_ms: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __post_init__(self) -> None:
        """Refuse any row that is not a candle."""
        object.__setattr__(self, "open_ms", _frozen(np.asarray(self.open_ms, np.int64)))
        for name in COLUMNS:
            object.__setattr__(self, name, _frozen(np.asarray(getattr(self, name), np.float64)))
        for name in COLUMNS:
            if getattr(self, name).shape != self.open_ms.shape or self.open_ms.ndim != 1:
                raise DataFault(
                    f"candles: column {name!r} has shape {getattr(self, name).shape}, open_ms {self.open_ms.shape}"
                )
        self._check_times()
        self._check_prices()

    def _check_times(self) -> None:
        off_grid = (self.open_ms - self.timeframe.anchor_ms) % self.timeframe.ms != 0
        if off_grid.any():
            row = int(off_grid.argmax())
            raise DataFault(
                f"candles: row {row} opens at {int(self.open_ms[row])} ms, which is off the {self.timeframe} grid",
                f"Give open times in UTC milliseconds, of candles that are {self.timeframe} long",
            )
        backwards = np.diff(self.open_ms) <= 0
        if backwards.any():
            row = int(backwards.argmax()) + 1
            raise DataFault(
                f"candles: row {row} ({iso(int(self.open_ms[row]))}) does not open after the row before it"
            )

    def _check_prices(self) -> None:
        rules = (
            ("every price and volume is finite", self._finite()),
            ("low > 0", self.low > 0),
            (
                "high >= open and close",
                (self.high >= self.open) & (self.high >= self.close),
            ),
            (
                "low <= open and close",
                (self.low <= self.open) & (self.low <= self.close),
            ),
            ("volume >= 0", self.volume >= 0),
        )
        for rule, kept in rules:
            if not kept.all():
                row = int(kept.argmin())
                found = " ".join(f"{name}={getattr(self, name)[row]:.10g}" for name in COLUMNS)
                raise DataFault(
                    f"candles: row {row} ({iso(int(self.open_ms[row]))}) breaks '{rule}': {found}"
                )

    def _finite(self) -> npt.NDArray[np.bool_]:
        total = self.open + self.high + self.low + self.close + self.volume
        return np.isfinite(total)

    def __len__(self) -> int:
        """Number of candles."""
        return int(self.open_ms.size)

    def __repr__(self) -> str:
        """Timeframe, number and span: the rows themselves are for :meth:`to_frame`."""
        span = f" {iso(int(self.open_ms[0]))} to {iso(int(self.open_ms[-1]))}" if len(self) else ""
        return f"<Candles {self.timeframe}: {len(self)}{span}>"

    def __eq__(self, other: object) -> bool:
        """Same timeframe and the same bits in every column."""
        return (
            isinstance(other, Candles)
            and self.timeframe is other.timeframe
            and self.digest() == other.digest()
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def close_ms(self) -> Ints:
        """Close time of every candle: the first instant at which it may be used."""
        return self.open_ms + self.timeframe.ms

    def head(self, count: int) -> Self:
        """The first ``count`` candles."""
        return self.rows(0, count)

    def rows(self, start: int, stop: int) -> Self:
        """Candles ``start`` up to, not including, ``stop``; all of them are these very ones."""
        if start == 0 and stop >= len(self):
            return self
        return self.known(self.timeframe, [getattr(self, name)[start:stop] for name in ("open_ms", *COLUMNS)])

    def between(self, since_ms: int, until_ms: int) -> Self:
        """Candles that open at or after ``since_ms`` and are closed at ``until_ms``."""
        start = int(np.searchsorted(self.open_ms, since_ms, "left"))
        stop = int(np.searchsorted(self.open_ms, until_ms - self.timeframe.ms, "right"))
        return self.rows(start, max(start, stop))

    def gaps(self) -> int:
        """Candles missing between the first and the last."""
        if not len(self):
            return 0
        span = int(self.open_ms[-1] - self.open_ms[0]) // self.timeframe.ms + 1
        return span - len(self)

    def mean_true_range(self, bars: int) -> float:
        """Mean true range of the last ``bars`` candles, in price; NaN with fewer than ``bars`` + 1 candles."""
        if len(self) <= bars:
            return float("nan")
        before = self.close[-bars - 1 : -1]
        reach = np.maximum(self.high[-bars:], before) - np.minimum(self.low[-bars:], before)
        return float(reach.mean())

    def mean_true_ranges(self, bars: int) -> Floats:
        """:meth:`mean_true_range` as of every candle, shape (n,); NaN for the first ``bars``."""
        means = np.full(len(self), np.nan)
        if len(self) > bars:
            before = self.close[:-1]
            reach = np.maximum(self.high[1:], before) - np.minimum(self.low[1:], before)
            means[bars:] = sliding_window_view(reach, bars).mean(axis=1)
        return means

    def digest(self) -> str:
        """SHA-256 over the timeframe and the little-endian bytes of every column."""
        sha = hashlib.sha256(self.timeframe.value.encode())
        sha.update(self.open_ms.astype("<i8").tobytes())
        for name in COLUMNS:
            sha.update(getattr(self, name).astype("<f8").tobytes())
        return sha.hexdigest()

    @classmethod
    def known(cls, timeframe: Timeframe, columns: Sequence[npt.NDArray[np.generic]]) -> Self:
        """Candles of which it is known that they keep every rule: parts of checked ones, or stored bytes proven to be what
        was written of them. Nothing is checked; the columns, open times first, are made read-only.
        """
        candles = object.__new__(cls)
        object.__setattr__(candles, "timeframe", timeframe)
        for name, column in zip(("open_ms", *COLUMNS), columns, strict=True):
            column.setflags(write=False)
            object.__setattr__(candles, name, column)
        return candles

    @classmethod
    def empty(cls, timeframe: Timeframe) -> Self:
        """No candles."""
        return cls.known(timeframe, NO_ROWS)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, timeframe: Timeframe | str) -> Self:
        """Candles of a pandas frame: columns open, high, low, close, volume; times from a UTC DatetimeIndex, or from a
        column ``ts`` / ``open_ms`` of integer milliseconds.

        Raises:
            DataFault: a column is missing, the index is not UTC time, or a row is not a candle.
            ConfigFault: an unknown timeframe.
        """
        if timeframe not in tuple(Timeframe):
            raise ConfigFault(f"unknown timeframe {timeframe!r}", suggest(timeframe, tuple(Timeframe)))
        missing = [name for name in COLUMNS if name not in frame.columns]
        if missing:
            raise DataFault(f"frame: no column {', '.join(missing)}", f"Give {', '.join(COLUMNS)}")
        return cls(
            Timeframe(timeframe),
            _frame_times(frame),
            *(frame[name].to_numpy(np.float64) for name in COLUMNS),
        )

    def to_frame(self) -> pd.DataFrame:
        """A pandas frame indexed by UTC open time."""
        import pandas as pd

        index = pd.DatetimeIndex(self.open_ms.astype("datetime64[ms]"), tz="UTC", name="open_time")
        return pd.DataFrame({name: getattr(self, name) for name in COLUMNS}, index=index)


def _frame_times(frame: pd.DataFrame) -> Ints:
    import pandas as pd

    for name in ("open_ms", "ts"):
        if name in frame.columns:
            return np.asarray(frame[name].to_numpy(np.int64), np.int64)
    if not isinstance(frame.index, pd.DatetimeIndex) or frame.index.tz is None:
        raise DataFault(
            "frame: the index is not time with a zone",
            "Give a UTC DatetimeIndex or a column 'ts' in ms",
        )
    return np.asarray(
        frame.index.tz_convert("UTC").tz_localize(None).astype("datetime64[ms]").astype(np.int64),
        np.int64,
    )


def _frozen(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True)
class Market:
    """What an exchange says of one symbol's trading rules.

    ``tick`` is the price step, ``lot_step`` the quantity step in base currency, ``min_notional`` the smallest order in
    quote currency. ``source`` says whether the exchange told us or the steps were read off recorded candles.
    ``onboard_ms`` is when trading began and ``delivery_ms`` when it will end, 0 where not known. One contract is
    ``contract_size`` of the base currency (1 on spot) and is margined in ``settle`` (empty on spot).
    """

    exchange: str
    symbol: str
    market_id: str
    base: str
    quote: str
    kind: Literal["spot", "perpetual"]
    tick: Decimal
    lot_step: Decimal
    min_notional: Decimal
    active: bool
    source: Literal["exchange", "inferred"]
    onboard_ms: int = 0
    delivery_ms: int = 0
    contract_size: Decimal = Decimal(1)
    settle: str = ""

    def __post_init__(self) -> None:
        """Refuse steps that cannot be steps, and times before the epoch."""
        for name in ("tick", "lot_step", "contract_size"):
            if not getattr(self, name) > 0:
                raise DataFault(f"market {self.symbol}: {name} must be above 0, found {getattr(self, name)}")
        for name in ("min_notional", "onboard_ms", "delivery_ms"):
            if getattr(self, name) < 0:
                raise DataFault(
                    f"market {self.symbol}: {name} must not be negative, found {getattr(self, name)}"
                )

    def whole_lots(self, quantity: Decimal) -> Decimal:
        """``quantity`` on the lot step, never above it: rounding towards smaller risk."""
        return (quantity / self.lot_step).to_integral_value(ROUND_DOWN) * self.lot_step


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OrderBook:
    """The resting orders of a symbol at one instant, best first.

    ``bids`` and ``asks`` have shape (n, 2), n ≥ 1: price in quote currency and amount in base currency, float64 > 0; bid
    prices fall, ask prices rise, and the best bid is below the best ask. Arrays are read-only.

    Raises:
        DataFault: a side breaks one of these rules.
    """

    exchange: str
    symbol: str
    time_ms: int
    bids: Floats
    asks: Floats

    def __post_init__(self) -> None:
        """Refuse what cannot be a book."""
        if self.time_ms <= 0:
            raise DataFault(f"order book {self.symbol}: {self.time_ms} is not a time")
        for name, direction in (("bids", -1), ("asks", 1)):
            object.__setattr__(self, name, _frozen(np.asarray(getattr(self, name), np.float64)))
            self._check_side(name, getattr(self, name), direction)
        if not self.bids[0, 0] < self.asks[0, 0]:
            raise DataFault(
                f"order book {self.symbol}: the best bid {self.bids[0, 0]:.10g} is not below the best ask {self.asks[0, 0]:.10g}"
            )

    def _check_side(self, name: str, side: Floats, direction: int) -> None:
        if side.ndim != 2 or side.shape[1] != 2 or not len(side):
            raise DataFault(
                f"order book {self.symbol}: {name} have shape {side.shape}, not (n, 2) with n ≥ 1"
            )
        if not (np.isfinite(side) & (side > 0)).all():
            raise DataFault(f"order book {self.symbol}: {name} hold a price or amount that is not above 0")
        if (np.diff(side[:, 0]) * direction <= 0).any():
            raise DataFault(f"order book {self.symbol}: {name} are not sorted, best first")

    def __repr__(self) -> str:
        """Symbol, time, best prices and depth: the levels themselves are in the arrays."""
        best = f"{self.bids[0, 0]:.10g} / {self.asks[0, 0]:.10g}"
        return f"<OrderBook {self.exchange} {self.symbol} {iso(self.time_ms)}: {best}, {len(self.bids)} + {len(self.asks)} levels>"

    def __eq__(self, other: object) -> bool:
        """Same market, same time and the same levels."""
        return (
            isinstance(other, OrderBook)
            and (self.exchange, self.symbol, self.time_ms) == (other.exchange, other.symbol, other.time_ms)
            and np.array_equal(self.bids, other.bids)
            and np.array_equal(self.asks, other.asks)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def mid(self) -> float:
        """Halfway between the best bid and the best ask."""
        return float(self.bids[0, 0] + self.asks[0, 0]) / 2

    @property
    def spread_bps(self) -> float:
        """The best ask above the best bid, in basis points of the middle."""
        return float(self.asks[0, 0] - self.bids[0, 0]) / self.mid * 1e4

    def depth_within(self, share: float) -> tuple[float, float]:
        """Quote currency that waits in bids and in asks at most ``share`` of the middle away from it, as far as the snapshot reaches."""
        reach = self.mid * share
        near = (side[abs(side[:, 0] - self.mid) <= reach] for side in (self.bids, self.asks))
        bids, asks = (float((side[:, 0] * side[:, 1]).sum()) for side in near)
        return bids, asks


@dataclass(frozen=True, slots=True)
class MultiTimeframeData:
    """All a decision on one symbol at ``as_of_ms`` may read: closed candles per timeframe, each from its window start.

    ``absent`` lists timeframes of the profile with too little history (declared, never guessed). ``flags`` carries
    typed remarks such as ``from_cache`` that do not stop the symbol.
    """

    market: Market
    as_of_ms: int
    candles: Mapping[Timeframe, Candles]
    absent: tuple[Timeframe, ...] = ()
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a candle that is not closed at the as-of time."""
        for timeframe, series in self.candles.items():
            if len(series) and int(series.close_ms[-1]) > self.as_of_ms:
                raise DataFault(
                    f"{self.market.symbol} {timeframe}: the last candle closes after the as-of time {iso(self.as_of_ms)}"
                )

    @property
    def symbol(self) -> str:
        """The unified symbol, such as ``BTC/USDT``."""
        return self.market.symbol

    def digest(self) -> str:
        """SHA-256 over the market rules, the as-of time and every series."""
        return self.digest_over(self.series_digests())

    def series_digests(self) -> dict[Timeframe, str]:
        """SHA-256 of every series, by name of its timeframe."""
        return {timeframe: series.digest() for timeframe, series in sorted(self.candles.items())}

    def digest_over(self, series: Mapping[Timeframe, str]) -> str:
        """The digest, where its series' digests are known already."""
        parts = [str(self.market), str(self.as_of_ms), *self.flags, *series.values()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
