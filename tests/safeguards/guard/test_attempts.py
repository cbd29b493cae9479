"""A try to come in: what it is made of, and in which words it is refused."""

from uuid import UUID

import pytest

from app.core.values import now
from app.safeguards.guard.attempts import FORM, Attempt, Refused, no_client, unfit


def test_a_refusal_says_an_error_of_oauth_and_is_a_bad_request() -> None:
    refused = Refused("invalid_grant", "password")
    assert (str(refused), refused.error, refused.why) == (
        "invalid_grant",
        "invalid_grant",
        "password",
    )
    assert (refused.status, refused.headers, refused.description) == (400, {}, None)
    given = {"Retry-After": "1"}
    more = Refused("slow_down", "often", 429, headers=given, description="words")
    assert (more.status, more.headers, more.description) == (429, given, "words")
    assert more.headers is not given


def test_what_is_wrong_with_a_form_is_said_to_who_wrote_the_client() -> None:
    """Word for word, for clients' authors search for it."""
    assert FORM == {
        "query": "parameters go into the form, never into the URL",
        "repeated": "a parameter is given twice",
        "form": "the form is not UTF-8, or has too many parameters",
        "incomplete": "a parameter that this grant needs is missing or empty",
        "authenticates twice": "the secret is in the header and in the form",
        "grant": "grant_type is password, refresh_token or client_credentials",
    }
    for why, words in FORM.items():
        refused = unfit(why)
        assert (refused.error, refused.why) == ("invalid_request", why)
        assert (refused.status, refused.description) == (400, words)
    assert unfit("grant", "unsupported_grant_type").error == "unsupported_grant_type"
    with pytest.raises(KeyError):
        unfit("else")


def test_a_client_that_is_not_known_is_told_how_to_authenticate() -> None:
    refused = no_client("no such client")
    assert (refused.error, refused.why) == ("invalid_client", "no such client")
    assert (refused.status, refused.description) == (401, None)
    assert refused.headers == {"WWW-Authenticate": 'Basic realm="casework"'}


def test_an_attempt_is_made_at_its_own_moment_and_says_nothing_that_is_not_given() -> None:
    before = now()
    attempt = Attempt({}, UUID(int=1), "::1")
    assert before <= attempt.at <= now()
    assert (attempt.basic, attempt.fault) == (None, None)
    fault = unfit("form")
    assert Attempt({}, UUID(int=1), "::1", fault=fault).fault is fault
