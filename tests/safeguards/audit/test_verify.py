"""The verifier: what holds, holds; what was altered is found, and its first place is named."""

import json
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import verify
from app.core.values import new_id
from app.safeguards.audit import tiles
from app.safeguards.audit.chain import GENESIS, entry, leaf, link, log_leaf
from app.safeguards.audit.checkpoint import Checkpoint
from app.safeguards.audit.forms import written_bytes, written_hashes
from app.safeguards.audit.keys import Kind, SigningKey
from app.safeguards.audit.merkle import EMPTY, entry_leaf
from app.safeguards.audit.notes import Note, Signature, sign
from app.safeguards.audit.proofs import Proof
from tests.safeguards.audit.logs import (
    AT,
    KEY,
    ORIGIN,
    OTHER_WITNESS,
    PQ_KEY,
    PQ_VKEY,
    VKEY,
    WITNESS,
    Log,
    chained,
    shown,
    unchained,
)

Judge = Callable[..., tuple[int, str]]


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str]) -> Judge:
    """The exit code, and what was said."""

    def run(*arguments: object, keys: Sequence[str] = (VKEY,)) -> tuple[int, str]:
        named = [part for key in keys for part in ("--key", key)]
        code = verify.main([*map(str, arguments), *named])
        said = capsys.readouterr().out
        assert "fault of the verifier" not in said, said
        assert said.startswith(("holds: ", "does not hold: ", "cannot be judged: ")[code])
        return code, said

    return run


def log_of(size: int, word: bytes = b"") -> Log:
    return Log([entry_leaf(word + b"%d" % number) for number in range(size)])


def write_entries(folder: Path, size: int) -> Path:
    (folder / "entries").write_bytes(b"".join(b"%d\n" % number for number in range(size)))
    return folder / "entries"


def flip(file: Path, place: int = 0) -> None:
    raw = bytearray(file.read_bytes())
    raw[place] ^= 1
    file.write_bytes(raw)


# --- as an auditor runs it


def test_it_runs_by_itself_wherever_it_is(tmp_path: Path) -> None:
    file = Path(shutil.copy(verify.__file__, tmp_path / "verify.py"))
    folder = log_of(300).write(tmp_path / "log")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", str(file), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={},
        )

    found = run("log", "log", "--key", VKEY)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == f"holds: all 300 leaves of {ORIGIN} give the signed root\n"
    flip(folder / "tile/0/001.p/44")
    found = run("log", "log", "--key", VKEY)
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout.startswith("does not hold: ")
    found = run("log", "nowhere", "--key", VKEY)
    assert (found.returncode, found.stderr) == (2, "")
    assert found.stdout.startswith("cannot be judged: ")
    for wrong in ([], ["log", "log"], ["guess"], ["proof", "log", "--key", VKEY]):
        found = run(*wrong)
        assert found.returncode == 2
        assert "Traceback" not in found.stderr
    assert "casework-verify" in run("--help").stdout


@pytest.mark.parametrize(
    ("missing", "key", "code"),
    [
        ("cryptography.hazmat.primitives.asymmetric.mldsa", PQ_VKEY, 2),
        ("cryptography.hazmat.primitives.asymmetric.mldsa", VKEY, 0),
        ("cryptography.exceptions", VKEY, 2),
    ],
)
def test_what_is_not_installed_accuses_nobody(
    tmp_path: Path, missing: str, key: str, code: int
) -> None:
    log_of(3).write(tmp_path, KEY, PQ_KEY)
    run = f"import runpy, sys; sys.modules[{missing!r}] = None; runpy.run_path({verify.__file__!r}"
    found = subprocess.run(
        [sys.executable, "-c", f"{run}, run_name='__main__')", "log", str(tmp_path), "--key", key],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (code, "")
    assert found.stdout.startswith("cannot be judged: " if code else "holds: ")


def test_what_is_not_supported_accuses_nobody(
    judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise UnsupportedAlgorithm("as with an older library below it")

    monkeypatch.setattr(mldsa, "MLDSA44PublicKey", SimpleNamespace(from_public_bytes=unsupported))
    log_of(3).write(tmp_path, PQ_KEY)
    assert judge("log", tmp_path, keys=[PQ_VKEY])[0] == 2


# --- the whole log


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 1000, 66_000])
def test_a_log_holds_by_its_tiles(judge: Judge, tmp_path: Path, size: int) -> None:
    folder = log_of(size).write(tmp_path)
    assert judge("log", folder) == (
        0,
        f"holds: all {size} leaves of {ORIGIN} give the signed root\n",
    )


@pytest.mark.parametrize("size", [1, 256, 600])
def test_a_log_holds_by_its_entries(judge: Judge, tmp_path: Path, size: int) -> None:
    write_entries(log_of(size).write(tmp_path), size)
    assert judge("log", tmp_path)[0] == 0
    shutil.rmtree(tmp_path / "tile")
    assert judge("log", tmp_path)[0] == 0
    (tmp_path / "entries").unlink()
    assert judge("log", tmp_path)[0] == 2


@pytest.mark.parametrize("levels", [1, 2, 64])
def test_an_altered_leaf_is_found_where_the_tiles_above_tell_it(
    judge: Judge, tmp_path: Path, levels: int
) -> None:
    log_of(66_000).write(tmp_path, levels=levels)
    flip(tmp_path / "tile/0/003", 32 * 9)
    code, said = judge("log", tmp_path)
    assert code == 1
    if levels == 1:
        assert "nothing here tells where" in said
    else:
        assert "leaves 768 to 1023: first bad index 768" in said


def test_a_tile_above_that_was_made_to_fit_does_not_hide_it(judge: Judge, tmp_path: Path) -> None:
    log, other = log_of(132_000), log_of(132_000)
    other = Log([*other.leaves[:70_000], bytes(32), *other.leaves[70_001:]])
    log.write(tmp_path)
    for path in ("tile/0/273", "tile/1/001"):
        shutil.copy(other.write(tmp_path / "other") / path, tmp_path / path)
    code, said = judge("log", tmp_path)
    assert code == 1
    assert "leaves 65536 to 131071: first bad index 65536" in said


def test_a_tile_above_that_leads_nowhere_names_no_leaf(judge: Judge, tmp_path: Path) -> None:
    log_of(66_000).write(tmp_path)
    flip(tmp_path / "tile/0/005")
    flip(tmp_path / "tile/1/000", 32 * 2)
    code, said = judge("log", tmp_path)
    assert code == 1
    assert "leaves 0 to 65535: first bad index 0" in said


def test_a_leaf_among_the_last_is_altered(judge: Judge, tmp_path: Path) -> None:
    log_of(600).write(tmp_path)
    flip(tmp_path / "tile/0/002.p/88", 32 * 3)
    code, said = judge("log", tmp_path)
    assert code == 1
    assert "nothing here tells where" in said


def test_an_altered_entry_is_found_exactly(judge: Judge, tmp_path: Path) -> None:
    file = write_entries(log_of(600).write(tmp_path), 600)
    flip(file, len(b"".join(b"%d\n" % one for one in range(417))))
    code, said = judge("log", tmp_path)
    assert (code, "first bad index 417\n" in said) == (1, True)


@pytest.mark.parametrize("count", [0, 255, 256, 599])
def test_missing_entries_and_leaves(judge: Judge, tmp_path: Path, count: int) -> None:
    write_entries(log_of(600).write(tmp_path), count)
    code, said = judge("log", tmp_path)
    assert (code, f"entry {count} is missing" in said) == (1, True)


def test_a_missing_or_short_tile(judge: Judge, tmp_path: Path) -> None:
    folder = log_of(600).write(tmp_path)
    file = folder / "tile/0/001"
    file.write_bytes(file.read_bytes()[:-1])
    code, said = judge("log", folder)
    assert (code, "leaf 511 is missing" in said) == (1, True)
    file.unlink()
    code, said = judge("log", folder)
    assert (code, "leaf 256 is missing" in said) == (1, True)


def test_entries_beyond_the_checkpoint_are_not_covered_yet(judge: Judge, tmp_path: Path) -> None:
    """They came since it was signed; the next one is to cover them."""
    file, holds = write_entries(log_of(600).write(tmp_path), 600), "give the signed root\n"
    assert judge("log", tmp_path) == (0, f"holds: all 600 leaves of {ORIGIN} {holds}")
    for more in (b"600\n", b"600\n601\n", b"6"):
        write_entries(tmp_path, 600)
        file.write_bytes(file.read_bytes() + more)
        code, said = judge("log", tmp_path)
        assert (code, "entries after them are not covered yet" in said) == (0, True)


def test_a_level_that_is_there_in_part(judge: Judge, tmp_path: Path) -> None:
    log_of(132_000).write(tmp_path)
    file = tmp_path / "tile/1/001"
    whole = file.read_bytes()
    for part in (whole[:-32], whole[:-1], b""):
        file.write_bytes(part)
        code, said = judge("log", tmp_path)
        assert (code, "of tile level 1 there is a part only" in said) == (1, True)
    file.unlink()
    assert judge("log", tmp_path)[0] == 1
    shutil.rmtree(tmp_path / "tile/1")
    assert judge("log", tmp_path)[0] == 0


def test_a_tile_above_that_its_leaves_do_not_give(judge: Judge, tmp_path: Path) -> None:
    log_of(66_000).write(tmp_path)
    flip(tmp_path / "tile/1/000", 32 * 5)
    code, said = judge("log", tmp_path)
    assert code == 1
    assert "tile level 1 is not that of leaves 1280 to 1535: first bad index 1280" in said


def test_swapped_inserted_and_dropped_leaves(judge: Judge, tmp_path: Path) -> None:
    log = log_of(600)
    for number, leaves in enumerate(
        (
            [*log.leaves[:5], log.leaves[6], log.leaves[5], *log.leaves[7:]],
            [*log.leaves[:5], bytes(32), *log.leaves[5:599]],
            [*log.leaves[:5], *log.leaves[6:], bytes(32)],
        )
    ):
        folder = Log(leaves).write(tmp_path / str(number))
        (folder / "checkpoint").write_bytes(log.note().written())
        code, _ = judge("log", folder)
        assert code == 1


@pytest.mark.parametrize("size", [300, 520])
def test_a_fuller_tile_serves_an_older_checkpoint(judge: Judge, tmp_path: Path, size: int) -> None:
    log = log_of(600)
    log.write(tmp_path)
    (tmp_path / "checkpoint").write_bytes(log_of(size).note().written())
    assert judge("log", tmp_path)[0] == 0


def test_no_leaves_have_one_root(judge: Judge, tmp_path: Path) -> None:
    note = sign(Checkpoint(ORIGIN, 0, bytes(32)).written(), [KEY], AT)
    (tmp_path / "checkpoint").write_bytes(note.written())
    assert judge("log", tmp_path)[0] == 1


# --- whose word it is


def test_each_key_that_is_named_must_have_signed(judge: Judge, tmp_path: Path) -> None:
    folder, log = tmp_path, log_of(3)
    both = (VKEY, PQ_VKEY)
    for signers, keys, code in (
        ([KEY], [VKEY], 0),
        ([KEY, PQ_KEY], [VKEY], 0),
        ([KEY, PQ_KEY], both, 0),
        ([KEY], both, 1),
        ([PQ_KEY], both, 1),
        ([PQ_KEY], [VKEY], 1),
    ):
        log.write(folder, *signers)
        assert judge("log", folder, keys=keys)[0] == code


def test_a_false_signature_or_another_log(judge: Judge, tmp_path: Path) -> None:
    log = log_of(3)
    file = log.write(tmp_path) / "checkpoint"
    good = log.note()
    forged = good._replace(signatures=log_of(4).note().signatures)
    file.write_bytes(forged.written())
    assert judge("log", tmp_path) == (
        1,
        f"does not hold: a signature of {ORIGIN} is false\n",
    )
    elsewhere = Checkpoint("elsewhere.example/log", log.size, log.root).written()
    file.write_bytes(sign(elsewhere, [KEY], AT).written())
    code, said = judge("log", tmp_path)
    assert (code, "the log elsewhere.example/log" in said) == (1, True)
    file.write_bytes(sign(f"{good.text}more\n", [KEY], AT).written())
    assert judge("log", tmp_path)[0] == 0


def test_lines_that_ml_dsa_44_does_not_cover(judge: Judge, tmp_path: Path) -> None:
    log = log_of(3)
    file = log.write(tmp_path, PQ_KEY) / "checkpoint"
    assert judge("log", tmp_path, keys=[PQ_VKEY])[0] == 0
    note = log.note(PQ_KEY)
    file.write_bytes(note._replace(text=f"{note.text}more\n").written())
    assert judge("log", tmp_path, keys=[PQ_VKEY])[0] == 1


def test_signatures_that_no_specification_allows(judge: Judge, tmp_path: Path) -> None:
    """By the right key: at a moment after the last, and over a name that has no length."""
    log, file, late = log_of(3), tmp_path / "checkpoint", 1 << 63
    text = log.note().text
    value = Ed25519PrivateKey.from_private_bytes(WITNESS.seed).sign(
        f"cosignature/v1\ntime {late}\n{text}".encode()
    )
    lines = [*log.note().signatures, told(WITNESS, late.to_bytes(8) + value)]
    file.write_bytes(Note(text, tuple(lines)).written())
    code, said = judge("log", tmp_path, "--witness", WITNESS.verifier.vkey())
    assert (code, f"signature of {WITNESS.name} is false" in said) == (1, True)
    long = SigningKey("x" * 256, Kind.ML_DSA_44, bytes(32))
    text = Checkpoint(long.name, log.size, log.root).written()
    file.write_bytes(Note(text, (told(long, bytes(2428)),)).written())
    assert judge("log", tmp_path, keys=[long.verifier.vkey()])[0] == 1


def told(key: SigningKey, value: bytes) -> Signature:
    return Signature(key.name, key.verifier.id, value)


def test_witnesses_are_counted_by_name(judge: Judge, tmp_path: Path) -> None:
    folder, log = tmp_path, log_of(3)
    first, second = WITNESS.verifier.vkey(), OTHER_WITNESS.verifier.vkey()
    also = SigningKey(WITNESS.name, Kind.ML_DSA_44, bytes(32))
    two = ["--witness", first, "--witness", second]
    for signers, more, code in (
        ([KEY], ["--witness", first], 1),
        ([KEY, WITNESS], ["--witness", first], 0),
        ([KEY, WITNESS], ["--witness", second], 1),
        ([KEY, WITNESS], two, 1),
        ([KEY, WITNESS], [*two, "--quorum", 1], 0),
        ([KEY], [*two, "--quorum", 0], 0),
        ([KEY, WITNESS, OTHER_WITNESS], two, 0),
        ([KEY, WITNESS, also], [*two, "--witness", also.verifier.vkey()], 1),
        ([KEY, WITNESS], [*two, "--quorum", 3], 2),
        ([KEY, WITNESS], ["--quorum", 1], 2),
        ([KEY], ["--witness", VKEY], 2),
    ):
        log.write(folder, *signers)
        assert judge("log", folder, *more)[0] == code, (signers, more)


def test_the_log_is_not_its_own_witness(judge: Judge, tmp_path: Path) -> None:
    own = SigningKey(WITNESS.name, Kind.COSIGNATURE, KEY.seed)
    log_of(3).write(tmp_path, KEY, own)
    assert judge("log", tmp_path, "--witness", own.verifier.vkey()) == (
        2,
        "cannot be judged: the log cannot be its own witness\n",
    )


UNNAMED = b"\1" + bytes(32)
NAMELESS = f"+{sha256(bytes([10]) + UNNAMED).hexdigest()[:8]}+{written_bytes(UNNAMED)}"


@pytest.mark.parametrize("bad", ["", "a", "a+b+c", VKEY[:-1], f"x{VKEY}", NAMELESS, "é"])
def test_what_is_no_key(judge: Judge, tmp_path: Path, bad: str) -> None:
    assert judge("log", log_of(1).write(tmp_path), keys=[bad])[0] == 2


# --- one event


@pytest.fixture
def events() -> list[dict[str, Any]]:
    """Of one file; a list that showed it, and a refusal of it, name it otherwise."""
    of = new_id()
    mixed = chained(9, of) + chained(4, of, "legal")
    shown_in_a_list = unchained(file_id=None)
    refused = shown_in_a_list | {"id": new_id(), "outcome": "refused", "asked_id": of}
    return [mixed[0], unchained(file_id=of), *mixed[1:], shown_in_a_list, refused]


def in_log(events: list[dict[str, Any]]) -> Log:
    return Log([log_leaf(event) for event in events])


def proof_file(tmp_path: Path, log: Log, index: int) -> Path:
    file = tmp_path / "one.tlog-proof"
    made = Proof(index, tuple(tiles.inclusion(log.read, index, log.size)), log.note())
    file.write_bytes(made.written())
    return file


def test_a_proof_holds_however_the_event_is_laid_out(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    log, event = in_log(events), tmp_path / "event.json"
    for index in (0, 1, len(events) - 1):
        file = proof_file(tmp_path, log, index)
        event.write_bytes(entry(events[index]))
        assert judge("proof", file, "--entry", event)[0] == 0
        event.write_text(json.dumps(dict(reversed(shown(events[index]).items())), indent=2))
        assert judge("proof", file, "--entry", event)[0] == 0
        event.write_bytes(entry(events[index - 1]))
        assert judge("proof", file, "--entry", event)[0] == 1


def test_an_event_with_anything_altered_added_or_left_out(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    file, event = proof_file(tmp_path, in_log(events), 3), tmp_path / "event.json"
    good = shown(events[3])
    for name in good:
        event.write_text(json.dumps({**good, name: "another"}))
        assert judge("proof", file, "--entry", event)[0] == 1, name
        event.write_text(json.dumps({key: good[key] for key in good if key != name}))
        assert judge("proof", file, "--entry", event)[0] == 2, name
    event.write_text(json.dumps({**good, "comment": "not in the log"}))
    assert judge("proof", file, "--entry", event)[0] == 2


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "[]",
        "null",
        '{"a": 1, "a": 1}',
        "1.5",
        "NaN",
        "[" * 100_000,
        "9" * 5000,
        '"\\ud800"',
        "\ufeff{}",
    ],
)
def test_what_is_no_event(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]], bad: str
) -> None:
    file, event = proof_file(tmp_path, in_log(events), 3), tmp_path / "event.json"
    event.write_text(bad)
    assert judge("proof", file, "--entry", event)[0] == 2
    if bad not in ("", "[]", "null"):  # these are values, only not those of the log
        event.write_text(json.dumps(shown(events[3])).replace('"note"', bad))
        assert judge("proof", file, "--entry", event)[0] == 2


def test_the_only_leaf_is_at_no_other_index(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    file, event = proof_file(tmp_path, in_log(events[:1]), 0), tmp_path / "event.json"
    event.write_bytes(entry(events[0]))
    assert judge("proof", file, "--entry", event)[0] == 0
    file.write_text(file.read_text().replace("index 0", "index 7"))
    assert judge("proof", file, "--entry", event)[0] == 1


def test_a_name_that_is_said_twice(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    """Whoever reads the file might believe the one, and the proof be of the other."""
    file, event = proof_file(tmp_path, in_log(events), 3), tmp_path / "event.json"
    event.write_text('{"action": "nothing", ' + json.dumps(shown(events[3]))[1:])
    assert judge("proof", file, "--entry", event)[0] == 2


@pytest.mark.parametrize("index", ["03", "+3", "٣", "3 ", "", "9" * 19])
def test_an_index_has_one_spelling(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]], index: str
) -> None:
    file, event = proof_file(tmp_path, in_log(events), 3), tmp_path / "event.json"
    event.write_bytes(entry(events[3]))
    file.write_text(file.read_text().replace("index 3", f"index {index}"))
    assert judge("proof", file, "--entry", event)[0] == 2


def test_a_proof_with_any_byte_flipped_is_refused(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    file, event = proof_file(tmp_path, in_log(events), 3), tmp_path / "event.json"
    event.write_bytes(entry(events[3]))
    good = file.read_bytes()
    assert judge("proof", file, "--entry", event)[0] == 0
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        file.write_bytes(bad)
        assert judge("proof", file, "--entry", event)[0] != 0, place
    file.write_bytes(good.replace(b"index 3", b"extra AAAA\nindex 3"))
    assert judge("proof", file, "--entry", event)[0] == 0


# --- two checkpoints


def test_consistency(judge: Judge, tmp_path: Path) -> None:
    old, new, file = (tmp_path / name for name in ("old", "new", "proof"))

    def write(first: Log, second: Log, hashes: Sequence[bytes]) -> tuple[Path, ...]:
        old.write_bytes(first.note().written())
        new.write_bytes(second.note(KEY, WITNESS).written())
        file.write_text(written_hashes(hashes))
        return old, new, file

    witnessed = ["--witness", WITNESS.verifier.vkey()]
    for size in (1, 2, 3, 7, 8, 256, 300, 513):
        log, sizes = log_of(size), {0, 1, size // 2, size - 1, size}
        for before in sizes:
            proof = tiles.consistency(log.read, before, size)
            files = write(log_of(before), log, proof)
            assert judge("consistency", *files)[0] == 0
            assert judge("consistency", *files, *witnessed)[0] == 0
            if before > 0:
                assert judge("consistency", *write(log_of(before, b"other"), log, proof))[0] == 1
            for wrong in (proof[:-1], [*proof, bytes(32)], [bytes(32), *proof[1:]]):
                if wrong != proof:
                    assert judge("consistency", *write(log_of(before), log, wrong))[0] == 1
            if before < size:
                assert judge("consistency", *write(log, log_of(before), proof))[0] == 1
    file.write_text("no hash")
    assert judge("consistency", old, new, file)[0] == 2


def test_that_a_log_continues_an_older_one_takes_no_proof(judge: Judge, tmp_path: Path) -> None:
    old = tmp_path / "old"
    for size in (0, 1, 3, 256, 300, 513, 770):
        folder = log_of(size).write(tmp_path / f"log-{size}")
        for before in {0, 1, size // 2, 255, 256, size - 1, size} & {*range(size + 1)}:
            old.write_bytes(log_of(before).note().written())
            told = f"holds: casework.example/audit only grew, from {before} to {size} leaves\n"
            assert judge("continues", old, folder) == (0, told)
            if before:
                old.write_bytes(log_of(before, b"other").note().written())
                assert judge("continues", old, folder)[0] == 1
        old.write_bytes(log_of(size + 1).note().written())
        assert judge("continues", old, folder)[0] == 1
    old.write_text("no note")
    assert judge("continues", old, folder)[0] == 2
    whole, leaf = log_of(300).write(tmp_path / "damaged"), bytes(32)
    tile = whole / "tile" / "0" / "000"
    tile.write_bytes(tile.read_bytes()[:-32] + leaf)
    old.write_bytes(log_of(10).note().written())
    assert judge("continues", old, whole)[0] == 1  # the new log must hold, too


# --- a second record


def test_everything_of_a_second_record_is_in_the_log(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "AT_ONCE", 4)
    folder, file = in_log(events).write(tmp_path / "log"), tmp_path / "sink"
    told = [f"{event['id']} {log_leaf(event).hex()}\n" for event in events]
    file.write_text("".join([*told, told[2]]))
    assert judge("sink", file, folder) == (
        0,
        f"holds: all {len(told) + 1} lines are among the {len(told)} leaves of {ORIGIN}\n",
    )
    file.write_text("".join([*told[1:3], *told[4:7], *told[9:-1]]))
    assert judge("sink", file, folder)[1].endswith(
        f"; 3 from 1 to {len(told) - 2} have no line, leaf 3 first\n"
    )
    lost = unchained()
    missing = f"{lost['id']} {log_leaf(lost).hex()}\n"
    file.write_text("".join([*told[:6], missing, missing, *told[6:], missing]))
    code, said = judge("sink", file, folder)
    assert (code, f"the event {lost['id']} of line 7 is not in the log" in said) == (1, True)
    for bad in ("hello\n", f"{told[0][:20]}?\n", f"{told[0][:-1]} \n", told[0].upper()):
        file.write_text(told[1] + bad)
        code, said = judge("sink", file, folder)
        assert (code, "line 2" in said) == (2, True)
    for end in (1, 20, 36, 37, 100):
        file.write_text("".join([*told[:3], told[3][:end] + "\n", *told[4:], told[3][:end]]))
        code, said = judge("sink", file, folder)
        assert (code, f"all {len(told) + 1} lines, but for 2 that were cut, are" in said) == (
            0,
            True,
        )
    file.write_text("\n" + "\n".join(told) + "\n\n")
    assert f"all {len(told)} lines are among" in judge("sink", file, folder)[1]
    for nothing in ("", "\n\n", told[3][:20]):
        file.write_text(nothing)
        assert judge("sink", file, folder)[0] == 2
    file.write_text(told[0])
    flip(next((folder / "tile/0").rglob("*.p/*")))
    assert judge("sink", file, folder)[0] == 1


def test_a_second_record_names_what_it_has(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    folder, file = in_log(events).write(tmp_path / "log"), tmp_path / "sink"
    told = [f"{event['id']} {log_leaf(event).hex()}\n" for event in events]
    other = f"{new_id()}{told[3][36:]}"
    file.write_text("".join([*told, other]))
    code, said = judge("sink", file, folder)
    assert (code, f"lines 4 and {len(told) + 1} give one leaf two names" in said) == (1, True)
    for nameless in ("-" * 36, told[3][:36].replace("-", "0"), told[3][1:36] + "-"):
        file.write_text(nameless + told[3][36:])
        assert judge("sink", file, folder)[0] == 2
    file.write_text("".join([*told[:3], other, *told[4:]]))
    assert judge("sink", file, folder)[0] == 0, "leaves alone have no names"
    (folder / "entries").write_bytes(b"".join(entry(one) + b"\n" for one in events))
    code, said = judge("sink", file, folder)
    assert (code, "the leaf of line 4 is not that of the event" in said) == (1, True)
    file.write_text("".join(told))
    assert judge("sink", file, folder)[0] == 0


# --- a case


def bundle(log: Log, events: Sequence[dict[str, Any]], places: Sequence[int]) -> list[Any]:
    proofs = [
        {
            "event": shown(events[place]),
            "index": place,
            "proof": [written_bytes(one) for one in tiles.inclusion(log.read, place, log.size)],
            **({"redacted": "class"} if events[place]["outcome"] == "written" else {}),
        }
        for place in places
    ]
    head = {"checkpoint": log.note().written().decode()}
    return [head, *proofs, {"events": len(proofs)}]


def test_a_case_holds(judge: Judge, tmp_path: Path, events: list[dict[str, Any]]) -> None:
    log, file = in_log(events), tmp_path / "case.jsonl"
    for places in (
        range(len(events)),
        sorted(range(len(events)), key=lambda at: events[at]["chain"] or ""),
    ):
        write_lines(file, bundle(log, events, list(places)))
        assert judge("case", file) == (
            0,
            f"holds: {len(events)} events of the file {events[0]['file_id']} in 2 chains, "
            "all of them in the log\n",
        )


def test_a_case_is_that_of_one_file(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    file, of = tmp_path / "case.jsonl", events[0]["file_id"]
    write_lines(file, bundle(in_log(events), events, range(len(events))))
    assert judge("case", file, "--file", of)[0] == 0
    code, said = judge("case", file, "--file", new_id())
    assert (code, "line 2: an event of another file" in said) == (1, True)
    for no_id in ("", "a case", str(of).upper()):
        assert judge("case", file, "--file", no_id)[0] == 2
    other = new_id()
    refused = unchained(file_id=None, asked_id=other)
    for more in (chained(1, other), [unchained(file_id=other)], [refused]):
        mixed = [*events, *more]
        write_lines(file, bundle(in_log(mixed), mixed, range(len(mixed))))
        code, said = judge("case", file)
        assert (code, f"line {len(events) + 2}: an event of another" in said) == (1, True)
    for nothing in ([], [unchained(file_id=None)]):
        write_lines(file, bundle(in_log(nothing or events), nothing, range(len(nothing))))
        assert judge("case", file)[0] == 2


def exported(events: list[dict[str, Any]], folder: Path) -> Path:
    """The log of them, with its entries."""
    made = in_log(events).write(folder)
    (made / "entries").write_bytes(b"".join(entry(one) + b"\n" for one in events))
    return made


def test_a_case_is_all_that_the_log_has_of_it(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    """What the bundle alone does not show: the end of a chain, a whole one, what is in none."""
    file, of = tmp_path / "case.jsonl", events[0]["file_id"]
    others = [*chained(2), unchained(file_id=None), unchained(file_id=new_id(), detail={"of": of})]
    refused = unchained(file_id=None, asked_id=of)
    every = [*others[:2], *events, *others[2:], refused]
    about = [*range(2, 2 + len(events)), len(every) - 1]
    folder = exported(every, tmp_path / "log")
    write_lines(file, bundle(in_log(every), every, about))
    code, said = judge("case", file, "--log", folder)
    told = f"{len(about)} events of the file {of} in 2 chains, all of them in the log"
    until = f"of the first {len(every)} of {len(every)} leaves no other is about it"
    assert (code, said) == (0, f"holds: {told}; {until}\n")
    ends = [max(at for at in about if every[at]["chain"] == name) for name in ("legal", None)]
    named = [at for at in about if of in (every[at]["file_id"], every[at]["asked_id"])]
    for left in (*ends, *(at for at in about if every[at]["chain"] is None)):
        rest = [one for one in about if one != left]
        write_lines(file, bundle(in_log(every), every, rest))
        assert judge("case", file)[0] == 0  # the chains are whole
        code, said = judge("case", file, "--log", folder)
        found = f"does not hold: an event about the file is left out: first bad index {left}\n"
        assert (code, said) == (1, found) if left in named else code == 0
    chain = [at for at in about if every[at]["chain"] != events[0]["chain"]]
    write_lines(file, bundle(in_log(every), every, [one for one in about if one not in chain]))
    assert f"index {min(chain)}\n" in judge("case", file, "--log", folder)[1]
    # As the log was when the bundle was made: what came later is not asked for.
    write_lines(file, bundle(in_log(every[:-1]), every, about[:-1]))
    assert judge("case", file, "--log", folder)[0] == 0


def test_a_case_is_held_against_a_log_that_can_tell(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    file = tmp_path / "case.jsonl"
    write_lines(file, bundle(in_log(events), events, range(len(events))))
    short = exported(events[:-1], tmp_path / "short")
    leaves_only = in_log(events).write(tmp_path / "leaves")
    for folder in (short, leaves_only, tmp_path / "none"):
        assert judge("case", file, "--log", folder)[0] == 2
    other = exported([*events[:-1], unchained(file_id=events[0]["file_id"])], tmp_path / "other")
    code, said = judge("case", file, "--log", other)
    assert (code, "does not begin with what was signed for the bundle" in said) == (1, True)
    (tmp_path / "leaves" / "entries").write_bytes(b"{}\n" * len(events))
    assert judge("case", file, "--log", leaves_only)[0] == 1


def test_a_version_that_is_not_told_has_a_reason(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    file, whole = tmp_path / "case.jsonl", bundle(in_log(events), events, range(len(events)))
    (at, *_) = [place for place, one in enumerate(events) if one["outcome"] == "written"]
    line = whole[at + 1]
    for reason, code, said in (
        ("missing", 1, "the server has not kept what was written here"),
        (None, 2, "what was written here is left out, and nothing says why"),
    ):
        bare = {name: one for name, one in line.items() if name != "redacted"}
        told = bare if reason is None else {**bare, "redacted": reason}
        write_lines(file, [*whole[: at + 1], told, *whole[at + 2 :]])
        found = judge("case", file)
        assert (found[0], f"line {at + 2}: {said}\n" in found[1]) == (code, True), found


def write_lines(file: Path, lines: Sequence[Any]) -> None:
    file.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))


def relinked(events: list[dict[str, Any]], place: int, **more: Any) -> list[dict[str, Any]]:
    """As somebody forges it who knows how events are linked: all that follow are made anew."""
    found: list[dict[str, Any]] = []
    heads: dict[tuple[Any, str], tuple[int, bytes]] = {}
    for at, event in enumerate(events):
        event = event | more if at == place else event
        if event["chain"]:
            name = (event["file_id"], event["chain"])
            seq, previous = heads.get(name, (0, GENESIS))
            heads[name] = (seq + 1, link(previous, leaf(event)))
            event = event | {"seq": seq + 1, "hash": heads[name][1]}
        found.append(event)
    return found


def test_what_was_altered_in_a_case(
    judge: Judge, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    log, file, count = in_log(events), tmp_path / "case.jsonl", len(events)
    whole = bundle(log, events, range(count))
    forged = relinked(events, 4, action="nothing")
    cases: dict[str, tuple[list[Any], int]] = {
        "an event is left out": (bundle(log, events, [0, 1, 2, 4, *range(5, count)]), 5),
        "the first is left out": (bundle(log, events, range(1, count)), 3),
        "two are swapped": (bundle(log, events, [0, 2, 1, 4, 3, *range(5, count)]), 5),
        "one is there twice": (bundle(log, events, [0, 1, 2, 2, *range(3, count)]), 5),
        "one of no chain is there twice": (bundle(log, events, [0, 1, 1, *range(2, count)]), 4),
        "one was altered": ([*whole[:5], altered(whole[5], action="nothing"), *whole[6:]], 6),
        "one was relinked": (bundle(log, forged, range(count)), 6),
        "a place of a chain in none": (
            bundle(log, [events[0], events[1] | {"seq": 2}, *events[2:]], range(count)),
            3,
        ),
        "an index is another": ([*whole[:5], whole[5] | {"index": 5}, *whole[6:]], 6),
        "an index is beyond": ([*whole[:5], whole[5] | {"index": count}, *whole[6:]], 6),
        "the number is another": ([*whole[:-1], {"events": count + 1}], count + 2),
    }
    for what, (lines, place) in cases.items():
        write_lines(file, lines)
        code, said = judge("case", file)
        assert (code, f"line {place}: " in said) == (1, True), (what, said)


def altered(line: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**line, "event": {**line["event"], **more}}


def test_a_forged_chain_in_a_log_that_was_signed(judge: Judge, tmp_path: Path) -> None:
    """Everything is in the log; only the links are wrong."""
    good, file = chained(5), tmp_path / "case.jsonl"
    for bad in (
        [*good[:2], good[2] | {"hash": bytes(32)}, *good[3:]],
        [*good[:2], good[2] | {"action": "nothing"}, *good[3:]],
        [*good[:2], good[2] | {"seq": None}, *good[3:]],
        [*good[:2], good[2] | {"chain": None}, *good[3:]],
        [*good[:4], good[4] | {"seq": 7}],
        [*good[:4], good[4] | {"seq": "5"}],
        [good[0] | {"chain": []}],
        [*good[:4], good[4] | {"chain": None, "seq": None}],
        [*good[:4], good[4] | {"chain": None, "hash": None}],
        [*good[:2], good[2] | {"chain": 1}, *good[3:]],
        [*good[:2], good[2] | {"file_id": None}, *good[3:]],
        good[1:],
        relinked(good, 2)[:2] + good[3:],
    ):
        write_lines(file, bundle(in_log(bad), bad, range(len(bad))))
        code, said = judge("case", file)
        assert (code, "line " in said) == (1, True), said


def test_what_is_no_bundle(judge: Judge, tmp_path: Path, events: list[dict[str, Any]]) -> None:
    file, whole = tmp_path / "case.jsonl", bundle(in_log(events), events, range(len(events)))
    for lines in (
        [],
        whole[:-1],
        whole[1:],
        [whole[0], *whole],
        [*whole, whole[-1]],
        [*whole, {}],
        [whole[0] | {"comment": ""}, *whole[1:]],
        [whole[0], whole[1] | {"comment": ""}, *whole[2:]],
        [whole[0], altered(whole[1], comment=""), *whole[2:]],
        [whole[0], whole[1] | {"index": -1}, *whole[2:]],
        [whole[0], whole[1] | {"index": "0"}, *whole[2:]],
        [whole[0], whole[1] | {"index": False}, *whole[2:]],
        [whole[0], whole[1] | {"proof": [None]}, *whole[2:]],
        [whole[0], whole[1] | {"proof": "AAAA"}, *whole[2:]],
        [{"checkpoint": "nothing"}, *whole[1:]],
        [{"checkpoint": "\ud800"}, *whole[1:]],
        ["hello", *whole],
    ):
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        assert judge("case", file)[0] == 2, lines[:1]
    file.write_bytes(b"{" + b" " * (1 << 20) + b"}\n")
    code, said = judge("case", file)
    assert (code, "too long" in said) == (2, True)


def test_a_long_bundle_costs_no_memory(tmp_path: Path) -> None:
    events = chained(1200)
    log, file = in_log(events), tmp_path / "case.jsonl"
    peaks = []
    for count in (200, 1200):
        write_lines(file, bundle(log, events, range(count)))
        tracemalloc.start()
        assert verify.main(["case", str(file), "--key", VKEY]) == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2 + 50_000


# --- anything at all


EVENTS = [*chained(5), unchained(file_id=None)]
NOISE = [b"", b"\n", b" ", b"\0", b"\xff", b"9" * 30, b"null", b"[" * 2000, b'"', b"-1", b"1e999"]
Command = tuple[str, list[Path | str], list[Path]]  # what is called, and which files it reads


@pytest.fixture
def commands(tmp_path: Path) -> list[Command]:
    log, files = in_log(EVENTS), tmp_path
    folder = log.write(files / "log")
    new, old, hashes = folder / "checkpoint", files / "old", files / "hashes"
    event, sink, case = (files / name for name in ("event", "sink", "case"))
    entries = folder / "entries"
    entries.write_bytes(b"".join(entry(one) + b"\n" for one in EVENTS))
    event.write_bytes(entry(EVENTS[2]))
    old.write_bytes(in_log(EVENTS[:4]).note().written())
    hashes.write_text(written_hashes(tiles.consistency(log.read, 4, log.size)))
    sink.write_text("".join(f"{one['id']} {log_leaf(one).hex()}\n" for one in EVENTS))
    write_lines(case, bundle(log, EVENTS, range(len(EVENTS))))
    proof = proof_file(files, log, 2)
    return [
        ("log", [folder], [new, entries, folder / f"tile/0/000.p/{log.size}"]),
        ("proof", [proof, "--entry", event], [proof, event]),
        ("consistency", [old, new, hashes], [old, new, hashes]),
        ("sink", [sink, folder], [sink, new]),
        ("case", [case], [case]),
    ]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_is_in_the_files_there_is_an_answer(
    judge: Judge, commands: list[Command], data: st.DataObject
) -> None:
    """Exit 0, 1 or 2 and a sentence; what was altered is not said to hold."""
    command, arguments, parts = data.draw(st.sampled_from(commands))
    file = data.draw(st.sampled_from(parts))
    good = file.read_bytes()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 40)))
    noise = data.draw(st.one_of(st.binary(max_size=40), st.sampled_from(NOISE)))
    bad = good[:start] + noise + good[end:]
    file.write_bytes(bad)
    try:
        code, said = judge(command, *arguments)
    finally:
        file.write_bytes(good)
    assert code != 0 or harmless(file.name, good, bad), said


def test_and_as_they_are_they_hold(judge: Judge, commands: list[Command]) -> None:
    for command, arguments, _ in commands:
        assert judge(command, *arguments)[0] == 0


def harmless(name: str, good: bytes, bad: bytes) -> bool:
    """Says the same as before, or less of what nobody would miss."""
    if name == "sink":  # fewer lines are missed by nobody, nor is one that is cut; names prove less
        return {one for one in leaves(bad) if len(one) == 64} <= set(leaves(good))
    if name.isdecimal():  # a tile: what is behind its end is not read
        return bad.startswith(good)
    if name == "entries" and bad.startswith(good):  # what is not covered yet
        return True
    if bad == good:
        return True
    if name == "event":
        return bool(json.loads(bad) == json.loads(good))
    if name == "case":
        told, same = ([*map(json.loads, filter(None, one.split(b"\n")))] for one in (bad, good))
        return told == same  # an empty line says nothing
    return bad.rstrip(b"\n") == good.rstrip(b"\n") and name in ("entries", "hashes")


def leaves(sink: bytes) -> list[bytes]:
    return [line[37:] for line in sink.splitlines()]


# --- what an insider tried


def test_two_logs_of_nothing_are_one_only_if_they_are() -> None:
    assert verify.grew(0, EMPTY, 0, EMPTY, [])
    assert not verify.grew(0, EMPTY, 0, bytes(32), [])
    assert not verify.grew(0, bytes(32), 5, bytes(32), [])


def test_a_write_that_is_in_no_chain_is_none() -> None:
    event = dict.fromkeys(verify.LOGGED) | {"outcome": "written"}
    with pytest.raises(verify.Broken, match="in no chain"):
        verify.Chains().follow(event, 0)
    verify.Chains().follow(event | {"outcome": "read"}, 0)


def test_whom_it_cannot_tell_it_accuses_of_nothing(tmp_path: Path) -> None:
    command = f"{sys.executable} -I {verify.__file__} log {tmp_path} --key {VKEY}"
    for nowhere in (">&-", "> /dev/full"):
        found = subprocess.run(["sh", "-c", f"{command} {nowhere}"], check=False)
        assert found.returncode == 2
