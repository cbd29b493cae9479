"""The statement that merges the first rows by each of several reaches, word for word."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import literal_column, select

from app.core.db import table
from app.registry.cases.models import Case
from app.safeguards.access.policy import Reach
from app.safeguards.guard import merging
from app.safeguards.guard.door import NOW, somebody
from app.safeguards.guard.merging import first_by_each

ROWS, CALLER = table(Case), somebody("auditor")


def test_each_reach_has_a_page_of_its_own_with_its_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    known: Any = {one: literal_column(f"by_{one.value}") for one in (Reach.TEAM, Reach.UNIT)}
    owner: Any = SimpleNamespace(kind=Case, found_by="grants", leading={Reach.TEAM: "classes"})

    def ways(*asked: Any, usual: bool) -> Any:
        assert (asked, usual) == ((Case, ROWS, CALLER, "grants", NOW), True)
        return known

    def no_bar(*asked: Any) -> Any:
        assert asked == (Case, ROWS, CALLER)
        return literal_column("no_bar")

    def page(statement: Any) -> Any:
        return statement.order_by(ROWS.c.number)

    monkeypatch.setattr(merging, "ways", ways)
    monkeypatch.setattr(merging, "no_bar", no_bar)
    found: Any = first_by_each(owner, ROWS, CALLER, NOW, page)
    made = select(found).compile(compile_kwargs={"literal_binds": True})
    each = (
        f"SELECT anon_{2 + place}.id AS id, anon_{2 + place}.leads AS leads FROM"
        f" (SELECT cases.id AS id, {leads} AS leads FROM cases"
        f" WHERE by_{reach} AND no_bar ORDER BY cases.number) AS anon_{2 + place}"
        for place, (reach, leads) in enumerate({"team": 1, "unit": 0}.items())
    )
    assert " ".join(str(made).split()) == (
        "WITH first AS (SELECT anon_1.id AS id, max(anon_1.leads) AS leads FROM"
        f" ({' UNION ALL '.join(each)}) AS anon_1 GROUP BY anon_1.id)"
        " SELECT first.id, first.leads FROM first"
    )
    del known[Reach.TEAM]
    assert first_by_each(owner, ROWS, CALLER, NOW, page) is None
