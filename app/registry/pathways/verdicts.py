"""What the rules answer: a verdict with all that is unmet, the moves there are, tracks to open."""

from dataclasses import dataclass

from app.registry.pathways.definitions import Title


@dataclass(frozen=True)
class Unmet:
    """One condition that does not hold; `code` is stable, `detail` names what is missing."""

    code: str
    detail: str


@dataclass(frozen=True)
class Verdict:
    unmet: list[Unmet]
    allowed: list[str]  # where this role could go from here now

    @property
    def holds(self) -> bool:
        return not self.unmet


@dataclass(frozen=True)
class Move:
    """A move that this role may decide; it can be made once nothing is `missing`."""

    to: str
    title: Title
    reason: bool
    decided_by: bool
    own_choice: bool
    missing: tuple[str, ...]  # milestones


@dataclass(frozen=True)
class Opening:
    opens: tuple[str, ...]
    offers: tuple[str, ...]
