"""What one process remembers between requests: hints, never an authority."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
FITTED, UNFIT = 1, -4


@dataclass
class Scores:
    """Whether it has been worth a try of late, by route."""

    most: int = 50
    known: dict[str, int] = field(default_factory=dict)

    def add(self, route: str, points: int) -> None:
        self.known[route] = min(self.known.get(route, 0) + points, self.most)

    def poor(self, route: str) -> bool:
        return self.known.get(route, 0) < 0

    def pass_over(self, route: str) -> None:
        """Each time a little less poor: what has changed is found out again."""
        self.known[route] += 1


@dataclass
class Remembered(Generic[K, V]):
    """What was found when last asked, to be found again by whoever relies on it; some at most."""

    most: int = 10_000
    known: dict[K, V] = field(default_factory=dict)

    def of(self, key: K) -> V | None:
        return self.known.get(key)

    def keep(self, key: K, value: V) -> None:
        if len(self.known) >= self.most:
            self.known.clear()
        self.known[key] = value

    def forget(self, key: K) -> None:
        self.known.pop(key, None)
