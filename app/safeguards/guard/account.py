"""Verbs on what lets one user in: passwords, second factor, sessions."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from app.core.db import table
from app.core.errors import Conflict, Forbidden, TooMany, invalid
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity import second_factor, sessions
from app.safeguards.identity.accounts import changed, first
from app.safeguards.identity.caller import staff
from app.safeguards.identity.models import Credential, RecoveryCode, Session
from app.safeguards.identity.passwords import examine, hashed, verified
from app.safeguards.vault.opening import wraps_now

WRONG = "wrong-password"
TRIES, WINDOW = 5, timedelta(minutes=15)
ONE_TIME = timedelta(hours=24)


class Account:
    """The caller's own, or that of a user whom the caller's action has reached."""

    def __init__(self, work: UnitOfWork, user_id: UUID | None = None) -> None:
        self.work, self.db = work, work._db
        self.user_id, self.key = user_id or work.actor.id, work._vault.admitting
        self.kept = table(Credential)
        self.mine = self.kept.c.user_id == self.user_id

    # --- sessions -----------------------------------------------------------------------------

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

    def signed_in_at(self) -> datetime | None:
        """When the caller last proved who they are; None for who has no session (an operator)."""
        kept = table(Session)
        here = kept.c.id == self.work.actor.session_id
        found: datetime | None = self.db.execute(
            select(kept.c.created_at).where(here)
        ).scalar_one_or_none()
        return found

    # --- passwords ----------------------------------------------------------------------------

    def create(self, password: str) -> None:
        """The first password of a new account."""
        examine(password, self.known_names())
        first(self.db, self.key, self.user_id, hashed(password))

    def create_client(self) -> str:
        """A secret of 256 bits that the machine's operator sees once."""
        secret = secrets.token_urlsafe(32)
        first(self.db, self.key, self.user_id, hashed(secret))
        return secret

    def rotate_secret(self) -> str:
        """Ends what the old secret let in."""
        secret = secrets.token_urlsafe(32)
        self.put_password(secret)
        self.end_sessions("secret rotated")
        return secret

    def change_password(self, current: str, new: str) -> int:
        """Ends every session, this one too: whoever knew the old password is out."""
        self.prove(current)
        examine(new, self.known_names())
        if new == current:
            raise invalid("/password", "unchanged", "is the current one")
        self.put_password(new)
        return self.end_sessions("password changed")

    def reset_password(self) -> str:
        """A password for one sign-in, in which the user may set another and do nothing else."""
        password = "-".join(secrets.token_hex(3) for _ in range(4))
        self.put_password(password, one_time_until=self.work.at + ONE_TIME)
        self.end_sessions("password reset")
        return password

    def put_password(self, password: str, **more: Any) -> None:
        values = {"one_time_until": None, **more, "password_hash": hashed(password)}
        changed(self.db, self.key, self.user_id, **values)

    def prove(self, password: str) -> None:
        """An open session is not proof enough for a change of what protects it.

        Wrong ones are counted by their refusals, which outlive this unit of work.
        """
        self.allow_another(WRONG)
        known = self.db.execute(select(self.kept.c.password_hash).where(self.mine)).scalar_one()
        fits, _ = verified(password, known)
        if not fits:
            raise Forbidden("the current password is another one", code=WRONG)

    def allow_another(self, code: str) -> None:
        events = table(AuditEvent).c
        wrong = (events.actor_id == self.user_id, events.code == code, events.outcome == "refused")
        recent = events.created_at > self.work.at - WINDOW
        if self.db.execute(select(func.count()).where(*wrong, recent)).scalar_one() >= TRIES:
            headers = {"Retry-After": str(int(WINDOW.total_seconds()))}
            raise TooMany("wait before the next try", headers=headers)

    def known_names(self) -> list[str]:
        users, _ = staff()
        names = select(users.c.username, users.c.display_name).where(users.c.id == self.user_id)
        return list(self.db.execute(names).one())

    # --- second factor ------------------------------------------------------------------------

    def enrol(self, password: str) -> dict[str, Any]:
        """A new secret and recovery codes, shown this once; in force when a first code is sent."""
        self.prove(password)
        if self.has_second_factor():
            raise Conflict("a second factor is in use; have it reset first", code="enrolled")
        codes, spare = table(RecoveryCode), second_factor.recovery_codes()
        secret = second_factor.new_secret()
        whole = second_factor.wrapped(self.work._vault, wraps_now(self.db), self.user_id, secret)
        self.db.execute(update(self.kept).where(self.mine).values(otp_pending=whole))
        self.db.execute(delete(codes).where(codes.c.user_id == self.user_id))
        digests = [
            second_factor.code_digest(self.work._vault, self.user_id, code) for code in spare
        ]
        rows = [{"digest": digest, "user_id": self.user_id} for digest in digests]
        self.db.execute(insert(codes), rows)
        uri = second_factor.address(secret, self.work.actor.username)
        return {"secret": secret, "uri": uri, "recovery_codes": spare}

    def confirm(self, otp: str) -> None:
        """The secret reached the authenticator: from now on no sign-in without it."""
        pending = self.db.execute(select(self.kept.c.otp_pending).where(self.mine)).scalar_one()
        if pending is None:
            raise Conflict("no second factor waits for its first code", code="not-enrolled")
        self.allow_another("wrong-code")
        counter = second_factor.accepted(self.work._vault, self.user_id, pending, otp, None)
        if counter is None:
            raise Forbidden("this is not the code of now", code="wrong-code")
        proven = {"otp_secret": pending, "otp_pending": None, "otp_counter": counter}
        changed(self.db, self.key, self.user_id, **proven)

    def reset_second_factor(self) -> None:
        none = dict.fromkeys(("otp_secret", "otp_pending", "otp_counter"))
        codes = table(RecoveryCode)
        changed(self.db, self.key, self.user_id, **none)
        self.db.execute(delete(codes).where(codes.c.user_id == self.user_id))
        self.end_sessions("second factor reset")

    def has_second_factor(self) -> bool:
        found = select(self.kept.c.otp_secret.is_not(None)).where(self.mine)
        return bool(self.db.execute(found).scalar_one())
