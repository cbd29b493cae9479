"""A fault in a data file is told with its line, however the file is laid out."""

from hashlib import sha256
from pathlib import Path

import pytest

from app.core.datafile import DataFile, DataFileError, load


def written(folder: Path, text: str) -> DataFile:
    path = folder / "sample.toml"
    path.write_bytes(text.encode())
    return load(path)


def line_with(text: str, mark: str) -> int:
    return next(n for n, line in enumerate(text.split("\n"), start=1) if mark in line)


LAYOUT = '''\
top = 1 # mark-top
"quoted key" = 2 # mark-quoted

[table] # mark-table
plain = 1 # mark-plain
dotted.inner = 2 # mark-dotted
spaced . inner = 3 # mark-spaced
list = [ # mark-list
    ["a", "b"],
    ["plain"]
]
text = """ # mark-text
[not.a.table]
plain = "neither"
"""
single = \'\'\'
[nor.this]
\'\'\'
after = [{ x = 1 }, { x = 2 }] # mark-after

[table."a.b"] # mark-deep
inner = 1 # mark-inner

[[many]] # mark-many-0
code = 1 # mark-code-0
[many.part] # mark-part-0
x = 1 # mark-x-0
[[many.more]] # mark-more-0-0
y = 1 # mark-y-0-0

[[many]] # mark-many-1
code = 2 # mark-code-1
[many.part] # mark-part-1
x = 2 # mark-x-1
[[many.more]] # mark-more-1-0
y = 1 # mark-y-1-0
[[many.more]] # mark-more-1-1
y = 2 # mark-y-1-1
'''


@pytest.mark.parametrize(
    ("keys", "mark"),
    [
        (("top",), "mark-top"),
        (("quoted key",), "mark-quoted"),
        (("table",), "mark-table"),
        (("table", "plain"), "mark-plain"),
        (("table", "dotted"), "mark-dotted"),
        (("table", "dotted", "inner"), "mark-dotted"),
        (("table", "spaced", "inner"), "mark-spaced"),
        (("table", "list"), "mark-list"),
        (("table", "list", 1), "mark-list"),
        (("table", "text"), "mark-text"),
        (("table", "after"), "mark-after"),
        (("table", "after", 1, "x"), "mark-after"),
        (("table", "a.b"), "mark-deep"),
        (("table", "a.b", "inner"), "mark-inner"),
        (("many",), "mark-many-0"),
        (("many", 0), "mark-many-0"),
        (("many", 0, "code"), "mark-code-0"),
        (("many", 0, "absent"), "mark-many-0"),
        (("many", 0, "part"), "mark-part-0"),
        (("many", 0, "part", "x"), "mark-x-0"),
        (("many", 0, "more", 0, "y"), "mark-y-0-0"),
        (("many", 1), "mark-many-1"),
        (("many", 1, "code"), "mark-code-1"),
        (("many", 1, "part", "x"), "mark-x-1"),
        (("many", 1, "more", 0, "y"), "mark-y-1-0"),
        (("many", 1, "more", 1), "mark-more-1-1"),
        (("many", 1, "more", 1, "y"), "mark-y-1-1"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_each_key_is_found_on_its_line(
    tmp_path: Path, keys: tuple[str | int, ...], mark: str, ending: str
) -> None:
    file = written(tmp_path, LAYOUT.replace("\n", ending))
    assert file.line_of(*keys) == line_with(LAYOUT, mark)


def test_what_stands_in_a_string_is_no_key(tmp_path: Path) -> None:
    lines = written(tmp_path, LAYOUT).lines
    assert ("not", "a", "table") not in lines
    assert ("nor", "this") not in lines
    assert not [place for place in lines if place[0] == "plain"]


@pytest.mark.parametrize(
    "text",
    [
        'a = """x\n[b]\n""" \nlast = 1',
        'a = """x\n"" [b]"""""\nlast = 1',
        'a = """x \\\n  \\""" [b]\n"""\nlast = 1',
        "a = '''x\n\\'''\nlast = 1",
        'a = \'# [[\'\nb = "[\\"["\nlast = 1',
        "a = [ # ]\n1, # [[\n]\nlast = 1",
        'a = "form\u2028\u0085feed"\nlast = 1',
        "a = [\n  { b = '}' },\n  { c = ']' }\n]\nlast = 1",
    ],
)
def test_lines_are_counted_as_toml_counts_them(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, text)
    assert file.data["last"] == 1
    assert file.line_of("last") == line_with(text, "last")


def test_a_fault_names_file_and_line(tmp_path: Path) -> None:
    file = written(tmp_path, "a = 1\n\n[b]\nc = 2\n")
    fault = file.fault("c is wrong", "b", "c")
    assert (fault.path, fault.line, fault.fault) == (file.path, 4, "c is wrong")
    assert str(fault) == "sample.toml:4: c is wrong"
    assert file.fault("something is missing").line == 1


def test_a_file_named_for_its_version_is_told_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "phq_9" / "v1.toml"
    assert str(DataFileError(path, 3, "c is wrong")) == "phq_9/v1.toml:3: c is wrong"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"a = 1\nb = \n", 2),
        (b"a = 1\na = 2\n", 2),
        (b"a = 1\nb = [1,\n2\n", 4),
        (b"a = 1\nb = 2\nc = '\xff'\n", 3),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_its_line(
    tmp_path: Path, raw: bytes, line: int
) -> None:
    path = tmp_path / "sample.toml"
    path.write_bytes(raw)
    with pytest.raises(DataFileError) as caught:
        load(path)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"sample.toml:{line}: ")


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    assert written(tmp_path, "a = 1\r\n").digest == sha256(b"a = 1\r\n").hexdigest()
