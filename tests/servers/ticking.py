"""Loopback exchanges whose clocks go."""

from __future__ import annotations

import time

from tests.servers.binance import BinanceServer


class TickingBinance(BinanceServer):
    """``now_ms`` moves on as time passes, from the first request on; set, it goes on from there."""

    _set_ms = 0
    _set_s = 0.0

    @property
    def now_ms(self) -> int:  # type: ignore[override]
        if not self._set_s:
            if not self.requests:
                return self._set_ms
            self._set_s = time.monotonic()
        return self._set_ms + int((time.monotonic() - self._set_s) * 1000)

    @now_ms.setter
    def now_ms(self, value: int) -> None:
        self._set_ms, self._set_s = value, 0.0


class PunctualBinance(BinanceServer):
    """``now_ms`` goes with this machine's clock; set, it stays as far from it as it was then."""

    _apart_ms = 0

    @property
    def now_ms(self) -> int:  # type: ignore[override]
        return wall_ms() + self._apart_ms

    @now_ms.setter
    def now_ms(self, value: int) -> None:
        self._apart_ms = value - wall_ms()


def wall_ms() -> int:
    """This machine's time, milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
