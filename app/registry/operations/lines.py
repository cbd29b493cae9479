"""One passenger of a manifest, from the cells of one row."""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from app.core.texts import FAULTS, fault_in
from app.registry.operations.words import flag_of, relation_of, sex_of
from app.registry.people.births import Birth, BirthFault, birth_from, birth_of
from app.registry.people.countries import alpha3
from app.registry.people.names import NameFault, clean, script_of, scripts_of

Severity = Literal["error", "warning"]

SCRIPT_OF_FIELD = {"name_cyrillic": "Cyrl", "name_latin": "Latn"}


@dataclass(frozen=True)
class LineProblem:
    """`line` counts from 1 as a spreadsheet does; `detail` never repeats what a cell holds."""

    line: int
    column: str | None  # code of the field, or where the column stands
    code: str
    detail: str
    severity: Severity = "error"


@dataclass(frozen=True)
class ManifestLine:
    line: int
    group: str | None
    name_cyrillic: str | None
    name_latin: str | None
    name_other: str | None  # in another script, for example Arabic
    given: str | None
    family: str | None
    patronymic: str | None
    sex: int  # ISO 5218; 9 where the file does not say it in a known word
    birth: Birth
    document_type: str | None
    document_number: str | None
    relationship: str | None  # to the head of the group; code of words.RELATIONS
    nationality: str | None  # ISO 3166-1 alpha-3
    unaccompanied: bool | None
    remarks: str | None
    as_written: tuple[tuple[str, str], ...] = ()  # cells that were not understood, by field

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.name_cyrillic, self.name_latin, self.name_other)))


class Reader:
    """The cells of one row, the problems found in them, and what was not understood."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self.line = line
        self.cells = cells
        self.problems: list[LineProblem] = []
        self.as_written: list[tuple[str, str]] = []

    def tell(self, field: str, code: str, detail: str, severity: Severity = "error") -> None:
        self.problems.append(LineProblem(self.line, field, code, detail, severity))

    def doubt(self, field: str, code: str, detail: str) -> None:
        """A cell that is not understood: a warning, and the cell is kept."""
        self.tell(field, code, detail, "warning")
        self.as_written.append((field, self.cells[field]))

    def text(self, field: str) -> str | None:
        """As written, in canonical composition (NFC); of controls only line breaks and tabs."""
        cell = unicodedata.normalize("NFC", self.cells.get(field, "")).strip()
        if code := fault_in(cell):
            self.tell(field, code, FAULTS[code])
            return None
        return cell.replace("\r\n", "\n") or None

    def name(self, field: str) -> str | None:
        cell = self.cells.get(field, "")
        if not cell.strip():
            return None
        try:
            return clean(cell)
        except NameFault as fault:
            self.tell(field, fault.code, fault.detail)
            return None


def line_of(
    line: int, cells: Mapping[str, str], fields: Collection[str]
) -> tuple[ManifestLine, list[LineProblem]]:
    """A passenger and the problems of the row; `fields` are the columns that the file has."""
    row = Reader(line, cells)
    names = names_of(row, fields)
    birth = birth_in(row)
    passenger = ManifestLine(
        line=line,
        group=row.text("group"),
        name_cyrillic=names.get("Cyrl"),
        name_latin=names.get("Latn"),
        name_other=names.get("other"),
        given=row.name("given"),
        family=row.name("family"),
        patronymic=row.name("patronymic"),
        sex=sex_in(row, fields),
        birth=birth,
        document_type=row.text("document_type"),
        document_number=row.text("document_number"),
        relationship=relationship_in(row),
        nationality=nationality_in(row),
        unaccompanied=flag_in(row),
        remarks=row.text("remarks"),
        as_written=tuple(row.as_written),
    )
    return passenger, row.problems


def names_of(row: Reader, fields: Collection[str]) -> dict[str, str]:
    """By script, from the column of the script or by the letters; family before given name."""
    found: dict[str, str] = {}
    for field, script in SCRIPT_OF_FIELD.items():
        if name := row.name(field):
            found[script] = name
            if scripts_of(name) != (script,):
                detail = "has letters of another script than the column"
                row.tell(field, "mixed-script", detail, "warning")
    whole = row.name("name")
    parts = [part for field in ("family", "given") if (part := row.name(field))]
    for name in filter(None, (whole, None if whole else " ".join(parts))):
        script = script_of(name)
        found.setdefault(script if script in ("Cyrl", "Latn") else "other", name)
    expected = {s: field for field, s in SCRIPT_OF_FIELD.items() if field in fields}
    if not found:
        field = next((field for field in ("name", *SCRIPT_OF_FIELD) if field in fields), "name")
        if not any(problem.column == field for problem in row.problems):
            row.tell(field, "name-missing", "there is no name in any script")
    elif len(expected) == 2:
        for script, field in expected.items():
            if script not in found:
                row.tell(field, "name-missing", "the name is there in one script only", "warning")
    return found


def birth_in(row: Reader) -> Birth:
    text = row.text("birth")
    try:
        birth = birth_from(text)
    except BirthFault as fault:
        row.tell("birth", fault.code, fault.detail)
        row.as_written.append(("birth", text or ""))
        return birth_of(original_text=text)
    if birth.placeholder_suspected:
        detail = "1 January is often written where only the year is known"
        row.tell("birth", "birth-placeholder", detail, "warning")
    return birth


def sex_in(row: Reader, fields: Collection[str]) -> int:
    text = row.text("sex")
    sex = sex_of(text) if text else None
    if sex is not None:
        return sex
    if text:
        row.doubt("sex", "sex-unknown", "is no known word for a sex; taken as not stated")
    elif "sex" in fields:
        row.tell("sex", "sex-unknown", "the sex is not stated", "warning")
    return 9


def relationship_in(row: Reader) -> str | None:
    text = row.text("relationship")
    relation = relation_of(text) if text else None
    if text and relation is None:
        row.doubt("relationship", "relationship-unknown", "is no known word for a relationship")
    return relation


def nationality_in(row: Reader) -> str | None:
    text = row.text("nationality")
    country = alpha3(text) if text else None
    if text and country is None:
        detail = "is no code of ISO 3166-1; taken as undetermined"
        row.doubt("nationality", "nationality-unknown", detail)
    return country


def flag_in(row: Reader) -> bool | None:
    text = row.text("unaccompanied")
    flag = flag_of(text) if text else None
    if text and flag is None:
        row.doubt("unaccompanied", "flag-unknown", "is neither yes nor no")
    return flag
