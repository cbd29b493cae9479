"""Master keys from a file or a command, and a ring that learns of new ones."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.core.key_file import UnsafeKey
from app.core.settings import Settings, UnsafeSettings
from app.safeguards.vault import master
from app.safeguards.vault.keys import vault_of
from app.safeguards.vault.ledger import Ledger
from app.safeguards.vault.master import KeyCommand, KeyFile, Ring, wrapper_of
from app.safeguards.vault.opening import source_of
from app.safeguards.vault.sealed import wrapped_place
from app.safeguards.vault.sealing import Unopened, id_of, seal, unseal

LEDGER = Ledger(Path("nowhere"))
FIRST, SECOND = "ab" * 32, "cd" * 32


def printing(*lines: str, code: int = 0) -> KeyCommand:
    script = f"import sys; print(*{lines!r}, sep='\\n'); sys.exit({code})"
    return KeyCommand([sys.executable, "-c", script], 20)


def refusal(source: KeyCommand | KeyFile) -> str:
    with pytest.raises(UnsafeKey) as refused:
        source.read()
    return str(refused.value)


def test_a_command_prints_a_key_a_line() -> None:
    assert printing(FIRST).read() == [FIRST]
    assert printing(FIRST, SECOND, "").read() == [FIRST, SECOND]


@pytest.mark.parametrize("lines", [(), ("ab" * 31,), (FIRST.upper(),), (FIRST, "", SECOND)])
def test_what_else_it_prints_is_no_key_and_is_not_repeated(lines: Sequence[str]) -> None:
    told = refusal(printing(*lines))
    assert "CASEWORK_MASTER_KEY_COMMAND: what it prints is not 64" in told
    assert "ab" * 31 not in told.lower()


def test_a_command_that_fails() -> None:
    assert refusal(printing(FIRST, code=3)).endswith("ended with 3")
    assert "nowhere did not start: No such file" in refusal(KeyCommand(["/nowhere"], 1))


def test_a_command_has_its_time() -> None:
    slow = KeyCommand([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)
    assert refusal(slow).endswith("no key came within 0.2 seconds")


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    told = f"{sys.executable} -c 'print(\"{FIRST}\")' ; touch {tmp_path}/made"
    settings = Settings.model_validate({"master_key_command": told})
    settings.check()
    source = source_of(settings)
    assert isinstance(source, KeyCommand)
    assert source.words[-3:] == [";", "touch", f"{tmp_path}/made"]
    assert source.read() == [FIRST]
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("given", ["", "  ", "a 'b"])
def test_what_is_no_command(given: str) -> None:
    with pytest.raises(UnsafeSettings, match="CASEWORK_MASTER_KEY_COMMAND: is no command"):
        Settings.model_validate({"master_key_command": given}).check()


def test_a_file_and_a_command() -> None:
    both = {"master_key_command": "pass show key", "master_key_file": "var/master.key"}
    with pytest.raises(UnsafeSettings, match="CASEWORK_MASTER_KEY_COMMAND: name it or"):
        Settings.model_validate(both).check()


def test_a_file_of_several_keys(tmp_path: Path) -> None:
    source = KeyFile(tmp_path / "keys" / "master.key")
    with pytest.raises(UnsafeKey, match="restore the key"):
        source.read()
    (made,) = source.read(lost=False)
    source.add()
    first, second = source.read()
    assert first == made != second
    assert source.path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(source.path.parent) == ["master.key"]
    source.path.chmod(0o640)
    assert "0600" in refusal(source)
    source.path.chmod(0o600)
    source.path.write_text(f"{first}\n\n{second}\n")
    assert "64 hexadecimal digits" in refusal(source)


class Source:
    """A source that counts how often it is asked."""

    def __init__(self, *keys: str) -> None:
        self.keys, self.asked = list(keys), 0

    def read(self, lost: bool = True) -> list[str]:
        self.asked += 1
        return list(self.keys)

    def keep(self, keys: Sequence[str]) -> None:
        self.keys = list(keys)


def ring_of(*keys: str) -> tuple[Any, Ring]:
    source: Any = Source(*keys)
    return source, Ring(source, lost=False)


def test_a_ring_looks_for_a_key_that_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [10.0]
    monkeypatch.setattr(master, "monotonic", lambda: clock[0])
    source, ring = ring_of(FIRST)
    _, other = ring_of(FIRST, SECOND)
    wrapped = other.wrap(other.newest, b"plain", "place")
    assert wrapper_of(wrapped) == other.newest != ring.newest
    for _ in range(3):
        with pytest.raises(Unopened, match=other.newest):
            ring.unwrap(wrapped, "place")
    assert source.asked == 2, "once a second at most"
    source.keys.append(SECOND)
    clock[0] += 1
    assert ring.unwrap(wrapped, "place") == b"plain"
    assert ring.newest == other.newest
    assert source.asked == 3
    with pytest.raises(Unopened):
        ring.unwrap(wrapped, "elsewhere")


def test_the_keys_that_are_dropped_open_nothing() -> None:
    source, ring = ring_of(FIRST, SECOND)
    old = next(iter(ring.keys))
    assert ring.drop_all_but(ring.newest) == 1
    assert source.keys == [SECOND]
    with pytest.raises(Unopened):
        ring.of(old)
    assert ring.drop_all_but(ring.newest) == 0


def test_what_a_new_master_key_leaves_as_it_is() -> None:
    (_, one), (_, other) = ring_of(FIRST), ring_of(SECOND)
    here, there = vault_of(one, b"r" * 32, LEDGER), vault_of(other, b"r" * 32, LEDGER)
    assert here.blind_index("a", "b") == there.blind_index("a", "b")
    each = (here.indexing, here.cursors, here.answers, here.vouching)
    assert each == (there.indexing, there.cursors, there.answers, there.vouching)
    assert len({*each}) == 4
    assert vault_of(one, b"s" * 32, LEDGER).vouching != here.vouching


def test_place_and_key_are_bound() -> None:
    key, other = b"k" * 32, b"o" * 32
    sealed = seal(key, b"plain", "notes|1|text")
    assert unseal(key, sealed, "notes|1|text") == b"plain"
    assert id_of(key) != id_of(other)
    turned = bytes([sealed[0] ^ 1]) + sealed[1:]
    for a_key, text, place in (
        (other, sealed, "notes|1|text"),
        (key, sealed, "notes|2|text"),
        (key, turned, "notes|1|text"),
        (key, b"", "notes|1|text"),
    ):
        with pytest.raises(Unopened):
            unseal(a_key, text, place)


def test_wrapped_columns_say_their_place() -> None:
    from app.core.db import table  # noqa: PLC0415
    from app.safeguards.identity.models import Credential  # noqa: PLC0415

    columns = table(Credential).c
    assert wrapped_place(columns.otp_secret, 1) == "credentials|1|otp_secret"
    assert wrapped_place(columns.otp_pending, 1) == "credentials|1|otp_secret"
