"""Who may teach and who may deliver: a key pair of one's own, and the pinned key of the other side.

Ed25519 signs, X25519 made of the same keys seals (libsodium). A key ring is one file that only its owner can read.
Device and trainer each have one; pairing gives each the other's public key and the name of the house. Left out: how
they exchange them (`pairing.py`), what they write to each other (`letters.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from nacl.encoding import HexEncoder
from nacl.exceptions import CryptoError
from nacl.public import Box
from nacl.signing import SigningKey, VerifyKey

from device.errors import BundleError, PairingError
from device.safu.bundle import write_whole

SIGNATURE_BYTES = 64
_TO_PAIR = "pair them: safu-trainer pair on the host shows a code for: safu pair CODE"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """One's own key, and what is known of the other side; empty until they are paired."""

    own: SigningKey = field(repr=False)
    house: str = ""
    peer: VerifyKey | None = None

    @property
    def public(self) -> str:
        """The key that others may know, in hexadecimal."""
        return self.own.verify_key.encode(HexEncoder).decode()

    def sign(self, data: bytes) -> bytes:
        """A detached signature."""
        return self.own.sign(data).signature

    def check(self, data: bytes, signature: bytes) -> None:
        """Raises `PairingError` unless the other side signed exactly this."""
        try:
            self._peer().verify(data, signature)
        except (CryptoError, ValueError) as error:
            raise PairingError("the signature is not that of the other side") from error

    def seal(self, data: bytes) -> bytes:
        """Bytes that only the other side can read, and can tell that they are from us."""
        return bytes(self._box().encrypt(data))

    def unseal(self, sealed: bytes) -> bytes:
        """Raises `PairingError` unless the other side sealed them for us."""
        try:
            return self._box().decrypt(sealed)
        except (CryptoError, ValueError) as error:
            raise PairingError("a letter that the other side did not write") from error

    def _peer(self) -> VerifyKey:
        if self.peer is None:
            raise PairingError("device and trainer do not know each other yet", hint=_TO_PAIR)
        return self.peer

    def _box(self) -> Box:
        return Box(self.own.to_curve25519_private_key(), self._peer().to_curve25519_public_key())


def new_ring() -> KeyRing:
    """A fresh key, known to nobody."""
    return KeyRing(SigningKey.generate())


def public_key(text: str) -> VerifyKey:
    """Raises `PairingError` for what is no public key in hexadecimal."""
    try:
        return VerifyKey(text.encode(), HexEncoder)
    except (CryptoError, ValueError) as error:
        raise PairingError(f"this is no public key: {text[:80]!r}") from error


def save_ring(path: Path, ring: KeyRing) -> None:
    """Write it, whole or not at all. Raises `PairingError` if the disk does not take it."""
    peer = ring.peer.encode(HexEncoder).decode() if ring.peer else ""
    kept = {"own": ring.own.encode(HexEncoder).decode(), "house": ring.house, "peer": peer}
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, json.dumps(kept).encode())
    except (OSError, BundleError) as error:
        raise PairingError(f"the keys cannot be kept: {error}") from error


def load_ring(path: Path) -> KeyRing | None:
    """The key ring of a file; None if there is none. Raises `PairingError` for a damaged one: it is not replaced."""
    try:
        kept = json.loads(path.read_bytes())
        peer = public_key(kept["peer"]) if kept["peer"] else None
        return KeyRing(SigningKey(kept["own"].encode(), HexEncoder), str(kept["house"]), peer)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, CryptoError) as error:
        raise PairingError(
            f"the keys in {path} cannot be read: {error}", hint=f"move it away and {_TO_PAIR}"
        ) from error
