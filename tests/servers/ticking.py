"""A loopback Binance whose clock goes."""

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
