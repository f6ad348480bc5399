"""One mutant after another against its tests, each in a forked child of a process that has already read everything else."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Final

from devtools.mutation.mutants import Mutant
from devtools.mutation.targets import Target

CPU_SECONDS: Final = 10
WALL_SECONDS: Final = 300
"""A mutant that is not done by then never will be, at work or asleep: its test is taken to have failed."""
QUIETLY: Final = (
    "-x",
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:randomly",
    "--no-header",
    "--tb=no",
    "--assert=plain",
)


class OtherText(SourceFileLoader):
    """Loads a module as if its file held another text."""

    def __init__(self, target: Target, text: str) -> None:
        """Stand in for the file of ``target``."""
        super().__init__(target.module, str(Path(target.path).resolve()))
        self._text = text

    def get_data(self, _path: str | bytes) -> bytes:
        """The other text."""
        return self._text.encode()

    def path_stats(self, path: str | bytes) -> dict[str, float]:
        """Refused, so that no compiled file is read or written.

        Raises:
            OSError: always.
        """
        raise OSError(path)


class Mutated(MetaPathFinder):
    """Finds one module, with another text than its file has."""

    def __init__(self, target: Target, text: str) -> None:
        """Look out for ``target``."""
        self._module, self._loader = target.module, OtherText(target, text)

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Its specification; none of any other module."""
        if fullname != self._module:
            return None
        return importlib.util.spec_from_loader(fullname, self._loader)


def survivors(target: Target, mutants: Sequence[Mutant], jobs: int) -> Iterator[Mutant]:
    """The mutants that no test notices. The tests must pass as the module is.

    Raises:
        RuntimeError: they do not.
    """
    memory = Path("/dev/shm")  # noqa: S108 - only the folder made in it is used
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        if not all(_passes(stage, Path(folder) / "plain") for stage in target.stages):
            raise RuntimeError(f"{target.path}: its tests fail without any mutant")
        gc.freeze()
        yield from _tried(target, mutants, jobs, Path(folder))


def _tried(target: Target, mutants: Sequence[Mutant], jobs: int, folder: Path) -> Iterator[Mutant]:
    """Those whose tests all pass, as children end; at most ``jobs`` children at once."""
    waiting, running = list(mutants[::-1]), dict[int, Mutant]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[_fork(target, mutant, folder)] = mutant
        pid, status = os.wait()
        if status == 0:
            yield running[pid]
        del running[pid]


def _fork(target: Target, mutant: Mutant, folder: Path) -> int:
    """A child that runs the tests on a mutant and ends with 0 if they all pass."""
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(WALL_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    own = folder / str(os.getpid())
    survives = _survives(target, mutant, own)
    shutil.rmtree(own, ignore_errors=True)
    os._exit(int(not survives))


def _survives(target: Target, mutant: Mutant, folder: Path) -> bool:
    _forget(target)
    sys.meta_path.insert(0, Mutated(target, mutant.text))
    return all(_passes(stage, folder) for stage in target.stages)


def _passes(tests: Sequence[str], folder: Path) -> bool:
    """Whether tests pass, in a folder of their own; in the parent that also reads and compiles everything they need once."""
    import pytest

    with _silence():
        return pytest.main([*QUIETLY, f"--basetemp={folder}", *tests]) == 0


def _forget(target: Target) -> None:
    """Let go of the module, of all that imports it, and of the tests, so that they are read anew."""
    here = str(Path("tests").resolve())
    for name, module in list(sys.modules.items()):
        of_tests = str(getattr(module, "__file__", None) or "").startswith(here)
        dependent = any(name == one or name.startswith(f"{one}.") for one in target.dependents)
        if (of_tests or dependent) and not name.startswith("devtools.mutation"):
            del sys.modules[name]


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Nothing of pytest's is shown."""
    kept = [os.dup(1), os.dup(2)]
    with Path(os.devnull).open("w", encoding="utf-8") as nothing:
        for stream in (1, 2):
            os.dup2(nothing.fileno(), stream)
        try:
            yield
        finally:
            for stream, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, stream)
                os.close(copy)
