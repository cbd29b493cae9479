"""Pure: keys that sign checkpoints, how they are named, and what exactly each kind signs.

Three types of C2SP signed-note and tlog-cosignature: Ed25519 over the text (0x01), Ed25519 over
the moment and the text (0x04, cosignature/v1), and ML-DSA-44 over moment, names, size and root
(0x06, subtree/v1). A signature of the last two begins with its moment, 8 bytes of POSIX seconds.
"""

import re
import struct
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from app.safeguards.audit.checkpoint import read_checkpoint
from app.safeguards.audit.forms import LARGEST, BadText, read_bytes, written_bytes

VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)")
LONGEST_NAME = 255  # bytes, in what ML-DSA-44 signs
SEED = 32


class Kind(IntEnum):
    ED25519 = 0x01
    COSIGNATURE = 0x04
    ML_DSA_44 = 0x06


PUBLIC = {Kind.ED25519: 32, Kind.COSIGNATURE: 32, Kind.ML_DSA_44: 1312}  # bytes
SIGNED = {Kind.ED25519: 64, Kind.COSIGNATURE: 8 + 64, Kind.ML_DSA_44: 8 + 2420}  # bytes


class BadKey(ValueError):
    """A key has no such form, or two keys have one name and id."""


@dataclass(frozen=True)
class VerifierKey:
    """Who signed, and how that is checked. Raises BadKey when it is made of what is no key."""

    name: str
    kind: Kind
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != PUBLIC[self.kind]:
            raise BadKey(f"such a public key has {PUBLIC[self.kind]} bytes")

    @cached_property
    def id(self) -> bytes:
        """4 bytes, which tell keys of one name apart and prove nothing."""
        return sha256(b"%b\n%c%b" % (self.name.encode(), self.kind, self.public)).digest()[:4]

    def vkey(self) -> str:
        """As it is given to whoever verifies: name+id+key."""
        key = written_bytes(bytes([self.kind]) + self.public)
        return f"{self.name}+{self.id.hex()}+{key}"

    def signed_at(self, text: str, signature: bytes) -> int:
        """POSIX seconds of the signature, 0 if it does not say when.

        Raises BadText if this key did not sign this text so.
        """
        if len(signature) != SIGNED[self.kind]:
            raise BadText(f"such a signature has {SIGNED[self.kind]} bytes")
        at, value = 0, signature
        if self.kind != Kind.ED25519:
            at, value = int.from_bytes(signature[:8]), signature[8:]
        try:
            self._public.verify(value, message(self, text, at))
        except InvalidSignature:
            raise BadText(f"{self.name} did not sign this") from None
        return at

    @cached_property
    def _public(self) -> Ed25519PublicKey | MLDSA44PublicKey:
        made = MLDSA44PublicKey if self.kind == Kind.ML_DSA_44 else Ed25519PublicKey
        return made.from_public_bytes(self.public)


@dataclass(frozen=True)
class SigningKey:
    """A seed of 32 bytes, from which either algorithm makes its key. Raises BadKey."""

    name: str
    kind: Kind
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.seed) != SEED:
            raise BadKey(f"a seed has {SEED} bytes")

    @cached_property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self.kind, self._private.public_key().public_bytes_raw())

    def sign(self, text: str, at: int) -> bytes:
        """The signature at `at`, POSIX seconds. Raises BadText for what this kind cannot sign."""
        value = self._private.sign(message(self.verifier, text, at))
        return value if self.kind == Kind.ED25519 else at.to_bytes(8) + value

    @cached_property
    def _private(self) -> Ed25519PrivateKey | MLDSA44PrivateKey:
        if self.kind == Kind.ML_DSA_44:
            return MLDSA44PrivateKey.from_seed_bytes(self.seed)
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def message(key: VerifierKey, text: str, at: int) -> bytes:
    """The bytes under a signature. Raises BadText, also if a cosigned text is no checkpoint."""
    if key.kind == Kind.ED25519:
        return text.encode()
    if not 0 <= at <= LARGEST:
        raise BadText("a moment is from 0 to 2**63 - 1 seconds")
    checkpoint = read_checkpoint(text)
    if key.kind == Kind.COSIGNATURE:
        return f"cosignature/v1\ntime {at}\n{text}".encode()
    if text != checkpoint.written():
        raise BadText("a signature of this kind does not cover further lines")
    name, origin = key.name.encode(), checkpoint.origin.encode()
    if max(len(name), len(origin)) > LONGEST_NAME:
        raise BadText(f"a name has at most {LONGEST_NAME} bytes")
    return b"".join(
        (
            *(b"subtree/v1\n\0", bytes([len(name)]), name, struct.pack(">Q", at)),
            *(bytes([len(origin)]), origin, struct.pack(">QQ", 0, checkpoint.size)),
            checkpoint.root,
        )
    )


def read_vkey(text: str) -> VerifierKey:
    """The key that `vkey` wrote. Raises BadKey."""
    parts = VKEY.fullmatch(text)
    if parts is None:
        raise BadKey("this is not the text of a key")
    try:
        raw = read_bytes(parts[3])
        key = VerifierKey(parts[1], Kind(raw[0]), raw[1:])
    except ValueError:
        raise BadKey("this is not the text of a key") from None
    if key.id.hex() != parts[2]:
        raise BadKey("the id is not that of the key")
    return key


def check_name(name: str) -> None:
    """Not empty, without plus, spaces (of Unicode) and control characters."""
    if not name or "+" in name or any(one.isspace() or one < " " for one in name):
        raise BadKey("the name of a key has no spaces, no plus and no control characters")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise BadKey("the name of a key is text") from None
