"""One source for every kernel: compiled by numba where it is installed, plain Python everywhere else.

A kernel is a function over one-dimensional float64 / int64 arrays and scalars. It loops with sequential arithmetic only (no
reductions, no fastmath, no NumPy calls), so that both ways give the same bits. Results go into parameters whose name
ends in ``_out``, which the caller allocates; small scalars may be returned. Functions it calls are plain functions of
ours (they are compiled with it) and follow the same rules.

Without numba the arrays are handed over as lists, which plain Python indexes about four times faster, and the ``_out``
lists are copied back. ``SNIPERSIGHT_NO_JIT=1`` chooses that way where numba is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

R = TypeVar("R")

NO_JIT_VARIABLE: Final = "SNIPERSIGHT_NO_JIT"
HOW: Final[dict[str, Any]] = {"nogil": True, "_nrt": False}
"""Without numba's runtime no references to arrays are counted, which takes several times as long as the work: kernels make none."""
INSIDE: Final[dict[str, Any]] = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""A function that only kernels call needs no way in from Python or C: without these compiling takes a third less."""


@cache
def jit_available() -> bool:
    """Whether kernels are compiled: numba is installed and ``SNIPERSIGHT_NO_JIT`` is unset, empty or ``0``."""
    refused = os.environ.get(NO_JIT_VARIABLE, "") not in {"", "0"}
    return not refused and importlib.util.find_spec("numba") is not None


class Kernel(Generic[R]):
    """A kernel that compiles itself at its first call, or runs as plain Python.

    ``kernel.plain(...)`` and ``kernel.compiled(...)`` call one way explicitly, for tests of their equality.
    """

    def __init__(self, function: Callable[..., R]) -> None:
        """Wrap ``function``; nothing is compiled or imported yet."""
        self.function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self._compiled: Callable[..., R] | None = None
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        self._outputs = frozenset(place for place, name in enumerate(names) if name.endswith("_out"))

    def __call__(self, *args: Any) -> R:
        """Run compiled when numba may be used, else plain. Arguments by position."""
        return self.compiled(*args) if jit_available() else self.plain(*args)

    def compiled(self, *args: Any) -> R:
        """Run the compiled form."""
        if self._compiled is None:
            self._compiled = _compile(self.function, {})
        handed = [
            _read_only(arg) if isinstance(arg, np.ndarray) and place not in self._outputs else arg
            for place, arg in enumerate(args)
        ]
        return self._compiled(*handed)

    def plain(self, *args: Any) -> R:
        """Run as plain Python over lists and copy the outputs back."""
        handed = [arg.tolist() if isinstance(arg, np.ndarray) else arg for arg in args]
        result = self.function(*handed)
        for place in self._outputs:
            args[place][:] = handed[place]
        return result


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """One array type per parameter, whoever calls: a writable one would be compiled a second time."""
    view = array.view()
    view.flags.writeable = False
    return view


def kernel(function: Callable[..., R]) -> Kernel[R]:
    """Mark a function as a kernel."""
    return Kernel(function)


def _compile(function: Callable[..., Any], done: dict[Callable[..., Any], Any]) -> Any:
    """Compile ``function`` with every plain function it calls, in whatever module."""
    import numba

    tag = _source_digest(function)

    def compiled(inner: Callable[..., Any]) -> Any:
        if inner not in done:
            scope = dict(inner.__globals__)
            scope |= {called.__name__: compiled(called) for called in _called_by(inner)}
            twin = types.FunctionType(inner.__code__, scope, inner.__name__, inner.__defaults__)
            twin.__module__ = inner.__module__
            twin.__qualname__ = f"{inner.__qualname__}_{tag}"
            how = {"cache": True} if inner is function else INSIDE
            done[inner] = numba.njit(**how, **HOW)(twin)
        return done[inner]

    return compiled(function)


def _called_by(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    scope = function.__globals__
    named = [scope.get(name) for name in function.__code__.co_names]
    return [called for called in named if isinstance(called, types.FunctionType)]


def _source_digest(function: Callable[..., Any]) -> str:
    """Digest of every source file the kernel is made of and of every number it reads from another. As part of the name it keeps
    numba's disk cache, which watches only the kernel's own file, from answering with what another file used to say."""
    reached = [function]
    for inner in reached:
        reached += [called for called in _called_by(inner) if called not in reached]
    files = sorted({inner.__code__.co_filename for inner in reached})
    sha = hashlib.sha256()
    for file in files:
        sha.update(Path(file).read_bytes())
    sha.update("\n".join(sorted({read for inner in reached for read in _numbers_of(inner)})).encode())
    return sha.hexdigest()[:12]


def _numbers_of(function: Callable[..., Any]) -> list[str]:
    """The numbers a function reads from its module, with their names."""
    scope = function.__globals__
    read = ((name, scope.get(name)) for name in function.__code__.co_names)
    return [f"{name}={value!r}" for name, value in read if isinstance(value, (int, float))]
