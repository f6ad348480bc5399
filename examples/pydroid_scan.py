"""A scan on a phone: open this file in Pydroid 3 and press run. Needs Python and NumPy, nothing else.

Keep the whole SniperSight folder on the phone; this file finds the rest beside itself.
"""

import sys
import textwrap
import time
from decimal import Decimal
from pathlib import Path

PROFILE = "mobile"  # balanced, trend, range, aggressive or mobile
SYMBOLS = ()  # such as ("BTC/USDT", "ETH/USDT"); empty: the profile's universe
EQUITY = Decimal(10_000)  # your account, in USDT
WIDTH = 44  # characters a line of your screen holds

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.ui.look import Look  # noqa: E402
from bot.ui.terminal import scan_lines  # noqa: E402
from data.adapters.demo import DemoFeed  # noqa: E402
from engine.edges import Edges, ScanRequest  # noqa: E402
from engine.orchestrator import run_scan  # noqa: E402
from shared.config.profiles import load_profile  # noqa: E402
from shared.models.risk import Account  # noqa: E402


class PhoneClock:
    """The phone's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000


def main() -> None:
    """Scan the made-up market and print cards."""
    request = ScanRequest(load_profile(PROFILE), "demo", Account(EQUITY, "USDT"), SYMBOLS)
    result = run_scan(request, Edges(DemoFeed, None, PhoneClock()))
    for line in scan_lines(result, Look(WIDTH)):
        print("\n".join(textwrap.wrap(line, WIDTH, subsequent_indent="  ")) or "")


if __name__ == "__main__":
    main()
