"""List scenarios, print the outcome of some, or keep outcomes anew: ``python -m devtools.scenarios [--refresh] [NAME …]``."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from devtools.scenarios.outcome import outcome_text
from devtools.scenarios.scenario import Scenario, end_of, run
from devtools.scenarios.table import SCENARIOS

KEPT: Final = Path(__file__).parents[2] / "tests" / "golden" / "scenarios"
DEFAULT_MARKET: Final = Path(__file__).parents[3] / "shared" / "market"


def kept_file(scenario: Scenario, folder: Path = KEPT) -> Path:
    """Where its outcome is kept."""
    return folder / f"{scenario.name}.json"


def changed_lines(kept: str, found: str) -> list[str]:
    """What differs, as a diff with a little around it."""
    return list(difflib.unified_diff(kept.splitlines(), found.splitlines(), "kept", "now", lineterm=""))


def refresh(scenarios: Iterable[Scenario], market: Path, folder: Path = KEPT) -> int:
    """Keep the outcomes as they are now, printing every change; how many no longer end as their table says. Those are not kept,
    nor are recorded ones where there are no recorded candles."""
    other = 0
    for scenario in scenarios:
        if scenario.is_recorded and not market.is_dir():
            print(f"{scenario.name}: left as it is, there are no recorded candles at {market}")
            continue
        ran = run(scenario, market)
        end, file = end_of(scenario, ran.result), kept_file(scenario, folder)
        if end != scenario.ends:
            other += 1
            print(f"{scenario.name}: NOT kept: it ends as {end!r}, the table says {scenario.ends!r}")
            continue
        found, kept = outcome_text(scenario, ran), file.read_text("utf-8") if file.exists() else ""
        if found != kept:
            print("\n".join([f"{scenario.name}:", *changed_lines(kept, found)]))
            file.write_text(found, "utf-8")
    return other


def main(words: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        "python -m devtools.scenarios", description="Named market situations and their outcomes."
    )
    parser.add_argument(
        "names", nargs="*", choices=[[], *SCENARIOS], metavar="NAME", help="scenarios; none: all of them"
    )
    parser.add_argument(
        "--refresh", action="store_true", help="keep the outcomes as they are now, and print what changed"
    )
    asked = parser.parse_args(words)
    market = Path(os.environ.get("SNIPERSIGHT_MARKET_DATA", DEFAULT_MARKET))
    chosen = [SCENARIOS[name] for name in asked.names or SCENARIOS]
    if asked.refresh:
        return min(1, refresh(chosen, market))
    for scenario in chosen:
        if asked.names:
            print(outcome_text(scenario, run(scenario, market)), end="")
        else:
            print(f"{scenario.name:26}{scenario.ends:22}{scenario.story}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
