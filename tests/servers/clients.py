"""Clients for the loopback Binance: unmodified ccxt with its addresses moved, and a plain one."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from email.message import Message
from typing import Any
from urllib.parse import urlencode, urlsplit


def pointed_at(base_url: str, client: Any) -> Any:
    """The same ccxt client, every address of it on another host, its path kept."""
    api = client.urls["api"]
    for name, url in api.items():
        api[name] = base_url + urlsplit(url).path
    return client


def get(base_url: str, path: str, **query: object) -> tuple[int, Message, bytes]:
    """Status, headers and body of a plain request; an error status is an answer like any other."""
    try:
        with urllib.request.urlopen(f"{base_url}{path}?{urlencode(query)}", timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def get_json(base_url: str, path: str, **query: object) -> tuple[int, Message, Any]:
    """The same, its body read as JSON."""
    status, headers, body = get(base_url, path, **query)
    return status, headers, json.loads(body)
