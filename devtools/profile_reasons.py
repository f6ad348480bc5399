"""Why each profile differs from ``balanced``, setting by setting; ``docs/profiles.md`` is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from shared.config.profiles import DEFAULT, load_profile, profile_names

SLOW_BARS: Final[dict[str, str]] = {
    "timeframes.context": "1h is finer than the anchor and cannot set its side",
    "timeframes.anchor": "about twice the stop distance at the same costs: fees are a smaller part of R",
    "timeframes.trigger": "a quarter of the anchor, as 15m is of 1h",
    "universe.min_age_days": "the detectors need 1,180 closed 4h bars, 197 days: a much younger coin would be fetched for nothing",
    "universe.min_days_left": "a trade may wait two days and be held for ten; delivery must lie beyond both",
    "gates.max_cost_r": "the wider stop of 4h bars makes it attainable",
    "plan.expiry_bars": "two days, where 24 bars would be four: the market that made the zone has moved on",
    "plan.hold_bars": "ten days, where 72 bars would be twelve: capital that waits is not free",
}
"""What trading 4h zones changes, whoever does it."""

REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "trend": SLOW_BARS
    | {
        "universe.size": "fewer symbols pass the volume asked for; the rest would only lengthen the scan",
        "universe.min_quote_volume_musd": "a position held for days must be left on a bad day too",
        "universe.min_atr_pct": "a coin that moves less than this in a day needs weeks to reach 2.5 R of a 4h stop",
        "gates.min_alignment": "the side is the trade: both context timeframes must have it",
        "gates.min_score": "a trend has more that can agree, so agreement is asked for",
        "gates.max_conflict": "any two of the three conflicts pass (11 to 14 points), all three (19) do not",
        "gates.min_displacement_atr": "a leg of 2 ATR is one that left orders behind",
        "gates.min_freshness": "an untouched zone passes for 1.5 half-lives, not 2.3: a trend has newer ones",
        "gates.max_reach_atr": "a zone further below a running trend is seldom come back to before it expires",
        "gates.max_range_position": "a trend often pulls back shallowly, and what waits for discount misses it",
        "gates.min_net_rr_last": "a slot is taken for days, and must be worth it",
        "risk.max_positions": "positions are held longer, and more of them fall together",
        "protection.cooldown_hours": "six anchor bars; structure of 4h does not mend in half a day",
        "protection.stop_guard_hours": "as many anchor bars: stops of 4h trades come days apart",
        "protection.stop_guard_lock_hours": "six anchor bars, as the cool-down",
    },
    "range": {
        "timeframes.context": "1h trends inside a range are the range itself, and say nothing about the side",
        "universe.size": "fewer symbols pass the spread and volume asked for",
        "universe.min_quote_volume_musd": "the edge of a range is where everybody trades at once; thin books slip",
        "universe.min_age_days": "a young coin has no range yet, only a first move",
        "universe.max_spread_bps": "targets are near, so that costs weigh more than elsewhere",
        "universe.max_tick_bps": "as the spread: near targets leave no room for a coarse tick",
        "universe.max_range_pct": "a coin that moves further in a day is not in a range",
        "universe.max_atr_pct": "as the 24h range, over the mean of days",
        "gates.min_alignment": "asks for nothing: at an edge the trend is against the trade as often as with it",
        "gates.min_alignment_weight": "as above: timeframes without a trend are what a range is made of",
        "gates.min_displacement_atr": "moves inside a range are smaller than those between ranges",
        "gates.max_reach_atr": "the sweep has just happened at the edge; a zone far from it is another idea",
        "gates.max_range_position": "only the outer third has the whole range before it",
        "gates.require_sweep_bars": "the turn's own evidence: stops beyond the edge were taken half a day ago or less",
        "gates.max_efficiency": "above this the price is going somewhere, and edges break",
        "gates.min_net_rr_last": "the other edge bounds the reward",
        "plan.expiry_bars": "the sweep that justifies it grows old",
        "plan.hold_bars": "a turn that has not travelled in two days is none",
        "risk.max_heat_r": "turns of one day hang on the same market: they fail together",
        "risk.max_positions": "as the heat",
        "risk.max_cluster_r": "coins that turn together are one turn, and it is right or wrong once",
        "protection.cooldown_hours": "a range that has just broken a stop is seldom one again the same day",
    },
    "aggressive": {
        "timeframes.context": "the same three; 4h stands first because it is looked at first",
        "universe.size": "more symbols are where more trades come from",
        "universe.min_quote_volume_musd": "small positions can leave smaller markets",
        "universe.max_spread_bps": "smaller markets have wider spreads; what they cost is still held by the cost gate",
        "universe.max_tick_bps": "as the spread",
        "universe.max_range_pct": "a coin that moves by its own price in a day is not left out",
        "universe.max_atr_pct": "as the 24h range",
        "gates.min_alignment": "a weak agreement is enough; only opposition stops it",
        "gates.min_score": "lets in setups with one strong part missing",
        "gates.max_conflict": "binds nothing by default (all three cost 19): room for heavier ones of one's own",
        "gates.min_displacement_atr": "an ordinary leg is enough",
        "gates.min_freshness": "an untouched zone passes for 3.3 half-lives, not 2.3",
        "gates.max_range_position": "entries in the dearer half are taken, short of its end",
        "gates.min_net_rr_first": "the first target may pay less than it risks, if the last makes up for it",
        "gates.min_net_rr_last": "nearer targets are taken",
        "gates.max_cost_r": "smaller stops are accepted with the larger share that costs have in them",
        "plan.hold_bars": "weaker ideas get less time, so that slots turn over",
        "risk.risk_pct": "half as much again for each trade: what the profile is asked for",
        "risk.max_heat_r": "room for one more trade at full risk",
        "risk.max_positions": "as the heat, pending orders counted",
        "risk.max_cluster_r": "one more coin of the same move, as the heat has room for",
        "risk.min_correlation": "only coins that all but move as one are one bet",
        "protection.cooldown_hours": "more chances are what the profile is for; a quarter of a day keeps the same bar out",
        "protection.stop_guard_stops": "more trades make more stops in a run by chance alone",
        "protection.drawdown_pct": "half as much again, as the risk of each trade",
        "protection.daily_loss_pct": "half as much again, as the risk of each trade",
    },
    "mobile": SLOW_BARS
    | {
        "universe.size": "a quarter of the candles to fetch and keep on a phone",
        "universe.min_quote_volume_musd": "the largest markets, where an order left alone is filled at its price",
        "gates.min_score": "somebody looking once in four hours should be shown little, and good",
        "gates.max_conflict": "as in `trend`: all three conflicts at once do not pass",
        "gates.min_freshness": "an untouched zone passes for 1.5 half-lives, not 2.3: fewer and newer ones to judge",
        "gates.max_reach_atr": "as the freshness: what is near can be judged now",
        "risk.max_heat_r": "nobody watches; less may be open",
        "risk.max_positions": "what one remembers without a screen",
        "risk.max_same_side": "as the heat: two of three in one direction at most",
        "risk.max_cluster_r": "nobody watches: coins of one move count as one",
        "risk.min_correlation": "looser likeness counts already, since nobody watches",
        "protection.cooldown_hours": "six anchor bars, as in `trend`",
        "protection.stop_guard_hours": "as many anchor bars, as in `trend`",
        "protection.stop_guard_lock_hours": "six anchor bars, as the cool-down",
    },
}
"""Profile, setting, reason."""


def differences(name: str) -> Iterator[tuple[str, str, str, str]]:
    """Every setting in which ``name`` differs from ``balanced``: key, unit, value there, value here."""
    base, own = load_profile(DEFAULT), load_profile(name)
    for section in fields(own):
        if is_dataclass(getattr(own, section.name)):
            for spec in fields(getattr(own, section.name)):
                before, after = (getattr(getattr(one, section.name), spec.name) for one in (base, own))
                if before != after:
                    yield f"{section.name}.{spec.name}", spec.metadata["unit"], _text(before), _text(after)


def profile_tables() -> str:
    """Each profile's differences with their reasons as Markdown."""
    return "\n\n".join(_table(name) for name in profile_names() if name != DEFAULT)


def _table(name: str) -> str:
    rows = [
        f"| `{key}` | {unit or '–'} | {before} | {after} | {REASONS[name][key]} |"
        for key, unit, before, after in differences(name)
    ]
    head = f"| setting | unit | balanced | {name} | why |"
    return "\n".join(
        [f"### {name}", "", f"{load_profile(name).summary}.", "", head, "|---|---|--:|--:|---|", *rows]
    )


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
