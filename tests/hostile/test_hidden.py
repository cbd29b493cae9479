"""No method says more of a record than GET does, and no answer lacks what makes it safe."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.db import table
from app.safeguards.audit.models import AuditEvent
from tests.architecture.test_routes import application, described
from tests.conftest import World
from tests.looking import transaction
from tests.making import new_case

MISSING = "00000000-0000-7000-8000-000000000000"
SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
SAFE |= {"x-frame-options": "DENY"}
VARYING = {"x-request-id", "date"}


GUARDED = ("GET", "HEAD", "OPTIONS")


def seen(answer: Any) -> tuple[int, dict[str, str], bytes]:
    headers = {n: v for n, v in answer.headers.items() if n not in VARYING}
    body = answer.content.replace(answer.headers["x-request-id"].encode(), b"")
    return answer.status_code, headers, body


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
def test_a_hidden_case_is_a_missing_one(world: World, method: str) -> None:
    made = new_case(world, team=())
    for send in (world.as_("prosecutor"), world.client.request):
        hidden, missing = (send(method, f"/v1/cases/{one}") for one in (made.id, MISSING))
        assert seen(hidden) == seen(missing)
        assert hidden.status_code in ((401, 404) if method in GUARDED else (405,))


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_are_on_record_as_get_is(world: World, method: str) -> None:
    made, events = new_case(world, team=()), table(AuditEvent)

    def count() -> int:
        with transaction(world.house.engine) as db:
            return db.execute(select(func.count()).select_from(events)).scalar_one()

    before = count()
    told, refused = made.send("social_worker", method), made.send("prosecutor", method)
    assert (told.status_code, told.content) == (200 if method == "HEAD" else 204, b"")
    assert refused.status_code == 404
    assert count() == before + 2
    if method == "OPTIONS":
        assert told.headers["allow"] == refused.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"
        assert "content-type" not in told.headers


def test_allow_is_complete_and_every_answer_safe(world: World) -> None:
    """Of every path of the description: what it answers to is what Allow says, and no more."""
    app, methods = application(world), {"GET", "POST", "PUT", "PATCH", "DELETE"}
    paths: dict[str, set[str]] = {}
    for method, path in described(app):
        paths.setdefault(path, set()).add(method)
    for template in paths:
        path = re.sub(r"\{\w+\}", MISSING, template.replace("{name}", "docs.js"))
        known = paths[template]  # a word that stands where another path has an id is no id
        full = known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())
        for method in (*methods - known, "OPTIONS", "TRACE"):
            answer = world.client.request(method, path)
            assert answer.headers["allow"] == ", ".join(sorted(full)), f"{method} {path}"
        for method in known:
            answer = world.client.request(method, path)
            assert answer.status_code < 500, path
            assert SAFE.items() <= dict(answer.headers).items(), path
            static = path.startswith("/docs/static/")
            kept = "public, max-age=3600" if static else "no-store"
            assert answer.headers["cache-control"] == kept, path


def test_a_slash_too_many_is_no_redirect(world: World) -> None:
    for _, path in described(application(world)):
        answer = world.client.get(f"{path}/", follow_redirects=False)
        assert answer.status_code == 404, path
        assert "location" not in answer.headers


def test_a_piece_of_a_file_is_not_given(world: World) -> None:
    answer = world.client.get("/docs/static/docs.js", headers={"Range": "bytes=0-1,4-5"})
    assert answer.status_code == 200
    assert "content-range" not in answer.headers
