"""Scores that others computed: the engine finds the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.casework.assessments.scoring.catalogue import catalogue

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors.json").read_text())[
    "vectors"
]
WITHOUT = {"phqa", "cfm24", "cfm517", "needs"}  # of these nothing was published that we know


def told(vector: dict[str, Any]) -> str:
    return f"{vector['instrument']} {vector['respondent']} {list(vector['answers'].values())}"


@pytest.mark.parametrize("vector", VECTORS, ids=told)
def test_the_result_is_as_published(vector: dict[str, Any]) -> None:
    score = catalogue().current(vector["instrument"]).score
    result: Any = score(vector["answers"], vector["respondent"], vector.get("facts", {}))
    assert within(vector["expected"], result) == vector["expected"]


def within(expected: Any, found: Any) -> Any:
    """Of what was found, the part that a vector speaks of."""
    if not isinstance(expected, dict):
        return found
    return {key: within(value, found.get(key, "nothing")) for key, value in expected.items()}


def test_each_instrument_has_vectors() -> None:
    assert {vector["instrument"] for vector in VECTORS} | WITHOUT == set(catalogue().instruments)
