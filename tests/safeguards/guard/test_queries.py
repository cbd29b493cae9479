"""Queries by themselves: what is let through, what is refused, and what is for the framework."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, Query
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import QueryParams

from app.core.paging import Paging, paging
from app.safeguards.guard import queries

Paged = Annotated[Paging, Depends(paging)]


def paged(page: Paged, kind: str = "note", number: int | None = None) -> None: ...


def plain(kind: Annotated[str, Query(alias="kind_of")] = "note") -> None: ...


def chosen(size: int) -> int:
    return size


def other(page: Paged, size: Annotated[int, Depends(chosen)], name: str = "") -> None: ...


def dependant(handler: Any) -> Dependant:
    return get_dependant(path="/", call=handler)


@pytest.mark.parametrize(
    ("handler", "names"),
    [
        (paged, {"kind", "number", "limit", "cursor", "count"}),
        (plain, {"kind_of"}),
        (other, {"name", "size", "limit", "cursor", "count"}),
    ],
)
def test_a_route_takes_what_its_handler_does_and_all_below_it(
    handler: Any, names: set[str]
) -> None:
    assert set(queries.query_names(dependant(handler))) == names
    assert queries.Query(dependant(handler)).takes == names


def test_what_looks_into_the_past_is_for_the_framework() -> None:
    def past(page: Paged, as_of: str | None = None, rights_as_of: bool = False) -> None: ...

    assert set(queries.query_names(dependant(past))) == {
        *("as_of", "rights_as_of", "limit", "cursor", "count")
    }
    query = queries.Query(dependant(past))
    assert query.takes == {"limit", "cursor", "count"}
    assert query.read(b"as_of=2026-01-01") is query.read(b"rights_as_of=true") is None
    assert query.read(b"limit=3") == {"page": Paging(3)}


def test_only_a_page_is_known_among_what_a_handler_depends_on() -> None:
    assert [queries.Query(dependant(one)).fits for one in (paged, plain, other)] == [
        True,
        True,
        False,
    ]


def faults(text: str, *takes: str) -> list[Any]:
    try:
        queries.examine(QueryParams(text), takes)
    except RequestValidationError as refused:
        return [(one["type"], *one["loc"]) for one in refused.errors()]
    return []


def test_what_is_unknown_or_said_twice_or_no_text_is_refused() -> None:
    assert faults("a=1&b=2", "a", "b") == []
    assert faults("a=1&c=2&d=3", "a") == [
        ("unknown_parameter", "query", "c"),
        ("unknown_parameter", "query", "d"),
    ]
    assert faults("a=1&b=2&a=1", "a", "b") == [("repeated_parameter", "query", "a")]
    assert faults("a=1&b=2%00&c=%ff", "a", "b", "c") == [
        ("not_text", "query", "b"),
        ("not_text", "query", "c"),
    ]


@pytest.mark.parametrize("name", ["a.b-c_1", "a" * 64])
def test_a_name_that_could_be_one_is_told(name: str) -> None:
    assert faults(f"{name}=1") == [("unknown_parameter", "query", name)]


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "<b>"])
def test_a_name_that_could_not_is_not_told(name: str) -> None:
    assert faults(f"{name}=1") == [("unknown_parameter", "query")]


def test_what_is_given_is_read_and_the_rest_is_the_handlers_own() -> None:
    query = queries.Query(dependant(paged))
    assert query.read(b"number=7&limit=3&cursor=cccccccccccccccccccc&count=true") == {
        "number": 7,
        "page": Paging(3, "c" * 20, True),
    }
    assert query.read(b"") == {"page": paging()}
    assert queries.Query(dependant(plain)).read(b"kind_of=a+b") == {"kind": "a b"}


@pytest.mark.parametrize("text", [b"numbre=7", b"number=x", b"limit=x", b"limit=x&number=7"])
def test_what_is_wrong_is_left_to_the_framework_to_say(text: bytes) -> None:
    assert queries.Query(dependant(paged)).read(text) is None
