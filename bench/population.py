"""The rows of a made-up caseload, the same for the same number of cases; nobody in it exists.

A seeded case is the work of one act: its rows point at one event, the first link of its chain of
class `case`, and a person's at another; so they are put there past what the database insists on,
which is an event for each. They have no revisions, so their history is empty; that of the long
cases is whole.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from app.casework.notes.models import Note
from app.core.db import table
from app.registry.cases.models import TeamMember
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.numbers import new_number
from app.registry.people.models import Person, PersonName
from app.safeguards.audit.chain import GENESIS, leaf, link
from app.safeguards.audit.committing import taken
from app.safeguards.audit.vouching import word
from app.safeguards.guard.writing import revision_place
from app.safeguards.identity.admitting import Admission
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.sealed import seal_value
from app.safeguards.vault.sealing import seal

SEED = 20261124
BEGIN = datetime(2025, 1, 6, 8, tzinfo=UTC)
LONG_AFTER = datetime(2199, 1, 1, tzinfo=UTC)
TOKEN, AUDITOR = "bench", "bench-auditor"
CASELOAD, FULL = 240, 40  # cases of the measured worker; so many with eight tracks, read by W1
EIGHT = ("CPC", "DOC", "EDU", "FAM", "HLT", "LIV", "MHP", "RPT")
CHUNK = 2_000  # cases that are written together
EVENT = dict.fromkeys(("code", "asked_id", "session_id", "chain", "seq", "hash"))
Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Population:
    """Yields rows by table, parents before children, and knows what to measure."""

    vault: Vault
    cases: int
    long: tuple[int, ...]  # entries of each case with a long history
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = Random(SEED)
        self.rows: Rows = {}
        self.practices = {code: catalogue().current_track(code) for code in EIGHT}

    def id(self, at: datetime) -> str:
        """Of version 7, from the day that the row is of."""
        bits = self.chance.getrandbits(74)
        number = int(at.timestamp() * 1000) << 80 | 7 << 76 | (bits >> 62) << 64
        text = f"{number | 2 << 62 | bits & (1 << 62) - 1:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def put(self, name: str, /, **row: Any) -> None:
        self.rows.setdefault(name, []).append(row)

    def taken(self) -> Rows:
        rows, self.rows = self.rows, {}
        return rows

    # --- one file with its first event --------------------------------------------------------

    def file(self, kind: str, at: datetime, record: str, record_class: str) -> dict[str, Any]:
        """Opens a file; gives what its rows have in common, and its key."""
        file_id, moment = self.id(at), spelled(at)
        key, wrapped = self.vault.new_file_key(file_id, self.vault.ring.newest)
        self.put("files", id=file_id, created_at=moment, kind=kind, wrapped_key=wrapped)
        event, head = self.event(
            at, file_id, record, record_class, file_id, 1, 1, GENESIS, {"fields": [], "seeded": 1}
        )
        self.put("audit_events", **event)
        self.put("chain_heads", file_id=file_id, chain=record_class, seq=1, hash=head)
        common = {"created_at": moment, "updated_at": moment, "version": 1}
        return {"common": {**common, "last_event_id": event["id"]}, "id": file_id, "key": key}

    def event(
        self,
        at: datetime,
        file_id: str,
        record: str,
        record_class: str,
        record_id: str,
        version: int,
        seq: int,
        previous: bytes,
        detail: dict[str, Any],
    ) -> tuple[dict[str, Any], bytes]:
        event: dict[str, Any] = {
            **EVENT,
            "id": self.id(at),
            "created_at": spelled(at),
            "actor_id": self.facts.get("user"),
            "role": "social_worker",
            "action": f"{record}.add",
            "route": "bench seed",
            "outcome": "written",
            "file_id": file_id,
            "record_class": record_class,
            "record": record,
            "record_id": record_id,
            "record_version": version,
            "request_id": self.id(at),
            "policy": "seed",
            **dict.fromkeys(("purpose", "basis", "relation")),
            "detail": detail,
            "chain": record_class,
            "seq": seq,
        }
        head = link(previous, leaf(event))
        return {**event, "hash": head, "mac": word(self.vault.vouching, event)}, head

    # --- staff --------------------------------------------------------------------------------

    def staff(self) -> Rows:
        """Two units; in the first a measured worker and an auditor, and one other worker for a
        hundred cases."""
        self.units, self.workers = [], []
        for code, land in (("north", "ra"), ("south", "rb")):
            made = self.file("unit", BEGIN, "unit", "staff")
            name = {"code": f"bench-{code}", "name": f"Bench unit {code}", "jurisdiction": land}
            self.put("units", id=made["id"], **made["common"], **name)
            self.units.append((made["id"], land))
        self.measured = self.user("bench-worker", 0)
        self.facts |= {"user": self.measured, "unit": self.units[0][0]}
        for number in range(max(4, self.cases // 100)):
            self.workers.append((self.user(f"bench-worker-{number}", number % 2), number % 2))
        session = self.signed_in(self.measured, TOKEN)
        self.facts |= {"session": session, "token": TOKEN, "auditor": AUDITOR}
        self.signed_in(self.user(AUDITOR, 0, "auditor"), AUDITOR)
        return self.taken()

    def signed_in(self, user: str, token: str) -> str:
        session = self.id(BEGIN)
        self.put(
            "sessions",
            id=session,
            created_at=spelled(BEGIN),
            user_id=user,
            expires_at=spelled(LONG_AFTER),
            limited=False,
        )
        digest = sha256(token.encode()).digest()
        whose = UUID(session), UUID(user), LONG_AFTER
        mac = Admission(digest, "access", *whose, limited=False).word(self.vault.admitting)
        kept = {"digest": digest, "kind": "access", "expires_at": spelled(LONG_AFTER)}
        self.put("tokens", session_id=session, mac=mac, **kept)
        return session

    def user(self, name: str, unit: int, role: str = "social_worker") -> str:
        made = self.file("user", BEGIN, "user", "staff")
        self.put(
            "users",
            id=made["id"],
            **made["common"],
            username=name,
            display_name=name.replace("-", " ").capitalize(),
            kind="person",
            role=role,
            unit_id=self.units[unit][0],
            pending=False,
        )
        return str(made["id"])

    # --- cases --------------------------------------------------------------------------------

    def chunks(self) -> Iterator[Rows]:
        yield self.staff()
        # The measured worker's cases lie evenly among all others, the last of them excepted.
        apart = self.cases / CASELOAD
        own = {int(place * apart): place for place in range(min(CASELOAD, self.cases))}
        step = timedelta(days=600) / self.cases
        self.facts |= {"full": [], "own": []}
        for place in range(self.cases):
            at = BEGIN + timedelta(days=1) + step * place
            if place in own:
                full = own[place] % (CASELOAD // FULL) == 0
                tracks = EIGHT if full else EIGHT[:: self.chance.choice((2, 2, 3, 4))]
                case = self.case(place, at, 0, [self.measured, *self.mates(0, 2)], tracks)
                self.facts["own"].append(case["id"])
                if full:
                    self.facts["full"].append(case["id"])
            else:
                unit = self.chance.randrange(2)
                tracks = EIGHT[:: self.chance.choice((1, 2, 2, 3, 4))]
                self.case(place, at, unit, self.mates(unit, 3), tracks)
            if place % CHUNK == CHUNK - 1:
                yield self.taken()
        yield self.taken()
        self.facts["long"] = {}
        for entries in self.long:
            yield from self.long_case(entries)

    def mates(self, unit: int, count: int) -> list[str]:
        """Each worker of a unit is on some three hundred teams."""
        own = len(self.workers) // 2
        first = self.chance.randrange(own)
        return [self.workers[(first + at) % own * 2 + unit][0] for at in range(min(count, own))]

    def case(
        self, place: int, at: datetime, unit: int, team: list[str], tracks: tuple[str, ...]
    ) -> dict[str, Any]:
        unit_id, land = self.units[unit]
        day, put = at.date().isoformat(), self.put
        person = self.file("person", at, "person", "identity")
        name = f"Benchov Number{place}"
        put(
            "persons",
            id=person["id"],
            **person["common"],
            display_name=name,
            sex=1 + place % 2,
            birth_value=f"{1970 + place % 30}-05-{1 + place % 28:02}",
            birth_precision="day",
            birth_earliest=f"{1970 + place % 30}-05-{1 + place % 28:02}",
            birth_latest=f"{1970 + place % 30}-05-{1 + place % 28:02}",
            birth_estimated=False,
            birth_calendar="gregorian",
            birth_placeholder=False,
            birth_source=BIRTH_SOURCE(person["key"], person["id"], "bench"),
            nationality_status="undetermined",
            unit_id=unit_id,
            registered_by=team[0],
        )
        named = self.id(at)
        put(
            "person_names",
            id=named,
            **person["common"],
            person_id=person["id"],
            record_class="identity",
            type="legal",
            full=name,
            given=name.split()[1],
            family="Benchov",
            script="Latn",
            source=NAME_SOURCE(person["key"], named, "bench"),
            confidence="stated",
        )
        case = self.file("case", at, "case", "case")
        common, case_id = case["common"], case["id"]
        programme = ("alder", "birch")[unit]
        pattern = catalogue().current_jurisdiction(land).programmes
        form = (pattern.get(programme) or next(iter(pattern.values()))).number
        put(
            "cases",
            id=case_id,
            **common,
            number=new_number(form, self.chance.randbytes(4) + place.to_bytes(4)),
            person_id=person["id"],
            programme=programme,
            jurisdiction=land,
            unit_id=unit_id,
            status="open",
            phase="rehabilitation",
            need_level="medium",
            lead_worker_id=team[0],
            opened_on=day,
        )
        for user_id in team:
            member = self.id(at)
            reason = REASON(case["key"], member, "taken on with the arrivals of that week")
            put(
                "team_members",
                id=member,
                **common,
                case_id=case_id,
                case_jurisdiction=land,
                user_id=user_id,
                role="social_worker",
                jurisdiction=land,
                part="lead worker" if user_id == team[0] else "member",
                since=day,
                reason=reason,
            )
        for code in tracks:
            practice = self.practices[code]
            put(
                "tracks",
                id=self.id(at),
                **common,
                case_id=case_id,
                case_jurisdiction=land,
                record_class=practice.record_class,
                code=code,
                practice=practice.version,
                pillar=practice.pillar,
                state=next(iter(practice.states)),
                since=day,
                due_on=day,
                attending=practice.attending(next(iter(practice.states))),
            )
        put(
            "milestones",
            id=self.id(at),
            **common,
            case_id=case_id,
            case_jurisdiction=land,
            record_class="case",
            code="arrived",
            reached_on=day,
            by_id=team[0],
        )
        return case

    def keep_the_case(self, case: dict[str, Any]) -> None:
        """Its first version, which history tells beside the notes."""
        row = self.rows["cases"][-1]
        case_id, event_id = UUID(case["id"]), row["last_event_id"]
        values = {name: value for name, value in row.items() if name != "last_event_id"}
        snapshot = seal(
            case["key"],
            taken(case["key"], case_id, 1, values).snapshot,
            revision_place(case_id, 1),
        )
        said = {"record": "case", "record_class": "case", "created_at": row["created_at"]}
        of = {"record_id": case["id"], "version": 1, "file_id": case["id"]}
        self.put("revisions", **of, **said, event_id=event_id, snapshot=snapshot)

    def long_case(self, entries: int) -> Iterator[Rows]:
        """Notes with their revisions and their chain, as if each had been sent by itself."""
        at = BEGIN + timedelta(days=620)
        case = self.case(self.cases + entries, at, 0, [self.measured], ("RPT",))
        self.facts["long"][entries] = case["id"]
        key, case_id, previous = case["key"], case["id"], GENESIS
        self.keep_the_case(case)
        for seq in range(1, entries + 1):
            at += timedelta(seconds=7)
            note, moment = self.id(at), spelled(at)
            text = f"Visit {seq}: asked after health and papers; agreed on the next visit. " * 3
            values = {
                "id": note,
                "created_at": moment,
                "updated_at": moment,
                "version": 1,
                "case_id": case_id,
                "case_jurisdiction": self.units[0][1],
                "record_class": "psychosocial_notes",
                "kind": "social_work",
                "occurred_on": moment[:10],
                "text": text,
                "author_id": self.measured,
                "corrects_id": None,
            }
            whole, committed = taken(key, UUID(note), 1, values)
            said = {"fields": ["kind", "text"], "commitment": committed}
            event, previous = self.event(
                at, case_id, "note", "psychosocial_notes", note, 1, seq, previous, said
            )
            self.put("audit_events", **event)
            sealed = {**values, "text": TEXT(key, note, text), "last_event_id": event["id"]}
            self.put("notes", **sealed)
            self.put(
                "revisions",
                record_id=note,
                version=1,
                record="note",
                record_class="psychosocial_notes",
                file_id=case_id,
                event_id=event["id"],
                created_at=moment,
                snapshot=seal(key, whole, revision_place(UUID(note), 1)),
            )
            if seq % CHUNK == 0:
                yield self.taken()
        head = {"chain": "psychosocial_notes", "seq": entries, "hash": previous}
        self.put("chain_heads", file_id=case_id, **head)
        yield self.taken()


def spelled(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")[:-6] + "Z"


def sealing(model: Any, name: str) -> Callable[[bytes, str, str], bytes | None]:
    column = table(model).c[name]
    return lambda key, row_id, value: seal_value(key, column, row_id, value)


REASON, TEXT = sealing(TeamMember, "reason"), sealing(Note, "text")
BIRTH_SOURCE, NAME_SOURCE = sealing(Person, "birth_source"), sealing(PersonName, "source")
