"""Keys, pairing and letters: what the other side wrote is read, once; everything else is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import PairingError
from device.keys import KeyRing, load_ring, new_ring, public_key, save_ring
from device.letters import GREETING, Correspondence, Letter
from device.pairing import new_code, seal_with, unseal_with


def pair() -> tuple[KeyRing, KeyRing]:
    one, other = new_ring(), new_ring()
    return (
        replace(one, house="h", peer=public_key(other.public)),
        replace(other, house="h", peer=public_key(one.public)),
    )


@pytest.fixture
def ends() -> tuple[Correspondence, Correspondence]:
    """Two that have greeted each other."""
    device, trainer = (Correspondence(ring) for ring in pair())
    greet(device, trainer)
    return device, trainer


def greet(device: Correspondence, trainer: Correspondence) -> None:
    trainer.read(device.write(Letter(GREETING)))
    device.read(trainer.write(Letter(GREETING)))
    trainer.read(device.write(Letter(GREETING)))


def test_a_ring_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    ring, _ = pair()
    file = tmp_path / "below" / "keys.json"
    assert load_ring(file) is None
    save_ring(file, ring)
    assert load_ring(file) == ring
    assert file.stat().st_mode & 0o077 == 0
    assert ring.own.encode().hex() not in repr(ring)


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1]", b'{"own": "", "house": "", "peer": ""}', b"\xff"])
def test_a_damaged_ring_is_named_and_not_replaced(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(damage)
    with pytest.raises(PairingError, match=r"keys\.json"):
        load_ring(file)
    assert file.read_bytes() == damage


@given(data=st.binary(max_size=200))
def test_what_is_sealed_is_unsealed_by_the_other_side_only(data: bytes) -> None:
    one, other = pair()
    assert other.unseal(one.seal(data)) == data
    with pytest.raises(PairingError):
        pair()[0].unseal(one.seal(data))
    other.check(data, one.sign(data))
    for wrong in (one.sign(data + b"!"), pair()[0].sign(data), b"", one.sign(data)[:-1]):
        with pytest.raises(PairingError):
            other.check(data, wrong)


def test_before_pairing_nothing_is_sealed() -> None:
    with pytest.raises(PairingError, match="safu-trainer pair"):
        new_ring().seal(b"")


@given(kind=st.text(max_size=20), facts=st.dictionaries(st.text(), st.integers()), body=st.binary(max_size=100))
def test_letters_arrive_as_written(kind: str, facts: dict[str, int], body: bytes) -> None:
    device, trainer = (Correspondence(ring) for ring in pair())
    greet(device, trainer)
    letter = Letter(kind, facts, body)
    assert trainer.read(device.write(letter)) == letter


def test_a_letter_is_read_once_and_by_nobody_else(ends: tuple[Correspondence, Correspondence]) -> None:
    device, trainer = ends
    first, second = device.write(Letter("one")), device.write(Letter("two"))
    assert trainer.read(second).kind == "two"
    for again in (second, first):
        with pytest.raises(PairingError, match="read before"):
            trainer.read(again)
    with pytest.raises(PairingError):
        device.read(first)


def test_what_was_recorded_means_nothing_to_a_later_session() -> None:
    device_ring, trainer_ring = pair()
    device, trainer = Correspondence(device_ring), Correspondence(trainer_ring)
    greet(device, trainer)
    recorded = trainer.write(Letter("bundle", {}, b"old"))
    later = Correspondence(device_ring)
    with pytest.raises(PairingError, match="no more"):
        later.read(recorded)


def test_a_greeting_played_back_changes_nothing(ends: tuple[Correspondence, Correspondence]) -> None:
    device, trainer = ends
    past = Correspondence(trainer._ring)
    device.read(past.write(Letter(GREETING)))
    assert trainer.read(device.write(Letter("kept"))).kind == "kept"
    with pytest.raises(PairingError, match="no more"):
        trainer.read(device.write(Letter(GREETING)))  # it is answered all the same: it may be a new one


def test_whoever_starts_anew_is_written_to_once_it_has_answered(ends: tuple[Correspondence, Correspondence]) -> None:
    device, trainer = ends
    later = Correspondence(trainer._ring)
    device.read(later.write(Letter(GREETING)))
    later.read(device.write(Letter(GREETING)))
    with pytest.raises(PairingError, match="no more"):
        later.read(device.write(Letter("kept")))
    device.read(later.write(Letter(GREETING)))
    assert later.read(device.write(Letter("kept"))).kind == "kept"


def test_one_does_not_write_to_strangers() -> None:
    device, _ = (Correspondence(ring) for ring in pair())
    with pytest.raises(PairingError, match="not answered"):
        device.write(Letter("kept"))


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), cut=st.integers(0, 200))
def test_no_damaged_letter_is_read(at: int, bit: int, cut: int) -> None:
    device, trainer = (Correspondence(ring) for ring in pair())
    sealed = bytearray(device.write(Letter(GREETING, {"node": "safu"}, b"body")))
    sealed[at % len(sealed)] ^= 1 << bit
    for damaged in (bytes(sealed), bytes(sealed[: max(0, len(sealed) - 1 - cut)]), b""):
        with pytest.raises(PairingError):
            trainer.read(damaged)


@pytest.mark.parametrize("head", [b"", b"[]", b"{}", b'{"from":1,"to":"","number":"x","kind":"hello","facts":{}}'])
def test_sealed_nonsense_is_refused(head: bytes) -> None:
    device, trainer = pair()
    with pytest.raises(PairingError, match="no sense"):
        Correspondence(trainer).read(device.seal(head + b"\n"))


def test_codes_are_forgiving_and_secret() -> None:
    code, other = new_code(), new_code()
    sealed = seal_with(code, {"key": "k"})
    assert unseal_with(f" {code.lower()} ".replace("-", " "), sealed) == {"key": "k"}
    assert b"key" not in sealed
    for wrong in (other, "AAAA-AAAA-AAAA-AAAA"):
        with pytest.raises(PairingError, match="not sealed"):
            unseal_with(wrong, sealed)
    for none in ("", "12", code + "A", "ÄAAA-AAAA-AAAA-AAAA"):
        with pytest.raises(PairingError, match="no code"):
            unseal_with(none, sealed)
    with pytest.raises(PairingError):
        unseal_with(code, json.dumps({"key": "k"}).encode())
