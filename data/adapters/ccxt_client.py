"""ccxt as a carrier: it knows addresses and names errors; every request waits for the budget, not for ccxt's own limiter, and every
answer comes through the HTTP guard.

Its unified methods drop or invent rows where an answer is broken, so only its methods for single addresses are used,
and what they answer is read strictly (:class:`data.adapters.venue.Dialect`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from data.adapters.http_guard import RESTRICTED, Answer, Guard, budget_key
from data.adapters.request_budget import RequestBudget
from data.adapters.venue import Ask, Venue
from shared.config.settings import ExchangeSettings
from shared.errors import NotFound, SniperError, TransportFault, VenueRefusal

TOO_MANY: Final = 429
OPTIONS: Final = {"fetchCurrencies": False, "fetchMargins": False}


class VenueClient:
    """Sends what a venue is asked and gives back well-formed documents; everything else is a typed fault."""

    restricted: ClassVar[frozenset[int]] = RESTRICTED
    """Statuses that end an answer, whatever its body says."""

    def __init__(self, venue: Venue, settings: ExchangeSettings, budget: RequestBudget) -> None:
        """Set ccxt up; nothing is sent yet. To be made inside a running event loop."""
        self.venue = venue
        self.exchange = f"{venue.name}-testnet" if settings.testnet else venue.name
        own_url = venue.testnet_url if settings.testnet else venue.url
        base_url = settings.base_url or own_url
        hosts = frozenset({urlsplit(base_url).netloc, *settings.allowed_hosts})
        hosts = hosts if settings.testnet else hosts | venue.hosts
        self._guard = Guard(venue.name, hosts, settings.timeout_s, budget, restricted=self.restricted)
        self._key = budget_key(base_url, settings.proxy)
        self._ccxt = _guarded(venue, self._guard, settings.proxy)
        _point_at(self._ccxt, base_url)

    async def ask(self, ask: Ask) -> Any:
        """The document answered.

        Raises:
            NotFound: the venue does not know the symbol.
            RateLimited: it asks us to wait.
            VenueRefusal: it says no.
            SecurityFault: the host is not allowed.
            TransportFault: no well-formed answer.
        """
        import ccxt

        await self._guard.budget.spend(self._key, ask.weight)
        try:
            return await getattr(self._ccxt, ask.method)(dict(ask.query))
        except (ccxt.RateLimitExceeded, ccxt.DDoSProtection) as error:
            raise self._guard.budget.stop(self._key, self.venue.window_s, TOO_MANY) from error
        except ccxt.BaseError as error:
            raise _translated(self.exchange, error) from error
        except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
            raise TransportFault(
                f"{self.exchange}: an answer of unknown shape ({type(error).__name__})", "Try again later"
            ) from error

    async def close(self) -> None:
        """Release connections; may be called twice."""
        await self._ccxt.close()


def _translated(exchange: str, error: BaseException) -> SniperError:
    """ccxt's exceptions by what they mean here."""
    import ccxt

    line = (str(error).splitlines() or [""])[0][:200]
    if isinstance(error, ccxt.BadSymbol):
        return NotFound(f"{exchange}: {line}", "See the exchange's list of markets")
    if isinstance(error, (ccxt.AuthenticationError, ccxt.PermissionDenied, ccxt.BadRequest)):
        return VenueRefusal(f"{exchange} refused: {line}", "Report it: the request was wrong")
    return TransportFault(f"{exchange}: {type(error).__name__}: {line}", "Try again later")


def _guarded(venue: Venue, guard: Guard, proxy: str) -> Any:
    """ccxt's class for the venue, its requests going through the guard, public reads only.

    ccxt finds a Binance market's table of errors by the exchange's own address, which ``base_url`` may have replaced; here
    the venue names it.
    """
    import ccxt.async_support

    base: Any = getattr(ccxt.async_support, venue.ccxt_class)

    class Guarded(base):  # type: ignore[misc]
        async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
            if method != "GET" or body:
                raise VenueRefusal(f"{venue.name}: only public reads are sent, found {method}", "Report it")
            import yarl

            self.open(True)
            sent = self.prepare_request_headers(headers)
            answer: Answer = await guard.get(self.session, yarl.URL(url, encoded=True), sent, proxy)
            self.last_json_response = answer.document
            status = (answer.status, answer.reason, url, method)
            self.handle_errors(*status, answer.headers, answer.text, answer.document, headers, body)
            self.handle_http_status_code(*status, answer.text)
            return answer.document

        def get_exceptions_by_url(self, _url: str, match: str) -> Mapping[str, Any]:
            found: Mapping[str, Any] = self.exceptions.get(venue.error_section, {}).get(match, {})
            return found

    return Guarded({"enableRateLimit": False, "options": OPTIONS})


def _point_at(client: Any, base_url: str) -> None:
    """Every address of the client moves to ``base_url``, its path kept."""
    api = client.urls["api"]
    for name, url in api.items():
        if isinstance(url, str):
            api[name] = base_url.rstrip("/") + urlsplit(url).path
