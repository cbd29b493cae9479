"""Puts notices of readings into the files of those who must be told, gathered by night."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from app.registry.notices.models import Notice
from app.registry.readings.addressing import Telling
from app.registry.readings.rules import IN_BULK
from app.safeguards.guard.unit_of_work import UnitOfWork

KEY = ("user_id", "topic", "about_id", "night", "on_case_id")
GATHERED = ("id", *KEY, "first_at", "last_at", "count")


def tell(work: UnitOfWork, tellings: Iterable[Telling]) -> None:
    """One notice for each reader, case, rule and night: what is told already grows, unseen anew."""
    tellings = [*tellings]
    users, nights = {one.user_id for one in tellings}, {one.night for one in tellings}
    found = work.facts(Notice, lambda n: n.c.user_id.in_(users) & n.c.night.in_(nights), *GATHERED)
    rows = [row._mapping for row in found]
    before = {tuple(row[name] for name in KEY): row for row in rows}
    for one in tellings:
        topic = f"reading.{one.rule}"
        known = before.get((one.user_id, topic, one.reader, one.night, one.on_case_id))
        if known is not None:
            extend(work, known, one)
            continue
        work.add(
            Notice,
            file_id=one.user_id,
            topic=topic,
            about_id=one.reader,
            night=one.night,
            on_case_id=one.on_case_id,
            case_id=one.case_id,
            first_at=one.first,
            last_at=one.last,
            count=one.count,
        )


def extend(work: UnitOfWork, known: Mapping[str, Any], one: Telling) -> None:
    notice_id: UUID = known["id"]
    bulk = one.rule == IN_BULK
    work.expire(
        Notice,
        lambda n: n.c.id == notice_id,
        first_at=min(known["first_at"], one.first),
        last_at=max(known["last_at"], one.last),
        count=max(known["count"], one.count) if bulk else known["count"] + one.count,
        seen_at=None,
    )
