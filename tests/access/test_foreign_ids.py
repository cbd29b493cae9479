"""An id of a record that is there and hidden says as little as one that nobody has.

In each field of a body and in each filter that takes one, by what the description of the API says
takes an id: so a new one is asked here, or named with a reason, or the test fails. Status, headers
and bytes are the same but for what differs between any two requests. (Ids in paths are those of
`test_named_records`.)
"""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.access.cells.addresses import NOWHERE
from tests.access.cells.fields import FIELDS, JSON, LEFT_OUT, OWN, Field
from tests.access.cells.hidden import Hidden
from tests.access.cells.people import Who
from tests.access.cells.staging import staged
from tests.access.test_sealing import VARY
from tests.architecture.test_routes import application
from tests.conftest import World
from tests.worlds import Worlds

TAG = {"If-Match": '"1"'}
# Of a filter: the records whose ids it takes.
FILTERS = {
    **dict.fromkeys(("lead_worker_id", "assignee_id", "user_id", "actor_id"), ("user",)),
    **dict.fromkeys(("grantor_id", "holder_id"), ("user",)),
    "person_id": ("person",),
    "case_id": ("case",),
    "file_id": ("case", "person", "household", "operation", "agreement"),
    "operation_id": ("operation",),
    "client_id": ("user",),
    "unit_id": ("unit",),
    "record_id": (
        *("note", "task", "alert", "consent", "party", "proceeding", "condition", "sealing"),
        *("assessment", "disclosure", "break_glass", "contact", "identifier", "milestone"),
    ),
}
FILTERS_LEFT_OUT = {
    ("POST", "/v1/operations/{operation_id}/arrivals", "lead_worker_id"): (
        "of a file, the same field as in JSON, read by the same function"
    ),
}
# One case; and what grows by each look at it.
PERMISSIONS = "/v1/me/permissions"  # whose statement takes long to make, for each role anew
GROWING = ("/v1/audit/events", "/v1/cases/{case_id}/access-log")
NO_LISTS = (PERMISSIONS, *GROWING)
FEW, ALL = 2, 10_000  # of the people who ask
Asked = tuple[int, list[tuple[str, str]], bytes]


# --- what the description says -------------------------------------------------------------------


class Description:
    """Where an id stands in it."""

    def __init__(self, world: World) -> None:
        self.whole = application(world).openapi()

    def operations(self) -> Iterator[tuple[str, str, Any]]:
        for path, methods in self.whole["paths"].items():
            for method, told in methods.items():
                if method in ("get", "post", "patch", "put", "delete"):
                    yield method.upper(), path, told

    def fields(self) -> set[tuple[str, str, str, str]]:
        return {
            (method, path, media, at)
            for method, path, told in self.operations()
            for media, content in told.get("requestBody", {}).get("content", {}).items()
            for at in self.ids(content["schema"], "")
        }

    def filters(self) -> set[tuple[str, str, str]]:
        return {
            (method, path, one["name"])
            for method, path, told in self.operations()
            for one in told.get("parameters", ())
            if one["in"] != "path" and [*self.ids(one["schema"], "")]
        }

    def ids(self, schema: Any, at: str) -> Iterator[str]:
        """Places in what fits this schema that take an id."""
        while "$ref" in schema:
            schema = self.whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if schema.get("format") == "uuid":
            yield at
        for way in ("anyOf", "oneOf", "allOf"):
            for one in schema.get(way, ()):
                yield from self.ids(one, at)
        for name, one in schema.get("properties", {}).items():
            yield from self.ids(one, f"{at}/{name}")
        if "items" in schema:
            yield from self.ids(schema["items"], f"{at}/0")
        if isinstance(more := schema.get("additionalProperties"), dict):
            yield from self.ids(more, f"{at}/*")


# --- what is hidden ------------------------------------------------------------------------------


@pytest.fixture
def hidden(worlds: Worlds, tmp_path: Path) -> Iterator[Hidden]:
    with staged(worlds, tmp_path / "worlds") as scene:
        scene.become(False, "given")
        yield Hidden(scene)


def told(answer: Any, *ids: str) -> Asked:
    """All that a client is sent, less what differs between any two requests and the id itself."""
    content = answer.content.replace(answer.headers["x-request-id"].encode(), b"")
    for one in ids:
        content = content.replace(one.encode(), b"")
    headers = [(name, value) for name, value in answer.headers.items() if name not in VARY]
    return answer.status_code, headers, content


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    return value.format(**ids) if isinstance(value, str) and value.startswith("{") else value


# --- fields of bodies -----------------------------------------------------------------------------


def named_in(hidden: Hidden, one: Field, media: str, record_id: str) -> Any:
    method, path = one.operation
    headers = {**TAG, "Content-Type": media}
    who, body = hidden.scene.who(*one.who), filled(one.naming(record_id), hidden.ids)
    return who.send(method, path.format(**hidden.ids), json=body, headers=headers)


@pytest.fixture
def described(world: World) -> Description:
    return Description(world)


def test_each_field_that_takes_an_id_is_asked_or_left_out_with_a_reason(
    described: Description,
) -> None:
    asked = {name for one in FIELDS for name in one.names}
    made = {one for one in described.fields() if one[3].rpartition("/")[2] == "id"}
    assert all(one[0] == "POST" and one[2] in (JSON, "multipart/form-data") for one in made), OWN
    assert described.fields() - made == asked | LEFT_OUT.keys()
    assert not asked & LEFT_OUT.keys()


def test_each_filter_that_takes_an_id_is_asked_or_left_out_with_a_reason(
    described: Description,
) -> None:
    filters = described.filters()
    assert {one for one in filters if one[0] != "GET"} == FILTERS_LEFT_OUT.keys()
    assert {one[2] for one in filters - FILTERS_LEFT_OUT.keys()} == FILTERS.keys()


def test_a_hidden_id_in_a_body_is_one_that_nobody_has(hidden: Hidden) -> None:
    found, asked = list[str](), 0
    for one in FIELDS:
        who = hidden.scene.who(*one.who)
        foreign = [each for record in one.of for each in hidden.to(who, record, one.but)]
        assert foreign, f"nothing is hidden that {one.operation} {one.at} could name"
        for media in one.media:
            there = named_in(hidden, one, media, NOWHERE)
            found += unreached(one, there)
            for each in foreign:
                here = named_in(hidden, one, media, each)
                asked += 1
                if told(here, each) != told(there, NOWHERE):
                    found.append(
                        f"{one.operation} {one.at}: {here.text[:300]} / {there.text[:300]}"
                    )
    assert not found, "\n".join(found)
    assert asked > 60


def unreached(one: Field, answer: Any) -> list[str]:
    """What stands against it must be this id: else the rest of the body would be judged."""
    name = f"{one.operation} {one.at}: {answer.status_code} {answer.text[:300]}"
    if one.refused:
        told = (answer.status_code, answer.json()["code"])
        return [] if told == (403, one.refused) else [name]
    faults = answer.json().get("errors", [])
    there = [fault for fault in faults if one.at.startswith(fault["pointer"])]
    return [] if answer.is_client_error and len(there) == len(faults) == 1 else [name]


# --- filters --------------------------------------------------------------------------------------


def pages(who: Who, path: str) -> str | None:
    """All that is listed, or None where they may not ask."""
    text, cursor = "", ""
    while cursor is not None:
        sign = "&" if "?" in path else "?"
        more = f"{sign}limit=200{cursor and f'&cursor={cursor}'}"
        answer = who.send("GET", path + more)
        if answer.status_code != 200:
            return None
        text, cursor = text + answer.text, answer.json().get("next")
    return text


def asked_of_filters(hidden: Hidden, filters: set[tuple[str, str, str]], most: int) -> int:
    """How often; whatever they are not told of without the filter is foreign to them."""
    scene, found, asked = hidden.scene, list[str](), 0
    for turn, (_, path, name) in enumerate(sorted(filters)):
        place, people = path.format(**hidden.ids), [*scene.people.values()]
        step = max(1, len(people) // most)
        for who in islice(people, turn % step, None, step):
            whole = None if path in NO_LISTS else pages(who, place)
            there = who.send("GET", f"{place}?{name}={NOWHERE}")
            for record in FILTERS[name]:
                for one in candidates(hidden, who, record, whole):
                    here = who.send("GET", f"{place}?{name}={one}")
                    asked += 1
                    if told(here, one) == told(there, NOWHERE):
                        continue
                    if path not in GROWING or not shown_anyway(who, place, here):
                        found.append(
                            f"{path}?{name} a {record} as {who}: {here.status_code} "
                            f"{here.text[:200]} / {there.status_code} {there.text[:200]}"
                        )
    assert not found, "\n".join([str(len(found)), *found[:20]])
    return asked


def shown_anyway(who: Who, place: str, answer: Any) -> bool:
    """Whether all that a filter gave is in the list without it, which only grows."""
    if answer.status_code != 200:
        return False
    wanted, cursor = {json.dumps(one) for one in answer.json()["items"]}, ""
    while wanted and cursor is not None:
        page = who.send("GET", f"{place}?limit=200{cursor and f'&cursor={cursor}'}").json()
        wanted -= {json.dumps(one) for one in page["items"]}
        cursor = page["next"]
    return not wanted


def candidates(hidden: Hidden, who: Who, record: str, whole: str | None) -> list[str]:
    ids = hidden.to(who, record)
    if whole:  # whatever is not in what they are told: also of what they see elsewhere
        rows = [one.id for one in hidden.scene.rows[record]]
        ids += [one for one in rows[:: max(1, len(rows) // 5)] if one not in whole]
    return [one for one in dict.fromkeys(ids) if not whole or one not in whole]


def test_a_filter_by_a_hidden_id_is_one_by_an_id_that_nobody_has(
    hidden: Hidden, described: Description
) -> None:
    filters = described.filters() - FILTERS_LEFT_OUT.keys()
    few = {one for one in filters if one[1] != PERMISSIONS}  # that one in the long proof
    assert asked_of_filters(hidden, few, FEW) > 300


@pytest.mark.prove
def test_it_is_so_for_everybody(hidden: Hidden, described: Description) -> None:
    filters = described.filters() - FILTERS_LEFT_OUT.keys()
    asked = asked_of_filters(hidden, filters, ALL)
    sys.stderr.write(f"{hidden.scene.world.engine}: {asked} filters by foreign ids, 0 told apart\n")
