"""What holds for any answers to any instrument: no order, no guess at what is missing."""

from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.casework.assessments.scoring.admitting import AnswersRefused
from app.casework.assessments.scoring.catalogue import Shipped, catalogue
from app.casework.assessments.scoring.scorer import Result
from tests.casework.assessments.filling import Sheet

SHIPPED = [one for versions in catalogue().instruments.values() for one in versions.values()]


class Given(NamedTuple):
    shipped: Shipped
    respondent: str
    facts: dict[str, bool | None]
    sheet: Sheet

    def scored(self, sheet: Sheet) -> Result:
        return self.shipped.score(sheet, self.respondent, self.facts)


@st.composite
def sheets(draw: st.DrawFn) -> Given:
    """An instrument, and answers to most or few of its items."""
    shipped = draw(st.sampled_from(SHIPPED))
    instrument = shipped.instrument
    respondent = draw(st.sampled_from(list(instrument.respondents)))
    facts = {name: draw(st.sampled_from([True, False, None])) for name in instrument.facts}
    asked = {item.number: item.values for item in instrument.asked(respondent)}
    left_out = draw(
        st.sets(st.sampled_from(list(asked)), max_size=draw(st.sampled_from([1, 3, 30])))
    )
    sheet: Sheet = {number: draw(st.sampled_from(values)) for number, values in asked.items()}
    return Given(shipped, respondent, facts, {n: v for n, v in sheet.items() if n not in left_out})


@given(sheets(), st.data())
@settings(max_examples=300, deadline=None)
def test_the_order_of_answers_does_not_matter(one: Given, data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(one.sheet.items()))))
    assert one.scored(shuffled) == one.scored(one.sheet)


@given(sheets())
@settings(max_examples=300, deadline=None)
def test_null_is_absent_and_scoring_changes_nothing(one: Given) -> None:
    blank: Sheet = {item.number: None for item in one.shipped.instrument.asked(one.respondent)}
    whole = {**blank, **one.sheet}
    before = dict(whole)
    assert one.scored(whole) == one.scored(one.sheet)
    assert whole == before


@given(sheets(), st.data())
@settings(max_examples=1000, deadline=None)
def test_what_is_said_holds_whatever_the_missing_answers_are(
    one: Given, data: st.DataObject
) -> None:
    """So nothing that is missing was taken for a zero, nor for any other answer."""
    items = one.shipped.instrument.items
    found = one.scored(one.sheet)
    rest = {number: data.draw(st.sampled_from(items[number].values)) for number in found["missing"]}
    later = one.scored({**one.sheet, **rest})
    assert later["complete"]
    if found["prorated"]:
        return
    for scale, value in found["scales"].items():
        assert value is None or value == later["scales"][scale]
    for name, verdict in found["cutoffs"].items():
        assert verdict is None or verdict is later["cutoffs"][name]
    for name, outcome in found["outcomes"].items():
        assert outcome is None or outcome == later["outcomes"][name]
    for flag in found["critical"]:
        assert flag["state"] == "unknown" or flag in later["critical"]


@given(sheets())
@settings(max_examples=500, deadline=None)
def test_a_mean_lies_between_the_best_and_the_worst(one: Given) -> None:
    instrument = one.shipped.instrument
    found = one.scored(one.sheet)
    for name in found["prorated"]:
        scale = instrument.scales[name]
        least = most = 0
        for number in scale.items:
            points = scale.points(instrument.items[number])
            answer = one.sheet.get(number)
            least += min(points.values()) if answer is None else points[answer]
            most += max(points.values()) if answer is None else points[answer]
        value = found["scales"][name]
        assert value is not None
        assert least <= Decimal(value) <= most


@given(sheets())
@settings(max_examples=500, deadline=None)
def test_no_scale_leaves_its_range_and_each_score_has_its_band(one: Given) -> None:
    found = one.scored(one.sheet)
    for name, value in found["scales"].items():
        least, most = one.shipped.instrument.scales[name].ranges[one.respondent]
        assert value is None or least <= Decimal(value) <= most
    for bands in found["bands"].values():
        for scale, band in bands.items():
            assert (band is None) == (found["scales"][scale] is None)


@given(sheets(), st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_out_of_range_is_refused(one: Given, data: st.DataObject) -> None:
    number = data.draw(
        st.sampled_from([i.number for i in one.shipped.instrument.asked(one.respondent)])
    )
    allowed = one.shipped.instrument.items[number].values
    wrong = data.draw(st.integers().filter(lambda value: value not in allowed))
    with pytest.raises(AnswersRefused) as refused:
        one.scored({**one.sheet, number: wrong})
    assert refused.value.faults == ((number, "value-not-allowed"),)
