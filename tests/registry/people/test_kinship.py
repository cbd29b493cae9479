"""Each relationship has an inverse, and an elder by descent is not the younger."""

from datetime import date

import pytest

from app.registry.operations.families import KINSHIP
from app.registry.operations.words import RELATIONS
from app.registry.people.kinship import ELDER, INVERSE, PARENTAGE, impossible

OLD = (date(1980, 1, 1), date(1980, 12, 31))
YOUNG = (date(2010, 1, 1), date(2010, 12, 31))
WIDE = (date(1979, 1, 1), date(2012, 1, 1))
UNKNOWN = (None, None)


@pytest.mark.parametrize("kind", INVERSE)
def test_the_inverse_of_the_inverse(kind: str) -> None:
    assert INVERSE[INVERSE[kind]] == kind


def test_every_word_of_a_list_has_a_kinship() -> None:
    assert KINSHIP.keys() == RELATIONS.keys() - {"head", "none"}
    assert set(KINSHIP.values()) <= INVERSE.keys()
    assert INVERSE.keys() >= ELDER | PARENTAGE


@pytest.mark.parametrize("kind", sorted(ELDER))
def test_an_elder_is_not_certainly_the_younger(kind: str) -> None:
    assert impossible(kind, YOUNG, OLD)
    assert impossible(INVERSE[kind], OLD, YOUNG)
    assert impossible(kind, (OLD[0], OLD[0]), (OLD[0], OLD[0]))
    for one, other in ((OLD, YOUNG), (WIDE, OLD), (UNKNOWN, OLD), (YOUNG, UNKNOWN), (OLD, WIDE)):
        assert not impossible(kind, one, other)
        assert not impossible(INVERSE[kind], other, one)


@pytest.mark.parametrize("kind", sorted(INVERSE.keys() - ELDER - {INVERSE[k] for k in ELDER}))
def test_of_others_births_say_nothing(kind: str) -> None:
    assert not impossible(kind, YOUNG, OLD)
    assert not impossible(kind, OLD, YOUNG)
