"""Are our packages ours? Asked by both doors before anything of ours is imported, so this module needs the standard library alone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = ("shared", "contracts", "indicators", "data", "strategy", "risk", "ml", "bot", "engine")


def hidden_package() -> str | None:
    """A sentence about the first of our packages that resolves elsewhere than beside this file."""
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is None:
            return f"the package {name!r} is missing beside {Path(__file__).name}. Install SniperSight again."
        places = [Path(place).resolve() for place in spec.submodule_search_locations or (spec.origin or "",)]
        if HERE / name not in places:
            return (
                f"the package {name!r} is hidden by {places[0]}. "
                "Take it off PYTHONPATH, start elsewhere, or install SniperSight into its own environment."
            )
    return None


def insist_on_packages() -> None:
    """Go on only with our own packages.

    Raises:
        ImportError: one of them is missing or hidden; the message names what hides it.
    """
    problem = hidden_package()
    if problem:
        raise ImportError(f"snipersight: {problem}")
