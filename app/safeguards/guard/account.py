"""What users do with their own account: passwords, second factor, sessions."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from app.core.db import table
from app.core.errors import Forbidden, invalid
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity import second_factor, sessions
from app.safeguards.identity.models import Credential, RecoveryCode, Session
from app.safeguards.identity.passwords import examine, hashed, verified


class Account:
    """Verbs on the credentials of one user; each leaves its event with the unit of work."""

    def __init__(self, work: UnitOfWork, user_id: UUID | None = None) -> None:
        self.work, self.db = work, work._db
        self.user_id = user_id or work.actor.id

    def open_sessions(self) -> list[dict[str, Any]]:
        kept = table(Session)
        live = (kept.c.user_id == self.user_id, kept.c.ended_at.is_(None))
        rows = self.db.execute(
            select(kept.c.id, kept.c.created_at, kept.c.expires_at)
            .where(*live, kept.c.expires_at > self.work.at)
            .order_by(kept.c.id)
        )
        here = self.work.actor.session_id
        return [{**row._mapping, "current": row.id == here} for row in rows]

    def end_sessions(self, why: str = "signed out everywhere") -> int:
        owned = table(Session).c.user_id == self.user_id
        return sessions.end(self.db, self.work.at, why, owned)

    def create(self, username: str, password: str) -> None:
        """The first password of a new account."""
        examine(password, username)
        self.db.execute(
            insert(table(Credential)).values(user_id=self.user_id, password_hash=hashed(password))
        )

    def change_password(self, current: str, new: str) -> None:
        """Ends every session, this one too: whoever knew the old password is out."""
        kept = table(Credential)
        mine = kept.c.user_id == self.user_id
        known = self.db.execute(select(kept.c.password_hash).where(mine)).scalar_one()
        fits, _ = verified(current, known)
        if not fits:
            raise Forbidden("the current password is another one", code="wrong-password")
        examine(new, self.work.actor.username)
        self.db.execute(update(kept).where(mine).values(password_hash=hashed(new)))
        self.end_sessions("password changed")

    def enrol(self) -> dict[str, Any]:
        """A new secret and recovery codes, shown this once."""
        kept, codes = table(Credential), table(RecoveryCode)
        mine = kept.c.user_id == self.user_id
        protected = self.db.execute(
            select(func.count()).select_from(kept).where(mine, kept.c.otp_secret.is_not(None))
        ).scalar_one()
        if protected:
            raise invalid("/otp", "enrolled", "a second factor is in use; have it reset first")
        secret, spare = second_factor.new_secret(), second_factor.recovery_codes()
        whole = second_factor.sealed(self.work._vault, self.user_id, secret)
        self.db.execute(update(kept).where(mine).values(otp_secret=whole, otp_counter=None))
        self.db.execute(delete(codes).where(codes.c.user_id == self.user_id))
        digests = [second_factor.code_digest(self.user_id, code) for code in spare]
        rows = [{"digest": digest, "user_id": self.user_id} for digest in digests]
        self.db.execute(insert(codes), rows)
        uri = second_factor.address(secret, self.work.actor.username)
        return {"secret": secret, "uri": uri, "recovery_codes": spare}
