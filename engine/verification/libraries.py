"""Other libraries of structure detectors, read without depending on them: they are checked where the user has installed them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from io import StringIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.verification.findings import Find, Findings, Library
from shared.errors import ConfigFault
from shared.models.data import Candles
from shared.utils.suggest import suggest

if TYPE_CHECKING:
    import pandas as pd

LATER: Final = frozenset({"MitigatedIndex", "BrokenIndex", "End", "Swept"})
"""Columns that name a later bar: the further life of a finding, not what it says. They may change without being a rewrite."""


def open_library(name: str, reach: int) -> Library:
    """A library by name; swings reach ``reach`` bars to either side.

    Raises:
        ConfigFault: not a library we can read, not installed, or not what it was.
    """
    if name not in LIBRARIES:
        raise ConfigFault(f"--library: unknown library {name!r}", suggest(name, LIBRARIES))
    try:
        with redirect_stdout(StringIO()):
            module = import_module(name)
        return LIBRARIES[name](module, reach)
    except ImportError as error:
        if error.name == name:
            raise ConfigFault(
                f"--library: {name} is not installed", f"Run: python -m pip install {name}"
            ) from error
        raise ConfigFault(
            f"--library: {name} cannot be imported: {error}", f"Run: python -m pip install -U {name}"
        ) from error
    except AttributeError as error:
        raise ConfigFault(
            f"--library: this {name} cannot be read: {error}", f"Run: python -m pip install -U {name}"
        ) from error


def findings_of(frame: pd.DataFrame) -> Findings:
    """A frame with one row a bar: a finding stands where any column that says something is not empty."""
    said = frame[[name for name in frame.columns if name not in LATER]].to_numpy(np.float64)
    bars = np.flatnonzero(~np.isnan(said).all(axis=1))
    return {
        bar: tuple(None if np.isnan(cell) else cell for cell in row)
        for bar, row in zip(bars.tolist(), said[bars].tolist(), strict=True)
    }


def _smartmoneyconcepts(module: Any, reach: int) -> Library:
    """``smartmoneyconcepts``: a class ``smc`` of detectors over a frame, most of which also take the frame of swings."""
    api = module.smc
    swings = partial(api.swing_highs_lows, swing_length=reach)
    calls: dict[str, Callable[..., Any]] = {
        "swing_highs_lows": swings,
        "bos_choch": _on_swings(api.bos_choch, swings),
        "ob": _on_swings(api.ob, swings),
        "fvg": api.fvg,
        "liquidity": _on_swings(api.liquidity, swings),
    }
    finders: dict[str, Find] = {name: partial(_read, call) for name, call in calls.items()}
    return Library(module.__name__, str(getattr(api, "__version__", "unknown")), finders)


def _on_swings(call: Callable[..., Any], swings: Callable[..., Any]) -> Callable[..., Any]:
    return lambda frame: call(frame, swings(frame))


def _read(call: Callable[..., Any], candles: Candles) -> Findings:
    with redirect_stdout(StringIO()):
        return findings_of(call(candles.to_frame()))


LIBRARIES: Final[Mapping[str, Callable[[Any, int], Library]]] = MappingProxyType(
    {"smartmoneyconcepts": _smartmoneyconcepts}
)
"""Libraries we can read, and how."""
