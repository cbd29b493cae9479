"""A covering array: few combinations in which every two values of two axes meet, if they can."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from random import Random
from typing import Any

Combination = tuple[Any, ...]
Pair = tuple[int, Any, int, Any]  # the places of two axes, the lower first, and a value of each


def pairwise(
    axes: Mapping[str, Sequence[Any]],
    possible: Callable[..., bool],
    first: Iterable[Combination] = (),
) -> list[Combination]:
    """In the order of the axes, and the same each time.

    `possible` takes values by the names of their axes, None for what is not chosen yet. `first`:
    combinations that are wanted whatever else is taken.
    """
    covering = Covering(axes, possible)
    for whole in first:
        covering.take(whole)
    while covering.missing:
        covering.go_on()
    return covering.taken


def pairs(whole: Combination) -> list[Pair]:
    return [(i, whole[i], j, whole[j]) for i, j in combinations(range(len(whole)), 2)]


class Covering:
    """Grows by combinations in which many pairs meet that have not met yet."""

    def __init__(self, axes: Mapping[str, Sequence[Any]], possible: Callable[..., bool]) -> None:
        self.names, self.values = list(axes), list(axes.values())
        self.possible, self.draw = possible, Random(1)
        self.taken: list[Combination] = []
        self.missing: dict[Pair, None] = {}
        for one, other in combinations(range(len(self.names)), 2):
            for left in self.values[one]:
                for right in self.values[other]:
                    if self.fits(self.begun((one, left, other, right))):
                        self.missing[one, left, other, right] = None

    def begun(self, pair: Pair) -> list[Any]:
        one, left, other, right = pair
        chosen: dict[int, Any] = {one: left, other: right}
        return [chosen.get(place) for place in range(len(self.names))]

    def fits(self, part: Sequence[Any]) -> bool:
        return self.possible(**dict(zip(self.names, part, strict=True)))

    def take(self, whole: Combination) -> None:
        self.taken.append(whole)
        for pair in pairs(whole):
            self.missing.pop(pair, None)

    def go_on(self) -> None:
        wanted = next(iter(self.missing))
        whole = self.completed(self.begun(wanted))
        if whole is None:
            raise ValueError(f"nothing completes {wanted}")
        self.take(whole)

    def gain(self, whole: Combination) -> int:
        return sum(pair in self.missing for pair in pairs(whole))

    def completed(self, part: list[Any]) -> Combination | None:
        """One axis after the other, each by the value that meets most anew."""
        rest = [place for place, value in enumerate(part) if value is None]
        self.draw.shuffle(rest)
        for place in rest:

            def tried(value: Any, place: int = place) -> list[Any]:
                return [*part[:place], value, *part[place + 1 :]]

            fitting = [one for one in self.values[place] if self.fits(tried(one))]
            self.draw.shuffle(fitting)
            best = max(fitting, key=lambda one: self.gain(tuple(tried(one))), default=None)
            if best is None:
                return None
            part[place] = best
        return tuple(part)
