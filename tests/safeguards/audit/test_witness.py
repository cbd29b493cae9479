"""A witness signs one past: each answer that C2SP tlog-witness names, and no other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.safeguards.audit import tiles
from app.safeguards.audit.checkpoint import Checkpoint
from app.safeguards.audit.forms import BadText
from app.safeguards.audit.keys import Kind, SigningKey
from app.safeguards.audit.merkle import entry_leaf
from app.safeguards.audit.notes import Note, read_signatures, sign, verified
from app.safeguards.audit.witness import (
    UNSEEN,
    Cosigned,
    Refused,
    Request,
    Seen,
    cosigned,
    judged,
    read_request,
)
from tests.safeguards.audit.logs import AT, KEY, ORIGIN, OTHER_WITNESS, PQ_KEY, WITNESS, Log

LOGS = {ORIGIN: [KEY.verifier, PQ_KEY.verifier]}
KEYS = [WITNESS, OTHER_WITNESS]


def log_of(size: int, word: bytes = b"") -> Log:
    return Log([entry_leaf(word + b"%d" % number) for number in range(size)])


def asked(log: Log, old: int, *keys: SigningKey) -> Request:
    return Request(old, tuple(tiles.consistency(log.read, old, log.size)), log.note(*keys))


def answer(request: Request, seen: Seen) -> Cosigned:
    request = read_request(request.written())
    return cosigned(request, judged(request, LOGS), seen, KEYS, AT)


def refusal(request: Request, seen: Seen) -> Refused:
    with pytest.raises(Refused) as told:
        answer(request, seen)
    return told.value


def test_it_follows_a_log_that_grows() -> None:
    seen = UNSEEN
    for size in (1, 2, 7, 8, 300, 300, 513):
        log = log_of(size)
        request = asked(log, seen.size)
        found = answer(request, seen)
        seen = found.seen
        assert seen == (size, log.root)
        note = Note(request.note.text, read_signatures(found.lines))
        assert verified(note, [one.verifier for one in KEYS]) == dict.fromkeys(
            (one.verifier for one in KEYS), AT
        )


def test_either_key_of_the_log_suffices_and_no_other() -> None:
    log = log_of(3)
    for keys in ([KEY], [PQ_KEY], [KEY, PQ_KEY, WITNESS]):
        assert answer(asked(log, 0, *keys), UNSEEN).seen.size == 3
    stranger = SigningKey(ORIGIN, Kind.ED25519, bytes(32))
    assert refusal(asked(log, 0, stranger), UNSEEN).status == 403
    forged = log_of(4).note().signatures
    assert refusal(Request(0, (), Note(log.note().text, forged)), UNSEEN).status == 403


def test_a_log_that_it_does_not_watch() -> None:
    text = Checkpoint("elsewhere.example/log", 1, bytes(32)).written()
    assert refusal(Request(0, (), sign(text, [KEY], AT)), UNSEEN).status == 404


def test_the_old_size_is_not_above_the_new() -> None:
    log = log_of(5)
    told = refusal(Request(6, (), log.note()), Seen(6, log_of(6).root))
    assert (told.status, told.size) == (400, None)


@pytest.mark.parametrize(("old", "held"), [(0, 3), (2, 3), (3, 0), (4, 3), (5, 3)])
def test_the_old_size_is_the_one_held(old: int, held: int) -> None:
    log = log_of(5)
    told = refusal(asked(log, old), Seen(held, log_of(held).root))
    assert (told.status, told.size) == (409, held)


def test_the_same_size_has_one_root() -> None:
    seen = Seen(5, log_of(5).root)
    told = refusal(asked(log_of(5, b"other"), 5), seen)
    assert (told.status, told.size) == (409, None)
    assert answer(asked(log_of(5), 5), seen).seen == seen
    empty = sign(Checkpoint(ORIGIN, 0, bytes(32)).written(), [KEY], AT)
    assert refusal(Request(0, (), empty), UNSEEN).status == 409


def test_it_signs_no_line_that_one_of_its_keys_does_not_cover() -> None:
    log = log_of(3)
    longer = Request(0, (), sign(f"{log.note().text}more\n", [KEY], AT))
    assert refusal(longer, UNSEEN).status == 400
    found = cosigned(longer, judged(longer, LOGS), UNSEEN, [WITNESS], AT)
    assert verified(Note(longer.note.text, read_signatures(found.lines)), [WITNESS.verifier]) == {
        WITNESS.verifier: AT
    }


def test_the_proof_must_hold() -> None:
    log, seen = log_of(9), Seen(5, log_of(5).root)
    good = asked(log, 5)
    assert answer(good, seen).seen.size == 9
    for hashes in ((), good.hashes[:-1], (*good.hashes, bytes(32)), good.hashes[::-1]):
        assert refusal(good._replace(hashes=hashes), seen).status == 422
    assert refusal(asked(log_of(9, b"other"), 5), seen).status == 422
    assert refusal(Request(0, (bytes(32),), log.note()), UNSEEN).status == 422
    assert refusal(Request(9, (bytes(32),), log.note()), Seen(9, log.root)).status == 422


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([b"", b"x"]), st.integers(0, 20), st.integers(0, 20))))
def test_whatever_is_asked_it_signs_one_past(asks: list[tuple[bytes, int, int]]) -> None:
    """Two logs of one name and key: once something of one is signed, nothing of the other is."""
    seen, words = UNSEEN, set()
    for word, old, size in asks:
        log = log_of(size, word)
        request = Request(old, tuple(tiles.consistency(log.read, min(old, size), size)), log.note())
        try:
            found = answer(request, seen)
        except Refused:
            continue
        assert found.seen.size >= seen.size
        seen = found.seen
        words |= {word} if size else set()
    assert len(words) <= 1


def test_it_needs_keys_that_say_when() -> None:
    request = asked(log_of(1), 0)
    for keys, at in (([KEY], AT), (KEYS, 0)):
        with pytest.raises(ValueError, match="says when"):
            cosigned(request, judged(request, LOGS), UNSEEN, keys, at)


def test_what_is_no_request() -> None:
    raw = asked(log_of(9), 5).written()
    assert read_request(raw).written() == raw
    first = raw.split(b"\n")[1]
    for old, new in (
        (b"old 5", b"old 05"),
        (b"old 5", b"old"),
        (b"old 5", b"5"),
        (b"old 5\n", b""),
        (b"old 5", b"old 5 "),
        (first, first[:-4]),
        (first, b"\n".join([first] * 64)),
        (b"\n\n", b"\n"),
        (b"\n9\n", b"\n09\n"),
    ):
        assert old in raw
        with pytest.raises(BadText):
            read_request(raw.replace(old, new, 1))
    with pytest.raises(BadText, match="at most"):
        read_request(raw + bytes(1 << 20))


@given(st.binary(max_size=100), st.integers(0, 300))
def test_any_bytes_are_a_request_or_a_badtext(noise: bytes, at: int) -> None:
    raw = asked(log_of(3), 2).written()
    for bad in (noise, raw[:at] + noise + raw[at:], raw[:at] + noise):
        try:
            assert read_request(bad).written() == bad
        except BadText:
            continue
