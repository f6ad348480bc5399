"""Objects by key below one address, through fsspec: read many, write many, claim a name that nobody has, list, remove.

Only file systems on which a name can be claimed by exactly one writer are used: S3 (a put with ``If-None-Match: *``), local files
(a hard link) and, for tests, memory.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from shared.errors import ConfigFault, StorageFault

SCHEMES: Final = ("s3", "file", "memory")
ADVICE: Final = "Check store.url, the network and, for S3, the usual AWS_… variables or files"


class ObjectFiles:
    """What lies below ``url``, such as ``s3://bucket/candles``.

    Raises:
        ConfigFault: no address we can use, or a package for it is not installed.
        StorageFault: the place cannot be reached, read or written.
    """

    def __init__(self, url: str) -> None:
        """Nothing is asked of the place yet."""
        scheme = check_store_url(url)
        self.url = url.rstrip("/")
        self._is_local = scheme == "file"
        self._failures = _failures(scheme)
        try:
            import fsspec
        except ModuleNotFoundError as error:
            raise _missing(error) from error
        options = {"use_listings_cache": False, "skip_instance_cache": True} | (
            {"auto_mkdir": True} if self._is_local else {}
        )
        try:
            self._fs, self._root = fsspec.core.url_to_fs(self.url, **options)
        except ImportError as error:
            raise _missing(error) from error

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """The objects of ``keys`` in their order; None for one that is not there."""
        if not keys:
            return []
        with self._faults("read"):
            found: list[Any] = self._fs.cat_ranges(
                [self._path(key) for key in keys], None, None, on_error="return"
            )
            for body in found:
                if isinstance(body, Exception) and not isinstance(body, FileNotFoundError):
                    raise body
        return [body if isinstance(body, bytes) else None for body in found]

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Write objects, each whole or not at all where the place allows it."""
        with self._faults("written"):
            self._fs.pipe({self._path(key): body for key, body in objects.items()})

    def claim(self, key: str, body: bytes) -> bool:
        """Write an object under a name that nobody has; False if somebody has."""
        path = self._path(key)
        with self._faults("written"):
            try:
                if self._is_local:
                    _link(Path(path), body)
                else:
                    self._fs.pipe_file(path, body, mode="create")
            except FileExistsError:
                return False
        return True

    def names(self, folder: str) -> list[str]:
        """Names directly below a folder, in order; none where it is not there."""
        with self._faults("read"):
            try:
                listed = self._fs.ls(self._path(folder), detail=False)
            except (FileNotFoundError, NotADirectoryError):
                return []
        return sorted(str(path).rstrip("/").rpartition("/")[2] for path in listed)

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects; one that is gone already is none the worse."""
        with self._faults("written"):
            for key in keys:
                with suppress(FileNotFoundError):
                    self._fs.rm_file(self._path(key))

    def _path(self, key: str) -> str:
        return f"{self._root.rstrip('/')}/{key}" if key else str(self._root)

    @contextmanager
    def _faults(self, verb: str) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            said = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise StorageFault(f"candle store {self.url} could not be {verb}: {said}", ADVICE) from error


def check_store_url(url: str) -> str:
    """The scheme of a store's address.

    Raises:
        ConfigFault: no address of a kind we can use, or one that holds a secret.
    """
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ConfigFault("store.url must not hold a user name or password", "Use the AWS_… variables")
    if parts.scheme not in SCHEMES or not (parts.netloc or parts.path.strip("/")):
        raise ConfigFault(
            f"store.url must be s3://bucket/folder or file:///folder, found {url!r}",
            "Leave it empty for the usual file",
        )
    return parts.scheme


def _link(path: Path, body: bytes) -> None:
    """Make a file appear whole under a name that is free, or raise FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    part.write_bytes(body)
    try:
        os.link(part, path)
    finally:
        part.unlink()


def _failures(scheme: str) -> tuple[type[Exception], ...]:
    """What a place raises when it cannot do what it was asked."""
    if scheme != "s3":
        return (OSError,)
    try:
        import aiohttp
        from botocore.exceptions import BotoCoreError, ClientError
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    return (OSError, BotoCoreError, ClientError, aiohttp.ClientError)


def _missing(error: ImportError) -> ConfigFault:
    return ConfigFault(
        f"a store on object storage needs {error.name or 's3fs'}, which is an extra",
        f"In the checkout run: {sys.executable} -m pip install -e '.[s3]'",
    )
