"""Queries: nothing unknown or said twice is let through, and plain ones need no framework.

Its own fields read them all the same, so both ways take the same words for the same values.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import QueryParams

from app.core.paging import paging

AS_OF, RIGHTS_AS_OF = "as_of", "rights_as_of"
OF_THE_PAST = frozenset({AS_OF, RIGHTS_AS_OF})  # what looks into it is for the framework


def query_names(dependant: Dependant) -> Iterator[str]:
    """Of the handler itself and of what it depends on."""
    yield from (one.alias for one in dependant.query_params)
    for below in dependant.dependencies:
        yield from query_names(below)


def examine(given: QueryParams, takes: Collection[str]) -> None:
    """A misspelt filter must not widen a list: what is unknown or said twice is refused."""
    faults, times = [], Counter(name for name, _ in given.multi_items())
    for name, value in given.items():
        loc = ("query", name) if re.fullmatch(r"[\w.-]{1,64}", name) else ("query",)
        if name not in takes:
            faults.append({"type": "unknown_parameter", "loc": loc})
        elif times[name] > 1:
            faults.append({"type": "repeated_parameter", "loc": loc})
        elif "\0" in value or "\ufffd" in value:
            faults.append({"type": "not_text", "loc": loc})
    if faults:
        raise RequestValidationError(faults)


class Query:
    """What a route takes of its query: filters of its own, and a page."""

    def __init__(self, dependant: Dependant) -> None:
        self.takes = frozenset(query_names(dependant)) - OF_THE_PAST
        below = dependant.dependencies
        self.fits = all(one.call is paging for one in below)  # else it is for the framework
        self.filters = {one.alias: one for one in dependant.query_params}
        self.pages = [(str(one.name), {f.alias: f for f in one.query_params}) for one in below]

    def read(self, text: bytes) -> dict[str, Any] | None:
        """The parameters that the handler takes of it; None where it is for the framework.

        That finds the same faults, and says them.
        """
        given = QueryParams(text)
        try:
            examine(given, self.takes)
        except RequestValidationError:
            return None
        found, faults = self.valued(self.filters, given)
        for name, fields in self.pages:
            limits, more = self.valued(fields, given)
            faults += more
            found[name] = paging(**limits)
        return None if faults else found

    @staticmethod
    def valued(fields: dict[str, Any], given: QueryParams) -> tuple[dict[str, Any], list[Any]]:
        """What is not given is left to the handler's own defaults."""
        return request_params_to_args([fields[name] for name in given if name in fields], given)
