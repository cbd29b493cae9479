"""What the OpenAPI file says is what is answered, to every role, whatever is sent."""

import os
from dataclasses import replace

import pytest

from app.main import build
from tests.hostile.fuzzing import Effort, Found, fuzz
from tests.hostile.siege import Siege, besieged
from tests.worlds import Worlds

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "100000"))
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
    assert found.followed, str(found)  # the scenarios did use what earlier answers told


def test_every_operation_keeps_its_word(
    worlds: Worlds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A few requests to each; the coverage of every rule has its turn in the long run."""
    with besieged(worlds, tmp_path_factory.mktemp("fuzz")) as siege:
        found = fuzz(siege, "social_worker", SHORT, seed=1)
        judge(siege, found)


@pytest.mark.prove
@pytest.mark.timeout(0)
def test_every_operation_keeps_its_word_to_every_role(
    worlds: Worlds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Half of the requests on each engine, at the least."""
    with besieged(worlds, tmp_path_factory.mktemp("fuzz")) as siege:
        found = as_everybody(siege)
        judge(siege, found)
    assert found.requests >= REQUESTS / 2, str(found)
    assert found.phases["coverage"] > 0, str(found)


def as_everybody(siege: Siege) -> Found:
    """Every role meets every phase; the coverage, by far the longest, on one engine in turn."""
    engine = siege.house.engine.dialect.name
    # The administrator shuts others out, and so comes last.
    roles = sorted({role for role, _ in siege.staff}, key=lambda one: (one == "administrator", one))
    found = Found()
    for seed, role in enumerate(roles):
        turn = seed % 2 == ("sqlite", "postgresql").index(engine)
        one = fuzz(siege, role, replace(LONG, coverage=turn), seed)
        print(f"{engine}, {role}: {one}", *one.faults.items(), sep="\n", flush=True)  # noqa: T201
        found.add(one)
    print(f"{engine}, all {len(roles)} roles: {found}", flush=True)  # noqa: T201
    return found
