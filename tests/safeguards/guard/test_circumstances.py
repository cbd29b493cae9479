"""What every event of a request has in common, and what an event says beside it."""

from datetime import UTC, datetime
from uuid import UUID

from app.safeguards.access.policy import POLICY
from app.safeguards.audit.vouching import word
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.identity.caller import Caller

AT = datetime(2026, 3, 1, tzinfo=UTC)
CALLER = Caller(UUID(int=7), "name", "social_worker", UUID(int=6), "ra", UUID(int=8))
HELD = [{"kind": "cover", "id": "1"}]


def circumstances(caller: Caller | None = CALLER, action: str = "note.add") -> Circumstances:
    return Circumstances(caller, action, "POST /route", UUID(int=5), AT)


def test_they_begin_with_nothing_said_and_nothing_held() -> None:
    made = circumstances()
    told = (made.vouching, made.summary, made.grants, made.made)
    assert told == (b"", False, [], [])
    event = made.event("read")
    assert (made.grants, made.made) == ([], [event])


def test_an_event_says_who_did_what_when_why_and_by_which_policy() -> None:
    made = circumstances()
    event = made.event("written", code="done", detail={"a": 1})
    assert made.made == [event]
    assert event.pop("id") != made.event("written")["id"]
    assert event == {
        **{"created_at": AT, "actor_id": UUID(int=7), "role": "social_worker"},
        **{"session_id": UUID(int=8), "action": "note.add", "route": "POST /route"},
        **{"outcome": "written", "request_id": UUID(int=5), "policy": POLICY.digest[:16]},
        **{"purpose": "care", "basis": "mandate", "relation": "team"},
        **dict.fromkeys(("file_id", "asked_id", "record_class", "record", "record_id")),
        **dict.fromkeys(("record_version", "chain", "seq", "hash", "mac")),
        **{"code": "done", "detail": {"a": 1}},
    }


def test_nobody_has_no_name_no_role_and_no_session() -> None:
    event = circumstances(None).event("refused")
    untold = ("actor_id", "role", "session_id", "code", "purpose", "basis", "relation")
    assert [event[name] for name in untold] == [None] * len(untold)
    assert event["detail"] == {}


def test_an_event_says_by_what_the_summary_opens_where_the_answer_has_one() -> None:
    made = circumstances(Caller(UUID(int=7), "", "educator", None, "ra", None), "person.read")
    assert made.event("read")["relation"] is None
    made.summary = True
    assert made.event("read")["relation"] == "team"


def test_what_is_held_by_name_is_told_beside_the_rest_also_of_a_refusal() -> None:
    made = circumstances()
    made.grants = HELD
    assert made.event("read", detail={"shown": 1})["detail"] == {"shown": 1, "grants": HELD}
    refused = made.event("refused")
    assert (refused["relation"], refused["detail"]) == (None, {"grants": HELD})


def test_each_event_has_our_word_where_there_is_a_key() -> None:
    made = circumstances()
    made.vouching, made.grants = b"k" * 32, HELD
    for outcome in ("read", "refused"):
        event = made.event(outcome)
        assert event["mac"] == word(b"k" * 32, event)
