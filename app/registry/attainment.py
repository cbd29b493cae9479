"""Goal attainment scaling: how far the goals of a plan were reached, as one figure."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

SCORES = range(-2, 3)  # 0 is what was expected, 2 much more, -2 much less
HUNDREDTH = Decimal("0.01")


def gas_t(goals: Sequence[tuple[int, int]]) -> Decimal | None:
    """T = 50 + 10 Σwx / √(0.7 Σw² + 0.3 (Σw)²), for (weight, score) of each goal that was scored.

    Two decimals, half up; 50.00 where all went as expected, None where no goal was scored. After
    Kiresuk and Sherman, 1968, with their correlation of 0.3; a guide of 2009 printed other
    formulas and took them back (Clinical Rehabilitation 2009;23:362-370, erratum). Raises
    ValueError for a weight below 1 or a score beyond two levels.
    """
    if any(weight < 1 or score not in SCORES for weight, score in goals):
        raise ValueError("a weight is at least 1, and a score from -2 to 2")
    if not goals:
        return None
    reached = sum(weight * score for weight, score in goals)
    squares = sum(weight * weight for weight, _ in goals)
    weights = sum(weight for weight, _ in goals)
    with localcontext(prec=60):
        spread = (Decimal(7 * squares + 3 * weights * weights) / 10).sqrt()
        return (50 + 10 * reached / spread).quantize(HUNDREDTH, ROUND_HALF_UP)
