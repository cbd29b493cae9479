"""Checkpoints and proof files: made, read, and refused where their specifications forbid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.safeguards.audit import tiles
from app.safeguards.audit.checkpoint import Checkpoint, read_checkpoint
from app.safeguards.audit.forms import BadText, written_bytes
from app.safeguards.audit.merkle import entry_leaf
from app.safeguards.audit.proofs import Proof, read_proof
from tests.safeguards.audit.logs import Log

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
SPECIFIED = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"  # C2SP tlog-checkpoint


def test_the_specified_checkpoint() -> None:
    found = read_checkpoint(SPECIFIED)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert found.written() == SPECIFIED


def test_further_lines_change_nothing() -> None:
    assert read_checkpoint(f"{SPECIFIED}more\nand more\n") == read_checkpoint(SPECIFIED)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "\n",
        "a\n1\n",
        SPECIFIED[:-1],
        f"{SPECIFIED}\n",
        f"{SPECIFIED}\nmore\n",
        f"\n1\n{ROOT}\n",
        f"a\n\n{ROOT}\n",
        *(f"a\n{size}\n{ROOT}\n" for size in ("01", "-1", "+1", "1.0", " 1", "0x1", "١", "1_0")),
        f"a\n{2**63}\n{ROOT}\n",
        f"a\n{'9' * 5000}\n{ROOT}\n",
        "a\n1\nAAAA\n",
        f"a\n1\n{ROOT[:-1]}\n",
        f"a\n1\n{ROOT} \n",
        f"a\n1\n{ROOT.replace('I=', 'J=')}\n",
    ],
)
def test_what_is_no_checkpoint(bad: str) -> None:
    with pytest.raises(BadText):
        read_checkpoint(bad)


@pytest.mark.parametrize(
    "bad",
    [
        Checkpoint("", 1, bytes(32)),
        Checkpoint("a\nb", 1, bytes(32)),
        Checkpoint(SPECIFIED[:-1], 1, bytes(32)),
        Checkpoint("a", -1, bytes(32)),
        Checkpoint("a", 1 << 63, bytes(32)),
        Checkpoint("a", 1, bytes(31)),
    ],
)
def test_what_a_checkpoint_cannot_say(bad: Checkpoint) -> None:
    with pytest.raises(BadText):
        bad.written()


@given(st.text(alphabet=f"a0123\n\r +/=é{ROOT}"))
def test_any_text_is_a_checkpoint_or_a_badtext(text: str) -> None:
    try:
        read_checkpoint(text)
    except BadText:
        return
    assert text.count("\n") >= 3


# --- proof files


def proof_of(size: int, index: int, extra: bytes = b"") -> tuple[Log, Proof]:
    log = Log([entry_leaf(b"%d" % number) for number in range(size)])
    hashes = tiles.inclusion(log.read, index, size)
    return log, Proof(index, tuple(hashes), log.note(), extra)


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (300, 0), (300, 299)])
def test_a_proof_is_written_as_specified_and_read_again(size: int, index: int) -> None:
    log, made = proof_of(size, index)
    raw = made.written()
    assert read_proof(raw) == made
    head, _, note = raw.partition(b"\n\n")
    first, second, *hashes = head.decode().split("\n")
    assert (first, second) == ("c2sp.org/tlog-proof@v1", f"index {index}")
    assert hashes == [written_bytes(one) for one in made.hashes]
    assert note == log.note().written()
    assert made.holds(log.leaves[index])
    assert not made.holds(bytes(32))


def test_extra_data_is_kept_and_believed_by_nobody() -> None:
    log, made = proof_of(5, 2, b"a line for whoever opens the file")
    raw = made.written()
    assert raw.split(b"\n")[1] == b"extra " + written_bytes(made.extra).encode()
    assert read_proof(raw) == made
    assert made.holds(log.leaves[2])


def test_what_is_no_proof() -> None:
    _, made = proof_of(5, 2)
    raw = made.written()
    one = written_bytes(made.hashes[0]).encode()
    for old, new in (
        (b"proof@v1", b"proof@v2"),
        (b"c2sp.org", b" c2sp.org"),
        (b"index 2", b"index 02"),
        (b"index 2", b"index -1"),
        (b"index 2", b"index 5"),  # no such leaf under this checkpoint
        (b"index 2", b"index  2"),
        (b"index 2", b"Index 2"),
        (b"index 2\n", b""),
        (b"index 2", b"extra \nindex 2"),
        (b"index 2", b"extra ?\nindex 2"),
        (b"index 2", b"extra AAAA\nextra AAAA\nindex 2"),
        (b"index 2", b"index 2\nextra AAAA"),
        (b"index 2", b"index 2\r"),
        (one, one[:-4]),
        (one, b"AAAA"),
        (one, one + b"\n\n" + one),
        (one, b"\n".join([one] * 64)),
        (b"\n\n", b"\n"),
        ("—".encode(), b"-"),
    ):
        assert old in raw
        with pytest.raises(BadText):
            read_proof(raw.replace(old, new, 1))
    for cut in range(0, len(raw), 7):
        with pytest.raises(BadText):
            read_proof(raw[:cut])


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_bytes_are_a_proof_or_a_badtext(noise: bytes, at: int) -> None:
    _, made = proof_of(3, 1)
    raw = made.written()
    for bad in (noise, raw[:at] + noise + raw[at:], raw[:at] + noise):
        try:
            found = read_proof(bad)
        except BadText:
            continue
        assert found.written() == bad
