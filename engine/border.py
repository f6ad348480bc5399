"""The border around code that may raise anything: what leaves it is one of our faults and names its place."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import ContractError, SniperError


@dataclass(frozen=True, slots=True)
class Border:
    """``with Border("smc", "stage 'smc'", "BTC/USDT", "Report it"):``: a fault of ours gets a note with stage and place, its
    type unchanged; any other error becomes a ContractError that names the place and says ``action``. Ctrl-C passes.
    """

    stage: str
    who: str
    symbol: str
    action: str

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Name the place."""
        if isinstance(error, SniperError):
            error.at(self.stage, f"{self.who} for {self.symbol}")
        elif isinstance(error, Exception):
            problem = f"{self.who} failed for {self.symbol}: {type(error).__name__}: {error}"
            fault = ContractError(problem, self.action)
            fault.at(self.stage, f"{self.who} for {self.symbol}")
            raise fault from error
