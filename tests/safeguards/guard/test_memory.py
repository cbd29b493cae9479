"""What a process remembers between requests: how much of it, and how it is forgotten."""

from app.safeguards.guard.memory import FITTED, UNFIT, Remembered, Scores


def test_a_route_is_worth_a_try_that_fits_four_times_in_five() -> None:
    scores = Scores()
    for points in (UNFIT, *(FITTED,) * 3):
        scores.add("/a", points)
        assert scores.poor("/a")
    scores.add("/a", FITTED)
    assert scores.known == {"/a": 0}
    assert (FITTED, UNFIT) == (1, -4)


def test_a_route_is_poor_while_it_has_failed_more_than_it_has_fitted() -> None:
    scores = Scores()
    assert not scores.poor("/a")
    scores.add("/a", -1)
    assert scores.poor("/a")
    assert not scores.poor("/b")
    scores.add("/a", 1)
    assert not scores.poor("/a")
    assert scores.known == {"/a": 0}


def test_what_has_long_fitted_is_soon_found_not_to() -> None:
    scores = Scores(most=3)
    for _ in range(5):
        scores.add("/a", 1)
    assert scores.known == {"/a": 3}
    scores.add("/a", -4)
    assert scores.poor("/a")
    assert Scores().most == 50
    assert Scores().known is not Scores().known


def test_each_time_that_a_poor_route_is_passed_over_it_is_less_poor() -> None:
    scores = Scores()
    scores.add("/a", -2)
    scores.pass_over("/a")
    assert scores.known == {"/a": -1}
    scores.pass_over("/a")
    assert not scores.poor("/a")


def test_what_was_found_is_found_again_until_it_is_forgotten() -> None:
    found = Remembered[str, int]()
    assert found.of("a") is None
    found.keep("a", 1)
    found.keep("b", 2)
    assert (found.of("a"), found.of("b")) == (1, 2)
    found.forget("a")
    found.forget("c")
    assert (found.of("a"), found.of("b")) == (None, 2)


def test_of_what_was_found_there_is_so_much_at_most() -> None:
    found = Remembered[int, int](most=2)
    for number in range(2):
        found.keep(number, number)
    assert found.known == {0: 0, 1: 1}
    found.keep(2, 2)
    assert found.known == {2: 2}
    assert Remembered[int, int]().most == 10_000
    assert Remembered[int, int]().known is not Remembered[int, int]().known
