"""What each path answers to; where a word stands at the place of an id, it is no id."""

import re
from collections.abc import Sequence
from functools import cached_property

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

PARAMETER = re.compile(r"\\\{[^}]*\\\}")


class Methods:
    """Of the routes of an application, whose own first match may be another than is meant."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.routes = routes

    def of(self, path: str) -> frozenset[str]:
        """With HEAD beside GET, and OPTIONS; empty where nothing is."""
        named = (methods for shape, methods in self.shapes if shape.fullmatch(path))
        return next(named, frozenset())

    def of_word(self, path: str) -> frozenset[str]:
        """The same, where an id might stand as well; else empty: the framework knows it then."""
        return self.of(path) if self.words and self.words.fullmatch(path) else frozenset()

    @cached_property
    def shapes(self) -> list[tuple[re.Pattern[str], frozenset[str]]]:
        """Those with the fewest ids first."""
        found: dict[str, set[str]] = {}
        for one in iter_route_contexts(self.routes):
            found.setdefault(str(one.path), set()).update(getattr(one, "methods", None) or ())
        paths = sorted((path for path in found if found[path]), key=lambda path: path.count("{"))
        return [(shape(path), complete(found[path])) for path in paths]

    @cached_property
    def words(self) -> re.Pattern[str] | None:
        """Paths that are of two shapes."""
        paths = {str(one.path) for one in iter_route_contexts(self.routes)}
        twice = [one for one in paths if sum(bool(s.fullmatch(one)) for s, _ in self.shapes) > 1]
        return re.compile("|".join(shape(one).pattern for one in twice)) if twice else None


def shape(path: str) -> re.Pattern[str]:
    return re.compile(PARAMETER.sub("[^/]+", re.escape(path)))


def complete(methods: set[str]) -> frozenset[str]:
    return frozenset(methods | ({"HEAD"} if "GET" in methods else set()) | {"OPTIONS"})
