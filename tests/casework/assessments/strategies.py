"""Random answer sets of each instrument: what is answered, by whom, and what else is known.

@given(strategies.answer_set("phq9"))
def test_it(drawn: tuple[dict[str, int | None], str, dict[str, Any]]) -> None:
    answers, respondent, facts = drawn
"""

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from tests.casework.assessments.second_scorer import SCORERS, items_of

AnswerSet = tuple[dict[str, int | None], str, dict[str, Any]]

RESPONDENTS = {
    "sdq": ["parent", "teacher", "self"],
    "moca": ["clinician"],
    "cfm24": ["parent"],
    "cfm517": ["parent"],
    "needs": ["interviewer"],
    "GAS": ["clinician"],
}
CODES = sorted(SCORERS)

# Even answers alone make middling totals: sets that lean reach the lowest and the highest bands.
LEANINGS = ["any", "any", "low", "lowest", "high", "highest"]


def leaning(values: tuple[int, ...], lean: str) -> tuple[int, ...]:
    """The part of the allowed values that a set draws from."""
    half = (len(values) + 1) // 2
    if lean == "low":
        return values[:half]
    if lean == "high":
        return values[-half:]
    if lean == "lowest":
        return (*values[:1] * 4, *values[:2])
    if lean == "highest":
        return (*values[-1:] * 4, *values[-2:])
    return values


# How many answers are missing at most: None is all of them.
GAPS = [0, 0, 0, 1, 2, 3, 6, None]


def bytes_for(items: Iterable[str]) -> st.SearchStrategy[bytes]:
    """A byte for each item in one draw: draws of their own would take ten times as long."""
    count = len(list(items))
    return st.binary(min_size=count, max_size=count)


@st.composite
def answers_of(draw: st.DrawFn, items: dict[str, tuple[int, ...]]) -> dict[str, int | None]:
    """Answers with none, few or many missing: given as None, or not at all."""
    lean = draw(st.sampled_from(LEANINGS))
    answers: dict[str, int | None] = {}
    for (item, values), byte in zip(items.items(), draw(bytes_for(items)), strict=True):
        chosen = leaning(values, lean)
        answers[item] = chosen[byte % len(chosen)]

    gaps = draw(st.sampled_from(GAPS))
    if gaps != 0:
        absent = draw(st.booleans())
        ranked = sorted(zip(draw(bytes_for(items)), items, strict=True))
        for _, item in ranked[:gaps]:
            answers[item] = None
            if absent:
                del answers[item]
    return answers


@st.composite
def of_a_form(draw: st.DrawFn, code: str) -> AnswerSet:
    respondent = draw(st.sampled_from(RESPONDENTS.get(code, ["self"])))
    facts: dict[str, Any] = {}
    if code == "moca":
        known = draw(st.sampled_from(["yes", "no", "unknown", "not said"]))
        if known != "not said":
            told = {"yes": True, "no": False, "unknown": None}
            facts["education_at_most_12_years"] = told[known]
    return draw(answers_of(items_of(code, respondent))), respondent, facts


@st.composite
def of_goals(draw: st.DrawFn) -> AnswerSet:
    """Goals with a level each; some have a weight of their own, 1 to 9."""
    goals = [str(number) for number in range(1, draw(st.integers(1, 8)) + 1)]
    weights = {}
    for goal, byte in zip(goals, draw(bytes_for(goals)), strict=True):
        if byte % 10:
            weights[goal] = byte % 10
    levels = draw(answers_of(dict.fromkeys(goals, (-2, -1, 0, 1, 2))))
    return levels, RESPONDENTS["GAS"][0], {"weights": weights}


def answer_set(code: str) -> st.SearchStrategy[AnswerSet]:
    """Answers, respondent and facts of this instrument."""
    return of_goals() if code == "GAS" else of_a_form(code)
