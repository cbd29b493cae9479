"""Rounding as the papers do it: half up, on exact numbers."""

from decimal import Decimal


def half_up(numerator: int, denominator: int, decimals: int) -> int | Decimal:
    """The fraction to so many decimals: an int for 0, else a Decimal that shows them all.

    Python's own round() goes to the even neighbour (4.5 to 4), and a float has no half at all.
    """
    scaled = (2 * numerator * 10**decimals + denominator) // (2 * denominator)
    return Decimal(scaled).scaleb(-decimals) if decimals else scaled
