"""What the OpenAPI file says is what is answered, to every role, whatever is sent."""

import os

import pytest

from app.main import build
from app.safeguards.access.policy import ROLES
from tests.conftest import ENGINES
from tests.hostile.fuzzing import Effort, Found, fuzz
from tests.hostile.siege import Siege, besieged
from tests.worlds import Worlds

SHARE = int(os.environ.get("FUZZ_REQUESTS", "100000")) / len(ROLES)
TURNS = [(ENGINES[number % len(ENGINES)], role) for number, role in enumerate(ROLES)]
LONG = Effort(examples=2, scenarios=16)
SHORT = Effort(examples=1, scenarios=1, coverage=False)


def judge(siege: Siege, found: Found) -> None:
    """No fault, no server error, and nothing of the file left out."""
    faults = "\n\n".join(f"{label}\n{told}" for label, told in sorted(found.faults.items()))
    assert not found.faults, faults
    assert not [status for status in found.statuses if status >= 500], str(found)
    paths = build(siege.house.settings).openapi()["paths"]
    assert found.asked.keys() == {f"{m.upper()} {path}" for path in paths for m in paths[path]}
    assert {"fuzzing", "stateful"} <= found.phases.keys(), str(found)


@pytest.mark.parametrize("worlds", ["postgresql"], indirect=True)
def test_every_operation_keeps_its_word(
    worlds: Worlds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A few requests to each; every rule, and the other engine, have their turn in the long run."""
    with besieged(worlds, tmp_path_factory.mktemp("fuzz")) as siege:
        found = fuzz(siege, "social_worker", SHORT, seed=1)
        judge(siege, found)


@pytest.mark.prove
@pytest.mark.timeout(0)
@pytest.mark.parametrize(("worlds", "role"), TURNS, indirect=["worlds"])
def test_every_operation_keeps_its_word_to_every_role(
    worlds: Worlds, role: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each role, on one engine in turn, sends its share, and in every phase."""
    with besieged(worlds, tmp_path_factory.mktemp("fuzz")) as siege:
        found = fuzz(siege, role, LONG, seed=ROLES.index(role))
        print(f"{siege.house.engine.dialect.name}, {role}: {found}", flush=True)  # noqa: T201
        judge(siege, found)
    assert found.requests >= SHARE, str(found)
    assert "coverage" in found.phases, str(found)
    # Whoever makes things goes on with what the answers tell of them; of one or two perhaps not.
    assert found.followed or found.made < 3, str(found)
