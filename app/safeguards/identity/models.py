"""Staff, their units, and what lets them in: sessions and the digests of their tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Row
from app.safeguards.vault.sealed import wrapped


class Session(Row):
    """One sign-in: ending it ends every token that came of it, at the next request."""

    __tablename__ = "sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]
    limited: Mapped[bool] = mapped_column(default=False)  # good for setting a password, no more


class Token(Base):
    """An opaque token, of which only the SHA-256 is kept."""

    __tablename__ = "tokens"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    kind: Mapped[str]  # access | refresh
    mac: Mapped[bytes]  # the word of the application: see `admitting`
    expires_at: Mapped[datetime]
    # Refresh tokens only:
    used_at: Mapped[datetime | None]  # the first time it was exchanged
    replaces: Mapped[bytes | None] = mapped_column(index=True)  # the digest of the one before
    retired_at: Mapped[datetime | None]  # the answer that held it was lost, and given again


class Credential(Base):
    """What a user or service client knows or holds. Apart from `users`, which staff may read."""

    __tablename__ = "credentials"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    password_hash: Mapped[str]
    mac: Mapped[bytes]  # the word of the application: see `admitting`
    one_time_until: Mapped[datetime | None]  # set: the password is good once, until then
    # Until a first code proves that it arrived, and from then on.
    otp_pending: Mapped[bytes | None] = wrapped("otp_secret")
    otp_secret: Mapped[bytes | None] = wrapped("otp_secret")
    otp_counter: Mapped[int | None]  # the last one accepted: an older or equal one is a replay


class RecoveryCode(Base):
    """Ten single-use codes for who lost the second factor; keyed digests only."""

    __tablename__ = "recovery_codes"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    used_at: Mapped[datetime | None]


class SignInAttempt(Row):
    """Keyed hashes of the name and address that tried, for throttling."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_name", "name", "created_at"),)

    name: Mapped[bytes]
    address: Mapped[bytes]
    succeeded: Mapped[bool]
