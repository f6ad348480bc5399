"""A profile is a value: every threshold the decision uses, with its unit and range beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.errors import ConfigFault
from shared.models.risk_rules import ProtectionRules, RiskRules
from shared.models.section import Section, choice, setting, table
from shared.models.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class TimeframeRules(Section):
    """Which timeframe plays which part: context sets the side, anchor supplies the zone, trigger times it."""

    context: tuple[Timeframe, ...] = choice(
        (Timeframe.D1, Timeframe.H4, Timeframe.H1), "timeframes that set the side"
    )
    information: tuple[Timeframe, ...] = choice((Timeframe.W1,), "timeframes shown but not scored")
    anchor: Timeframe = choice(Timeframe.H1, "timeframe whose zones are traded")
    trigger: Timeframe = choice(Timeframe.M15, "timeframe that times the entry")
    base: Timeframe = choice(Timeframe.M5, "timeframe that is fetched; coarser ones are derived from it")

    @property
    def needed(self) -> tuple[Timeframe, ...]:
        """Every timeframe a decision reads (not the base), finest first."""
        wanted = {self.trigger, self.anchor, *self.context, *self.information}
        return tuple(timeframe for timeframe in Timeframe if timeframe in wanted)

    @property
    def required(self) -> tuple[Timeframe, ...]:
        """Timeframes without which there is no decision, finest first."""
        wanted = {self.trigger, self.anchor, *self.context}
        return tuple(timeframe for timeframe in Timeframe if timeframe in wanted)


def _alignment_weights() -> dict[str, float]:
    return {"4h": 0.4, "1d": 0.4, "1h": 0.2}


@dataclass(frozen=True, slots=True)
class DataRules(Section):
    """How much history, how fresh, how complete."""

    history_bars: int = setting(
        1180,
        "bars",
        200,
        20000,
        "closed bars the trigger and anchor timeframes need (detector burn-in)",
    )
    min_context_bars: int = setting(
        200,
        "bars",
        50,
        5000,
        "closed bars a context timeframe below 1d needs if it is neither anchor nor trigger",
    )
    min_context_bars_1d: int = setting(60, "bars", 20, 5000, "closed bars a 1d context needs")
    min_context_bars_1w: int = setting(20, "bars", 5, 1000, "closed bars a 1w context needs")
    max_age_bars: int = setting(
        1,
        "bars",
        0,
        100,
        "newest trigger candle may be this many bars older than the last close",
    )
    max_gap_pct: float = setting(
        1.0,
        "%",
        0,
        50,
        "missing candles allowed in the recent window of any timeframe read",
    )
    gap_window_bars: int = setting(
        200, "bars", 10, 5000, "recent window in which missing candles are counted"
    )
    min_atr_ticks: float = setting(10.0, "ticks", 1, 1000, "anchor ATR below this is too coarse to plan on")

    def context_bars(self, timeframe: Timeframe) -> int:
        """Closed bars a timeframe needs that only sets the side or is only shown."""
        own = {
            Timeframe.D1: self.min_context_bars_1d,
            Timeframe.W1: self.min_context_bars_1w,
        }
        return own.get(timeframe, self.min_context_bars)


@dataclass(frozen=True, slots=True)
class UniverseRules(Section):
    """Which symbols are looked at. Patterns are globs (``*``, ``?``, ``[…]``)."""

    quote: str = choice("USDT", "quote currency")
    kind: Literal["any", "spot", "perpetual"] = choice("any", "kind of market")
    size: int = setting(50, "symbols", 1, 5000, "most symbols, by 24h quote volume")
    hysteresis_pct: float = setting(
        20.0,
        "% of size",
        0,
        50,
        "ranks by which a symbol already in may fall behind before another takes its seat",
    )
    include: tuple[str, ...] = choice((), "patterns of symbols or bases looked at; none: all of them")
    exclude: tuple[str, ...] = choice((), "patterns of symbols or bases never looked at")
    pegged: tuple[str, ...] = choice(
        (
            *("USD*", "*USD", "DAI", "FRAX", "EUR*", "AEUR", "GBP*", "TRY", "BRL", "AUD", "JPY"),
            *("PAXG", "XAUT", "WBTC", "TBTC", "CBBTC", "WETH", "*STETH", "WBETH", "BETH", "RETH", "CBETH"),
            *("BNSOL", "JITOSOL", "MSOL"),
        ),
        "patterns of bases that follow another price: currencies, stable coins, metals, wrapped and staked tokens",
    )
    leveraged: tuple[str, ...] = choice(
        ("UP", "DOWN", "BULL", "BEAR", "2L", "2S", "3L", "3S", "5L", "5S"),
        "endings that make a leveraged token of a base the exchange lists without them",
    )
    renamed: tuple[str, ...] = choice(
        ("MATICUSDT>POLUSDT", "RNDRUSDT>RENDERUSDT", "FTMUSDT>SUSDT", "EOSUSDT>AUSDT", "KLAYUSDT>KAIAUSDT"),
        "market ids that were renamed one to one, old>new",
    )
    min_quote_volume_musd: float = setting(
        20.0, "million quote units in 24 h", 0, 1e6, "smallest 24h quote volume"
    )
    min_age_days: float = setting(60.0, "days", 0, 3650, "shortest time since it was listed")
    min_days_left: float = setting(7.0, "days", 0, 3650, "shortest time until an announced delivery")
    max_spread_bps: float = setting(15.0, "bps", 0, 1000, "widest distance between best bid and ask")
    max_tick_bps: float = setting(15.0, "bps", 0, 1000, "coarsest tick, over price")
    min_range_pct: float = setting(0.5, "%", 0, 100, "smallest 24h range, over price")
    max_range_pct: float = setting(60.0, "%", 0, 1000, "largest 24h range, over price")
    min_atr_pct: float = setting(1.0, "%", 0, 100, "smallest mean true range of a day, over price")
    max_atr_pct: float = setting(30.0, "%", 0, 1000, "largest mean true range of a day, over price")

    def __post_init__(self) -> None:
        """Check the ranges, and that every renaming is one.

        Raises:
            ConfigFault: an entry of ``renamed`` is not two different ids.
        """
        Section.__post_init__(self)
        for entry in self.renamed:
            old, _, new = entry.partition(">")
            if not old or not new or old == new or ">" in new:
                raise ConfigFault(
                    f"universe.renamed: {entry!r} is not old>new", "Write it like MATICUSDT>POLUSDT"
                )

    @property
    def successors(self) -> Mapping[str, str]:
        """The newer market id by the older."""
        return dict(entry.split(">") for entry in self.renamed)


@dataclass(frozen=True, slots=True)
class SmcRules(Section):
    """Options of the detectors; distances in ATR(14)."""

    internal_reach: int = setting(5, "bars", 2, 50, "bars on either side of an internal pivot")
    swing_reach: int = setting(20, "bars", 5, 100, "bars on either side of a swing pivot")
    break_buffer_atr: float = setting(0.0, "ATR", 0, 2, "a break closes more than this beyond the swing")
    min_gap_atr: float = setting(0.25, "ATR", 0, 5, "smallest height of a fair value gap")
    displacement_atr: float = setting(1.5, "ATR", 0.5, 10, "smallest leg that counts as displacement")
    reclaim_bars: int = setting(3, "bars", 1, 20, "a reclaim closes back inside within this many bars")
    equal_atr: float = setting(0.1, "ATR", 0.01, 1, "pivots this close count as equal")
    zone_expiry_bars: int = setting(500, "bars", 50, 5000, "a zone older than this is dropped")
    spawn_expiry_bars: int = setting(
        200, "bars", 20, 5000, "an inverse gap, breaker or mitigation block older than this is dropped"
    )
    pool_expiry_bars: int = setting(1000, "bars", 50, 10000, "a pool older than this is dropped")
    zone_body_only: bool = choice(False, "an order block spans bodies only, not wicks")
    break_on: Literal["close", "wick"] = choice("close", "what must pass a swing to break it")
    block_candle: Literal["last_opposite", "extreme"] = choice(
        "last_opposite", "the order block's candle: the last opposing one, or the one at the leg's extreme"
    )
    invalidate_on: Literal["close", "wick"] = choice("close", "what must pass a zone's far edge to end it")
    sessions: Literal["New York", "UTC", "off"] = choice("New York", "wall clock of the trading sessions")


@dataclass(frozen=True, slots=True)
class GateRules(Section):
    """Thresholds of the gates."""

    min_alignment: float = setting(0.5, "score", -1, 1, "higher-timeframe alignment with the side")
    min_alignment_weight: float = setting(
        0.3, "share", 0, 1, "share of the context's weight that must have a trend"
    )
    min_score: float = setting(65.0, "points", 0, 100, "confluence")
    max_conflict: float = setting(20.0, "points", 0, 100, "points lost to conflicts")
    min_displacement_atr: float = setting(1.5, "ATR", 0, 10, "displacement behind the entry zone")
    min_freshness: float = setting(0.2, "share", 0, 1, "freshness of the entry zone")
    max_zone_height_atr: float = setting(3.5, "ATR", 0.5, 20, "height of the entry zone")
    max_reach_atr: float = setting(3.0, "ATR", 0.5, 20, "distance from the close to the entry zone")
    max_range_position: float = setting(
        0.6, "share", 0, 1, "entry's place in the dealing range (mirrored for shorts)"
    )
    require_sweep_bars: int = setting(0, "bars", 0, 200, "a sweep this recent is required; 0 asks for none")
    max_efficiency: float = setting(
        1.0, "ratio", 0, 1, "efficiency ratio above which a range setup is refused"
    )
    min_net_rr_first: float = setting(1.0, "R", 0.1, 20, "net reward of the first target")
    min_net_rr_last: float = setting(2.0, "R", 0.1, 50, "net reward of the last target")
    max_cost_r: float = setting(0.20, "R", 0.01, 1, "round-trip cost over stop distance")
    btc_gate: bool = choice(True, "benchmark impulses veto the opposing side")


@dataclass(frozen=True, slots=True)
class CostRules(Section):
    """What a trade costs."""

    maker_bps: float = setting(10.0, "bps", -10, 100, "maker fee")
    taker_bps: float = setting(10.0, "bps", 0, 100, "taker fee")
    slippage_bps: float = setting(2.0, "bps", 0, 200, "slippage of a stop")
    funding_stress_bps: float = setting(
        3.0,
        "bps",
        0,
        100,
        "funding a perpetual pays at a stamp whose rate is not on record, whichever side it holds",
    )


@dataclass(frozen=True, slots=True)
class PlanRules(Section):
    """How a plan is drawn."""

    entry_kinds: tuple[Literal["limit", "confirm"], ...] = choice(
        ("limit", "confirm"), "entry kinds, preferred first"
    )
    touch_max_age_bars: int = setting(
        12,
        "bars",
        1,
        100,
        "a confirm entry's first touch is at most this old (anchor bars)",
    )
    trigger_max_age_bars: int = setting(
        8, "bars", 1, 100, "its trigger break is at most this old (trigger bars)"
    )
    stop_buffer_atr: float = setting(0.25, "ATR", 0, 5, "stop lies this far beyond the structure")
    min_stop_atr: float = setting(1.0, "ATR", 0.1, 10, "stop is at least this far from the entry")
    max_stop_atr: float = setting(6.0, "ATR", 0.5, 20, "a stop further than this from the entry is refused")
    pool_clearance_atr: float = setting(0.1, "ATR", 0, 2, "stop keeps this far from a pool")
    max_targets: int = setting(3, "targets", 1, 5, "most targets")
    first_fraction: float = setting(
        0.5, "share", 0.05, 1, "share of the position that leaves at the first target"
    )
    expiry_bars: int = setting(24, "anchor bars", 1, 500, "an unfilled entry is dropped after this")
    hold_bars: int = setting(72, "anchor bars", 1, 2000, "a filled trade is closed after this")


def _weights() -> dict[str, float]:
    return {
        "alignment": 18,
        "order_block": 14,
        "range_position": 12,
        "structure": 10,
        "sweep_reclaim": 10,
        "fair_value_gap": 8,
        "momentum": 6,
        "volume": 5,
        "sweep_wick": 4,
        "stretch": 4,
        "regime": 4,
        "volatility": 3,
        "btc": 2,
    }


def _synergies() -> dict[str, float]:
    return {"sweep_choch_block": 6, "block_and_gap": 3, "aligned_discount": 3}


def _conflicts() -> dict[str, float]:
    return {"opposing_htf_zone": 8, "opposing_swing_trend": 6, "momentum_extreme": 5}


@dataclass(frozen=True, slots=True)
class ConfluenceRules(Section):
    """Weights of the factors (sum 100), points of synergies and conflicts, weights of the alignment."""

    weights: Mapping[str, float] = table(
        _weights, "points", 0, 100, "factor weights, which sum to 100 with those of plugins"
    )
    plugin_weights: Mapping[str, float] = table(
        dict, "points", 0, 100, "weights of factors that installed plugins offer", any_name=True
    )
    synergies: Mapping[str, float] = table(_synergies, "points", 0, 30, "points a synergy adds")
    conflicts: Mapping[str, float] = table(_conflicts, "points", 0, 30, "points a conflict takes")
    alignment: Mapping[str, float] = table(
        _alignment_weights, "weight", 0, 10, "weight of each context timeframe"
    )
    synergy_bars: int = setting(24, "anchor bars", 1, 200, "a synergy's events lie within this many bars")

    def __post_init__(self) -> None:
        """Check the ranges, and that the weights sum to 100 to the tenth."""
        Section.__post_init__(self)
        weights = (*self.weights.values(), *self.plugin_weights.values())
        total = sum(round(weight * 10) for weight in weights)
        if total != 1000:
            name = "confluence.weights and plugin_weights" if self.plugin_weights else "confluence.weights"
            raise ConfigFault(f"{name} must sum to 100, found {total / 10:g}")


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole profile. Variants differ from ``balanced`` in a few lines of ``shared/config/profiles.toml``."""

    name: str
    summary: str
    timeframes: TimeframeRules = field(default_factory=TimeframeRules)
    data: DataRules = field(default_factory=DataRules)
    universe: UniverseRules = field(default_factory=UniverseRules)
    smc: SmcRules = field(default_factory=SmcRules)
    confluence: ConfluenceRules = field(default_factory=ConfluenceRules)
    gates: GateRules = field(default_factory=GateRules)
    costs: CostRules = field(default_factory=CostRules)
    plan: PlanRules = field(default_factory=PlanRules)
    risk: RiskRules = field(default_factory=RiskRules)
    protection: ProtectionRules = field(default_factory=ProtectionRules)

    def min_bars(self, timeframe: Timeframe) -> int:
        """Closed bars a timeframe needs before it may be read: trigger and anchor the detectors' burn-in, others less."""
        traded = (self.timeframes.trigger, self.timeframes.anchor)
        return self.data.history_bars if timeframe in traded else self.data.context_bars(timeframe)
