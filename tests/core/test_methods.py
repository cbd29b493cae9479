"""What a path answers to, where a word stands at the place of an id."""

import pytest

from tests.conftest import World
from tests.making import new_case

ID = "00000000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("word", "allowed"),
    [
        ("trend", {"GET", "HEAD", "OPTIONS"}),
        ("trend.svg", {"GET", "HEAD", "OPTIONS"}),
        ("fhir", {"POST", "OPTIONS"}),
        (ID, {"GET", "HEAD", "PATCH", "OPTIONS"}),
    ],
)
def test_a_word_answers_to_what_is_said_of_the_word(
    world: World, word: str, allowed: set[str]
) -> None:
    made = new_case(world)
    path = f"/assessments/{word}"
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = made.send("psychologist", method, path, json={})
        assert (answer.status_code == 405) == (method not in allowed), (method, answer.text)
        if method in {"OPTIONS", *({"PUT"} - allowed)}:
            assert set(answer.headers["Allow"].split(", ")) == allowed
    refused = made.send("psychologist", "PUT", path)
    assert refused.json()["code"] == "method-not-allowed"
    assert refused.headers["Content-Type"] == "application/problem+json"
