"""A loopback S3: moto's server, with a bucket in it. Knows nothing of the product."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

BUCKET = "candles"
KEYS = {
    "AWS_ACCESS_KEY_ID": "loopback",
    "AWS_SECRET_ACCESS_KEY": "loopback",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def running_s3() -> Iterator[str]:
    """Run it; its address is what ``AWS_ENDPOINT_URL`` should be."""
    moto = pytest.importorskip("moto.server", reason="needs moto[server]")
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        urllib.request.urlopen(
            urllib.request.Request(f"{address}/{BUCKET}", method="PUT", data=b""), timeout=20
        ).close()
        yield address
    finally:
        server.stop()


@contextmanager
def pointed_at(address: str) -> Iterator[None]:
    """Let the usual S3 clients of this process speak to it."""
    before = dict(os.environ)
    os.environ.update(KEYS | {"AWS_ENDPOINT_URL": address})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
