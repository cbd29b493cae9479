"""Where the master keys come from, a file or a command, and those that this process knows."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.key_file import UnsafeKey, add_key, obtain_keys, write_keys
from app.safeguards.vault.sealing import Unopened, id_of, seal, unseal

KEYS = re.compile(rb"[0-9a-f]{64}(\r?\n[0-9a-f]{64})*\s*")
ID = 4  # bytes, of the key that wrapped it, before what is wrapped
AGAIN = 1.0  # seconds between two looks for a key that is not known


@dataclass(frozen=True)
class KeyFile:
    """A key a line, the newest last. It is made where there is none and there is no data yet."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def read(self, lost: bool = True) -> Sequence[str]:
        return obtain_keys(self.path, lost)

    def add(self) -> None:
        """A new key, which is then the newest."""
        add_key(self.path)

    def keep(self, keys: Sequence[str]) -> None:
        """These alone."""
        write_keys(self.path, keys)


@dataclass(frozen=True)
class KeyCommand:
    """Prints a key a line, the newest last; it is started without a shell and asks nobody."""

    words: Sequence[str]
    seconds: float

    def __str__(self) -> str:
        return "CASEWORK_MASTER_KEY_COMMAND"

    def read(self, lost: bool = True) -> Sequence[str]:
        """Raises UnsafeKey, which repeats nothing of what was printed. `lost` makes no odds."""
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own, and no shell
                self.words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self.seconds,
                check=False,
            )
        except OSError as failure:
            why = failure.strerror or type(failure).__name__
            raise UnsafeKey(f"{self}: {self.words[0]} did not start: {why}") from None
        except subprocess.TimeoutExpired:
            raise UnsafeKey(f"{self}: no key came within {self.seconds:g} seconds") from None
        if done.returncode:
            raise UnsafeKey(f"{self}: {self.words[0]} ended with {done.returncode}")
        if not KEYS.fullmatch(done.stdout):
            raise UnsafeKey(f"{self}: what it prints is not 64 hexadecimal digits a line")
        return done.stdout.decode().split()

    def add(self) -> None:
        raise UnsafeKey(f"{self}: let it print a new key, too, on the last line")

    def keep(self, keys: Sequence[str]) -> None:
        raise UnsafeKey(f"{self}: let it print the last key alone")


Source = KeyFile | KeyCommand


class Ring:
    """The master keys by their ids. One that is not known yet is looked for where they come from,
    so that a server that runs learns of a new one."""

    def __init__(self, source: Source, lost: bool) -> None:
        self.source, self.lock, self.looked = source, Lock(), -AGAIN
        self.keys: Mapping[str, bytes] = ringed(source.read(lost))

    @property
    def newest(self) -> str:
        """The id of the one that stands last."""
        return list(self.keys)[-1]

    def of(self, key_id: str) -> bytes:
        """The key of 32 bytes; Unopened where nobody has it."""
        if (found := self.keys.get(key_id)) is None:
            found = self.look(key_id)
        return found

    def wrap(self, key_id: str, plain: bytes, place: str) -> bytes:
        """Sealed with this master key, whose id comes first."""
        key = self.of(key_id)
        return id_of(key) + seal(key, plain, place)

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        """With whichever master key it says; Unopened where that is not at hand."""
        return unseal(self.of(wrapper_of(wrapped)), wrapped[ID:], place)

    def drop_all_but(self, key_id: str) -> int:
        """How many went from where the keys come from. The others open nothing any more."""
        every = self.source.read()
        kept = [one for one in every if ringed([one]).keys() == {key_id}]
        if len(kept) < len(every):
            self.source.keep(kept)
        self.renew()
        return len(every) - len(kept)

    def renew(self) -> None:
        self.keys = ringed(self.source.read())

    def look(self, key_id: str) -> bytes:
        """Once a second at most: what is asked for may stand in many rows."""
        with self.lock:
            if key_id not in self.keys and monotonic() - self.looked >= AGAIN:
                self.looked = monotonic()
                self.renew()
        if key_id not in self.keys:
            raise Unopened(f"{self.source} has no master key {key_id}")
        return self.keys[key_id]


def wrapper_of(wrapped: bytes) -> str:
    """The id of the master key that opens it."""
    return wrapped[:ID].hex()


def ringed(keys: Sequence[str]) -> Mapping[str, bytes]:
    """What wraps, by its id; derived, so that the bytes of the file themselves do nothing else."""
    derived = (derive(bytes.fromhex(one), "wrap") for one in keys)
    return {id_of(one).hex(): one for one in derived}


def derive(secret: bytes, purpose: str) -> bytes:
    """32 bytes, of which none tells those of another purpose."""
    info = f"casework/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)
