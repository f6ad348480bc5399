"""The house itself: its rooms, its floors, the size of its modules, and what its text may say."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sniper_sight_packages import PACKAGES

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LINTED = set(PROJECT["tool"]["importlinter"]["root_packages"])
CORE = ("shared", "contracts", "indicators", "strategy", "risk", "engine")
EDGES_OF_ENGINE = (
    "engine/commands/alerts_app.py",
    "engine/commands/app.py",
    "engine/commands/app_audit.py",
    "engine/commands/backtest_app.py",
    "engine/commands/bot_app.py",
    "engine/commands/chart_app.py",
    "engine/commands/live_app.py",
    "engine/commands/lock_app.py",
    "engine/commands/optimize_app.py",
    "engine/commands/options.py",
    "engine/commands/parity_app.py",
    "engine/commands/store_app.py",
    "engine/commands/track_app.py",
    "engine/commands/verify_app.py",
    "engine/commands/walk_forward_app.py",
)
"""The typer app and its options: the door's own modules, imported by the door alone."""
LAST_RESORT = ["engine/commands/app.py"]
"""The one place where an unexpected error may be caught: the door, which saves its traceback and says so."""
NOT_ROOMS = {"tests", "benchmarks", "examples", "scripts", "docs"}


def modules(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_room_is_linted_and_shipped() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_ROOMS
    shipped = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
    doors = {path.name for path in ROOT.glob("*.py")}
    assert shipped == rooms | doors
    assert rooms == LINTED


def test_the_doors_check_every_package_they_may_import_by_a_module_of_the_standard_library_alone() -> None:
    tree = ast.parse((ROOT / "sniper_sight_packages.py").read_text())
    assert set(imported_at_module_level(tree)) <= sys.stdlib_module_names
    assert {*PACKAGES, "devtools"} == LINTED


def imported_at_module_level(tree: ast.Module) -> Iterator[str]:
    stack: list[ast.stmt] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            stack += node.orelse
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            stack += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


@pytest.mark.parametrize("package", CORE)
def test_the_core_imports_numpy_and_the_standard_library_alone(package: str) -> None:
    allowed = sys.stdlib_module_names | LINTED | {"numpy"}
    strays = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(package)
        if str(path.relative_to(ROOT)) not in EDGES_OF_ENGINE
        for name in imported_at_module_level(ast.parse(path.read_text()))
        if name not in allowed
    }
    assert strays == set()


def test_no_module_is_longer_than_400_lines() -> None:
    assert [str(path) for path in modules(*LINTED) if len(path.read_text().splitlines()) > 400] == []


def test_no_function_body_is_longer_than_60_lines() -> None:
    long = []
    for path in modules(*LINTED):
        for node in functions(ast.parse(path.read_text())):
            first = node.body[1] if len(node.body) > 1 and ast.get_docstring(node) else node.body[0]
            if (node.end_lineno or 0) - first.lineno + 1 > 60:
                long.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert long == []


def test_nothing_public_is_without_a_docstring() -> None:
    bare = []
    for path in modules(*LINTED):
        tree = ast.parse(path.read_text())
        public = [
            tree,
            *(n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name[0] != "_"),
        ]
        bare += [
            f"{path.relative_to(ROOT)}: {getattr(n, 'name', 'module')}"
            for n in public
            if not ast.get_docstring(n)
        ]
    assert bare == []


def test_no_assert_and_no_broad_except_guards_the_product() -> None:
    found = []
    for path in modules(*LINTED):
        for node in ast.walk(ast.parse(path.read_text())):
            broad = isinstance(node, ast.ExceptHandler) and (
                node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception")
            )
            if broad or isinstance(node, ast.Assert):
                found.append(str(path.relative_to(ROOT)))
    assert found == LAST_RESORT


def test_scripts_hold_one_command_and_no_logic() -> None:
    assert [
        path.name for path in (ROOT / "scripts").glob("*.py") if len(path.read_text().splitlines()) > 15
    ] == []


def test_every_example_is_run_by_a_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    examples = (path for path in (ROOT / "examples").rglob("*") if path.suffix in {".py", ".ipynb"})
    unused = [path.name for path in examples if path.name not in tests]
    assert unused == []


def test_ignored_folders_are_anchored() -> None:
    lines = (ROOT / ".gitignore").read_text().splitlines()
    assert [line for line in lines if line.endswith("/") and not line.startswith("/")] == []


def test_no_text_names_a_machines_own_path() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:work|root|home/[a-z]+)/\w")
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    texts = [
        name for name in tracked if name.endswith((".py", ".md", ".toml", ".txt")) and (ROOT / name).exists()
    ]
    assert [name for name in texts if pattern.search((ROOT / name).read_text())] == []


def test_the_command_line_file_can_be_executed() -> None:
    door = ROOT / "sniper_sight_cli.py"
    assert door.read_text().startswith("#!/usr/bin/env python3\n")
    assert door.stat().st_mode & 0o111


SABOTAGES = {
    "shared/models/risk.py": "from engine.hooks import Hooks",
    "risk/judge.py": "from strategy.smc.engine import detect",
    "strategy/smc/engine.py": "import sqlite3",
    "bot/notifications/streams.py": "from bot.ui.look import Look",
}


@pytest.mark.parametrize("where", sorted(SABOTAGES))
def test_the_import_checker_catches_a_climbing_import(where: str, tmp_path: Path) -> None:
    for package in LINTED:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / where).open("a") as module:
        module.write(f"\n{SABOTAGES[where]}\n")
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "BROKEN" in done.stdout
