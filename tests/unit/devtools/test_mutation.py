"""Mutation testing: every small fault is made once, and only one that a test notices counts as killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.mutation import __main__ as command
from devtools.mutation.mutants import mutants_of
from devtools.mutation.targets import NO_FAULTS, TARGETS


def made(source: str) -> list[tuple[str, str]]:
    return [(mutant.was, mutant.now) for mutant in mutants_of(source)]


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("a < b", ["a <= b", "a >= b"]),
        ("a == b", ["a != b"]),
        ("a in b", ["a not in b"]),
        ("a - b", ["a + b"]),
        ("a / b", ["a * b"]),
        ("a and b", ["a or b"]),
        ("not a", ["a"]),
        ("-a", ["a"]),
        ("a if b else c", ["c if b else a"]),
        ("min(a)", ["max(a)"]),
        ("math.ceil(a)", ["math.floor(a)"]),
        ("a = True", ["False"]),
        ("a = 7", ["8"]),
        ("a = '<='", ["'<=?'"]),
        ("[a for a in b if a]", [" for a in b"]),
        ("f'{a} is {b}'", []),
        ("import a", []),
        ("def f(a: int = b) -> int:\n    '''Text 1.'''\n", []),
        ("R = Literal['up', 'down']", []),
    ],
)
def test_a_fault_is_made_at_everything_that_runs(source: str, faults: list[str]) -> None:
    assert [now for _, now in made(source)] == faults


def test_a_mutant_is_the_whole_module_with_one_fault() -> None:
    first, *_ = mutants_of('"""Says."""\n\nA = 1\nB = A + 2\n')
    assert (first.line, first.code, first.text) == (3, "A = 1", '"""Says."""\nA = 2\nB = A + 2')


LARGER = '''"""A module."""


def larger(a, b):
    """The larger one."""
    return a if a > b else b
'''
TESTED = """from room.sizes import larger


def test_the_larger_one_is_found():
    assert larger(2, 1) == 2
    assert larger(1, 2) == 2
"""
TRIED = """
from pathlib import Path
from devtools.mutation.mutants import mutants_of
from devtools.mutation.running import survivors
from devtools.mutation.targets import Target
target = Target("room/sizes.py", ("tests/test_sizes.py",), ("room",))
print([mutant.now for mutant in survivors(target, list(mutants_of(Path(target.path).read_text())), 2)])
"""


def tried(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    for name, text in (("room/__init__.py", ""), ("room/sizes.py", LARGER), ("tests/test_sizes.py", test)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    environ = os.environ | {"PYTHONPATH": os.pathsep.join((".", *filter(None, sys.path)))}
    return subprocess.run(
        [sys.executable, "-c", TRIED], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


def test_only_the_fault_that_no_test_can_see_survives(tmp_path: Path) -> None:
    done = tried(tmp_path, TESTED)
    assert done.stdout == "['a >= b']\n", done.stderr


def test_tests_that_fail_without_a_mutant_prove_nothing(tmp_path: Path) -> None:
    done = tried(tmp_path, TESTED.replace("== 2", "== 3"))
    assert done.returncode == 1
    assert "its tests fail without any mutant" in done.stderr


@pytest.mark.checkout
@pytest.mark.parametrize("path", sorted({path for path, *_ in NO_FAULTS}))
def test_every_mutant_that_is_called_no_fault_is_made_once(path: str) -> None:
    assert path in {target.path for target in TARGETS}
    source = Path(__file__).parents[3].joinpath(path).read_text("utf-8")
    faults = [(mutant.code, mutant.was, mutant.now) for mutant in mutants_of(source)]
    called = [rest for other, *rest in NO_FAULTS if other == path]
    assert [faults.count(tuple(one)) for one in called] == [1] * len(called)


@pytest.mark.checkout
def test_a_module_is_asked_for_whole_or_by_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    tried: list[int] = []
    monkeypatch.setattr(command, "_try", lambda target, mutants, jobs: tried.append(len(mutants)) or 0)
    path = "risk/judge.py"
    first = next(mutants_of(Path(path).read_text("utf-8"))).line
    assert command.main([path]) == command.main([f"{path}:{first}"]) == 0
    whole, line = tried
    assert 0 < line < whole
    with pytest.raises(SystemExit, match="2"):
        command.main([f"{path}:1"])
