"""Could a run that notifies tell anybody, and is there something that only a person can settle?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from shared.errors import SniperError
from shared.models.health import Finding, Verdict
from shared.models.outbox import OPEN, Fate

NEW_TOKEN: Final = "Ask @BotFather for the token (/token) and set SNIPERSIGHT_TELEGRAM_TOKEN anew"  # noqa: S105 - advice
PRESS_START: Final = "Open the bot in that chat and press START (or add it to the group, or as an admin to the channel); check telegram.chats"
MUCH: Final = 50
"""Parcels that wait: so many are more than one run leaves behind."""


def judge_telegram(name: str, chats: Sequence[str], lost: Sequence[tuple[str, str]]) -> Finding:
    """A bot that answers; ``lost`` are chats it cannot reach, and why."""
    reached = f"@{name} answers, {len(chats) - len(lost)} of {len(chats)} chats reached"
    if not lost:
        return Finding("telegram", Verdict.OK, reached)
    why = "; ".join(f"{chat}: {reason}" for chat, reason in lost)
    return Finding("telegram", Verdict.FAIL, f"{reached}; {why}", PRESS_START)


def judge_silent_bot(problem: str, *, is_refused: bool) -> Finding:
    """A bot that does not answer."""
    advice = (
        NEW_TOKEN
        if is_refused
        else "Check the network and telegram.base_url; what is not sent waits meanwhile"
    )
    return Finding("telegram", Verdict.FAIL, problem, advice)


def judge_webhook(problem: str, *, is_signed: bool) -> Finding:
    """The way to the webhook, up to where a request would begin; ``problem`` is why there is none."""
    if problem:
        return Finding(
            "webhook",
            Verdict.FAIL,
            f"cannot be reached ({problem})",
            "Check notify.webhook_url and its certificate; what is not sent waits meanwhile",
        )
    if not is_signed:
        return Finding(
            "webhook",
            Verdict.WARN,
            "reached; nothing that is sent is signed",
            "Set SNIPERSIGHT_WEBHOOK_SECRET, and check the signature at the other end",
        )
    return Finding("webhook", Verdict.OK, "reached; what is sent is signed")


def judge_wrong_setting(name: str, fault: SniperError) -> Finding:
    """A channel that cannot be used as it is set."""
    return Finding(name, Verdict.FAIL, fault.problem, fault.action or "Correct the setting")


def judge_outbox(tally: Mapping[Fate, int]) -> Finding:
    """What stands in the outbox."""
    waiting = sum(tally.get(fate, 0) for fate in OPEN)
    dead, held = tally.get(Fate.DEAD, 0), tally.get(Fate.HELD, 0)
    measured = f"{waiting} waiting, {dead} dead, {held} held, {tally.get(Fate.DONE, 0)} done"
    if dead or held:
        return Finding(
            "alerts",
            Verdict.WARN,
            measured,
            "See why with 'snipersight alerts', then 'alerts retry ID' or 'alerts drop ID'",
        )
    if waiting > MUCH:
        return Finding(
            "alerts", Verdict.WARN, measured, "Run 'snipersight scan --notify' and see what it says of them"
        )
    return Finding("alerts", Verdict.OK, measured)
