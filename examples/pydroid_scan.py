"""A scan on a phone: open this file in Pydroid 3 and press run. Needs Python and NumPy, nothing else.

Keep the whole SniperSight folder on the phone; this file finds the rest beside itself.
"""

import os
import sys
import textwrap
import time
from decimal import Decimal
from pathlib import Path

EXCHANGE = os.environ.get("SNIPERSIGHT_EXCHANGE", "demo")  # made up; "binance-lite": real, over the network
PROFILE = "mobile"  # balanced, trend, range, aggressive or mobile
SYMBOLS = ()  # such as ("BTC/USDT", "ETH/USDT"); empty: the profile's universe
EQUITY = Decimal(10_000)  # your account, in USDT
WIDTH = 44  # characters a line of your screen holds

ROOT = Path(__file__).resolve().parents[1]
CANDLES = ROOT / "var" / "candles.sqlite3"  # real candles are kept here, so that the next scan is quick
sys.path.insert(0, str(ROOT))

from bot.ui.look import Look  # noqa: E402
from bot.ui.terminal import scan_lines  # noqa: E402
from data.adapters import EXCHANGES  # noqa: E402
from data.adapters.budget_ledger import MemoryLedger  # noqa: E402
from data.cache import SqliteCandleStore  # noqa: E402
from engine.edges import Edges, ScanRequest  # noqa: E402
from engine.orchestrator import run_scan  # noqa: E402
from shared.config.environment import read_environment  # noqa: E402
from shared.config.profiles import load_profile  # noqa: E402
from shared.config.settings import build_settings  # noqa: E402
from shared.models.risk import Account  # noqa: E402


class PhoneClock:
    """The phone's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000


def main() -> None:
    """Scan and print cards."""
    settings = build_settings((read_environment(os.environ, EXCHANGES),), EXCHANGES).of_exchange(EXCHANGE)
    request = ScanRequest(load_profile(PROFILE), EXCHANGE, Account(EQUITY, "USDT"), SYMBOLS)
    store = None if EXCHANGE == "demo" else SqliteCandleStore(CANDLES)
    edges = Edges(lambda: EXCHANGES[EXCHANGE](settings, None, MemoryLedger()), store, PhoneClock())
    result = run_scan(request, edges)
    for line in scan_lines(result, Look(WIDTH)):
        print("\n".join(textwrap.wrap(line, WIDTH, subsequent_indent="  ")) or "")


if __name__ == "__main__":
    main()
