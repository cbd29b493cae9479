"""Pure: what a succession of orders leaves a case in."""

from collections.abc import Collection
from datetime import datetime


def sealed_after(carried_out: Collection[tuple[datetime, str]]) -> bool:
    """By the last of the orders to seal or to unseal; in whatever order they are given."""
    return bool(carried_out) and max(carried_out)[1] == "seal"
