"""Sends what the OpenAPI file allows and what it does not; collects what breaks the contract."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from app.main import build
from app.safeguards.access.policy import POLICY, ROLES
from tests.hostile.siege import Siege
from tests.hostile.unstated import refused_by_a_known_rule
from tests.looking import token_of

DAY = timedelta(hours=12)
LAST = r"^/v1/me/sessions/end$"  # it ends the session that the run lives on
STEPS = 10  # of a scenario, at most
TURNS = 2  # roles among whom the limits of all operations are divided
# What only this database or this release knows, and without which little is ever accepted.
CODES = {
    "programme": ["alder", "birch"],
    "origin": ["SYR", "IRQ", "TUR"],
    "nationality": ["KAZ", "KGZ", "UZB"],
    "phase": ["pre_arrival", "reception"],
    "need_level": ["low", "high"],
    "jurisdiction": ["ra"],
}
schemathesis.check(refused_by_a_known_rule)


@dataclass(frozen=True)
class Effort:
    examples: int = 1  # of each operation, drawn at random; half of them may be wrong
    scenarios: int = 1  # each up to STEPS requests that use what earlier answers told
    coverage: bool = True  # every limit and every rule of a part of the file, from both sides


@dataclass
class Found:
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)  # requests of each
    asked: Counter[str] = field(default_factory=Counter)  # requests of each operation
    done: Counter[str] = field(default_factory=Counter)  # of them, those that did what was asked
    made: int = 0  # requests that made something, and after which their scenario went on
    followed: int = 0  # requests that used a value of the answer before
    faults: dict[str, str] = field(default_factory=dict)  # one of a kind and operation

    def __str__(self) -> str:
        told = ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items()))
        return (
            f"{self.requests} requests, {dict(self.phases)}, {self.made} made what went on, "
            f"{self.followed} followed a link, {len(self.asked)} operations, {len(self.done)} of "
            f"them done; {told}"
        )


def own_token(siege: Siege, role: str) -> str:
    """A session of its own, that outlives the run."""
    return token_of(siege.house, siege.staff[role, "north"].id, hours=24)


def configuration(
    siege: Siege, token: str, effort: Effort, seed: int, phase: str
) -> dict[str, Any]:
    return {
        "seed": seed,
        "base-url": siege.served.url,
        "headers": {"Authorization": f"Bearer {token}"},
        "request-timeout": 60,
        "continue-on-failure": True,
        "checks": {
            # Not this role, not there, not in this state, too often: no schema says so. What else
            # the file allows may be refused by a rule of tests/hostile/unstated.py alone.
            "positive_data_acceptance": {
                "expected-statuses": ["2XX", "401", "403", "404", "409", "412", "422", "429"]
            },
            # A change without If-Match is a 428 (RFC 6585); first is told who may not, and what is
            # closed.
            "missing_required_header": {"expected-statuses": ["403", "404", "409", "422", "428"]},
        },
        "generation": {"max-examples": effort.examples, "no-shrink": True, "database": "none"},
        "phases": {
            "coverage": {"enabled": phase == "coverage"},
            "fuzzing": {"enabled": phase == "fuzzing"},
            "examples": {"enabled": phase == "fuzzing"},
            "stateful": {
                "enabled": phase == "stateful",
                "max-steps": STEPS,
                "generation": {"max-examples": max(effort.scenarios, 1)},
            },
        },
        "dictionaries": {name: {"values": values} for name, values in CODES.items()},
        "parameters": {f"body.{name}": {"dictionary": name, "probability": 0.8} for name in CODES},
    }


def fuzz(siege: Siege, role: str, effort: Effort, seed: int) -> Found:
    """All that the file has, as this role; every limit of a part of it; what the role may do, one
    after the other; and with a session of its own, the end of sessions.
    """
    found, spec = Found(), build(siege.house.settings).openapi()
    runs = [("fuzzing", spec, False), ("stateful", open_to(spec, role), False)]
    runs += [("coverage", turn_of(spec, role), False)] if effort.coverage else []
    for phase, part, last in (*runs, ("fuzzing", spec, True)):
        settings = configuration(siege, own_token(siege, role), effort, seed, phase)
        config = SchemathesisConfig.from_dict(settings)
        whole = schemathesis.openapi.from_dict(part, config=config)
        chosen = whole.include if last else whole.exclude
        for event in from_schema(chosen(path_regex=LAST)).execute():
            if isinstance(event, events.ScenarioFinished):
                take(found, role, event)
            elif isinstance(event, events.NonFatalError):
                found.faults[f"{role} {event.label}"] = f"{event.value!r}"[:600]
            elif isinstance(event, events.FatalError):
                raise event.exception
    return found


def turn_of(spec: dict[str, Any], role: str) -> dict[str, Any]:
    """Every other path, for every other role: so each is covered by several roles."""
    turn = ROLES.index(role) // 2 % TURNS  # of each two roles one is on each engine
    mine = [path for number, path in enumerate(spec["paths"]) if number % TURNS == turn]
    return {**spec, "paths": {path: spec["paths"][path] for path in mine}}


def open_to(spec: dict[str, Any], role: str) -> dict[str, Any]:
    """What nobody is refused for their role: the rest leads nowhere.

    And there are too many ways from one operation to the next for each scenario to choose from.
    """

    def opens(action: str) -> bool:
        return "." not in action or bool(
            POLICY.grants(role, action) or POLICY.opens(role, action, summary=True)
        )

    paths = {
        path: {method: one for method, one in methods.items() if opens(one["x-action"])}
        for path, methods in spec["paths"].items()
    }
    return {**spec, "paths": {path: methods for path, methods in paths.items() if methods}}


def take(found: Found, role: str, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    scenario = event.phase.value == "stateful"
    *going_on, _ = recorder.interactions or (None,)
    for key, one in recorder.interactions.items():
        case = recorder.cases[key]
        label = case.value.operation.label
        found.requests += 1
        found.phases[event.phase.value] += 1
        found.asked[label] += 1
        found.followed += case.is_transition_applied
        if one.response is not None:
            found.statuses[one.response.status_code] += 1
            found.made += scenario and key in going_on and one.response.status_code == 201
            asked = case.value.method.lower() == case.value.operation.method.lower()
            if asked and one.response.status_code < 300:  # else it was an OPTIONS
                found.done[label] += 1
    for key, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                label = f"{check.name}: {recorder.cases[key].value.operation.label}"
                told = f"{role}: {failure.title}: {failure.message}"[:500]
                found.faults[label] = f"{told}\n{check.failure_info.code_sample}"[:1200]
