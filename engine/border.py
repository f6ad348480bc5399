"""The border around code that may raise anything: what leaves it is one of our faults and names its place."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ContractError, SniperError


@dataclass(frozen=True, slots=True)
class Border:
    """``with Border("stage 'smc'", "BTC/USDT", "Report it"):``: a fault of ours gets a note with the place, its type
    unchanged; any other error becomes a ContractError that names the place and says ``action``. Ctrl-C passes.
    """

    who: str
    symbol: str
    action: str

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Name the place."""
        if isinstance(error, SniperError):
            error.add_note(f"in {self.who} for {self.symbol}")
        elif isinstance(error, Exception):
            problem = f"{self.who} failed for {self.symbol}: {type(error).__name__}: {error}"
            raise ContractError(problem, self.action) from error
