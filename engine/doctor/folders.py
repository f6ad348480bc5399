"""May the folders be written in which things are kept?"""

from __future__ import annotations

from collections.abc import Mapping

from shared.models.health import Finding, Verdict


def judge_folders(problems: Mapping[str, str]) -> Finding:
    """``problems`` by folder, empty where something could be written there."""
    bad = {folder: why for folder, why in problems.items() if why}
    if not bad:
        return Finding("folders", Verdict.OK, f"{', '.join(problems)} may be written")
    found = "; ".join(f"{folder}: {why}" for folder, why in bad.items())
    return Finding(
        "folders",
        Verdict.FAIL,
        found,
        "Give this user the right to write there, or name another place with SNIPERSIGHT_HOME",
    )
