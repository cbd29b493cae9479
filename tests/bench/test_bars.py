"""A figure holds by the median of its rounds, on the side of its bar that was promised."""

import pytest

from bench.bars import Figure, markdown


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (Figure("kept", [0.2, 0.5, 0.9], least=0.5), True),
        (Figure("kept", [0.2, 0.49, 0.9], least=0.5), False),
        (Figure("slower", [1.0, 1.15, 9.0], most=1.15), True),
        (Figure("slower", [1.0, 1.16, 1.0, 1.2], most=1.15), True),
        (Figure("slower", [1.1, 1.16, 1.2], most=1.15), False),
        (Figure("told", [1.0]), None),
    ],
)
def test_the_median_is_judged(figure: Figure, holds: bool | None) -> None:
    assert figure.holds is holds
    assert figure.told()["holds"] is holds


def test_a_line_tells_spread_bar_and_verdict() -> None:
    line = Figure("leaves", [9_000, 12_000, 11_000], least=10_000, unit="/s").line()
    assert line.split() == ["leaves", "11,000/s", "9,000–12,000", "at", "least", "10,000", "holds"]
    assert Figure("one", [0.3], most=0.25).line().split()[-4:] == ["at", "most", "0.25", "FAILS"]


def test_a_table_has_a_row_for_each() -> None:
    table = markdown([Figure("a", [1, 2], least=1), Figure("b", [3.0])]).splitlines()
    assert table[2:] == [
        "| a | **1.50** (1.00–2.00) | at least 1.00 | holds |",
        "| b | **3.00** |  |  |",
    ]
