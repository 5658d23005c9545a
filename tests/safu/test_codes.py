"""Codes: bit-cipher, mixed code, co-occurrence vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.safu.bit_cipher import codebook
from device.safu.cooccurrence import cooccurrence_vectors, nearest
from device.safu.integer_reference import MAX_UNITS, MAX_WORDS, UNITS
from device.safu.mixed_code import MixedCode, features_of

TEXTS = st.lists(st.text("abcdefg", min_size=1, max_size=6), min_size=1, max_size=8)


def test_codes_have_unit_sum_and_differ() -> None:
    codes = codebook(200, 32)
    assert codes.sum(axis=1) == pytest.approx(1)
    assert len({tuple(code) for code in codes}) == 200
    with pytest.raises(ValueError, match="no code of 2 bits"):
        codebook(5, 2)


@given(TEXTS)
def test_every_feature_has_unit_mass_within_the_table(words: list[str]) -> None:
    code = MixedCode(["a", "<s> a"], bits=16)
    rows, weights = code.encode_words(words)
    assert ((rows >= 0) & (rows < 16)).all()
    assert weights.sum() == pytest.approx(len(features_of(words)))
    for feature in features_of(words):
        assert len(set(code.encode(feature))) == (1 if feature in code.frequent else 2)


def test_too_few_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        MixedCode(["a", "b"], bits=3)


def test_features_of_one_crc_are_one_feature() -> None:
    with pytest.raises(ValueError, match="cannot be told apart"):
        MixedCode(["plumless", "buckeroo"], bits=6)
    code = MixedCode.fit([["plumless", "buckeroo", "plumless"]], bits=400, exact=100)
    assert "plumless" in code.frequent
    assert "buckeroo" not in code.frequent
    assert code.encode("buckeroo") == code.encode("plumless")


def same(one: Sequence[npt.ArrayLike], other: Sequence[npt.ArrayLike]) -> bool:
    return all(np.array_equal(part, twin) for part, twin in zip(one, other, strict=True))


def test_what_comes_late_does_not_count() -> None:
    code = MixedCode([], bits=50)
    words = [f"word{number}" for number in range(70)]
    assert same(code.units_of(words), code.units_of(words[:MAX_WORDS]))
    assert same(code.units_of(["x" * 9_000, "y"])[:2], code.units_of(["x" * 9_000])[:2])
    assert code.units_of(["x" * 9_000])[1].sum() == MAX_UNITS
    assert code.units_of(["lamp"])[1].sum() == UNITS + code.units_of(["lamp"], ended=False)[1].sum()
    assert [len(part) for part in code.units_of([])[:2]] == [0, 0]


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=7), min_size=1, max_size=4))
def test_vectors_against_a_loop(dialogues: list[list[int]]) -> None:
    codes = codebook(6, 4)
    tokens = np.array([token for dialogue in dialogues for token in dialogue])
    starts = np.cumsum([0, *map(len, dialogues)])[:-1]
    sums = np.zeros((6, 3, 4))
    for dialogue in dialogues:
        for at, token in enumerate(dialogue):
            for lag in range(-2, 3):
                if lag and 0 <= at + lag < len(dialogue):
                    sums[token, 2] += codes[dialogue[at + lag]]
                    if abs(lag) == 1:
                        sums[token, 0 if lag < 0 else 1] += codes[dialogue[at + lag]]
    unit = sums / np.maximum(sums.sum(axis=2, keepdims=True), 1e-9)
    expected = np.concatenate([codes, *unit.transpose(1, 0, 2)], axis=1)
    expected /= expected.sum(axis=1, keepdims=True)
    assert cooccurrence_vectors(tokens, starts, codes, radius=2) == pytest.approx(expected, abs=1e-6)


def test_bad_corpora_are_named() -> None:
    with pytest.raises(ValueError, match="corpus is empty"):
        cooccurrence_vectors(np.zeros(0, int), np.zeros(0, int), codebook(4, 4))
    with pytest.raises(ValueError, match="token 9 has no code"):
        cooccurrence_vectors(np.array([9]), np.array([0]), codebook(4, 4))


def test_words_used_alike_are_near() -> None:
    text = (
        "turn on the lamp . turn off the lamp . turn on the light . turn off the light . we eat bread . we eat soup ."
    )
    words = text.split()
    names = sorted(set(words))
    tokens = np.array([names.index(word) for word in words])
    vectors = cooccurrence_vectors(tokens, np.array([0]), codebook(len(names), len(names)))
    assert names[nearest(vectors, names.index("lamp"), 1)[0][0]] == "light"
