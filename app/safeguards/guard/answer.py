"""Bytes, status and headers, ready to leave once the transaction is committed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from app.safeguards.guard.shown import Shown


@dataclass
class Answer:
    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    decided: bool = False  # whether the wall let it through, and its evidence is written
    rest: Callable[[Connection], Shown[Any]] | None = None  # of a stream: asks for what follows
