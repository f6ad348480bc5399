"""Is the exchange reached, how fast, and how far is our clock from its own?"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from engine.exchange_time import Reading
from shared.errors import SniperError
from shared.models.health import Finding, Verdict

SLOW_MS: Final = 2_000
"""An answer that takes longer makes a scan of many symbols miss its close."""
SKEWED_MS: Final = 1_000
WRONG_MS: Final = 30_000
"""From here on leases and schedules of this machine are off by more than their grace."""
UNREACHED: Final = (
    "Check the network and the exchange's status; set exchanges.NAME.proxy, or choose another --exchange"
)
SET_CLOCK: Final = "Set the clock by network time (timedatectl set-ntp true, or the system's time settings)"


def judge_exchange(exchange: str, readings: Sequence[Reading]) -> tuple[Finding, Finding]:
    """``exchange``: the median way of a question and its answer, connecting included. ``clock``: the offset of the quickest
    reading, which is known to within half its way."""
    latency = median(reading.latency_ms for reading in readings)
    slow = latency > SLOW_MS
    reached = Finding(
        "exchange",
        Verdict.WARN if slow else Verdict.OK,
        f"{exchange} answers in {latency:,.0f} ms (median of {len(readings)})",
        "Scans will be slow: use a nearer network, or a proxy near the exchange" if slow else "",
    )
    return reached, _judge_clock(exchange, min(readings, key=lambda reading: reading.latency_ms))


def _judge_clock(exchange: str, reading: Reading) -> Finding:
    off_ms, within_ms = reading.offset_ms, reading.latency_ms / 2
    surely_ms = max(0.0, abs(off_ms) - within_ms)
    limits = ((WRONG_MS, Verdict.FAIL), (SKEWED_MS, Verdict.WARN), (-1, Verdict.OK))
    verdict = next(verdict for limit_ms, verdict in limits if surely_ms > limit_ms)
    side = "behind" if off_ms > 0 else "ahead of"
    measured = f"{abs(off_ms) / 1000:,.1f} s {side} {exchange}, within {within_ms / 1000:,.2f} s"
    return Finding("clock", verdict, measured, "" if verdict is Verdict.OK else SET_CLOCK)


def judge_silence(fault: SniperError) -> tuple[Finding, ...]:
    """An exchange that could not be asked; nothing is known of the clock then."""
    advice = "; ".join(part for part in (fault.action, UNREACHED) if part)
    return (Finding("exchange", Verdict.FAIL, fault.problem, advice),)
