"""What a deployment holds of instruments: by whose word it may use them, and their wording."""

from datetime import date
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, FromClause, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Protected, Sight, row_filter
from app.safeguards.guard.second_wall import belongs, is_stated
from app.safeguards.vault.sealed import sealed


class LicenceAttestation(Protected):
    """Somebody's word that the holder of an instrument allows its use here; never edited.

    Good for one version, from the day it was given until it ends or is withdrawn.
    """

    __tablename__ = "licence_attestations"
    record: ClassVar[str] = "licence"
    file_kind: ClassVar[str] = "licence"
    record_class: ClassVar[str | None] = "instrument"
    barrable: ClassVar[bool] = False

    instrument: Mapped[str] = mapped_column(index=True)
    instrument_version: Mapped[int]
    licence: Mapped[str]  # what the holder gave: an agreement, a permission, a subscription
    reference: Mapped[str]  # by which the holder finds it
    attested_by: Mapped[str]  # who answers for it, by name: no account is needed
    attested_on: Mapped[date]
    valid_until: Mapped[date | None]  # the last day
    withdrawn_on: Mapped[date | None]
    reason: Mapped[str | None] = sealed(nullable=True)  # why it was withdrawn


class TextPack(Protected):
    """The wording of an instrument in one language, as this deployment may show it.

    Once removed it has no wording; what it had is kept as any earlier version of a record is.
    """

    __tablename__ = "text_packs"
    __table_args__ = (UniqueConstraint("instrument", "instrument_version", "language"),)
    record: ClassVar[str] = "text_pack"
    file_kind: ClassVar[str] = "text_pack"
    record_class: ClassVar[str | None] = "instrument"
    barrable: ClassVar[bool] = False

    instrument: Mapped[str]
    instrument_version: Mapped[int]
    language: Mapped[str]  # BCP 47
    validation: Mapped[str]  # official | adapted | translated
    source: Mapped[str]  # where this wording is from
    instructions: Mapped[str | None]
    items: Mapped[dict[str, Any]]  # item number → text
    labels: Mapped[dict[str, Any]]  # item number → allowed answer → what it is called
    digest: Mapped[str]  # SHA-256 of the file, hexadecimal
    removed_on: Mapped[date | None]


belongs(LicenceAttestation)(is_stated)
belongs(TextPack)(is_stated)


@row_filter(LicenceAttestation)
@row_filter(TextPack)
def everywhere(_: FromClause, sight: Sight) -> ColumnElement[bool]:
    """A deployment has one set of them, whatever the jurisdiction."""
    return true() if sight.reach is Reach.ANY else false()
