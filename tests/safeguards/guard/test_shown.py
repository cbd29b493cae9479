"""What a body may say and how its schema says so; what an answer is, and what it names."""

from typing import Annotated, Any, ClassVar

import pytest
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError

from app.casework.notes.models import Note
from app.core.texts import READABLE
from app.core.values import new_id
from app.safeguards.guard import shown
from app.safeguards.guard.shown import (
    COUNTED,
    SPOKEN,
    Abridged,
    Children,
    Day,
    In,
    Kept,
    Out,
    Page,
    Picture,
    Shown,
    Summary,
    Written,
    words,
)


class Body(In):
    text: str = ""
    several: list[str] = Field(default_factory=list)
    named: dict[str, Any] = Field(default_factory=dict)
    number: float = 0
    count: Annotated[int | None, COUNTED] = None
    day: Day | None = None
    kept: Annotated[str | None, Kept()] = "kept"
    title: Annotated[str, words(2, 5)] = "title"
    spoken: Annotated[str, SPOKEN] = "said"


def fault(**given: Any) -> str:
    """The kind of what is wrong with the one field that is."""
    with pytest.raises(ValidationError) as refused:
        Body(**given)
    (one,) = refused.value.errors()
    return one["type"]


# --- bodies ---------------------------------------------------------------------------------------


def test_a_body_says_what_is_asked_and_in_measure() -> None:
    most = "a" * 20_000
    assert Body(text=most).text == most
    assert fault(text=most + "a") == "string_too_long"
    assert fault(number=float("inf")) == "finite_number"
    assert fault(colour="red") == "extra_forbidden"


@pytest.mark.parametrize(
    "given",
    [
        {"text": "a\x00"},
        {"several": ["plain", "a\x0b"]},
        {"named": {"a\x00": 1}},
        {"named": {"plain": "a\x00"}},
        {"title": "\x0bab"},  # which would be stripped first
    ],
)
def test_no_text_of_a_body_says_what_nobody_sees(given: dict[str, Any]) -> None:
    assert fault(**given) == "control-character"


def test_texts_are_those_of_a_field_its_list_or_its_table() -> None:
    for value, texts in (
        ("a", ["a"]),
        (["a", 1, "b", ["c"]], ["a", "b"]),
        ({"a": "b", "c": 1, "d": ["e"]}, ["a", "b", "c", "d"]),
        (1, []),
        (None, []),
    ):
        assert [*shown.texts_of(value)] == texts


def test_what_a_body_may_say_stands_in_its_schema() -> None:
    told = Body.model_json_schema()["properties"]
    assert told["text"]["pattern"] == READABLE
    assert told["several"]["items"]["pattern"] == READABLE
    assert "pattern" not in told["number"]
    (day,) = (one for one in told["day"]["anyOf"] if one["type"] == "string")
    assert day == {"type": "string", "format": "date", "pattern": shown.DAY}
    assert day["pattern"].startswith("^(19|20|21)")
    assert day["pattern"].endswith("$")
    assert told["kept"].items() > {"type": "string", "pattern": READABLE}.items()
    assert "anyOf" not in told["kept"]


@pytest.mark.parametrize("within", [{"enum": ["a"]}, {"const": "a"}, {"format": "date"}])
def test_a_narrower_rule_says_it_already(within: dict[str, Any]) -> None:
    schema = {"type": "string", **within}
    shown.state_readable(schema)
    assert "pattern" not in schema


def test_the_rule_is_stated_of_what_is_within_and_no_pattern_is_lost() -> None:
    text = {"type": "string"}
    schema = {"anyOf": [{"type": "array", "items": dict(text)}, {"type": "null"}, dict(text)]}
    shown.state_readable(schema)
    said = {**text, "pattern": READABLE}
    assert schema == {"anyOf": [{"type": "array", "items": said}, {"type": "null"}, said]}
    own = {"type": "string", "pattern": "^a$"}
    shown.state_readable(own)
    assert own["pattern"] == "^a$"
    number = {"type": "number"}
    shown.state_readable(number)
    assert number == {"type": "number"}


def test_a_day_is_written_as_one() -> None:
    for value in ("2026-03-01", None, object()):
        assert shown.written_out(value) is value
    for value in (5, 5.0, True, "2026-03-01T00:00", "20260301", "x2026-03-01", "2026-3-1", ""):
        with pytest.raises(PydanticCustomError) as refused:
            shown.written_out(value)
        assert refused.value.type == "date-parsing"
    assert fault(day=5) == "date-parsing"


def test_a_number_is_written_as_one() -> None:
    for value in (1, 1.5, None):
        assert shown.counted(value) is value
    for text in ("1", True):
        with pytest.raises(PydanticCustomError) as refused:
            shown.counted(text)
        assert refused.value.type == "int-type"
    assert Body(count=1).count == 1
    assert fault(count="1") == "int-type"


def test_a_text_that_must_say_something_is_measured_without_the_space_around_it() -> None:
    assert [Body(title=one).title for one in (" ab ", "abcde")] == ["ab", "abcde"]
    assert fault(title=" a ") == "string_too_short"
    assert fault(title="abcdef") == "string_too_long"


def test_a_name_has_two_letters_or_digits() -> None:
    for text in ("a1", "-ab-", "abc"):
        assert shown.something_said(text) == text
    for text in ("", "-", "a-", "\u200b\u200b"):
        with pytest.raises(PydanticCustomError):
            shown.something_said(text)
    assert fault(spoken="-") == "says-nothing"


# --- schemas of answers ---------------------------------------------------------------------------


class Short(Summary):
    """Shows no kind of record."""


class Shorter(Summary): ...


class Long(Abridged):
    summary = Short
    summary_for: ClassVar = {"partner": Shorter}


class Listed(BaseModel):
    rows: Annotated[list[Short | Shorter], Children("note_id"), "beside"]
    others: Annotated[list[Shorter], Children("case_id")]
    plain: Annotated[list[Shorter], "no mark"]


def test_a_schema_has_no_summary_unless_it_names_one() -> None:
    for schema in (Abridged, Out):
        assert (schema.summaries(), schema.summary_named("partner")) == ([], None)
    assert (Short.parts, Short.order) == ({}, ("id",))


def test_a_summary_is_the_one_for_the_role_or_for_all() -> None:
    assert Long.summaries() == [Short, Shorter]
    assert Long.summary_named("partner") is Shorter
    assert Long.summary_named("auditor") is Short


def test_rows_that_are_nested_are_known_by_their_mark_and_the_first_schema() -> None:
    found = shown.children(Listed)
    assert found == {"rows": (Children("note_id"), Short), "others": (Children("case_id"), Shorter)}


# --- answers --------------------------------------------------------------------------------------


def test_an_answer_is_its_bytes_and_no_more_unless_it_says_so() -> None:
    answer: Shown[Any] = Shown(b"{}")
    assert answer.tag == '"44136fa355b3678a1146ad16f7e8649e"'
    assert (answer.record_id, answer.etag, answer.status, answer.rest) == (None, False, None, None)
    assert answer.beside is False
    assert Page[Short](items=[], next=None).total is None


def test_what_is_drawn_says_as_what() -> None:
    assert Picture.media == "image/svg+xml"


def test_what_is_written_is_known_by_the_id_of_its_row() -> None:
    row = {"id": new_id(), "text": "said"}
    written = Written(Note, row)
    assert (written.id, written["text"], written.kind) == (row["id"], "said", Note)
    with pytest.raises(TypeError):
        Written(Note, row, new_id())  # type: ignore[call-arg]
