"""A seed with millions of events of other people's cases, kept beside it.

Half of them are readings, half notes that were written, each with its place in its chain. What they
point to is not there, and their hashes are nobody's: they are there for the indexes.
"""

import time

import psycopg

from bench import postgres
from bench.places import Seed
from bench.population import BEGIN
from bench.seed import indexes_last

SPAN = 600 * 86_400_000  # milliseconds, as the cases of the population
OTHERS = """
    CREATE TEMPORARY TABLE others AS
    SELECT id, team_members.user_id, row_number() OVER (ORDER BY id) - 1 AS place
    FROM cases JOIN LATERAL (
        SELECT user_id FROM team_members WHERE case_id = cases.id ORDER BY id LIMIT 1
    ) team_members ON true
    WHERE NOT id = ANY(%(apart)s::uuid[]);
"""
EVENTS = """
    INSERT INTO audit_events (id, created_at, actor_id, role, session_id, action, route, outcome,
        file_id, record_class, record, record_id, record_version, request_id, policy, purpose,
        basis, relation, detail, chain, seq, hash, mac)
    SELECT
        (lpad(to_hex(ms), 12, '0') || '7' || left(chance, 3) || '8' || right(chance, 15))::uuid,
        to_timestamp(ms / 1000.0), user_id, 'social_worker', md5('session' || place)::uuid,
        CASE WHEN wrote THEN 'note.add' ELSE 'case.read' END,
        CASE WHEN wrote THEN 'POST /v1/cases/{case_id}/notes' ELSE 'GET /v1/cases/{case_id}' END,
        CASE WHEN wrote THEN 'written' ELSE 'read' END,
        others.id, CASE WHEN wrote THEN 'psychosocial_notes' END,
        CASE WHEN wrote THEN 'note' ELSE 'case' END,
        CASE WHEN wrote THEN md5('note' || n)::uuid ELSE others.id END, 1,
        md5('request' || n)::uuid, 'seed', 'care', 'mandate', 'team',
        CASE WHEN wrote THEN json_build_object('fields', ARRAY['kind', 'text'], 'commitment',
            chance || chance) ELSE '{"shown": 1}' END,
        CASE WHEN wrote THEN 'psychosocial_notes' END,
        CASE WHEN wrote THEN turn / 2 + 1 END,
        CASE WHEN wrote THEN sha256(chance::bytea) END, sha256(chance::bytea)
    FROM (
        SELECT n, n / %(count)s AS turn, n / %(count)s %% 2 = 1 AS wrote, md5(n::text) AS chance,
            %(begin)s + n * %(span)s::bigint / %(wanted)s AS ms
        FROM generate_series(0::bigint, %(wanted)s - 1) n
    ) made JOIN others ON place = n %% %(count)s
"""
HEADS = """
    INSERT INTO chain_heads (file_id, chain, seq, hash)
    SELECT file_id, chain, max(seq), sha256(file_id::text::bytea) FROM audit_events
    WHERE policy = 'seed' AND route = 'POST /v1/cases/{case_id}/notes' GROUP BY file_id, chain
"""


def filled(server: postgres.Server, seed: Seed, events: int) -> str:
    """The name of a database with the rows of the seed and so many events, made once."""
    name = f"{seed.name}_{events}"
    if server.has(name):
        return name
    half = f"{name}_half"
    server.copy(seed.name, half)
    print(f"filling up to {events:,} events, once …", flush=True)
    begun = time.monotonic()
    fill(server.url("postgres", half, "postgresql"), seed, events)
    server.run(f"ALTER DATABASE {half} RENAME TO {name}")
    print(f"filled in {time.monotonic() - begun:.0f} s", flush=True)
    return name


def fill(superuser: str, seed: Seed, events: int) -> None:
    """Of the cases that are measured none gets any, so each of these is as long as it was."""
    known = seed.known()
    with psycopg.connect(superuser, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("SET work_mem = '256MB'")
        db.execute(OTHERS, {"apart": [*known["own"], *known["long"].values()]})
        (count,) = db.execute("SELECT count(*) FROM others").fetchone() or (0,)
        (there,) = db.execute("SELECT count(*) FROM audit_events").fetchone() or (0,)
        how = {"count": count, "begin": int(BEGIN.timestamp() * 1000), "span": SPAN}
        with indexes_last(db, "audit_events"):
            db.execute(EVENTS, {**how, "wanted": max(0, events - there)})
        db.execute(HEADS)
        db.execute("VACUUM ANALYZE audit_events")
        db.execute("VACUUM ANALYZE chain_heads")
