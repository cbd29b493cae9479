"""Names the action that a route takes; a route without one cannot be declared."""

from dataclasses import dataclass

from app.safeguards.access.policy import POLICY
from app.safeguards.guard.protected import Protected


class UnknownAction(LookupError):
    """A route names an action that the policy has not ruled on."""


@dataclass(frozen=True)
class Mark:
    """Stands beside the parameter that receives the unit of work."""

    action: str
    scope: type[Protected] | None = None  # what the path identifies
    parameter: str = ""  # its name in the path
    look: str = ""  # the action that says whether the caller may know that it exists
    summary: bool = False  # whether the answer has a summary, which S reads; the route knows
    past_seals: bool = False  # whether it is about files that are sealed, too
    recalls: bool = False  # whether records that it shows can be asked for as of a moment

    def __post_init__(self) -> None:
        for action in (self.action, self.look or self.action):
            if action not in POLICY.verbs and action != "self":
                raise UnknownAction(f"policy.toml says nothing about {action}")


def Permit(action: str) -> Mark:
    """Guard a route that is not about one file."""
    return Mark(action)


def ForSelf() -> Mark:
    """Guard a route about the caller alone: any valid credential will do."""
    return Mark("self")
