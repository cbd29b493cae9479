"""Slower is relative to the ceiling of the same run, never a time."""

from pathlib import Path

import pytest

from bench import baseline
from bench.baseline import kept, slower

BEFORE = {"figures": {"W1 postgresql": {"cpu_ratio": 2.0, "ratio": 0.5}}}


def measured(cpu_ratio: float, variant: str = "postgresql") -> list[dict[str, object]]:
    return [{"work": "W1", "variant": variant, "cpu_ratio": cpu_ratio}]


def test_what_costs_a_fifth_more_than_before_is_told() -> None:
    (told,) = slower(BEFORE, measured(2.4))
    assert "W1 postgresql" in told
    assert "2.40" in told
    assert "2.00" in told


def test_noise_and_improvements_are_not() -> None:
    assert slower(BEFORE, measured(2.28)) == []
    assert slower(BEFORE, measured(1.0)) == []


def test_what_was_never_recorded_is_not_judged() -> None:
    assert slower(BEFORE, measured(99.0, "ninja")) == []


def test_the_baseline_knows_the_three_hot_paths_on_both_engines() -> None:
    figures = kept()["figures"]
    assert {f"{w} {e}" for w in ("W1", "W3", "W4") for e in ("postgresql", "sqlite")} <= set(
        figures
    )


@pytest.mark.parametrize(("waited", "judged"), [("0.00", True), ("96.03", False)])
def test_a_busy_machine_is_no_judge(
    waited: str, judged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "cpu"
    told.write_text(f"some avg10={waited} avg60=1.00 avg300=1.00 total=1\n")
    monkeypatch.setattr(baseline, "PRESSURE", told)
    assert (baseline.busy() is None) is judged
