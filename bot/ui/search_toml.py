"""What a search varies, and what it chose, as TOML that is read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.config.parser import known_keys
from shared.models.profile import Profile
from shared.models.search import Changes


def space_toml(specs: Iterable[tuple[str, Mapping[str, object]]]) -> list[str]:
    """Lines of the table ``[search]``: a field a line, by range or choices."""
    return ["[search]", *(f"{path} = {_value(spec)}" for path, spec in specs)]


def chosen_toml(base: Profile, changes: Changes, remarks: Iterable[str]) -> str:
    """Settings that choose ``base`` with ``changes`` in a ``snipersight.toml``, behind remarks."""
    sections: dict[str, list[str]] = {}
    for path, value in changes:
        section, _, name = path.rpartition(".")
        sections.setdefault(section, []).append(f"{name} = {_value(value)}")
    lines = [*(f"# {remark}" for remark in remarks), "[profile]", f"name = {_value(base.name)}"]
    for section in sorted(sections, key=[key.rpartition(".")[0] for key in known_keys(base)].index):
        lines += ["", f"[profile.{section}]", *sections[section]]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_value(item)}' for key, item in value.items())} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)
