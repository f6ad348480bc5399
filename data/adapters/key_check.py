"""Asking an exchange what a key may do: the one signed request there is, on a client of its own.

The key goes to one host, over TLS or to this machine itself, and what comes back is quoted nowhere: an answer, an address or an
error of the library may hold the key. The feeds have no key and sign nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from data.adapters.budget_ledger import Ledger
from data.adapters.ccxt_client import VenueClient
from data.adapters.http_guard import RESTRICTED, reading
from data.adapters.request_budget import RequestBudget
from data.adapters.venue import Ask, KeyCheck, KeyRights, Venue
from shared.config.settings import ExchangeSettings
from shared.errors import (
    DataFault,
    KeyRefused,
    RateLimited,
    SecurityFault,
    SniperError,
    TransportFault,
    VenueRefusal,
)

UNAUTHORISED: Final = 401
"""Its body says what is wrong with the key."""
THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})

Reading = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]


class KeyClient(VenueClient):
    """Signs what a venue is asked about the key in the settings."""

    restricted = RESTRICTED - {UNAUTHORISED}

    def __init__(self, venue: Venue, settings: ExchangeSettings, budget: RequestBudget) -> None:
        """Nothing is sent yet. To be made inside a running event loop.

        Raises:
            SecurityFault: the key would go over a line on which others can read it.
            KeyRefused: the venue, or its test network, cannot be asked.
        """
        self._check = check_of(venue, settings)
        reached = replace(venue, url=self._check.url, testnet_url=self._check.testnet_url, hosts=frozenset())
        super().__init__(reached, replace(settings, allowed_hosts=()), budget)
        self._ccxt.apiKey, self._ccxt.secret = settings.key.reveal(), settings.secret.reveal()

    async def ask(self, ask: Ask) -> Any:
        """The document answered.

        Raises:
            KeyRefused: the venue does not take the key, or not now, or not from here.
            SniperError: as of every read.
        """
        self._ccxt.last_json_response = None
        try:
            return await super().ask(ask)
        except SniperError as fault:
            told = self._told(fault)
        raise told

    async def rights(self) -> KeyRights:
        """What the key may do.

        Raises:
            DataFault: the answer does not say.
            SniperError: as :meth:`ask`.
        """
        answer = await self.ask(self._check.ask)
        with suppress(DataFault):
            return self._check.read(answer)
        raise DataFault(f"{self.exchange}: the answer about the key cannot be read", "Try again later")

    def _told(self, fault: SniperError) -> SniperError:
        """The fault without what it quotes and comes from."""
        import ccxt

        answer = self._ccxt.last_json_response
        code = answer.get(self._check.code_name) if isinstance(answer, dict) else None
        if isinstance(code, int) and code in self._check.refusals:
            problem, action = self._check.refusals[code]
            return KeyRefused(f"{self.exchange}: {problem} (code {code})", action)
        cause = fault.__cause__
        if isinstance(cause, ccxt.AuthenticationError):
            return KeyRefused(f"{self.exchange}: the key was refused", "Look at the key on the exchange")
        if isinstance(cause, ccxt.BaseError) and not isinstance(fault, RateLimited):
            kind = VenueRefusal if isinstance(fault, VenueRefusal) else TransportFault
            return kind(
                f"{self.exchange}: no answer about the key ({type(cause).__name__})", "Try again later"
            )
        fault.__cause__ = fault.__context__ = None
        return fault


def check_of(venue: Venue, settings: ExchangeSettings) -> KeyCheck:
    """How the venue is asked, as the settings say.

    Raises:
        SecurityFault: the key would go over a line on which others can read it.
        KeyRefused: the venue, or its test network, cannot be asked.
    """
    check = venue.key_check
    if check is None:
        raise KeyRefused(f"{venue.name} cannot be asked what a key may do", "Look at the key on the exchange")
    own_url = check.testnet_url if settings.testnet else check.url
    if not own_url:
        raise KeyRefused(
            f"{venue.name}'s test network cannot be asked what a key may do",
            "Remove the key, or turn testnet off",
        )
    parts = urlsplit(settings.base_url or own_url)
    if parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
        raise SecurityFault(
            f"{venue.name}: the key is not sent to {parts.hostname} without encryption",
            f"Give exchanges.{venue.name}.base_url an https:// address, or none",
        )
    return check


async def read_key_rights(
    venue: Venue, settings: ExchangeSettings, ledger: Ledger, repeat: Reading = reading
) -> KeyRights:
    """Ask the exchange what the key in the settings may do; ``repeat`` says how a failed read is repeated.

    Raises:
        SniperError: there is no answer that says; the message and what it comes from hold neither key nor secret.
    """
    client = KeyClient(venue, settings, RequestBudget(venue.name, venue.allowance, ledger))
    try:
        found: KeyRights = await repeat(client.rights)
        return found
    finally:
        await client.close()
