"""What one process remembers between requests: hints, never an authority."""

from dataclasses import dataclass, field

from app.safeguards.identity.caller import Caller

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
class Remembered:
    """Whose token was whose when last asked; none outlives `most`."""

    most: int = 10_000
    known: dict[bytes, Caller] = field(default_factory=dict)

    def of(self, token: bytes) -> Caller | None:
        return self.known.get(token)

    def keep(self, token: bytes, caller: Caller) -> None:
        if len(self.known) >= self.most:
            self.known.clear()
        self.known[token] = caller

    def forget(self, token: bytes) -> None:
        self.known.pop(token, None)
