"""When a fault strikes: at which of the statements that an application sends, and how."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

# `refused`: the statement is not done, and fails. `cut`: it is done, and then the connection is
# lost; of a commit, so is the word that it took place.
How = Literal["refused", "cut"]


@dataclass
class Faults:
    """Shared by all connections of one application; quiet until it is armed."""

    how: How = "refused"
    at: int = 0  # the statement that is struck, from 1; afterwards the next so many, and so on
    left: int = 0  # strikes
    passed: int = 0  # statements since the last strike
    struck: list[str] = field(default_factory=list)  # since it was armed
    seen: int = 0  # statements since it was armed
    lock: Lock = field(default_factory=Lock)

    def arm(self, how: How, at: int, times: int = 1) -> None:
        with self.lock:
            self.how, self.at, self.left = how, at, times
            self.passed = self.seen = 0
            self.struck = []

    def disarm(self) -> None:
        with self.lock:
            self.left = 0

    def strikes(self, statement: str) -> How | None:
        """Of the next statement: whether it is struck now."""
        with self.lock:
            self.seen += 1
            self.passed += 1
            if not self.left or self.passed < self.at:
                return None
            self.left, self.passed = self.left - 1, 0
            self.struck.append(statement)
            return self.how
