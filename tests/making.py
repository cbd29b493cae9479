"""Cases for tests to work on, made through HTTP as staff would make them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from app.core.values import now
from tests.conftest import World
from tests.looking import token_of

Send = Callable[..., Any]
ON_THE_TEAM = (
    *("psychologist", "health_worker", "child_protection_officer", "legal_officer", "educator"),
    *("prosecutor", "security_assessor", "livelihoods_officer", "religious_counsellor"),
)


@dataclass(frozen=True)
class Made:
    """One case and its path; `as_` sends as the demo's member of that role."""

    world: World
    id: str
    person_id: str

    @property
    def path(self) -> str:
        return f"/v1/cases/{self.id}"

    def as_(self, role: str) -> Send:
        return self.world.as_(role)

    def send(self, role: str, method: str, path: str = "", **more: Any) -> Any:
        return self.world.as_(role)(method, self.path + path, **more)

    def post(self, role: str, path: str, body: dict[str, Any] | None = None, **more: Any) -> Any:
        return self.send(role, "POST", path, json=body or {}, **more)

    def get(self, role: str, path: str = "") -> Any:
        answer = self.send(role, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def track(self, role: str, code: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.get(role, f"/tracks/{code}")
        return answer

    def move(self, role: str, code: str, to: str, **more: Any) -> Any:
        return self.post(role, f"/tracks/{code}/transitions", {"to": to, **more})

    def reach(self, role: str, *codes: str) -> None:
        for code in codes:
            answer = self.post(role, "/milestones", {"code": code})
            assert answer.status_code == 201, f"{code}: {answer.text}"


def today() -> date:
    """The day as the application counts it."""
    return now().date()


def staff_id(world: World, role: str) -> str:
    """Of the demo's member of the unit north."""
    return world.staff[role, "north"].id


def signed_in_now(world: World, role: str) -> Send:
    """A sign-in of this moment."""
    return world.with_token(token_of(world.house, world.staff[role, "north"].id))


def new_case(
    world: World, birth: str | None = "1991-05-17", team: tuple[str, ...] = ON_THE_TEAM, **more: Any
) -> Made:
    """A fictional person and a case led by the social worker, with a team."""
    worker = world.as_("social_worker")
    name = {"full": "Синтетова Проба", "script": "Cyrl", "source": "test"}
    person = worker("POST", "/v1/people", json={"names": [name], "birth": {"value": birth}})
    assert person.status_code == 201, person.text
    body = {"person_id": person.json()["id"], "programme": "alder", **more}
    case = worker("POST", "/v1/cases", json=body)
    assert case.status_code == 201, case.text
    made = Made(world, case.json()["id"], person.json()["id"])
    for role in team:
        member = {"user_id": staff_id(world, role), "part": role, "reason": "test team"}
        joined = made.post("social_worker", "/team", member)
        assert joined.status_code == 201, joined.text
        if role in ("prosecutor", "defence_lawyer"):
            on_docket(made, role)
    return made


def on_docket(
    made: Made, role: str, kind: str = "criminal", by: str = "supervisor", **more: Any
) -> dict[str, Any]:
    """A proceeding, in which the demo's member of that role is entered."""
    matter = {"kind": kind, "authority": "District Court 1", "reference": "1-204/2026"}
    opened = made.post(by, "/proceedings", matter)
    assert opened.status_code == 201, opened.text
    body = {"user_id": staff_id(made.world, role), "mandate": "order 7", "juvenile": True}
    body |= {"mandate_dated_on": str(today()), "until": str(today() + timedelta(days=90))}
    path = f"/proceedings/{opened.json()['id']}/parties"
    entered = made.post(by, path, {**body, **more})
    assert entered.status_code == 201, entered.text
    found: dict[str, Any] = entered.json()
    return found


def every_page(send: Send, path: str) -> list[dict[str, Any]]:
    """All that a list tells; `path` has a query."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        answer = send("GET", f"{path}&cursor={cursor}" if cursor else path)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        cursor = answer.json()["next"]
    return items


def unmet(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 409, answer.text
    return {(one["code"], one["detail"]) for one in answer.json()["unmet"]}


def colleague_of(world: World, role: str) -> dict[str, str]:
    """A second user of this role in the unit north, with a password."""
    admin = world.as_("administrator")
    (first,) = [
        user
        for user in admin("GET", f"/v1/users?role={role}").json()["items"]
        if user["username"].endswith("-north")
    ]
    given = {
        "username": f"test-{uuid4().hex}",
        "display_name": "Second of the role",
        "role": role,
        "unit_id": first["unit_id"],
        "password": uuid4().hex,
    }
    made = admin("POST", "/v1/users", json=given)
    assert made.status_code == 201, made.text
    world.agree(made.json()["id"])
    return {**given, "id": made.json()["id"]}


@contextmanager
def signed_in(world: World, user: dict[str, str]) -> Iterator[Send]:
    form = {"grant_type": "password", **{n: user[n] for n in ("username", "password")}}
    answer = world.client.post("/v1/token", data=form)
    assert answer.status_code == 200, answer.text
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def send(method: str, path: str, **more: Any) -> Any:
        return world.client.request(method, path, headers=bearer, **more)

    yield send
