"""What several tests of access stand on."""

from collections.abc import Iterator

import pytest

from tests.access.test_machine import Life, small_world
from tests.worlds import Worlds


@pytest.fixture(scope="module")
def living(
    worlds: Worlds, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[type[Life]]:
    """The small world of two countries, in which each test begins a life of its own."""
    with small_world(worlds, tmp_path_factory.mktemp("life") / "world", request.config) as life:
        yield life
