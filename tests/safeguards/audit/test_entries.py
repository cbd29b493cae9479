"""What the log has of an event: everything the chain hashes, and its place and link in it."""

import json
from hashlib import sha256

from app.safeguards.audit.chain import HASHED, LOGGED, entry, leaf, log_leaf
from app.verify import HASHED as TOLD_HASHED
from app.verify import LOGGED as TOLD_LOGGED
from app.verify import canonical
from tests.safeguards.audit.logs import chained, shown, unchained


def test_an_entry_says_what_is_hashed_and_the_place_in_the_chain() -> None:
    for event in (chained(1)[0], unchained()):
        said = json.loads(entry(event))
        assert set(said) == set(LOGGED) == {*HASHED, "seq", "hash"}
        assert said == shown(event)
        assert log_leaf(event) == sha256(b"\0" + entry(event)).digest()


def test_nothing_of_an_entry_can_change_unseen() -> None:
    event = chained(1)[0]
    for name in LOGGED:
        assert log_leaf({**event, name: "another"}) != log_leaf(event), name
    for name in ("seq", "hash"):  # the link says these, not the leaf of the chain
        assert leaf({**event, name: "another"}) == leaf(event)


def test_the_verifier_has_the_same_names_and_the_same_spelling() -> None:
    assert TOLD_HASHED == HASHED
    assert TOLD_LOGGED == LOGGED
    odd = "".join(map(chr, [*range(1, 0x250), 0x2028, 0xFFFD, 0xFFFF, 0x1F600])) + '"\\/'
    for event in (
        chained(1)[0],
        unchained(detail={odd: [odd, None, True, False, -1, 2**53, {"b": 1, "a": {}, "ä": []}]}),
    ):
        assert canonical(shown(event), LOGGED) == entry(event)
