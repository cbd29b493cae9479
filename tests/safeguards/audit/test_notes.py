"""Keys and signed notes: the published examples, and everything that the formats forbid."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.safeguards.audit.checkpoint import Checkpoint
from app.safeguards.audit.forms import BadText
from app.safeguards.audit.keys import BadKey, Kind, SigningKey, VerifierKey, message, read_vkey
from app.safeguards.audit.notes import MOST_SIGNATURES, Note, read_note, sign, verified
from tests.safeguards.audit.logs import AT, KEY, ORIGIN, PQ_KEY, WITNESS

# golang.org/x/mod/sumdb/note, note_test.go: a key, a text and its signature.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)
# filippo.io/torchwood, cmd/litewitness/testdata: a log's seed and checkpoint, signed at moment 0.
PQ_SEED = bytes.fromhex("2886adc2b0eabfce67c0472939127998bf886cf256bfee8ba76a253fce1146e0")
PQ_NOTE = Path(__file__).with_name("ml_dsa_44.note")
# github.com/transparency-dev/formats, note_cosigv1_test.go: a witness's key.
WITNESS_VKEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
# C2SP tlog-cosignature: a checkpoint signed by its log and a witness whose keys are not told.
SPECIFIED = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzG\
ku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1\
nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
TEXT = Checkpoint(ORIGIN, 7, bytes(range(32))).written()


def test_the_published_key_signs_the_published_note() -> None:
    key = SigningKey("PeterNeumann", Kind.ED25519, GO_SEED)
    assert key.verifier == read_vkey(GO_VKEY)
    assert key.verifier.vkey() == GO_VKEY
    note = sign(GO_TEXT, [key], AT)
    assert note.written() == f"{GO_TEXT}\n{GO_LINE}".encode()
    assert read_note(note.written()) == note
    assert verified(note, [read_vkey(GO_VKEY)]) == {key.verifier: 0}


def test_the_published_signature_of_ml_dsa_44_is_true() -> None:
    key = SigningKey("example.com/mldsa-log", Kind.ML_DSA_44, PQ_SEED).verifier
    assert key.vkey().startswith("example.com/mldsa-log+b5df45c5+BuhtcL97l3dcitjZ8Y9J54gmQ1TWn/BM")
    note = read_note(PQ_NOTE.read_bytes())
    assert verified(note, [key]) == {key: 0}
    for old, new in (("\n1\n", "\n2\n"), ("+zoE", "+zoF"), ("mldsa-log\n", "mldsa-log2\n")):
        assert old in note.text
        with pytest.raises(BadText, match="did not sign"):
            verified(note._replace(text=note.text.replace(old, new, 1)), [key])


def test_a_published_key_of_a_witness() -> None:
    key = read_vkey(WITNESS_VKEY)
    assert (key.name, key.kind, key.vkey()) == ("remora.n621.de", Kind.COSIGNATURE, WITNESS_VKEY)


def test_the_specified_checkpoint_is_read_to_the_letter() -> None:
    note = read_note(SPECIFIED.encode())
    assert note.written() == SPECIFIED.encode()
    assert [one.name for one in note.signatures] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
    assert int.from_bytes(note.signatures[1].value[:8]) == 1_679_315_147
    assert len(note.signatures[1].value) == 72
    key = WITNESS.verifier
    assert message(key, note.text, 1_679_315_147) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_what_ml_dsa_44_signs_is_laid_out_as_specified() -> None:
    """C2SP tlog-cosignature, cosigned_message; its label has 12 bytes."""
    said = message(PQ_KEY.verifier, TEXT, AT)
    name = bytes([len(ORIGIN)]) + ORIGIN.encode()
    numbers = (0).to_bytes(8) + (7).to_bytes(8)  # start and end
    assert said == b"subtree/v1\n\0" + name + AT.to_bytes(8) + name + numbers + bytes(range(32))


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_signs_and_says_when(kind: Kind) -> None:
    key = SigningKey("log.example/1", kind, bytes(32))
    note = sign(TEXT, [key], AT)
    assert verified(note, [key.verifier]) == {key.verifier: 0 if kind == Kind.ED25519 else AT}
    assert read_vkey(key.verifier.vkey()) == key.verifier
    assert "seed" not in repr(key)


@pytest.mark.parametrize("kind", Kind)
def test_a_signature_with_any_byte_flipped_is_refused(kind: Kind) -> None:
    key = SigningKey("log.example/1", kind, bytes(32))
    value = sign(TEXT, [key], AT).signatures[0].value
    step = 1 if len(value) < 100 else 37
    for place in [*range(0, len(value), step), len(value) - 1]:
        bad = bytearray(value)
        bad[place] ^= 1 << place % 8
        with pytest.raises(BadText):
            key.verifier.signed_at(TEXT, bytes(bad))
    for wrong in (b"", value[:-1], value + b"\0"):
        with pytest.raises(BadText, match="bytes"):
            key.verifier.signed_at(TEXT, wrong)


def test_the_moment_is_part_of_what_is_signed() -> None:
    for key in (WITNESS, PQ_KEY):
        value = key.sign(TEXT, AT)
        with pytest.raises(BadText, match="did not sign"):
            key.verifier.signed_at(TEXT, (AT + 1).to_bytes(8) + value[8:])
        with pytest.raises(BadText, match="2\\*\\*63"):
            key.verifier.signed_at(TEXT, (1 << 63).to_bytes(8) + value[8:])
        with pytest.raises(BadText, match="2\\*\\*63"):
            key.sign(TEXT, -1)


def test_ml_dsa_44_covers_three_lines_and_so_refuses_more() -> None:
    with pytest.raises(BadText, match="further lines"):
        sign(f"{TEXT}more\n", [PQ_KEY], AT)
    value = PQ_KEY.sign(TEXT, AT)
    with pytest.raises(BadText, match="further lines"):
        PQ_KEY.verifier.signed_at(f"{TEXT}more\n", value)
    assert verified(sign(f"{TEXT}more\n", [KEY, WITNESS], AT), [WITNESS.verifier])


def test_names_that_ml_dsa_44_cannot_hold_are_refused() -> None:
    long = "x" * 256
    with pytest.raises(BadText, match="at most 255"):
        SigningKey(long, Kind.ML_DSA_44, bytes(32)).sign(TEXT, AT)
    with pytest.raises(BadText, match="at most 255"):
        PQ_KEY.sign(Checkpoint(long, 0, bytes(32)).written(), AT)


def test_only_checkpoints_are_cosigned() -> None:
    for key in (WITNESS, PQ_KEY):
        with pytest.raises(BadText):
            sign("hello\n", [key], AT)


# --- keys


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\tb", "a\0b", "\ud800"]
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(BadKey):
        SigningKey(name, Kind.ED25519, bytes(32))
    with pytest.raises(BadKey):
        VerifierKey(name, Kind.ED25519, bytes(32))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_seeds_and_keys_of_another_length(length: int) -> None:
    for kind in Kind:
        with pytest.raises(BadKey):
            SigningKey("a", kind, bytes(length))
        with pytest.raises(BadKey):
            VerifierKey("a", kind, bytes(length))


def test_a_mangled_key_is_refused() -> None:
    """As the Go tests do it: every part of the text, and every byte of it changed."""
    for start in range(len(GO_VKEY) + 1):
        for end in range(start, len(GO_VKEY) + 1):
            if (start, end) != (0, len(GO_VKEY)):
                with pytest.raises(BadKey):
                    read_vkey(GO_VKEY[start:end])
    for place, one in enumerate(GO_VKEY):
        with pytest.raises(BadKey):
            read_vkey(GO_VKEY[:place] + chr(ord(one) + 1) + GO_VKEY[place + 1 :])
    # Of another length, and of a type that is not known, each with an id that fits.
    for bad in (
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        f"{GO_VKEY}\n",
    ):
        with pytest.raises(BadKey):
            read_vkey(bad)


# --- notes

GOOD = f"{GO_TEXT}\n{GO_LINE}"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "\n",
        "\n\n",
        GO_TEXT,
        GO_LINE,
        f"{GO_TEXT}{GO_LINE}",
        f"{GO_TEXT}\n{GO_LINE}\n",
        GOOD[:-1],
        f"{GOOD}{GO_LINE[:-1]}",
        GOOD.replace("— ", "- "),
        GOOD.replace("— ", "—"),
        GOOD.replace("— ", "—  "),
        GOOD.replace("— ", " — "),
        GOOD.replace("— Peter", "— Pe ter"),
        GOOD.replace("— Peter", "— Pe+ter"),
        GOOD.replace("— PeterNeumann", "— "),
        GOOD.replace("JnAM=", "JnAM"),
        GOOD.replace("JnAM=", "JnAM=="),
        GOOD.replace("JnAM=", "JnAN="),
        GOOD.replace("JnAM=", "JnAM= "),
        GOOD.replace("x08go/", "x08go_"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("you", "y\tu", 1),
        GOOD.replace("you", "y\0u", 1),
        f"{GO_TEXT}\n— a AAAA\n",
        f"{GO_TEXT}\n— a AAAAAA==\n",  # an id and no signature
        f"{GO_TEXT}\n{GO_LINE * (MOST_SIGNATURES + 1)}",
    ],
)
def test_what_is_no_note(bad: str) -> None:
    with pytest.raises(BadText):
        read_note(bad.encode())


def test_notes_are_unicode_and_of_bounded_size() -> None:
    with pytest.raises(BadText, match="UTF-8"):
        read_note(GOOD.encode().replace(b"you", b"y\xffu", 1))
    with pytest.raises(BadText, match="at most"):
        read_note(b"x" * (1 << 20) + GOOD.encode())
    assert read_note(f"{GO_TEXT}\n{GO_LINE * MOST_SIGNATURES}".encode()).text == GO_TEXT
    for bad in ("no newline", "\ud800\n", "\0\n", ""):
        with pytest.raises(BadText):
            sign(bad, [KEY], AT)


def test_the_text_ends_at_the_last_empty_line() -> None:
    text = "Ognuno sta solo\n\n\ned è subito sera.\n\n"
    note = sign(text, [KEY], AT)
    assert read_note(note.written()) == note
    assert verified(note, [KEY.verifier])


def test_signatures_of_others_are_passed_over() -> None:
    note = sign(TEXT, [KEY, PQ_KEY, WITNESS], AT)
    assert set(verified(note, [PQ_KEY.verifier])) == {PQ_KEY.verifier}
    assert len(verified(note, [KEY.verifier, WITNESS.verifier])) == 2
    stranger = SigningKey(KEY.name, Kind.ED25519, bytes(32)).verifier
    for keys in ([], [stranger]):
        with pytest.raises(BadText, match="none of the keys"):
            verified(note, keys)


def test_a_false_signature_of_a_known_key_spoils_the_note() -> None:
    good = sign(TEXT, [KEY, WITNESS], AT)
    forged = good.signatures[1]._replace(value=bytes(72))
    for signatures in ((good.signatures[0], forged), (*good.signatures, forged)):
        bad = Note(TEXT, signatures)
        with pytest.raises(BadText, match="did not sign"):
            verified(bad, [KEY.verifier, WITNESS.verifier])
        assert verified(bad, [KEY.verifier])


def test_keys_that_cannot_be_told_apart_are_refused() -> None:
    one = KEY.verifier
    other = replace(one, public=bytes(32))
    vars(other)["id"] = one.id  # as after 2**32 tries
    with pytest.raises(BadKey, match="one name and id"):
        verified(sign(TEXT, [KEY], AT), [one, other])
    assert verified(sign(TEXT, [KEY], AT), [one, replace(one)])


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(alphabet="a—+ =\n\r\0A1/é\u2003", max_size=60).map(str.encode),
        st.tuples(st.integers(0, len(GOOD.encode()) - 1), st.integers(0, 255)).map(
            lambda at: bytes([*GOOD.encode()[: at[0]], at[1], *GOOD.encode()[at[0] + 1 :]])
        ),
    )
)
def test_any_bytes_are_a_note_or_a_badtext(raw: bytes) -> None:
    try:
        note = read_note(raw)
    except BadText:
        return
    assert note.written() == raw
