"""A world for each module."""

from collections.abc import Iterator

import pytest

from tests.worlds import World, Worlds


@pytest.fixture(scope="module")
def world(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """In which nobody has glass open or stands in for another: they go the long way."""
    with worlds.copy("demo", tmp_path_factory.mktemp("usual")) as one:
        yield one
