"""A database in which one request is about to be taken, and copies of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from passlib.totp import TOTP
from sqlalchemy import make_url, select

from app.core.db import Base
from app.core.settings import Settings
from app.core.values import new_id
from tests.access.cells.scene import Scene
from tests.access.cells.staging import scene_in
from tests.faults.on_postgresql import wire
from tests.faults.on_sqlite import failing
from tests.faults.stories import Step, Story
from tests.faults.striking import Faults
from tests.looking import token_of, transaction
from tests.worlds import World, Worlds, opened

LIFE = timedelta(hours=12)


@dataclass(frozen=True)
class Asked:
    """One request, whole."""

    method: str
    path: str
    token: str
    more: dict[str, Any]
    tag: str = ""  # of what it changes
    secret: str = ""  # whose code of this moment is the body, if there is one

    def of_this_moment(self) -> "Asked":
        if not self.secret:
            return self
        return replace(self, more={"json": {"otp": str(TOTP(key=self.secret).generate().token)}})

    def send(self, world: World, key: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if self.tag:
            headers["If-Match"] = self.tag
        if key and self.method != "GET":
            headers["Idempotency-Key"] = key
        return world.client.request(self.method, self.path, headers=headers, **self.more)


@dataclass(frozen=True)
class Template:
    """The name of a database and the folder of its keys; nobody is connected."""

    worlds: Worlds
    name: str
    folder: Path

    @contextmanager
    def copy(self, folder: Path) -> Iterator[tuple[World, Faults]]:
        """An application of its own over a copy, with faults that are quiet so far."""
        worlds, name, faults = self.worlds, new_id().hex[-16:], Faults()
        shutil.copytree(self.folder, folder)
        settings = worlds.settings(folder, name)
        try:
            if worlds.server:
                worlds.server.create(name, self.name)
                there = make_url(worlds.server.url)
                with wire(str(there.host), there.port or 5432, faults) as line:
                    url = make_url(settings.database_url).set(host="127.0.0.1", port=line.port)
                    through = url.render_as_string(hide_password=False)
                    given = settings.model_copy(update={"database_url": through, "lanes": 1})
                    with opened(given, folder) as world:
                        yield world, faults
            else:
                with failing(faults), opened(settings, folder) as world:
                    yield world, faults
        finally:
            if worlds.server:
                worlds.server.drop(name)
            shutil.rmtree(folder)


@contextmanager
def template(worlds: Worlds, folder: Path, story: Story) -> Iterator[tuple[Template, Asked]]:
    """With all of the story done but its last step."""
    with worlds.database(folder, "scene") as settings:
        with opened(settings, folder) as world:
            asked = Telling(scene_in(world, folder)).told(story)
        yield Template(worlds, name_of(settings), folder), asked


@contextmanager
def failing_scene(worlds: Worlds, folder: Path) -> Iterator[tuple[Scene, Faults]]:
    """For reads, which leave all as it was: one copy for many of them."""
    with worlds.database(folder / "told", "scene") as settings:
        prepared = Template(worlds, name_of(settings), folder / "told")
        with prepared.copy(folder / "copy") as (world, faults):
            yield scene_in(world, folder / "copy"), faults


def name_of(settings: Settings) -> str:
    return str(make_url(settings.database_url).database).rpartition("_")[2]


class Telling:
    """Lets a story happen, step by step."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.ids = scene, {**scene.ids, "case_id": scene.files[0].case_id}
        self.ids["person_id"] = scene.files[0].person_id
        self.ids |= {" ".join(place): who.id for place, who in scene.people.items()}
        self.ids |= self.looked_up()
        self.secret = ""

    def looked_up(self) -> dict[str, str]:
        """What no step of a story makes."""
        tables = Base.metadata.tables
        notices, deadlines = tables["notices"], tables["deadlines"]
        case = UUID(self.ids["case_id"])
        c = deadlines.c
        mine = (c.case_id == case, c.status == "running", c.record_class == "plan")
        with transaction(self.scene.world.house.engine) as db:
            notice = db.execute(select(notices.c.id, notices.c.user_id)).first()
            deadline = db.execute(select(deadlines.c.id).where(*mine)).first()
        assert notice
        assert deadline
        broke = self.scene.who("psychologist", "glass").id
        glasses = [one for one in self.scene.rows["break_glass"] if one.file_id == str(case)]
        (glass,) = [one for one in glasses if one.author == broke]
        issued = [one for one in self.scene.rows["disclosure"] if one.file_id == str(case)]
        found = {"notice_id": notice.id, "told": notice.user_id, "deadline_id": deadline.id}
        found |= {"glass_id": glass.id, "issued_id": issued[0].id}
        found["colleague_id"] = self.scene.who("educator", "none").id
        found["assessor_id"] = self.scene.who("security_assessor", "team").id
        found["reader_id"] = self.scene.who("security_assessor", "cover").id
        return {name: str(one) for name, one in found.items()}

    def told(self, story: Story) -> Asked:
        for one in story[:-1]:
            answer = self.asked(one).send(self.scene.world)
            assert answer.is_success, f"{one}: {answer.text}"
            told = answer.json()
            if one.made == "secret":
                self.secret = told["secret"]
            elif one.made:
                self.ids[one.made] = told["access_token" if one.made == "token" else "id"]
        return self.asked(story[-1])

    def asked(self, one: Step) -> Asked:
        method, path = one.route.split()
        body = self.filled(one.body)
        more = {"data" if one.form else "json": body}
        token = self.token(one.who) if one.who else ""
        found = Asked(method, path.format(**self.ids), token, more, secret=self.secret)
        if method != "PATCH":
            return found
        shown = replace(found, method="GET", more={}).send(self.scene.world)
        return replace(found, tag=shown.headers["ETag"])

    def token(self, who: str) -> str:
        """Of somebody who has signed in a moment ago."""
        user = self.ids.get(who.strip("{}"))
        if user is None:
            role, _, unit = who.partition(" ")
            user = self.scene.world.staff[role, unit].id
        return token_of(self.scene.world.house, user)

    def filled(self, body: Any) -> Any:
        if isinstance(body, str) and body.startswith("{") and body != "{otp}":
            return self.ids[body[1:-1]]
        if isinstance(body, dict):
            return {name: self.filled(value) for name, value in body.items()}
        if isinstance(body, list):
            return [self.filled(value) for value in body]
        return body
