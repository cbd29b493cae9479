"""Two worlds that differ in what somebody may not see are the same to them, byte for byte.

The second world is the first one after something hidden has happened in it. Whoever it is hidden
from reads before and after, and what was the second world is the first one of the next pair.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from tests.access.cells.addresses import address, variants
from tests.access.cells.asking import UNFIT
from tests.access.cells.expecting import Cell, Judge
from tests.access.cells.happenings import NOTE, Happening, Happenings, Request
from tests.access.cells.operations import OPERATIONS
from tests.access.cells.people import RELATIONS, Who
from tests.access.cells.rights import RIGHTS, ROLES
from tests.access.cells.scene import File, Scene
from tests.access.cells.staging import staged
from tests.conftest import ENGINES
from tests.worlds import Worlds

# What every request of one's own changes: no two readings of it are the same.
EVENTS = "/v1/audit/events"
LOOKS = "/v1/cases/{case_id}/access-log"  # events of the same rule, less some
OWN_ACTS = (EVENTS, LOOKS, "/v1/me/sessions")
CHANCE = ("x-request-id", "date", "server-timing", "content-length")
CURSOR, MORE = re.compile(rb'"next":\s*"([^"]+)"'), b'"next":"*"'
OF_ONE_RECORD = re.compile(r"/v1/(cases|people)/[^/]+/[^/]+/[^/]+$")  # below a file
LONG = {"all": "?limit=200&count=true", "history": "?limit=200"}
PAIRS = 500  # for each role at least, half of them on each engine
AT_ONCE = 50  # pairs between two readings of everything
Told = dict[Request, Any]  # status, headers and body


def everything(scene: Scene) -> Iterator[Request]:
    """Every operation on both files, on records of each kind whoever may see them."""
    judge, somebody = Judge(scene), scene.who("auditor", "none")
    for number, operation in enumerate(OPERATIONS):
        if operation.path in OWN_ACTS:
            continue
        for file in scene.files if operation.of_a_file else scene.files[:1]:
            if not (rows := variants(operation, judge, file)):
                continue
            path = address(Cell(operation, somebody, file, rows[number % len(rows)]), scene)
            yield operation.method, path
            if operation.answer in LONG:
                yield operation.method, path + LONG[operation.answer]


class Reader:
    """Keeps what they were told last."""

    def __init__(self, scene: Scene, who: Who) -> None:
        self.scene, self.who = scene, who
        self.others, self.place = dict[str, Any](), ""  # acts of others on the trail, as far as it
        self.seen = self.asks(everything(scene))
        self.shown = [one for one in self.seen if self.is_shown(*one)]
        self.follow_the_trail()

    def is_shown(self, method: str, path: str) -> bool:
        """Of a list that fits one page, that page is enough; of another one, all of them."""
        plain, _, query = path.partition("?")
        if (method, plain) not in self.seen:  # it takes a question, and has no pages
            return bool(self.seen[method, path][0] == 200)
        status, _, first = self.seen[method, plain]
        return bool(status == 200 and (MORE in first) == bool(query))

    def asks(self, requests: Iterable[Request]) -> Told:
        return {one: self.told(*one) for one in requests}

    def told(self, method: str, path: str) -> Any:
        answer = self.who.send(method, path, **({} if method == "GET" else {"json": UNFIT}))
        mine = answer.headers["x-request-id"].encode()
        headers = [(n, v) for n, v in answer.headers.items() if n.lower() not in CHANCE]
        body, following = answer.content.replace(mine, b""), CURSOR.search(answer.content)
        if "?" in path and following:
            place = f"{path.partition('&cursor=')[0]}&cursor={following[1].decode()}"
            body += self.told(method, place)[2]
        return answer.status_code, headers, CURSOR.sub(MORE, body)

    def follow_the_trail(self) -> None:
        """From the last page on that was full."""
        while True:
            answer = self.who.send("GET", f"{EVENTS}?limit=200{self.place}")
            if answer.status_code != 200:
                return
            page = answer.json()
            for one in page["items"]:
                if one["actor_id"] not in (self.who.id, None):
                    self.others[one["id"]] = one
            if page["next"] is None:
                return
            self.place = f"&cursor={page['next']}"

    def watches(self, ways: tuple[str, ...]) -> bool:
        """Whether their reach of the trail is one of these."""
        held = RIGHTS["audit"].get(self.who.role, {})
        return any(way in held and (way == "any" or self.who.here) for way in ways)

    def differences(self, before: Told, requests: Iterable[Request]) -> list[Any]:
        after = self.asks(requests)
        return [(one, before[one], told) for one, told in after.items() if told != before[one]]

    def lives_through(self, happening: Happening) -> list[Any]:
        """What of all that they are shown there has changed, and of what they ask about it."""
        before = {**self.seen, **self.asks(happening.asked)}
        happening.happen()
        found = self.differences(before, [*self.shown_beside(happening.file), *happening.asked])
        on_trail = self.new_on_the_trail()
        return found if self.watches(happening.on_trail) else found + on_trail

    def shown_beside(self, file: File | None) -> list[Request]:
        """Lists, pasts and covers of this file, and of none; if there is no file, of all."""
        others = [one for one in self.scene.files if file not in (None, one)]
        return [
            (method, path)
            for method, path in self.shown
            if not any(one.case_id in path or one.person_id in path for one in others)
            and not OF_ONE_RECORD.search(path)
        ]

    def new_on_the_trail(self) -> list[Any]:
        """What names a file or a record; that staff have looked something up names neither."""
        known = dict(self.others)
        self.follow_the_trail()
        new = (one for one in self.others.values() if known.get(one["id"]) != one)
        return [one for one in new if one["file_id"] or one["asked_id"] or one["record_id"]]


def lived(happenings: Happenings, who: Who, number: int) -> int:
    """That many pairs of worlds, in none of which a byte differs; and none between first and last.

    From pair to pair they ask again for the lists, pasts and covers that they were shown of that
    file and in general; at both ends, for all that there is to ask.
    """
    reader = Reader(happenings.scene, who)
    for one in islice(happenings.hidden_from(who), number):
        changed = reader.lives_through(one)
        assert not changed, f"{who} is told of {one.name}: {changed[:3]}"
    changed = reader.differences(reader.seen, reader.seen)
    assert not changed, f"{who} is told in the end: {changed[:3]}"
    return number


@pytest.fixture
def scene(worlds: Worlds, tmp_path: Path) -> Iterator[Scene]:
    with staged(worlds, tmp_path / "worlds") as scene:
        scene.become(False, "given")
        yield scene


def test_what_is_shown_makes_them_differ(scene: Scene) -> None:
    """The measure itself: nothing that one does oneself changes it, and what one may see does."""
    reader = Reader(scene, scene.who("auditor", "none"))
    assert len(reader.seen) > 300
    assert len(reader.shown) > 100
    assert not reader.differences(reader.seen, reader.seen)
    path, note = f"/v1/cases/{scene.files[0].case_id}/notes", {**NOTE, "kind": "counselling"}
    by = scene.who("religious_counsellor", "author")

    def happen() -> None:
        assert by.send("POST", path, json=note).status_code == 201

    found = reader.lives_through(Happening("a note", happen, on_trail=()))
    told = {one[0][1] for one in found if isinstance(one, tuple)}
    assert path in told
    assert path.replace("/notes", "/timeline") in told
    assert [one["action"] for one in found if isinstance(one, dict)] == ["note.add"]


@pytest.mark.turns
@pytest.mark.parametrize(("role", "relation"), [("educator", "team"), ("coordinator", "none")])
def test_what_is_hidden_changes_no_byte(scene: Scene, role: str, relation: str) -> None:
    assert lived(Happenings(scene, role), scene.who(role, relation), 8) == 8


@pytest.mark.prove
@pytest.mark.parametrize("role", ROLES)
def test_it_changes_no_byte_for_anybody(scene: Scene, role: str) -> None:
    """As who is in each relationship in turn: half of them on each engine, all at least once."""
    places = [one for one, (_, roles) in RELATIONS.items() if role in roles]
    places = places[ENGINES.index(scene.world.engine) :: len(ENGINES)] or places
    turns = max(PAIRS // len(ENGINES) // AT_ONCE, len(places))
    happenings, compared = Happenings(scene, role), 0
    for place in islice(cycle(places), turns):
        compared += lived(happenings, scene.who(role, place), AT_ONCE)
    assert compared >= PAIRS // len(ENGINES)
    sys.stderr.write(f"{scene.world.engine}: {compared} pairs as {role}, 0 differing bytes\n")
