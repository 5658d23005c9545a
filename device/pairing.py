"""Pairing: how a device and its trainer come to know each other's keys, over a broker that anybody may read.

The host shows a code of 80 random bits, a person types it at the device. Each side seals its public key with a key
made of the code, so nobody in between can read or change it, nor guess the code in the time it is good for. Left out:
the topics and the waiting (`device/commands/pair.py`, `trainer/pair.py`).
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any

from nacl.encoding import RawEncoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.secret import SecretBox

from device.errors import PairingError

_CODE_BYTES = 10
_LENGTH = 16
"""Letters and digits in a code."""


def new_code() -> str:
    """Four groups of four, to be read aloud: letters and the digits 2 to 7.

    >>> len(new_code())
    19
    """
    text = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
    return "-".join(text[at : at + 4] for at in range(0, _LENGTH, 4))


def seal_with(code: str, facts: Mapping[str, Any]) -> bytes:
    """Facts that whoever has the code can read. Raises `PairingError` for what is no code."""
    return bytes(_box(code).encrypt(json.dumps(dict(facts)).encode()))


def unseal_with(code: str, sealed: bytes) -> dict[str, Any]:
    """The inverse of `seal_with`. Raises `PairingError` for what was sealed with another code.

    >>> code = new_code()
    >>> unseal_with(code.lower().replace("-", " "), seal_with(code, {"house": "h"}))
    {'house': 'h'}
    """
    try:
        return dict(json.loads(_box(code).decrypt(sealed)))
    except (CryptoError, ValueError, TypeError) as error:
        raise PairingError("this was not sealed with the code") from error


def _box(code: str) -> SecretBox:
    plain = code.upper().replace("-", "").replace(" ", "").replace("0", "O").replace("1", "I")
    if len(plain) != _LENGTH or not set(plain) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
        raise PairingError(f"this is no code: {code[:40]!r}", hint="it has four groups of four letters and digits")
    return SecretBox(blake2b(plain.encode(), digest_size=32, person=b"safu-pairing", encoder=RawEncoder))
