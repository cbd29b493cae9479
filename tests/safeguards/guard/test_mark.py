"""The action that a route names: one of the policy, or the caller's own affairs."""

import pytest

from app.safeguards.access.policy import POLICY
from app.safeguards.guard.mark import ForSelf, Mark, Permit, UnknownAction

ONE, OTHER = "note.add", "note.read"


def test_a_mark_names_an_action_and_a_look_of_the_policy() -> None:
    assert {ONE, OTHER} < POLICY.verbs.keys()
    for mark in (Mark(ONE), Mark(ONE, look=OTHER), Mark("self"), Mark(ONE, look="self")):
        assert mark.action in (ONE, "self")
    for action, look in (("note.dream", ""), ("note.dream", ONE), (ONE, "note.dream"), ("", "")):
        with pytest.raises(UnknownAction):
            Mark(action, look=look)


def test_a_mark_is_about_no_file_unless_it_says_so() -> None:
    mark = Permit(ONE)
    assert (mark.action, mark.scope, mark.parameter, mark.look) == (ONE, None, "", "")
    assert (mark.summary, mark.past_seals, mark.recalls) == (False, False, False)


def test_what_is_about_the_caller_alone_is_no_action_of_the_policy() -> None:
    assert ForSelf() == Mark("self")
    assert ForSelf().action not in POLICY.verbs
