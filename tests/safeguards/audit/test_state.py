"""Whether the rows of the database are as their last events say."""

import re
from pathlib import Path

import pytest

from tests.conftest import World
from tests.safeguards.audit.judging import state_judged


def test_what_nobody_has_touched_is_as_its_events_say(
    fresh: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert state_judged(fresh.house, tmp_path) == 0, capsys.readouterr().out
    assert int(re.findall(r"holds: (\d+) rows", capsys.readouterr().out)[0]) > 500
