"""Bytes, status and headers, ready to leave once the transaction is committed."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
