"""The ceiling: raw ASGI and asyncpg, one prepared statement a request, JSON made by PostgreSQL.

It knows one caller and looks no token up; it seals nothing and checks no body. It keeps the team's
wall and leaves the same events, and a note costs it the same rows.
"""

import json
import os
from asyncio import Queue
from hashlib import sha256
from time import time_ns
from typing import Any
from uuid import UUID

import asyncpg

CONNECTIONS = int(os.environ.get("BENCH_CEILING_CONNECTIONS", "16"))
KNOWN = json.loads(os.environ["BENCH_KNOWN"])

# What is the same in every request stands behind an @ and is spelled out once.
PARTS = {
    "TEAM": """m.user_id = '@user' AND m.role = 'social_worker' AND m.jurisdiction = 'ra'
        AND m.since <= current_date AND (m.until IS NULL OR m.until > current_date)""",
    "EVENT": """INSERT INTO audit_events (id, created_at, actor_id, role, session_id, action,
        route, outcome, file_id, record_class, record, record_id, record_version, request_id,
        policy, detail, chain, seq, hash)""",
    "WHO": "now(), '@user', 'social_worker', '@session'",
    "CASE": """c.id, c.version, c.created_at, c.updated_at, c.number, c.person_id, c.programme,
        c.status, c.phase, c.need_level, c.lead_worker_id, c.unit_id, c.operation_id, c.opened_on,
        c.closed_on, c.closure_reason, c.closure_proposed_by, c.closure_proposed_at""",
    "TRACKS": """(SELECT coalesce(json_agg(CASE WHEN t.record_class = 'clinical' THEN
        (SELECT row_to_json(s) FROM (SELECT t.id, t.code, t.pillar, t.attending) s) ELSE
        (SELECT row_to_json(w) FROM (SELECT t.id, t.version, t.created_at, t.updated_at, t.code,
        t.pillar, t.state, t.since, t.due_on) w) END ORDER BY t.code), '[]') FROM tracks t WHERE
        case_id = c.id AND record_class = ANY('{case,protection,livelihood,clinical,security,plan,
        faith_counselling,justice,education,health,child_justice,pathway,civil_documents,family}'))
        AS tracks""",
}
DETAIL = """
    WITH hit AS MATERIALIZED (SELECT @CASE FROM cases c WHERE c.id = $1 AND EXISTS
        (SELECT FROM team_members m WHERE m.case_id = c.id AND @TEAM)),
    said AS (@EVENT SELECT $2, @WHO, 'case.read', 'GET /cases/{case_id}', 'read', id, NULL, 'case',
        id, version, $3, 'bench', '{"shown": 1}', NULL, NULL, NULL FROM hit)
    SELECT row_to_json(one)::text FROM (SELECT c.*, @TRACKS FROM hit c) one
"""
LIST = """
    WITH hit AS MATERIALIZED (SELECT @CASE FROM team_members m JOIN cases c ON c.id = m.case_id
        WHERE @TEAM AND c.status = 'open' ORDER BY m.case_id LIMIT 50),
    said AS (@EVENT SELECT $1, @WHO, 'case.read', 'GET /cases', 'read', NULL, NULL, 'case', NULL,
        NULL, $2, 'bench', '{"shown": 50}', NULL, NULL, NULL),
    named AS (INSERT INTO audit_subjects (event_id, file_id) SELECT $1, id FROM hit)
    SELECT json_build_object('items', json_agg(one), 'next', max(one.id::text))::text
    FROM (SELECT c.*, @TRACKS FROM hit c ORDER BY c.id) one
"""
SEARCH = """
    WITH hit AS MATERIALIZED (SELECT @CASE FROM cases c WHERE c.number = $1 AND EXISTS
        (SELECT FROM team_members m WHERE m.case_id = c.id AND @TEAM)),
    said AS (@EVENT SELECT $2, @WHO, 'case.read', 'GET /cases', 'read', NULL, NULL, 'case', NULL,
        NULL, $3, 'bench', '{"shown": 1}', NULL, NULL, NULL),
    named AS (INSERT INTO audit_subjects (event_id, file_id) SELECT $2, id FROM hit)
    SELECT json_build_object('items', json_agg(one), 'next', NULL)::text
    FROM (SELECT c.*, @TRACKS FROM hit c) one
"""
NOTE = """
    WITH given AS (SELECT $3::json AS body),
    hit AS (SELECT c.id FROM cases c WHERE c.id = $1 AND c.status = 'open' AND EXISTS
        (SELECT FROM team_members m WHERE m.case_id = c.id AND @TEAM)),
    head AS (INSERT INTO chain_heads AS h (file_id, chain, seq, hash) SELECT id,
        'psychosocial_notes', 1, sha256('\\x01'::bytea || decode(repeat('00', 32), 'hex') || $6)
        FROM hit ON CONFLICT (file_id, chain) DO UPDATE SET seq = h.seq + 1,
        hash = sha256('\\x01'::bytea || h.hash || $6) RETURNING seq, hash),
    said AS (@EVENT SELECT $2, @WHO, 'note.add', 'POST /cases/{case_id}/notes', 'written', $1,
        'psychosocial_notes', 'note', $4, 1, $5, 'bench', json_build_object('fields',
        ARRAY['author_id', 'kind', 'occurred_on', 'text'], 'commitment', encode($6, 'hex')),
        'psychosocial_notes', seq, hash FROM head),
    made AS (INSERT INTO notes (id, created_at, updated_at, version, case_id, case_jurisdiction,
        record_class, kind, occurred_on, text, author_id, last_event_id)
        SELECT $4, now(), now(), 1, $1, 'ra',
        'psychosocial_notes', body->>'kind', (body->>'occurred_on')::date,
        convert_to(body->>'text', 'UTF8'), '@user', $2 FROM given, head RETURNING *),
    kept AS (INSERT INTO revisions (record_id, version, record, record_class, file_id, event_id,
        created_at, snapshot) SELECT $4, 1, 'note', 'psychosocial_notes', $1, $2, now(),
        convert_to(body::text, 'UTF8') FROM given, head),
    told AS (INSERT INTO outbox_messages (id, created_at, file_id, topic, body, sent) SELECT $7,
        now(), $1, 'note.added', json_build_object('case', $1, 'note', $4), false FROM head)
    SELECT json_build_object('id', id, 'version', version, 'created_at', created_at, 'updated_at',
        updated_at, 'kind', kind, 'occurred_on', occurred_on, 'text', body->>'text', 'author_id',
        author_id, 'corrects_id', corrects_id)::text FROM made, given
"""
HISTORY = """
    SELECT json_build_object('event_id', e.id, 'at', e.created_at, 'actor_id', e.actor_id,
        'action', e.action, 'record_class', e.record_class, 'record', e.record, 'record_id',
        e.record_id, 'version', e.record_version, 'bytes', length(r.snapshot), 'chain',
        json_build_object('rev', e.seq, 'hash', encode(e.hash, 'hex')))::text
    FROM revisions r JOIN audit_events e ON e.id = r.event_id
    WHERE r.file_id = $1 ORDER BY e.created_at, e.record_class, e.seq
"""


def spelled(statement: str) -> str:
    for name, part in {**PARTS, "user": KNOWN["user"], "session": KNOWN["session"]}.items():
        statement = statement.replace(f"@{name}", part)
    return statement


def new_id() -> UUID:
    number = (time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return UUID(int=number & ~(0xF << 76 | 3 << 62) | 7 << 76 | 2 << 62)


class Lane:
    """A connection and what is prepared on it."""

    def __init__(self, db: Any) -> None:
        self.db = db

    async def prepare(self) -> None:
        self.detail = await self.db.prepare(spelled(DETAIL))
        self.list = await self.db.prepare(spelled(LIST))
        self.search = await self.db.prepare(spelled(SEARCH))
        self.note = await self.db.prepare(spelled(NOTE))


lanes: Queue[Lane] = Queue()
HEAD = [(b"content-type", b"application/json")]


async def start() -> None:
    for _ in range(CONNECTIONS):
        db = await asyncpg.connect(os.environ["BENCH_DATABASE_URL"], server_settings={"jit": "off"})
        lane = Lane(db)
        await lane.prepare()
        lanes.put_nowait(lane)


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    parts = scope["path"].split("/")  # /v1/cases/{id}/notes
    status = 200
    if scope["method"] == "POST":
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status = 201
        leaf = sha256(b"\0" + body).digest()
        given = (UUID(parts[3]), new_id(), body.decode(), new_id(), new_id(), leaf, new_id())
        lane = await lanes.get()
        found = await lane.note.fetchval(*given)
    elif len(parts) == 5:
        await history(UUID(parts[3]), send)
        return
    elif len(parts) == 4:
        lane = await lanes.get()
        found = await lane.detail.fetchval(UUID(parts[3]), new_id(), new_id())
    elif scope["query_string"].startswith(b"number="):
        lane = await lanes.get()
        number = scope["query_string"].removeprefix(b"number=").decode()
        found = await lane.search.fetchval(number, new_id(), new_id())
    else:
        lane = await lanes.get()
        found = await lane.list.fetchval(new_id(), new_id())
    lanes.put_nowait(lane)
    text = (found or "").encode()
    length = (b"content-length", b"%d" % len(text))
    status = status if text else 404
    await send({"type": "http.response.start", "status": status, "headers": [*HEAD, length]})
    await send({"type": "http.response.body", "body": text})


async def history(case_id: UUID, send: Any) -> None:
    """Line by line, five hundred at a time."""
    lane = await lanes.get()
    await send({"type": "http.response.start", "status": 200, "headers": HEAD})
    async with lane.db.transaction():
        cursor = await lane.db.cursor(HISTORY, case_id)
        while rows := await cursor.fetch(500):
            text = "\n".join([row[0] for row in rows]) + "\n"
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
    lanes.put_nowait(lane)
    await send({"type": "http.response.body", "body": b""})


async def lifespan(receive: Any, send: Any) -> None:
    await receive()
    await start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
