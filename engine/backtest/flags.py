"""What a reader of a backtest must know beside its figures: trades and positions that are not quite what they look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.backtest.positions import Taken
from engine.backtest.request import BacktestRequest
from shared.models.data import Market
from shared.models.smc import Side


def flags_of(
    request: BacktestRequest, markets: Mapping[str, Market], taken: Sequence[Taken]
) -> tuple[str, ...]:
    """One sentence each; none where all is usual."""
    stranded = {one.symbol for one in taken if one.is_stranded(request.until_ms)}
    shorts = sum(one.trade.side is Side.SHORT and markets[one.symbol].kind == "spot" for one in taken)
    held = len(request.account.positions)
    told = (
        (
            stranded,
            f"held when the candles of {', '.join(sorted(stranded))} end, before the period does: marked to the last close, in no average",
        ),
        (shorts, f"{shorts} setups sell short on spot: for information, no spot market takes such an order"),
        (held, f"{held} open positions of the account count against its limits all along"),
    )
    return tuple(text for count, text in told if count)
