"""Somebody of a group, by whichever way in: as a line of a manifest, or as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.registry.operations.lines import LineProblem, ManifestLine
from app.registry.operations.schemas import MemberIn
from app.registry.people.births import Birth, BirthFault, birth_of
from app.registry.people.names import CLASS_OF_TYPE, LONGEST, NameFault, clean, script_of
from app.registry.people.schemas import BirthIn, IdentifierIn, NameIn
from app.registry.people.service import birth_given

OTHER_DOCUMENT = "document"
SYSTEMS = {  # words for the type of a document → the system that its number is of
    "passport": "passport",
    "паспорт": "passport",
    "паспорти": "passport",
    "id": "national-id",
    "id card": "national-id",
    "удостоверение": "national-id",
    "удостоверение личности": "national-id",
    "свидетельство о рождении": "birth-certificate",
    "birth certificate": "birth-certificate",
    "свидетельство на возвращение": "return-certificate",
    "return certificate": "return-certificate",
}
LONGEST_NUMBER, LONGEST_GROUP = 300, 200


@dataclass(frozen=True)
class Arriving:
    """What checks and loading need of a member, and where it stands in what was handed in."""

    line: int
    pointer: str
    member: MemberIn
    birth: Birth
    as_written: tuple[tuple[str, str], ...] = ()

    @property
    def group(self) -> str | None:
        return self.member.group

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name.full for name in self.member.names)

    @property
    def sex(self) -> int:
        return self.member.sex

    @property
    def document_type(self) -> str | None:
        return self.member.identifiers[0].system if self.member.identifiers else None

    @property
    def document_number(self) -> str | None:
        return self.member.identifiers[0].value if self.member.identifiers else None


def from_line(line: ManifestLine, source: str) -> Arriving:
    """Of a line without errors; what has no field of its own stays as written."""
    source, kept = f"{source}, line {line.line}", list(line.as_written)
    identifiers = []
    if line.document_number:
        known = SYSTEMS.get((line.document_type or "").casefold())
        number = line.document_number[:LONGEST_NUMBER]
        if len(number) < len(line.document_number):
            kept.append(("document_number", line.document_number))
        if any(map(str.isalnum, number)):
            system = known or OTHER_DOCUMENT
            identifiers = [IdentifierIn(system=system, value=number, source=source)]
        else:
            kept.append(("document_number", number))
    else:
        known = None
    if line.document_type and known is None:
        kept.append(("document_type", line.document_type))
    group, born = line.group, line.birth.original_text
    if group and len(group) > LONGEST_GROUP:
        kept.append(("group", group))
        group = group[:LONGEST_GROUP]
    if born and len(born) > LONGEST:  # of space alone, or it would not be understood
        kept.append(("birth", born))
        born = " ".join(born.split())
    return Arriving(
        line=line.line,
        pointer=f"/lines/{line.line}",
        member=MemberIn(
            names=list(names_of(line, source)),
            sex=line.sex,
            birth=BirthIn(original=born, source=source),
            nationality=line.nationality,
            group=group,
            relationship=line.relationship,
            unaccompanied=line.unaccompanied,
            remarks=line.remarks,
            identifiers=identifiers,
        ),
        birth=line.birth,
        as_written=tuple(kept),
    )


def names_of(line: ManifestLine, source: str) -> Iterator[NameIn]:
    """The first script is the name as the list has it, the others are spellings of it."""
    for place, full in enumerate(line.names):
        type_ = "transliterated" if place else "legal"
        parts = {} if place else parts_of(line, full)
        yield NameIn(type=type_, full=full, **parts, source=source)


def parts_of(line: ManifestLine, full: str) -> dict[str, str | None]:
    """As the list tells them apart; given and family name where they are of the same letters."""
    same = {
        name: part if part and script_of(part) == script_of(full) else None
        for name, part in (("given", line.given), ("family", line.family))
    }
    return {**same, "patronymic": line.patronymic}


def from_members(members: Sequence[MemberIn]) -> tuple[list[Arriving], list[LineProblem]]:
    """Lines count from 1 as the members stand in the body."""
    arriving, problems = [], []
    for place, member in enumerate(members):
        line = place + 1
        try:
            birth = birth_given(member.birth)
        except BirthFault as fault:
            birth = birth_of()
            problems.append(LineProblem(line, "birth", fault.code, fault.detail))
        problems += name_problems(line, member)
        arriving.append(Arriving(line, f"/members/{place}", member, birth))
    return arriving, problems


def name_problems(line: int, member: MemberIn) -> Iterator[LineProblem]:
    if not any(CLASS_OF_TYPE[name.type] == "identity" for name in member.names):
        detail = "somebody is shown by a name that is no alias"
        yield LineProblem(line, "names", "only-hidden-names", detail)
    for place, name in enumerate(member.names):
        for part in ("full", "given", "family", "patronymic", "generation_suffix"):
            try:
                clean(getattr(name, part) or "a")
            except NameFault as fault:
                yield LineProblem(line, f"names/{place}/{part}", fault.code, fault.detail)
