"""Units, users, roles and the policy, as administrators and others meet them."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import table
from app.registry.staff.models import User
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.audit.chain import broken
from app.safeguards.audit.models import AuditEvent, Revision
from app.safeguards.guard.writing import open_revision
from app.safeguards.vault.file_keys import FileKeys
from tests.conftest import World
from tests.hiring import PASSWORD, change, hire, send, unit_of
from tests.looking import transaction

MISSING = "00000000-0000-7000-8000-000000000000"


def fault(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 422, answer.text
    (one,) = answer.json()["errors"]
    return one["pointer"], one["code"]


def test_a_unit_is_made_and_read(world: World) -> None:
    admin = world.as_("administrator")
    body = {"code": "unit-of-a-test", "name": "Unit of a test", "jurisdiction": "rb"}
    made = admin("POST", "/v1/units", json=body)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"/v1/units/{made.json()['id']}"
    read = admin("GET", made.headers["Location"])
    assert read.json() == made.json()
    assert read.headers["ETag"] == made.headers["ETag"]
    again = admin("POST", "/v1/units", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "code-taken")
    assert admin("GET", f"/v1/units/{MISSING}").status_code == 404


@pytest.mark.parametrize("jurisdiction", ["republic-a", "zz", "rab"])
def test_a_unit_stands_where_practice_is_described(world: World, jurisdiction: str) -> None:
    body = {"code": "nowhere", "name": "Nowhere", "jurisdiction": jurisdiction}
    answer = world.as_("administrator")("POST", "/v1/units", json=body)
    assert fault(answer) == ("/jurisdiction", "unknown")


def test_another_jurisdictions_unit_is_missing(world: World) -> None:
    south = unit_of(world, "demo-south")
    answer = world.as_("supervisor")("GET", f"/v1/units/{south}")
    assert answer.status_code == 404
    missing = world.as_("supervisor")("GET", f"/v1/units/{MISSING}")
    assert {**answer.json(), "request_id": ""} == {**missing.json(), "request_id": ""}


def test_what_a_new_user_needs(world: World) -> None:
    admin = world.as_("administrator")
    body = {
        "username": "needs-a-unit",
        "display_name": "N. U.",
        "role": "educator",
        "password": PASSWORD,
    }
    assert fault(admin("POST", "/v1/users", json=body)) == ("/unit_id", "missing")
    wrong = {**body, "unit_id": MISSING}
    assert fault(admin("POST", "/v1/users", json=wrong)) == ("/unit_id", "unknown")
    body["unit_id"] = unit_of(world)
    weak = {**body, "password": "passwordpassword"}
    assert fault(admin("POST", "/v1/users", json=weak)) == ("/password", "guessable")
    known = {**body, "password": "needs-a-unit-needs-a-unit"}
    assert fault(admin("POST", "/v1/users", json=known)) == ("/password", "guessable")
    client = {**body, "kind": "client"}
    assert fault(admin("POST", "/v1/users", json=client)) == ("/kind", "extra-forbidden")
    role = {**body, "role": "king"}
    assert fault(admin("POST", "/v1/users", json=role)) == ("/role", "literal-error")
    assert "king" not in admin("POST", "/v1/users", json=role).text
    made = admin("POST", "/v1/users", json=body)
    assert made.status_code == 201, made.text
    taken = admin("POST", "/v1/users", json=body)
    assert (taken.status_code, taken.json()["code"]) == (409, "username-taken")


def test_only_administrators_hire(world: World) -> None:
    body = {"username": "x-y", "display_name": "X", "role": "auditor", "password": PASSWORD}
    for role in ROLES:
        if role != "administrator":
            assert world.as_(role)("POST", "/v1/users", json=body).status_code == 403, role
    assert world.client.post("/v1/users", json=body).status_code == 401


def test_the_reason_of_a_change_is_in_the_history(world: World) -> None:
    one = hire(world)
    reason = "moved after an illness in the family"
    assert one.change(role="educator", reason=reason).status_code == 200
    kept, events, rows = table(Revision), table(AuditEvent), table(User)
    mine = kept.c.record_id == UUID(one.id)
    with transaction(world.house.engine) as db:
        revisions = db.execute(select(kept).where(mine).order_by(kept.c.version)).all()
        chain = db.execute(select(events).where(events.c.file_id == UUID(one.id))).all()
        stored = db.execute(select(rows.c.reason).where(rows.c.id == UUID(one.id))).scalar_one()
        key = FileKeys(db, world.house.vault).of(UUID(one.id))
    opened = [open_revision(key, UUID(one.id), r.version, r.snapshot) for r in revisions]
    told = [reason.encode() in whole for whole in opened]
    assert told == [False, False, False, True]  # hired, agreed, settled in, changed
    assert reason.encode() not in stored  # sealed: it may tell of an illness
    assert not broken([dict(row._mapping) for row in chain if row.chain == "staff"])
    assert reason not in str(chain)
    shown = world.as_("administrator")("GET", f"/v1/users/{one.id}")
    assert "reason" not in shown.json()


def test_changes_that_are_none_or_wrong(world: World) -> None:
    one = hire(world)
    assert fault(one.change()) == ("", "unchanged")
    assert fault(one.change(role=None)) == ("/role", "missing")
    assert fault(one.change(unit_id=None)) == ("/unit_id", "missing")
    assert fault(one.change(unit_id=MISSING)) == ("/unit_id", "unknown")
    assert fault(one.change(reason="x", display_name="Y")) == ("/reason", "string-too-short")
    assert fault(one.change(username="other", display_name="Y")) == ("/username", "extra-forbidden")
    disabled = one.change(disabled=True).json()["disabled_at"]
    assert one.change(disabled=True, display_name="Y").json()["disabled_at"] == disabled


def test_a_change_needs_what_was_read(world: World) -> None:
    one, admin = hire(world), world.as_("administrator")
    path, body = f"/v1/users/{one.id}", {"display_name": "Another Name", "reason": "married"}
    assert admin("PATCH", path, json=body).status_code == 428
    tag = admin("GET", path).headers["ETag"]
    first = admin("PATCH", path, json=body, headers={"If-Match": tag})
    assert (first.status_code, first.json()["version"]) == (200, 4)
    late = admin("PATCH", path, json={**body, "disabled": True}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert admin("GET", path).headers["ETag"] == first.headers["ETag"]


def test_nobody_changes_their_own_rights_or_credentials(world: World) -> None:
    boss = hire(world, "administrator")
    access = boss.pair()["access_token"]
    path = f"/v1/users/{boss.id}"
    for changes in ({"role": "auditor"}, {"unit_id": unit_of(world)}, {"supervisor_id": None}):
        body = {**changes, "reason": "for myself"}
        answer = send(world, access, "POST", f"{path}/changes", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "own-rights")
    tag = send(world, access, "GET", path).headers["ETag"]
    gone, headers = {"disabled": True, "reason": "for myself"}, {"If-Match": tag}
    answer = send(world, access, "PATCH", path, json=gone, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-rights")
    for verb in ("reset-password", "reset-second-factor"):
        body = {"reason": "for myself"}
        answer = send(world, access, "POST", f"{path}/{verb}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "own-credentials")
    assert send(world, access, "GET", "/v1/me").status_code == 200
    assert change(world, boss.id, disabled=True).status_code == 200  # another may


@pytest.mark.parametrize("verb", ["reset-password", "reset-second-factor"])
def test_resets_are_on_record_and_for_administrators(world: World, verb: str) -> None:
    one = hire(world)
    path, body = f"/v1/users/{one.id}/{verb}", {"reason": "asked at the desk"}
    for role in ("supervisor", "auditor", "social_worker"):
        assert world.as_(role)("POST", path, json=body).status_code == 403
    admin = world.as_("administrator")
    for reason in ("", "x"):
        assert admin("POST", path, json={"reason": reason}).status_code == 422
    assert admin("POST", f"/v1/users/{MISSING}/{verb}", json=body).status_code == 404
    assert admin("POST", path, json=body).status_code == 200
    shown = admin("GET", f"/v1/users/{one.id}").json()
    assert shown["credentials_reset_at"] is not None
    assert shown["version"] == 4
    events = table(AuditEvent)
    written = select(events.c.action, events.c.detail).where(
        events.c.file_id == UUID(one.id),
        events.c.outcome == "written",
        events.c.record == "user",
    )
    with transaction(world.house.engine) as db:
        *_, last = db.execute(written.order_by(events.c.id)).all()
    assert last.action == f"user.{verb.replace('-', '_')}"
    assert last.detail["fields"] == ["credentials_reset_at", "pending", "reason"]


@pytest.mark.parametrize("verb", ["reset-password", "reset-second-factor", "unlock"])
def test_what_was_declined_is_put_forward_anew_and_no_hire_slips_in_by_it(
    world: World, verb: str
) -> None:
    admin, other = world.as_("administrator"), world.as_("administrator", "south")
    one, body = hire(world), {"reason": "asked at the desk"}
    path, changes = f"/v1/users/{one.id}/{verb}", f"/v1/users/{one.id}/changes"

    def waiting(user_id: str) -> list[Any]:
        told = admin("GET", f"/v1/users/{user_id}/changes").json()["items"]
        return [row for row in told if row["status"] == "proposed"]

    for status in (200, 409):  # once, until somebody has answered
        assert admin("POST", path, json=body).status_code == status
    (first,) = waiting(one.id)
    assert other("POST", f"{changes}/{first['id']}/decline", json=body).status_code == 200
    assert one.token().status_code == 400
    assert admin("POST", path, json=body).status_code == 200
    assert world.agree(one.id).status_code == 200
    assert admin("GET", f"/v1/users/{one.id}").json()["pending"] is False
    given = {"username": f"slips-in-{verb}", "display_name": "S", "role": "educator"}
    given |= {"unit_id": unit_of(world), "password": PASSWORD}
    slips = admin("POST", "/v1/users", json=given).json()["id"]
    (hired,) = waiting(slips)
    declined = f"/v1/users/{slips}/changes/{hired['id']}/decline"
    assert other("POST", declined, json=body).status_code == 200
    assert admin("POST", f"/v1/users/{slips}/{verb}", json=body).status_code == 409
    assert waiting(slips) == []


def test_a_client_has_no_password_and_stays_a_partners(world: World) -> None:
    body = {"client_id": "stays-a-partner", "display_name": "P", "unit_id": unit_of(world)}
    made = world.as_("administrator")("POST", "/v1/clients", json=body)
    assert made.headers["Location"] == f"/v1/clients/{made.json()['id']}"
    assert made.json()["role"] == "partner"
    client_id = made.json()["id"]
    refused = change(world, client_id, role="auditor")
    assert fault(refused) == ("/role", "client")
    path, reason = f"/v1/users/{client_id}/reset-password", {"reason": "forgotten"}
    answer = world.as_("administrator")("POST", path, json=reason)
    assert (answer.status_code, answer.json()["code"]) == (409, "client")
    assert world.as_("partner")("POST", "/v1/clients", json=body).status_code == 403


# --- roles and the policy ------------------------------------------------------------------------


def test_every_role_is_described_to_everybody(world: World) -> None:
    assert world.client.get("/v1/roles").status_code == 401
    for role in ("educator", "partner", "administrator"):
        answer = world.as_(role)("GET", "/v1/roles")
        assert answer.status_code == 200
        assert [one["code"] for one in answer.json()["items"]] == sorted(ROLES)
    found = {one["code"]: one for one in answer.json()["items"]}
    assert {"record_class": "clinical", "reach": "team", "rights": "RCU"} in (
        found["psychologist"]["reaches"]
    )
    assert not [r for r in found["prosecutor"]["reaches"] if r["record_class"] == "clinical"]
    assert all(one["titles"].keys() >= {"en", "ru"} for one in found.values())


@pytest.mark.parametrize(
    ("wish", "title"),
    [
        (None, "Auditor"),
        ("ru", "Аудитор"),
        ("ru-RU, en;q=0.5", "Аудитор"),
        ("en, ru;q=0.9", "Auditor"),
        ("kk, ru;q=0.5, en;q=0.1", "Аудитор"),
        ("kk", "Auditor"),
        ("ru;q=0", "Auditor"),
        ("*", "Auditor"),
        ("ru;q=x, en;q=0.2", "Auditor"),
    ],
)
def test_titles_in_the_readers_language(world: World, wish: str | None, title: str) -> None:
    headers = {"Accept-Language": wish} if wish else {"Accept-Language": ""}
    answer = world.as_("auditor")("GET", "/v1/roles", headers=headers).json()
    assert title in {one["title"] for one in answer["items"] if one["code"] == "auditor"}


def test_the_printed_table(world: World) -> None:
    for role in ("auditor", "administrator", "data_protection_officer"):
        assert world.as_(role)("GET", "/v1/policy").status_code == 200, role
    for role in ("educator", "prosecutor", "partner", "statistician"):
        assert world.as_(role)("GET", "/v1/policy").status_code == 403, role
    told = world.as_("auditor")("GET", "/v1/policy").json()
    assert told["digest"] == POLICY.digest
    rows = {(r["record_class"], r["role"], r["reach"]): r["rights"] for r in told["items"]}
    assert rows["therapy_notes", "psychologist", "own"] == "RCU"
    assert len(rows) == sum(len(x) for c in POLICY.classes.values() for x in c.values())
    assert "prosecutor" in told["never"]["clinical"]
    assert {one["action"] for one in told["actions"]} == set(POLICY.verbs)
    assert set("".join(rows.values())) <= set(told["rights"])
