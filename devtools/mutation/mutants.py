"""The faults: every place of a module where one small change makes a program that is wrong but runs.

Left alone are docstrings, annotations, imports, ``__all__`` and the words of f-strings. Names and words elsewhere count: a gate's code, unit and
setting are what users read and scripts match.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

COMPARED: Final = MappingProxyType(
    {
        ast.Lt: (ast.LtE, ast.GtE),
        ast.LtE: (ast.Lt, ast.Gt),
        ast.Gt: (ast.GtE, ast.LtE),
        ast.GtE: (ast.Gt, ast.Lt),
        ast.Eq: (ast.NotEq,),
        ast.NotEq: (ast.Eq,),
        ast.Is: (ast.IsNot,),
        ast.IsNot: (ast.Is,),
        ast.In: (ast.NotIn,),
        ast.NotIn: (ast.In,),
    }
)
"""What a comparison becomes: its boundary moved, and the other way round."""
REPLACED: Final = MappingProxyType(
    {
        ast.Add: ast.Sub,
        ast.Sub: ast.Add,
        ast.Mult: ast.Div,
        ast.Div: ast.Mult,
        ast.FloorDiv: ast.Div,
        ast.Mod: ast.Mult,
        ast.Pow: ast.Mult,
        ast.BitAnd: ast.BitOr,
        ast.BitOr: ast.BitAnd,
    }
)
CALLED: Final = MappingProxyType(
    {
        "min": "max",
        "max": "min",
        "any": "all",
        "all": "any",
        "ceil": "floor",
        "floor": "ceil",
        "sorted": "list",
    }
)
"""Functions that are mistaken for one another; ``list`` leaves things in the order they came in."""
NOT_CODE: Final = ("annotation", "returns", "decorator_list", "type_params")
"""Fields of a node that are not run, or not of the function itself."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the module's whole text with it, the line's number and text, and what a part of it was and is."""

    line: int
    code: str
    was: str
    now: str
    text: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its text."""
    tree, lines = ast.parse(source), ["", *map(str.strip, source.splitlines())]
    for node in _nodes(tree):
        for fault in faults_at(node):
            _put(tree, node, fault)
            text = ast.unparse(tree)
            _put(tree, fault, node)
            line = _line(node)
            yield Mutant(line, lines[line], ast.unparse(node), ast.unparse(fault), text)


def _line(node: ast.AST) -> int:
    """The line it begins on; a comprehension's is that of what it walks over."""
    return int(getattr(node.iter if isinstance(node, ast.comprehension) else node, "lineno", 0))


def _nodes(tree: ast.AST) -> list[ast.AST]:
    """Nodes that are run, parents before children."""
    found = [tree]
    if isinstance(tree, ast.Import | ast.ImportFrom | ast.JoinedStr) or _is_type(tree) or _is_export(tree):
        return found
    for name, value in ast.iter_fields(tree):
        for child in value if isinstance(value, list) else [value]:
            if name not in NOT_CODE and isinstance(child, ast.AST) and not _is_docstring(child):
                found += _nodes(child)
    return found


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_type(node: ast.AST) -> bool:
    """Whether it is a type written down as a value: ``Literal["up", "down"]``."""
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal"


def _is_export(node: ast.AST) -> bool:
    """Whether it is ``__all__``, which says what is offered and does nothing."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """``new`` in the place of ``old``."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return
            if isinstance(value, list) and any(item is old for item in value):
                value[:] = [new if item is old else item for item in value]
                return


def faults_at(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of one node."""
    match node:
        case ast.Compare(ops=[op, *rest]):
            for other in COMPARED[type(op)]:
                yield _with(node, ops=[other(), *rest])
        case ast.BinOp(op=op) if type(op) in REPLACED:
            yield _with(node, op=REPLACED[type(op)]())
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield copy.deepcopy(operand)
        case ast.IfExp(body=body, orelse=orelse):
            yield _with(node, body=orelse, orelse=body)
        case ast.comprehension(ifs=[_, *_]):
            yield _with(node, ifs=[])
        case ast.Call(func=ast.Name(id=name)) if name in CALLED:
            yield _with(node, func=ast.Name(CALLED[name], ast.Load()))
        case ast.Call(func=ast.Attribute(attr=name)) if name in CALLED:
            yield _with(node, func=_with(node.func, attr=CALLED[name]))
        case ast.Continue():
            yield ast.Break()
        case ast.Constant(value=value):
            yield from map(ast.Constant, _other_values(value))


def _with(node: ast.AST, **changes: object) -> ast.AST:
    """The same node with other fields."""
    fields = {name: changes.get(name, copy.deepcopy(value)) for name, value in ast.iter_fields(node)}
    return type(node)(**fields)


def _other_values(value: object) -> tuple[bool | float | str, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int | float):
        return (value + 1,)
    return (f"{value}?",) if isinstance(value, str) else ()
