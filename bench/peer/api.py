"""Three routes: bearer token with expiry, the team's wall, events; no sealing."""

from datetime import date, datetime
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Prefetch, Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from ninja import NinjaAPI, Router, Schema
from ninja.renderers import BaseRenderer
from ninja.security import HttpBearer
from pydantic import ConfigDict

from bench.peer.ids import new_id
from bench.peer.models import (
    Case,
    Event,
    Head,
    Message,
    Note,
    Revision,
    Session,
    Subject,
    TeamMember,
    Token,
    Track,
)

CLASSES = (
    *("case", "protection", "livelihood", "clinical", "faith_counselling", "security", "plan"),
    *("justice", "education", "health", "child_justice", "pathway", "civil_documents", "family"),
)
GENESIS = bytes(32)


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Session | None:
        at = timezone.now()
        found = (
            Token.objects.select_related("session__user__unit")
            .filter(digest=sha256(token.encode()).digest(), kind="access", expires_at__gt=at)
            .filter(session__ended_at=None, session__expires_at__gt=at)
            .filter(session__user__disabled_at=None)
            .first()
        )
        return found.session if found else None


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> Any:
        return orjson.dumps(data)


class TrackOut(Schema):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    code: str
    pillar: str
    state: str
    since: date
    due_on: date | None


class TrackBrief(Schema):
    id: UUID
    code: str
    pillar: str
    attending: bool | None


class CaseOut(Schema):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    number: str
    person_id: UUID
    programme: str
    status: str
    phase: str
    need_level: str | None
    lead_worker_id: UUID
    unit_id: UUID
    operation_id: UUID | None
    opened_on: date
    closed_on: date | None
    closure_reason: str | None
    closure_proposed_by: UUID | None
    closure_proposed_at: datetime | None
    tracks: list[TrackOut | TrackBrief]

    @staticmethod
    def resolve_tracks(case: Any) -> list[Any]:
        every = ((one, one.record_class == "clinical") for one in case.tracks.all())
        return [(TrackBrief if brief else TrackOut).from_orm(one) for one, brief in every]


class PageOut(Schema):
    items: list[CaseOut]
    next: str | None


class NoteIn(Schema):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["social_work", "psychosocial", "therapy", "counselling", "legal"]
    occurred_on: date
    text: str


class NoteOut(Schema):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    kind: str
    occurred_on: date
    text: str
    author_id: UUID
    corrects_id: UUID | None


api = NinjaAPI(auth=Bearer(), renderer=OrjsonRenderer(), docs_url=None)
router = Router()


def reachable(session: Session) -> Any:
    user, today = session.user, timezone.now().date()
    mine = TeamMember.objects.filter(
        Q(until=None) | Q(until__gt=today),
        user_id=user.id,
        role=user.role,
        jurisdiction=user.unit.jurisdiction if user.unit else None,
        since__lte=today,
    )
    return Case.objects.filter(id__in=mine.values("case_id"))


def with_tracks(cases: Any) -> Any:
    seen = Track.objects.filter(record_class__in=CLASSES).order_by("code")
    return cases.prefetch_related(Prefetch("tracks", seen))


def event(session: Session, action: str, route: str, outcome: str, **more: Any) -> Event:
    return Event(
        id=new_id(),
        created_at=timezone.now(),
        actor_id=session.user_id,
        role=session.user.role,
        session_id=session.id,
        action=action,
        route=route,
        outcome=outcome,
        request_id=new_id(),
        policy="bench",
        **more,
    )


@router.get("/cases/{case_id}", response=CaseOut)
def read_case(request: Any, case_id: UUID) -> Case:
    with transaction.atomic():
        case: Case = get_object_or_404(with_tracks(reachable(request.auth)), id=case_id)
        said = event(request.auth, "case.read", "GET /cases/{case_id}", "read", detail={"shown": 1})
        said.file_id = said.record_id = case.id
        said.record, said.record_version = "case", case.version
        said.save(force_insert=True)
    return case


@router.get("/cases", response=PageOut)
def list_cases(
    request: Any,
    limit: int = 50,
    status: str | None = None,
    number: str | None = None,
    after: UUID | None = None,
) -> dict[str, Any]:
    with transaction.atomic():
        cases = with_tracks(reachable(request.auth)).order_by("id")
        if status:
            cases = cases.filter(status=status)
        if number:
            cases = cases.filter(number=number)
        if after:
            cases = cases.filter(id__gt=after)
        found = list(cases[: limit + 1])
        shown, more = found[:limit], len(found) > limit
        said = event(request.auth, "case.read", "GET /cases", "read", detail={"shown": len(shown)})
        said.record = "case"
        said.save(force_insert=True)
        Subject.objects.bulk_create(Subject(event_id=said.id, file_id=one.id) for one in shown)
    return {"items": shown, "next": str(shown[-1].id) if more else None}


@router.post("/cases/{case_id}/notes", response={201: NoteOut})
def add_note(request: Any, case_id: UUID, given: NoteIn) -> tuple[int, dict[str, Any]]:
    session, at, record_class = request.auth, timezone.now(), "psychosocial_notes"
    with transaction.atomic():
        case = get_object_or_404(reachable(session).filter(status="open"), id=case_id)
        head = Head.objects.select_for_update().filter(file_id=case.id, chain=record_class).first()
        if head is None:
            head = Head(file_id=case.id, chain=record_class, seq=0, hash=GENESIS)
        head.seq += 1
        note = Note(
            id=new_id(),
            created_at=at,
            updated_at=at,
            case=case,
            case_jurisdiction="ra",
            record_class=record_class,
            kind=given.kind,
            occurred_on=given.occurred_on,
            text=given.text.encode(),
            author_id=session.user_id,
        )
        said = event(
            *(session, "note.add", "POST /cases/{case_id}/notes", "written"),
            file_id=case.id,
            record_class=record_class,
            record="note",
            record_id=note.id,
            record_version=1,
            detail={"fields": ["author_id", "kind", "occurred_on", "text"]},
            chain=record_class,
            seq=head.seq,
        )
        note.last_event_id = said.id
        whole = orjson.dumps({**given.model_dump(), "id": note.id, "case_id": case.id})
        leaf = sha256(b"\0" + whole + said.id.bytes).digest()
        said.hash = head.hash = sha256(b"\1" + bytes(head.hash) + leaf).digest()
        if head.seq == 1:
            head.save(force_insert=True)
        else:
            Head.objects.filter(file_id=case.id, chain=record_class).update(
                seq=head.seq, hash=head.hash
            )
        said.save(force_insert=True)
        note.save(force_insert=True)
        Revision(
            record_id=note.id,
            version=1,
            record="note",
            record_class=record_class,
            file_id=case.id,
            event_id=said.id,
            created_at=at,
            snapshot=whole,
        ).save(force_insert=True)
        told = {"case": str(case.id), "note": str(note.id)}
        Message(id=new_id(), created_at=at, file_id=case.id, topic="note.added", body=told).save(
            force_insert=True
        )
    return 201, {**note.__dict__, "text": given.text}


api.add_router("", router)
urlpatterns = [path("v1/", api.urls)]
