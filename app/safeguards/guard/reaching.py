"""By which class of record something is within reach, for rules that must know more than the door.

The door of a file opens by any class of the action. Who has what is rare (`rarely`) may have come
by a relationship for some classes alone.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import and_, false, literal, or_, select

from app.core.db import table
from app.core.errors import Forbidden
from app.safeguards.access.bars import barred
from app.safeguards.access.policy import BY_TEAM, POLICY, Reach
from app.safeguards.guard.beyond import Beyond
from app.safeguards.guard.door import rare_now
from app.safeguards.guard.protected import EVERY_CLASS, Protected, Sight, letting_in, rule_of


class Reaching(Beyond):
    _rare: bool | None = None  # whether the caller has what is rare, once that was asked

    def reaches_class(self, record_class: str, action: str | None = None) -> bool:
        """Whether an action (of the route, or another) reaches this class on the file of the path.

        The door opens by any class of the action; a rule may have to know by which.
        """
        scope = self._mark.scope
        assert scope is not None, "asked of no file"
        return self.reaches_class_of(scope, self._asked.file_id, record_class, action)

    def reaches_class_of(
        self,
        scope: type[Protected],
        file_id: UUID | None,
        record_class: str,
        action: str | None = None,
    ) -> bool:
        """The same of another file, which a body names."""
        asked = action or self._mark.action
        every = POLICY.grants(self.actor.role, asked)
        by = (reach for reach, names in every.items() if record_class in names)
        sealed = self._past_seals(asked)
        return self._reaches_by(scope, file_id, ((reach, record_class) for reach in by), sealed)

    def reads_class(self, record_class: str) -> bool:
        """Whether they read all that the file of the path has of this class, and not their own."""
        assert self._mark.scope is not None, "asked of no file"
        given = POLICY.classes[record_class].get(self.actor.role, {})
        by = (reach for reach, rights in given.items() if "R" in rights and reach != Reach.OWN)
        return self._reaches_by(
            self._mark.scope, self._asked.file_id, ((reach, record_class) for reach in by)
        )

    def reaches_wholly(
        self,
        scope: type[Protected],
        file_id: UUID | None,
        action: str,
        record_class: str | None = None,
    ) -> bool:
        """Whether an action reaches this file by more than a part of the team's work.

        With a class: whether it reaches that class so.
        """
        if not self._has_rare():
            return True
        every = POLICY.grants(self.actor.role, action)
        by = (
            (reach, EVERY_CLASS if reach in BY_TEAM else record_class)
            for reach, names in every.items()
            if record_class is None or record_class in names
        )
        return self._reaches_by(scope, file_id, by, self._past_seals(action))

    def _may_let_in(self, kind: type[Protected], record_class: str) -> bool:
        """Whether a row may be written by which others come to the file, where it is such a row.

        A docket that opens civil matters lets nobody into criminal ones.
        """
        mark, file_id = self._mark, self._asked.file_id
        if mark.scope is None or kind.record not in letting_in():
            return True
        return self.reaches_wholly(mark.scope, file_id, mark.action, record_class)

    def _open(self) -> None:
        """Who is there for a part must not let others in, nor themselves further."""
        super()._open()
        mark, asked = self._mark, self._asked
        if mark.scope is None or not asked.writes or mark.action.split(".")[0] not in letting_in():
            return
        if not self.reaches_wholly(mark.scope, asked.file_id, mark.action):
            raise Forbidden(f"who is here for a part of the work may not do this: {mark.action}")

    def _reaches_by(
        self,
        scope: type[Protected],
        file_id: UUID | None,
        by: Iterable[tuple[Reach, str | None]],
        sealed: bool = False,
    ) -> bool:
        """By one of these relationships, each for a class, or with None for any.

        `sealed`: what bars everybody does not count.
        """
        rows, rule = table(scope), rule_of(scope)
        ways = [
            rule(rows, Sight(self.actor, reach, self._when, None if of is None else literal(of)))
            for reach, of in by
        ]
        reached = and_(or_(false(), *ways), ~barred(rows.c[scope.file], self.actor, sealed=sealed))
        here = select(rows.c.id).where(rows.c.id == file_id, reached)
        return self._execute(here).first() is not None

    def _has_rare(self) -> bool:
        if self._rare is None:  # who came the short way has nothing that is
            self._rare = self._asked.proven and rare_now(self._db, self.actor, self.at)
        return self._rare
