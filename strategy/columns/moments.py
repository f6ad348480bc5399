"""What stands at each instant, one row of whole numbers and one of floats: bars, closes, ranges, oscillators and the regime."""

from __future__ import annotations

from shared.models.data import Ints

(
    TRIGGER_BAR,
    DECIDED_MS,
    TRIGGER_BREAKS,
    BREAKS,
    SWEEPS,
    LEGS,
    ABOVE,
    SWING,
    STATE,
    APPETITE,
    MARKET_KNOWN,
    VETO_LONG,
    VETO_SHORT,
) = range(13)
"""The trigger's last bar and its close; how many breaks of the trigger, and breaks, sweeps and legs of the anchor, are known; the frame
whose range places an entry; the anchor's swing trend; the regime."""
HEAD_INTS = 13
FRAME_INTS = 2
BAR, LATER = 0, 1
"""Behind the head, of each frame: its last bar, and the first trigger candle that opens after its close."""
FIRST_FRAME = HEAD_INTS
(
    CLOSE, ATR, ALIGNMENT, SHARE_PRESENT, EFFICIENCY, PERCENTILE, MARKET, OWN_LOW, OWN_HIGH, BIAS_LOW, BIAS_HIGH,
    RSI, STOCH_K, STOCH_D, MFI, PERCENT_B, ZSCORE, OBV_SLOPE,
) = range(18)  # fmt: skip
"""The trigger's close, the anchor's ATR, what long alignment, context, regime and benchmark say, the anchor's range and that which
places an entry (NaN where there is none), the anchor's oscillators."""
HEAD_FLOATS = 18
FRAME_CLOSE = HEAD_FLOATS
"""Behind the head, each frame's last close."""


def is_there(i: int, frame: int, moment_ints: int, moments: Ints) -> bool:
    """Whether a timeframe has a closed candle at instant ``i``."""
    return bool(moments[i * moment_ints + FIRST_FRAME + frame * FRAME_INTS + BAR] >= 0)
