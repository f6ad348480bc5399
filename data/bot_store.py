"""What the bot remembers, in a SQLite file of its own: the newest update it took up, and what is not told."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.sqlite_file import STRICT, SqliteFile
from shared.models.desk import Hush, Mark

VERSION: Final = 1
TABLES: Final = (
    f"CREATE TABLE mark (bot TEXT PRIMARY KEY, update_id INTEGER NOT NULL, at_ms INTEGER NOT NULL){STRICT}",
    f"CREATE TABLE pause (one INTEGER PRIMARY KEY CHECK (one = 1), since_ms INTEGER NOT NULL){STRICT}",
    f"CREATE TABLE mute (symbol TEXT PRIMARY KEY, until_ms INTEGER NOT NULL){STRICT}",
)


class SqliteBotStore:
    """The store of :class:`contracts.desk_contract.BotStore`.

    Raises:
        StorageFault: the file cannot be opened, read or written.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, creating it and its folder if they are not there."""
        self._file = SqliteFile(path, "bot memory")
        self._file.begin(VERSION, TABLES, synchronous="FULL")

    def mark(self, bot: str) -> Mark | None:
        """The newest mark of a bot; None before its first update."""
        rows = self._file.all("SELECT update_id, at_ms FROM mark WHERE bot=?", bot)
        return Mark(*rows[0]) if rows else None

    def keep_mark(self, bot: str, mark: Mark) -> None:
        """Remember that an update was taken up."""
        self._write("INSERT OR REPLACE INTO mark VALUES (?, ?, ?)", bot, mark.update_id, mark.at_ms)

    def hush(self) -> Hush:
        """What is not told."""
        paused = self._file.all("SELECT since_ms FROM pause")
        muted = self._file.all("SELECT symbol, until_ms FROM mute ORDER BY symbol")
        return Hush(
            paused[0][0] if paused else 0, tuple((str(symbol), int(until)) for symbol, until in muted)
        )

    def pause(self, since_ms: int) -> None:
        """Tell nothing new; 0 ends it."""
        self._write("INSERT OR REPLACE INTO pause VALUES (1, ?)", since_ms)

    def mute(self, symbol: str, until_ms: int) -> None:
        """Mute a symbol until a time."""
        self._write("INSERT OR REPLACE INTO mute VALUES (?, ?)", symbol, until_ms)

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._file.close()

    def _write(self, statement: str, *values: object) -> None:
        with self._file.transaction():
            self._file.db.execute(statement, values)
