"""A backtest as a notebook is given it: the same values, which print as the terminal's summary and show as the report's page."""

from __future__ import annotations

import dataclasses
import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bot.ui.backtest_documents import trades_csv
from bot.ui.backtest_report import report_html
from bot.ui.backtest_terminal import summary_lines
from bot.ui.look import Look
from shared.models.backtest import Told

if TYPE_CHECKING:
    import pandas as pd

LOOK = Look(columns=120)
PAGE_HEIGHT_PX = 900


@dataclass(frozen=True, slots=True, repr=False)
class ShownBacktest(Told):
    """A backtest that shows itself. ``backtest`` has every trade, ``statistics`` every figure."""

    @classmethod
    def of(cls, told: Told) -> Self:
        """``told``, shown."""
        return cls(**{spec.name: getattr(told, spec.name) for spec in dataclasses.fields(told)})

    def __repr__(self) -> str:
        """What a terminal shows."""
        return "\n".join(summary_lines(self, (), LOOK))

    def _repr_html_(self) -> str:
        """The report's page in a frame of its own, so that neither's style reaches the other."""
        page = html.escape(report_html(self), quote=True)
        return f'<iframe srcdoc="{page}" width="100%" height="{PAGE_HEIGHT_PX}" style="border:0"></iframe>'

    def report(self, path: str | Path) -> Path:
        """Write the report's page; where it is."""
        place = Path(path)
        place.write_text(report_html(self), encoding="utf-8")
        return place

    def to_frame(self) -> pd.DataFrame:
        """Every setup that was taken, one a row, with the columns of ``trades.csv``."""
        from io import StringIO

        import pandas as pd

        return pd.read_csv(StringIO(trades_csv(self)))
