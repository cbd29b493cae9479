"""Every route that writes has its story."""

from tests.architecture.test_routes import application, walked
from tests.conftest import World
from tests.faults.stories import STORIES, route_of


def test_every_route_that_writes_has_its_story(world: World) -> None:
    routed = {f"{method} {path}" for method, path, *_ in walked(application(world))}
    told = [route_of(story) for story in STORIES]
    assert set(told) == {one for one in routed if not one.startswith("GET ")}
    assert len(told) == len(set(told))
