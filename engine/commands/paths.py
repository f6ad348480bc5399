"""Where things are kept on this machine; ``SNIPERSIGHT_HOME`` moves all of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.errors import StorageFault

HOME: Final = "SNIPERSIGHT_HOME"
APP: Final = "snipersight"


def config_file(environ: Mapping[str, str]) -> Path:
    """The user's settings."""
    return _place("config", environ) / "config.toml"


def candle_file(environ: Mapping[str, str]) -> Path:
    """The candle store: a cache, may be deleted."""
    return _place("cache", environ) / "candles.sqlite3"


def backtest_folder(environ: Mapping[str, str]) -> Path:
    """Columns that backtests decided: a cache, may be deleted."""
    return _place("cache", environ) / "backtests"


def journal_file(environ: Mapping[str, str]) -> Path:
    """The journal: the truth, to be backed up."""
    return _place("data", environ) / "journal.sqlite3"


def request_file(environ: Mapping[str, str]) -> Path:
    """The ledger of requests that all runs of this machine share, with the bans it remembers."""
    return _place("data", environ) / "requests.sqlite3"


def slot_file(environ: Mapping[str, str]) -> Path:
    """Who decided in which slot."""
    return _place("data", environ) / "slots.sqlite3"


def universe_file(environ: Mapping[str, str]) -> Path:
    """Earlier universes and the market ids they had."""
    return _place("data", environ) / "universes.sqlite3"


def lock_file(environ: Mapping[str, str]) -> Path:
    """Locks that keep plans from being approved."""
    return _place("data", environ) / "locks.sqlite3"


def track_file(environ: Mapping[str, str]) -> Path:
    """Out-of-sample trades that alerts may speak of; deleted, alerts say nothing of the past."""
    return _place("data", environ) / "track.sqlite3"


def trial_file(environ: Mapping[str, str]) -> Path:
    """Every configuration that was ever tried on candles, and which held-back times were looked at."""
    return _place("data", environ) / "trials.sqlite3"


def bot_file(environ: Mapping[str, str]) -> Path:
    """What the bot remembers: the newest command it took up, what is paused and muted."""
    return _place("data", environ) / "bot.sqlite3"


def kill_file(environ: Mapping[str, str]) -> Path:
    """The kill switch: while this file exists, whatever is in it, no plan is approved."""
    return _place("data", environ) / "KILL"


def alarm_file(environ: Mapping[str, str]) -> Path:
    """What could not be told to anybody and a person has to look at."""
    return _place("data", environ) / "alarms.jsonl"


def note_file(environ: Mapping[str, str]) -> Path:
    """What is remembered of stored series: a cache, may be deleted."""
    return _place("cache", environ) / "notes.sqlite3"


def log_folder(environ: Mapping[str, str]) -> Path:
    """Saved tracebacks."""
    return _place("log", environ)


def is_there(path: Path) -> bool:
    """Whether something is at ``path``.

    Raises:
        StorageFault: a folder on the way to it cannot be looked into, so nobody can say.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StorageFault(
            f"{path} could not be looked for: {error.strerror}",
            f"Give this user the right to look into its folder, or name another place with {HOME}",
        ) from error
    return True


def _place(kind: str, environ: Mapping[str, str]) -> Path:
    home = environ.get(HOME)
    if home:
        return Path(home) / kind
    import platformdirs

    found: Path = getattr(platformdirs, f"user_{kind}_path")(APP, appauthor=False)
    return found
