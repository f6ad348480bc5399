"""Can the small files beside the candles be opened and read as a scan does it?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from shared.errors import SniperError
from shared.models.health import Finding, Verdict

DONE_WITHOUT: Final = frozenset({"universes", "notes", "track"})
"""What a scan goes on without, with a flag."""


def judge_files(there: Collection[str], broken: Mapping[str, SniperError]) -> Finding:
    """``there`` are the files that have been made, ``broken`` what those say that could not be read."""
    if not broken:
        return Finding(
            "files", Verdict.OK, f"{', '.join(there)} opened and read" if there else "none made yet"
        )
    verdict = Verdict.WARN if DONE_WITHOUT.issuperset(broken) else Verdict.FAIL
    advice = dict.fromkeys(fault.action for fault in broken.values() if fault.action)
    return Finding(
        "files",
        verdict,
        "; ".join(fault.problem for fault in broken.values()),
        "; ".join(advice) or "Move the file away, a new one is made",
    )
