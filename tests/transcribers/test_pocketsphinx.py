"""The decoder is guided by the house, and never told the script."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from device.everyday import everyday_words
from device.messages import Device
from device.transcribers.language_model import arpa, count_ngrams
from device.transcribers.pocketsphinx import PocketSphinxTranscriber, phrased, with_numbers
from device.transcribers.pronunciation import pronounce

LAMP = Device("lamp", "Tasmota lamp", "light", frozenset({"on", "off", "set"}), unit="%")


def test_names_that_cannot_be_pronounced_are_named() -> None:
    assert PocketSphinxTranscriber().unpronounceable(["Tasmota lamp", "свет", "wled 2"]) == ["свет"]


def test_a_hostile_name_does_no_harm() -> None:
    transcriber = PocketSphinxTranscriber()
    names = ["свет", "a\\b<s>", "</s>", "(2)", "x" * 60, "'", "lamp(3)"]
    transcriber.expect([Device(str(i), n, "light", frozenset({"on"})) for i, n in enumerate(names)], [("<s>", "ёж")])
    transcriber.start()
    transcriber.transcribe(bytes(1024))
    transcriber.finish()


def test_numbers_are_spelled_out() -> None:
    sentences = list(phrased([LAMP]))
    assert ("dim", "the", "tasmota", "lamp", "to", "thirty", "percent") in sentences
    assert all("<number>" not in words for words in sentences)
    assert list(with_numbers(("lamp", "on"))) == [("lamp", "on")]


WORDS = st.sampled_from("turn on off the kitchen light fan please".split())
SENTENCES = st.lists(st.tuples(st.lists(WORDS, min_size=1, max_size=5).map(tuple), st.integers(1, 5)), max_size=8)


@given(SENTENCES)
def test_the_language_model_sums_to_one(sentences: list[tuple[tuple[str, ...], int]]) -> None:
    """Every context's probabilities, backed-off ones included, by the definition of the ARPA format."""
    pairs = {"hello": {"light": 0.5, "hello": 0.1}, "light": {"hello": 0.9}}
    text = arpa(count_ngrams(sentences), {"hello": 0.5, "light": 0.2, "rain": 0.3}, pairs)
    grams: dict[tuple[str, ...], tuple[float, float]] = {}
    for line in text.splitlines():
        if "\t" in line:
            logp, words, *backoff = line.split("\t")
            grams[tuple(words.split())] = (10 ** float(logp), 10 ** float(backoff[0]) if backoff else 1.0)
    vocabulary = [words for words in grams if len(words) == 1 and words != ("<s>",)]

    def probability(gram: tuple[str, ...]) -> float:
        if gram in grams:
            return grams[gram][0]
        return grams.get(gram[:-1], (0.0, 1.0))[1] * probability(gram[1:])

    contexts = {gram[:-1] for gram in grams if len(gram) > 1}
    for context in contexts:
        total = sum(probability((*context, *word)) for word in vocabulary)
        assert math.isclose(total, 1.0, rel_tol=0.02), context


@given(st.text(max_size=20))
def test_every_pronunciation_is_made_of_known_sounds(word: str) -> None:
    phones = set(
        "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
    )
    assert all(set(guess.split()) <= phones for guess in pronounce(word))


def test_everyday_words_are_most_frequent_first() -> None:
    shares = list(everyday_words().values())
    assert shares == sorted(shares, reverse=True)
    assert len(shares) == 2000
