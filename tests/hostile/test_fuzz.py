"""What the OpenAPI file says is what is answered, to every role, whatever is sent."""

import os

import pytest

from tests.hostile.fuzzing import Found, fuzz
from tests.hostile.siege import Siege, besieged
from tests.worlds import Worlds

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "100000"))
SOME = r"^/v1/(units|people)$"  # for the short run: a list and a body


def faults(found: Found) -> str:
    return "\n\n".join(f"{label}\n{told}" for label, told in sorted(found.faults.items()))


@pytest.mark.parametrize("worlds", ["sqlite"], indirect=True)
def test_a_few_operations_keep_their_word(
    worlds: Worlds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """PostgreSQL has its turn in the long run."""
    with besieged(worlds, tmp_path_factory.mktemp("fuzz")) as siege:
        found = fuzz(siege, "social_worker", examples=1, seed=1, only=SOME)
    assert not found.faults, faults(found)
    assert found.requests > 100
    assert not [status for status in found.statuses if status >= 500]


@pytest.mark.prove
@pytest.mark.timeout(0)
def test_every_operation_keeps_its_word_to_every_role(
    worlds: Worlds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Half of the requests on each engine; each role again, with another seed, until then."""
    with besieged(worlds, tmp_path_factory.mktemp("fuzz")) as siege:
        found = long(siege)
    assert not found.faults, faults(found)
    assert not [status for status in found.statuses if status >= 500]


def long(siege: Siege) -> Found:
    roles, found, seed = sorted({role for role, _ in siege.staff}), Found(), 0
    while found.requests < REQUESTS / 2:
        seed += 1
        found.add(fuzz(siege, roles[seed % len(roles)], examples=5, seed=seed, steps=6))
        print(f"{seed}: {found.requests} requests, {dict(found.statuses)}")  # noqa: T201
    return found
