"""The T score of goals, against published figures and by what it must be."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.registry.attainment import gas_t

KEPT = Path(__file__).parents[1] / "casework" / "assessments" / "vectors.json"
VECTORS: list[dict[str, Any]] = json.loads(KEPT.read_text())["goal_attainment"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["pairs"]))
def test_t_is_as_published(vector: dict[str, Any]) -> None:
    assert str(gas_t(vector["pairs"])) == vector["expected"]


def test_no_scored_goal_has_no_t() -> None:
    assert gas_t([]) is None


def test_a_half_goes_up() -> None:
    """25.625 and 24.375 exactly: round() would make 25.62 of the first."""
    assert gas_t([(4, -2), (5, -2), (7, -2), (7, -1)]) == Decimal("25.63")
    assert gas_t([(5, -2), (5, -2), (5, -1), (8, -2)]) == Decimal("24.38")


def test_the_mirror_image_lies_on_the_other_side_of_50() -> None:
    up, down = gas_t([(3, 2), (1, -1)]), gas_t([(3, -2), (1, 1)])
    assert up is not None
    assert down is not None
    assert up + down == 100


@pytest.mark.parametrize("goal", [(0, 1), (-1, 1), (1, 3), (1, -3)])
def test_what_is_no_goal_is_refused(goal: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a weight is at least 1"):
        gas_t([(1, 0), goal])
