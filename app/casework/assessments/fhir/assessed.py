"""What of an assessment is told outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.casework.assessments.scoring.instrument import Instrument


@dataclass(frozen=True)
class Assessed:
    id: UUID
    case_id: UUID
    instrument: Instrument
    respondent: str
    status: str  # draft | submitted | signed | amended | void
    administered_on: date
    language: str  # BCP 47
    answers: Mapping[str, int | None]
    facts: Mapping[str, bool | None]
    result: Mapping[str, Any] | None  # as it is kept; None for a draft
