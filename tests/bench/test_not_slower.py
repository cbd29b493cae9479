"""A speed once reached is not given back: the baseline, measured again beside its ceiling."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.baseline import kept

ROOT = Path(__file__).parents[2]
TRIES = 2  # a machine with other work disturbs one run; what is slower is slower in both


@pytest.mark.prove
def test_no_hot_path_costs_more_than_it_did() -> None:
    before = kept()
    asked = f"--check --cases {before['cases']} --rounds {before['rounds']} "
    asked += f"--seconds {before['seconds']} --only W1,W2,W3,W4 "
    asked += "--variants ceiling,postgresql,sqlite"
    command = ["make", "bench", f"PYTHON={sys.executable}", f"ARGS={asked}"]
    for _ in range(TRIES):
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if not ran.returncode:
            return
    pytest.fail(ran.stdout + ran.stderr)
