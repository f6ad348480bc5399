"""What was said, as a request: the one way there for the command line and for Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.commands.edges import DEMO
from engine.commands.flags import Flags
from engine.commands.reading import parse_as_of, parse_symbols
from engine.commands.settings import Configured
from shared.errors import ConfigFault

if TYPE_CHECKING:
    from engine.edges import ScanRequest


def request_of(flags: Flags, configured: Configured) -> ScanRequest:
    """The request that the flags and settings make.

    Raises:
        ConfigFault: a time or symbol that is none, or an account in another currency than the profile trades in.
    """
    from engine.edges import ScanRequest

    settings = configured.settings
    return ScanRequest(
        profile=settings.profile,
        exchange=settings.exchange,
        account=configured.account,
        symbols=parse_symbols(flags.symbols, settings.profile.universe.quote, flags.called("symbols")),
        top=flags.top,
        as_of_ms=None if flags.as_of is None else parse_as_of(flags.as_of, flags.called("as_of")),
        offline=flags.offline and settings.exchange != DEMO,
    )


def one_symbol(given: str, configured: Configured) -> str:
    """The one symbol to explain.

    Raises:
        ConfigFault: no symbol, or several.
    """
    symbols = parse_symbols((given,), configured.settings.profile.universe.quote, "symbol")
    if len(symbols) != 1:
        raise ConfigFault(f"explain takes one symbol, found {given!r}", "Write it like BTC/USDT")
    return symbols[0]
