"""What ``watch`` says besides plans: a line a close, and a line for everything out of the ordinary."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from bot.ui.numbers import counted
from shared.models.watching import Missed, Overlapped, Scanned, Troubled


def clock_shown(time_ms: int, zone: tzinfo = UTC) -> str:
    """``08:15 UTC``."""
    return datetime.fromtimestamp(time_ms // 1000, zone).strftime("%H:%M %Z")


def heartbeat(event: Scanned, news: str, next_ms: int, zone: tzinfo = UTC) -> str:
    """One close: when, what was read, how many plans, how it went, how long it took, when the next one is."""
    result = event.result
    read, asked = result.coverage
    plans = counted(len(result.setups), "plan") + (f" ({news})" if news else "")
    took = f"{event.took_s:.1f} s, begun {event.late_s:.1f} s after the close"
    parts = (
        f"{clock_shown(event.boundary_ms, zone)} · {read}/{asked} symbols · {plans} · {result.status}",
        f"{took} · next {clock_shown(next_ms, zone)}",
    )
    return " · ".join(parts)


def news_shown(new: int, changed: int, gone: int) -> str:
    """``1 new, 2 gone``; nothing where nothing changed."""
    counts = ((new, "new"), (changed, "changed"), (gone, "gone"))
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def trouble_line(event: Troubled) -> str:
    """What failed, and when it is tried again."""
    again = f"again in {event.retry_s:.0f} s" if event.retry_s else "again at the next close"
    action = f" {event.action.rstrip('.')}." if event.action else ""
    return f"! {event.problem.rstrip('.')}.{action} Tried {again}."


def missed_line(event: Missed, zone: tzinfo = UTC) -> str:
    """Closes that went by."""
    first, last = clock_shown(event.first_ms, zone), clock_shown(event.last_ms, zone)
    span = first if event.count == 1 else f"{first} to {last}"
    return f"! missed {counted(event.count, 'close')}, {span}: {event.why}"


def overlap_line(event: Overlapped, next_ms: int, zone: tzinfo = UTC) -> str:
    """A close that another run decided."""
    what = f"run {event.run_id} decided it" if event.run_id else "another run is at it"
    return f"{clock_shown(event.boundary_ms, zone)} · overlap: {what} · next {clock_shown(next_ms, zone)}"
