"""A year of 5m candles in backtesting.py and vectorbt, a bare SMA/RSI cross each, for standing beside our own backtest.

Each peer runs in a process of its own and times itself there. backtesting.py comes with the development environment; vectorbt,
which would bring twenty packages that nothing else here needs, gets an environment of its own under ``var/``, made once and safe to
delete.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.backtests import year
from benchmarks.walk import walk

BARS: Final = 105_120
COLUMNS: Final = ("open_ms", "open", "high", "low", "close", "volume")
SCRIPTS: Final = Path(__file__).resolve().parent / "peers"
ENVIRONMENTS: Final = SCRIPTS.parents[1] / "var" / "peers"
PATIENCE_S: Final = 900.0

Ours = Callable[[], tuple[float, float]]
"""Runs a backtest of ours on as many candles, warm; gives its bars and processor seconds."""

OURS: Final[Mapping[str, Ours]] = {"snipersight, whole pipeline and broker": year}
"""What of ours stands beside the peers, by the name it is shown under."""

CITED: Final = {"freqtrade": 14_500, "nautilus_trader": 12_900}
"""Bars a second of the same kind of cross, measured at another time on another machine."""


class NotMeasured(Exception):
    """A peer could not be run; the message says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A package, the script that times it, and the release that gets an environment of its own (empty: it is in ours)."""

    package: str
    script: str
    own_release: str = ""


PEERS: Final = (
    Peer("backtesting", "backtesting_cross.py"),
    Peer("vectorbt", "vectorbt_cross.py", own_release="1.2.0"),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """``seconds`` of processor time for ``bars``, and how many trades the cross made."""

    version: str
    bars: int
    seconds: float
    trades: int


def run() -> None:
    """Print bars a second of the peers and of ours, and the ratios."""
    show(OURS)


def show(ours: Mapping[str, Ours]) -> None:
    """The same with other functions of ours."""
    speeds = {}
    with tempfile.TemporaryDirectory() as folder:
        candles = walk(BARS)
        file = Path(folder) / "candles.npz"
        np.savez(file, **{name: getattr(candles, name) for name in COLUMNS})
        print(f"{BARS:,} candles of 5m, processor seconds of the quickest of three runs after one")
        for peer in PEERS:
            try:
                found = measured(peer, file)
            except NotMeasured as reason:
                print(f"{peer.package}: not measured: {reason}")
                continue
            speeds[peer.package] = found.bars / found.seconds
            name = f"{peer.package} {found.version}"
            print(
                f"{_line(name, found.seconds, speeds[peer.package])} · SMA/RSI cross, {found.trades} trades"
            )
    for name, work in ours.items():
        bars, seconds = work()
        speed = bars / seconds
        ratios = " · ".join(f"{speed / theirs:.2f} times {peer}" for peer, theirs in speeds.items())
        print(f"{_line(name, seconds, speed)} · {ratios}")
    cited = ", ".join(f"{name} {speed:,}" for name, speed in CITED.items())
    print(f"cited, not measured here: {cited} bars a second")


def _line(name: str, seconds: float, speed: float) -> str:
    return f"{name:24} {seconds:7.3f} s {speed:12,.0f} bars a second"


def measured(peer: Peer, candles: Path) -> Measured:
    """What ``peer`` measures on the columns in the file ``candles``.

    Raises:
        NotMeasured: its environment cannot be made, or its script fails.
    """
    python = (
        _environment(f"{peer.package}=={peer.own_release}") if peer.own_release else (Path(sys.executable),)
    )
    return Measured(**json.loads(_output(*python, SCRIPTS / peer.script, candles)))


def _environment(requirement: str) -> tuple[Path, str]:
    """The interpreter of an environment that holds ``requirement``, deaf to ours; made if it is not there whole."""
    folder = ENVIRONMENTS / requirement.replace("==", "-")
    python, whole = (folder / "bin" / "python", "-E"), folder / "whole"
    if not whole.exists():
        place = folder.relative_to(ENVIRONMENTS.parents[1])
        print(f"making an environment for {requirement} in {place} (once)", flush=True)
        try:
            venv.create(folder, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as fault:
            raise NotMeasured(f"no environment: {fault}") from None
        _output(*python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", requirement)
        whole.touch()
    return python


def _output(*command: Path | str) -> str:
    """Standard output of a command that must succeed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"not done in {PATIENCE_S:.0f} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise NotMeasured(said[-1])
    return done.stdout
