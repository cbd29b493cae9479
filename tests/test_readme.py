"""The walk in README.md, done literally against a server that runs the demo."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import ROOT, Served, plain_environment, serving

WALK = re.compile(r"^<!-- walk -->\n```sh\n(.*?)^```$", re.M | re.S)
REQUEST = r"(?m)^(?:ask|hand_in|join) .*$"
EXPECTED = re.compile(r"\s+# (\d{3})\b[^\n]*$")


def script(text: str) -> str:
    """All blocks as one script that stops at the first request that answers another status."""
    lines = ["set -Eeuo pipefail", "trap 'echo \"README.md: failed at: $BASH_COMMAND\" >&2' ERR"]
    for block in WALK.finditer(text):
        start = text.count("\n", 0, block.start(1)) + 1
        statement: list[str] = []
        for number, line in enumerate(block[1].splitlines(), start):
            statement.append(line)
            if line.endswith("\\"):
                continue
            if found := EXPECTED.search(line):
                statement[-1] = line[: found.start()]
                whole = "\n".join(statement)
                lines += [f"told=$({whole}\n)", f"check {number} {found[1]} \"${{told##*$'\\n'}}\""]
            else:
                lines += statement
            statement = []
    return CHECK + "\n".join(lines) + '\necho "walked to the end"\n'


CHECK = """check() {
  [ "$2" = "$3" ] && return
  echo "README.md line $1: expected $2, and it answered $3" >&2
  [ -f answer.json ] && cat answer.json >&2
  exit 1
}
"""


def walk(text: str, folder: Path, served: Served) -> subprocess.CompletedProcess[str]:
    for tool in ("bash", "curl", "python3"):
        assert shutil.which(tool), f"the walk needs {tool}, and this machine has none"
    return subprocess.run(
        ["bash"],
        input=script(text),
        cwd=folder,
        env={**plain_environment(), "API": f"{served.url}/v1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Served]]:
    folder = tmp_path_factory.mktemp("readme")
    (folder / "docs").symlink_to(ROOT / "docs")
    with serving(folder) as served:
        yield folder, served


def test_the_walk_goes_as_written(server: tuple[Path, Served]) -> None:
    folder, served = server
    text = (ROOT / "README.md").read_text()
    assert len(WALK.findall(text)) == text.count("<!-- walk -->") >= 3
    asked = [line for block in WALK.findall(text) for line in re.findall(REQUEST, block)]
    assert script(text).count("\ncheck ") == len(asked)  # none goes without its status
    found = walk(text, folder, served)
    assert found.returncode == 0, found.stderr
    assert found.stdout.endswith("walked to the end\n")


SHORT = """<!-- walk -->
```sh
ask() { curl -sS -o answer.json -w '%{http_code}\\n' "${API%/v1}$1"; }
ask /healthz    # 200
grep -q alive answer.json
```
"""


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("# 200", "# 404", "line 4: expected 404, and it answered 200"),
        ("/healthz", "/nowhere", "line 4: expected 200, and it answered 404"),
        ("alive", "asleep", "failed at: grep -q asleep"),
    ],
)
def test_a_walk_that_goes_wrong_is_noticed(
    server: tuple[Path, Served], right: str, wrong: str, complaint: str
) -> None:
    assert walk(SHORT, *server).stdout.endswith("walked to the end\n")
    found = walk(SHORT.replace(right, wrong), *server)
    assert found.returncode != 0
    assert complaint in found.stderr
    assert "walked to the end" not in found.stdout


def test_every_page_that_is_pointed_at_exists() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} points at {target}"
