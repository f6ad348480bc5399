"""What may an exchange's key do, and is that no more than it should?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.errors import KeyRefused, SniperError
from shared.models.health import Finding, Verdict

if TYPE_CHECKING:
    from data.adapters.venue import KeyRights

NAME: Final = "keys"
NOT_SET: Final = Finding(NAME, Verdict.OK, "not set: public data only")
USELESS: Final = Finding(
    NAME,
    Verdict.WARN,
    "a key is set for an exchange that takes none",
    "Remove it: keys belong to the exchanges that are reached through ccxt",
)


def judge_key(exchange: str, rights: KeyRights) -> Finding:
    """A key that may withdraw is refused for trading; one that cannot even read is of no use."""
    if rights.withdraws:
        return Finding(
            NAME,
            Verdict.FAIL,
            f"{exchange}: the key may withdraw: refused for trading",
            "Make a key without withdrawal, and delete this one on the exchange",
        )
    if not rights.reads:
        return Finding(NAME, Verdict.FAIL, f"{exchange}: the key may not read", "Enable reading for this key")
    may = "read and trade, not withdraw" if rights.trades else "read only"
    where = "from listed addresses alone" if rights.ip_bound else "from any address"
    return Finding(NAME, Verdict.OK, f"{exchange}: the key may {may}, {where}")


def judge_unknown_key(fault: SniperError) -> Finding:
    """A key that the exchange does not take, or of which it could not be asked: what it may do is not known."""
    known = isinstance(fault, KeyRefused)
    measured = fault.problem if known else f"what the key may do is not known: {fault.problem}"
    return Finding(NAME, Verdict.FAIL, measured, fault.action or "Look at the key on the exchange")
