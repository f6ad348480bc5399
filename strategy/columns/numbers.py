"""A profile and a market's tick as the kernel reads them: limits as floats, counts and choices as whole numbers, and the powers that
freshness and recency are made of, each by Python's own arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import exp2, gcd
from typing import Final

import numpy as np

from shared.models.data import Floats, Ints
from shared.models.profile import CostRules, Profile
from shared.models.smc import ZoneKind
from strategy.columns.moments import FRAME_INTS, HEAD_FLOATS, HEAD_INTS
from strategy.confluence.factors import FACTORS
from strategy.confluence.rules import CONFLICTS, SYNERGIES
from strategy.confluence.scorer import TENTHS
from strategy.planner.entry import MIN_HEIGHT_TICKS, WAYS
from strategy.smc.fold import HALF_LIFE_BARS

(
    MIN_WEIGHT, MIN_ALIGNMENT, MIN_FRESHNESS, MIN_LEG, MAX_HEIGHT, MAX_REACH, MAX_PLACE, MAX_EFFICIENCY, MIN_SCORE, MAX_CONFLICT,
    MIN_STOP, MAX_STOP, MAX_COST, MIN_FIRST, MIN_LAST, BUFFER, CLEARANCE, TICK, LEAST_HEIGHT, TICK_PARTS,
) = range(20)  # fmt: skip
"""Limits. ``TICK`` is the price step, ``LEAST_HEIGHT`` that of a common part; a price is its steps times ``TICK_WHOLE`` over ``TICK_PARTS``."""
(
    FRAMES, MOMENT_INTS, MOMENT_FLOATS, ROOM, AREAS, LEVELS, WINDOW, AGES, SWEEP_BARS, SYNERGY_BARS, SYNERGY_MS, TOUCH_MS, TRIGGER_AGE,
    MOST_TARGETS, LIMIT_RANK, CONFIRM_RANK, TICK_WHOLE, UNIT, MAKER, LEAVING, WEIGHTS,
) = range(21)  # fmt: skip
"""Counts. ``UNIT`` is how many parts of a price a rate is told in: ``MAKER`` for getting in or out at a target, ``LEAVING`` for a stop.
From ``WEIGHTS`` on the tenths of every factor, synergy and conflict, in the order of their tables."""
SYNERGY_WEIGHTS: Final = WEIGHTS + len(FACTORS)
CONFLICT_WEIGHTS: Final = SYNERGY_WEIGHTS + len(SYNERGIES)
EXP2_TABLE, TOUCH_TABLE = 2, 3
"""Tables of ``AGES`` powers each: freshness of a block and of a gap by age, recency by age, freshness by touches."""
MOST_STEPS: Final = 2**31
LARGEST: Final = 2**53
"""Whole numbers below it are floats exactly."""
SURE: Final = 10**11
"""A quotient of whole numbers of which the divisor is below it is the same rounded once as rounded to 28 digits first: it cannot lie
that close to the middle of two floats."""
MOST_PARTS: Final = 10**22
"""The largest power of ten that is a float exactly."""
KINDS: Final = tuple(WAYS)
NO_RANK: Final = -1


@dataclass(frozen=True, slots=True)
class Tick:
    """A price step as whole over parts."""

    whole: int
    parts: int

    @classmethod
    def of(cls, tick: Decimal) -> Tick:
        """``tick`` as a fraction whose divisor is a power of ten."""
        _, digits, exponent = tick.as_tuple()
        whole = int("".join(map(str, digits)))
        shift = int(exponent)
        return cls(whole * 10 ** max(0, shift), 10 ** max(0, -shift))

    def holds(self, highest: float, unit: int) -> bool:
        """Whether prices up to ``highest``, and their costs in parts of ``unit``, are whole numbers that floats hold."""
        steps = int(highest * self.parts / self.whole) + 1
        return (
            steps < MOST_STEPS
            and self.parts <= MOST_PARTS
            and 4 * steps * max(self.whole, 2 * unit) < LARGEST
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """Costs as whole numbers: ``maker`` of ``unit`` parts of the price in or out at a target, ``leaving`` at a stop."""

    unit: int
    maker: int
    leaving: int

    @classmethod
    def of(cls, costs: CostRules) -> Rates:
        """The profile's rates over their least common unit."""
        maker = Decimal(str(costs.maker_bps))
        leaving = Decimal(str(costs.taker_bps)) + Decimal(str(costs.slippage_bps))
        unit = 10 ** (4 + max(0, *(-int(rate.as_tuple().exponent) for rate in (maker, leaving))))
        parts = (unit, int(maker * unit / 10_000), int(leaving * unit / 10_000))
        shared = gcd(*parts)
        return cls(*(part // shared for part in parts))


def limits_of(settings: Profile, tick: Decimal) -> Floats:
    """The profile's limits and the tick."""
    gates, plan, step = settings.gates, settings.plan, Tick.of(tick)
    return np.array(
        [
            gates.min_alignment_weight, gates.min_alignment, gates.min_freshness, gates.min_displacement_atr,
            gates.max_zone_height_atr, gates.max_reach_atr, gates.max_range_position, gates.max_efficiency, gates.min_score,
            gates.max_conflict, plan.min_stop_atr, plan.max_stop_atr, gates.max_cost_r, gates.min_net_rr_first,
            gates.min_net_rr_last, plan.stop_buffer_atr, plan.pool_clearance_atr, float(tick), MIN_HEIGHT_TICKS * float(tick),
            float(step.parts),
        ]
    )  # fmt: skip


def counts_of(
    settings: Profile, tick: Decimal, frames: int, room: tuple[int, int, int], ages: tuple[int, int]
) -> Ints:
    """Counts and choices. ``room``: objects a shelf, ways in and levels there is room for; ``ages``: the bars the fold reads back and the
    size of a table of powers."""
    rules, plan, rates = settings.confluence, settings.plan, Rates.of(settings.costs)
    anchor_ms, (window, _) = settings.timeframes.anchor.ms, ages
    ranks = [plan.entry_kinds.index(kind) if kind in plan.entry_kinds else NO_RANK for kind in KINDS]
    points = [
        *(rules.weights[factor.name] for factor in FACTORS),
        *(rules.synergies[rule.name] for rule in SYNERGIES),
        *(rules.conflicts[rule.name] for rule in CONFLICTS),
    ]
    return np.array(
        [
            frames, HEAD_INTS + frames * FRAME_INTS, HEAD_FLOATS + frames, *room, *ages, settings.gates.require_sweep_bars,
            rules.synergy_bars, rules.synergy_bars * anchor_ms, plan.touch_max_age_bars * anchor_ms, min(plan.trigger_max_age_bars, window),
            plan.max_targets, *ranks, Tick.of(tick).whole, rates.unit, rates.maker, rates.leaving,
            *(round(part * TENTHS) for part in points),
        ],
        np.int64,
    )  # fmt: skip


def powers(ages: int, half_life_bars: int) -> Floats:
    """The tables of powers, ``ages`` of each: what :func:`strategy.smc.fold.freshness_of` and :mod:`strategy.confluence.quality` compute."""
    block, gap = HALF_LIFE_BARS[ZoneKind.ORDER_BLOCK], HALF_LIFE_BARS[ZoneKind.FAIR_VALUE_GAP]
    return np.array(
        [
            *(2.0 ** (-age / block) for age in range(ages)),
            *(2.0 ** (-age / gap) for age in range(ages)),
            *(exp2(-age / half_life_bars) for age in range(ages)),
            *(0.6**touches for touches in range(ages)),
        ]
    )


def power(table: int, step: int, counts: Ints, tables: Floats) -> float:
    """A power from one of the tables."""
    return float(tables[table * counts[AGES] + step])
