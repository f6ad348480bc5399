"""Plugins: found where packages are installed, registered once, refused by name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sniper_sight_cli
import snipersight as ss
from engine.hooks import Hooks
from engine.plugins.loader import installed_plugins, loaded_plugins, register_plugins
from shared.errors import ContractError

Install = Callable[..., Path]

GOOD = """
from dataclasses import replace
name = "doubter"
def doubt(context):
    return context
def note(context):
    return replace(context, metadata={**context.metadata, "doubter": "was here"})
def hooks():
    return {"after_confluence": note, "before_risk": doubt}
"""
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    loaded_plugins.cache_clear()
    yield
    loaded_plugins.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a distribution of one module with one entry point on the path."""

    def installed(source: str, module: str = "doubting", entry: str = "doubter") -> Path:
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name=module))
        (info / "entry_points.txt").write_text(f"[sniper_sight.plugins]\n{entry} = {module}\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, module, raising=False)
        return tmp_path

    return installed


def test_without_plugins_nothing_is_registered() -> None:
    hooks = Hooks()
    assert register_plugins(hooks) == ()
    assert hooks == Hooks()


def test_an_installed_plugins_hooks_are_registered_once_however_often_a_scan_starts(install: Install) -> None:
    install(GOOD)
    hooks = Hooks()
    assert register_plugins(hooks) == register_plugins(hooks) == ("doubter",)
    assert [(one.point, one.hook.__name__) for one in installed_plugins()] == [
        ("after_confluence", "note"),
        ("before_risk", "doubt"),
    ]
    for one in installed_plugins():
        hooks.remove(one.point, one.hook)
    assert not hooks.any_at("after_confluence")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("1 / 0", "ZeroDivisionError"),
        ("name = 7", "its name must be text, found 7"),
        ("name = 'doubter'", r"it has none of hooks\(\), indicators\(\)"),
        ("name = 'doubter'\ndef hooks(): return ['x']", "must give a mapping of point to hook, found list"),
        ("name = 'doubter'\ndef hooks(): return {'after_lunch': len}", "hook point 'after_lunch' does not exist"),
        ("name = 'doubter'\ndef hooks(): return {'after_plan': 'x'}", "must take one SniperContext, found 'x'"),
        ("name = 'doubter'\ndef hooks(): return {'after_plan': lambda: 1}", "must take one SniperContext"),
    ],
)  # fmt: skip
def test_a_plugin_that_is_none_is_refused_by_name(install: Install, source: str, said: str) -> None:
    install(source)
    with pytest.raises(ContractError, match=said) as caught:
        register_plugins(Hooks())
    assert str(caught.value).startswith("plugin 'doubter' (doubting)")


@pytest.mark.parametrize(
    "command", [("demo", "-s", "BTC/USDT", "--json"), ("explain", "BTC/USDT", "-e", "demo", "--json")]
)
@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (GOOD, 0, ""),
        (GOOD.replace("return replace", "return 1 / 0 and replace"), 20, "hook doubting.note at 'after_confluence'"),
        ("name = 7", 30, "error: plugin 'doubter' (doubting): its name must be text, found 7. Mend the plugin"),
    ],
    ids=["good", "fails", "ill-typed"],
)  # fmt: skip
def test_a_scan_starts_with_what_is_installed(
    install: Install, command: tuple[str, ...], source: str, code: int, said: str
) -> None:
    place = install(source)
    door = Path(sniper_sight_cli.__file__).resolve()
    environ = os.environ | {"PYTHONPATH": str(place), "SNIPERSIGHT_HOME": str(place / "home")}
    ran = subprocess.run(
        [sys.executable, door, *command],
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, said in ran.stdout + ran.stderr) == (code, True), ran.stderr


def test_the_notebook_facade_starts_with_it_too(install: Install) -> None:
    install("name = 7")
    with pytest.raises(ContractError, match="plugin 'doubter'"):
        ss.scan(exchange="demo", symbols="BTC")
