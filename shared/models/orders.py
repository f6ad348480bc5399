"""Orders as values: what an approved setup would ask an exchange for. Nothing here sends anything."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.errors import ContractError


class OrderKind(StrEnum):
    """``limit`` waits at its price, ``market`` fills now (its price is what the plan counts with), ``stop`` turns into a market
    order at its price.
    """

    LIMIT = "limit"
    MARKET = "market"
    STOP = "stop"


class OrderSide(StrEnum):
    """What is done with the base currency."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class Order:
    """One leg of a setup: ``entry``, ``stop`` or ``target-<place>``; price on the tick, quantity on the lot step, in base
    currency. ``client_id`` is the same whenever the same setup is staged.
    """

    leg: str
    kind: OrderKind
    side: OrderSide
    price: Decimal
    quantity: Decimal
    client_id: str

    def __post_init__(self) -> None:
        """Refuse an order for nothing, or at no price."""
        if not (self.price > 0 and self.quantity > 0):
            raise ContractError(
                f"order {self.client_id}: price and quantity must be above 0, found {self.price} and {self.quantity}"
            )
