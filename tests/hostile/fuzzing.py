"""Sends what the OpenAPI file allows and what it does not; collects what breaks the contract."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from app.core.engine import transaction
from app.core.values import now
from app.main import build
from app.safeguards.identity import sessions
from tests.hostile.siege import Siege

DAY = timedelta(hours=12)
# Whoever ends the session, or changes the password, that the run lives on, ends the run.
ENDS = r"^/v1/(token|me/(password|sessions|totp|second-factor)|users/[^/]+/(reset|deactivate|sign))"
RULES = ["2XX", "401", "403", "404", "409", "412", "422", "428"]


@dataclass
class Found:
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)  # one of a kind and operation

    def add(self, other: "Found") -> None:
        self.requests += other.requests
        self.statuses += other.statuses
        self.faults |= other.faults


def token_of(siege: Siege, role: str) -> str:
    """A session of its own, that outlives the run."""
    with transaction(siege.house.engine) as db:
        return sessions.start(db, UUID(siege.staff[role, "north"].id), now(), DAY, DAY).access


def configuration(siege: Siege, token: str, examples: int, seed: int, steps: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "base-url": siege.served.url,
        "headers": {"Authorization": f"Bearer {token}"},
        "request-timeout": 60,
        "continue-on-failure": True,
        "checks": {
            # Beyond the schema there are rules: a cursor is ours, a code is on a list, a name has
            # letters, and a change without If-Match is a 428 (RFC 6585).
            "positive_data_acceptance": {"expected-statuses": RULES},
            "missing_required_header": {"expected-statuses": ["4XX"]},
        },
        "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
        "phases": {"stateful": {"enabled": steps > 0, "max-steps": max(steps, 2)}},
    }


def fuzz(
    siege: Siege, role: str, examples: int, seed: int, steps: int = 0, only: str | None = None
) -> Found:
    settings = configuration(siege, token_of(siege, role), examples, seed, steps)
    spec = build(siege.house.settings).openapi()
    config = SchemathesisConfig.from_dict(settings)
    schema = schemathesis.openapi.from_dict(spec, config=config).exclude(path_regex=ENDS)
    if only:
        schema = schema.include(path_regex=only)
    found = Found()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            take(found, role, event.recorder)
        elif isinstance(event, events.NonFatalError):
            found.faults[f"{role} {event.label}"] = f"{event.value!r}"[:600]
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def take(found: Found, role: str, recorder: Any) -> None:
    for one in recorder.interactions.values():
        found.requests += 1
        if one.response is not None:
            found.statuses[one.response.status_code] += 1
    for case, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                label = f"{check.name}: {recorder.cases[case].value.operation.label}"
                told = f"{role}: {failure.title}: {failure.message}"[:500]
                found.faults[label] = f"{told}\n{check.failure_info.code_sample}"[:1200]
