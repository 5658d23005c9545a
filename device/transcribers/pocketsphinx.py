"""PocketSphinx, the recogniser that works right after install, guided by the house it listens to.

It decodes with a trigram model made of the built-in phrasings with this house's names in them and of what this
household taught, and with everyday words as the way out for other speech. The model is swapped, between
utterances, when names or lessons change: about 20 ms. Acting happens on partial hypotheses; the passes over the
whole utterance that PocketSphinx offers at the end are switched off, because they cost 60-190 ms just then.
Left out: the wheel's own big language model (27 % word errors on orders, three times the work).
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pocketsphinx import Decoder, get_model_path, set_loglevel

from device.errors import TranscriberError
from device.everyday import everyday_pairs, everyday_words
from device.messages import Device
from device.numbers import NUMBER, say_number
from device.phrasings import COURTESIES, phrasings, words_of
from device.transcribers.dictionary import PronouncingDictionary
from device.transcribers.language_model import arpa, count_ngrams

_TAUGHT_WEIGHT = 4
"""What was said here counts as much as that many made-up sentences."""
_SPOKEN_NUMBERS = tuple(say_number(value) for value in (*range(1, 21), *range(25, 101, 5)))

Sentence = tuple[str, ...]


class PocketSphinxTranscriber:
    """A `Transcriber`. Construction takes about 80 ms and 60 MB, `expect` about 50 ms when something is new."""

    def __init__(self) -> None:
        set_loglevel("FATAL")
        self._dictionary = PronouncingDictionary()
        self._devices: tuple[Device, ...] = ()
        self._house: list[Counter[Sentence]] = count_ngrams([])
        self._decoder = self._new_decoder(self._house)
        self._taught: tuple[Sentence, ...] = ()

    def start(self) -> None:
        self._decoder.start_utt()

    def transcribe(self, pcm: bytes) -> tuple[str, ...]:
        self._decoder.process_raw(pcm)
        return self._words()

    def finish(self) -> tuple[str, ...]:
        self._decoder.end_utt()
        return self._words()

    def expect(self, devices: Sequence[Device], taught: Sequence[Sentence]) -> None:
        if (tuple(devices), tuple(taught)) == (self._devices, self._taught):
            return
        if tuple(devices) != self._devices:
            self._house = count_ngrams((words, 1) for words in self._pronounceable(phrased(devices)))
        counts = [counter.copy() for counter in self._house]
        said = (words for sentence in taught for words in with_numbers(sentence))
        for counter, more in zip(
            counts, count_ngrams((words, _TAUGHT_WEIGHT) for words in self._pronounceable(said)), strict=True
        ):
            counter.update(more)
        self._devices, self._taught = tuple(devices), tuple(taught)
        self._decoder = self._new_decoder(counts)

    def unpronounceable(self, names: Iterable[str]) -> list[str]:
        """The words of these names that can never be heard, because no pronunciation is known or can be guessed."""
        words = sorted({word for name in names for word in words_of(name)})
        return [word for word, sounds in self._dictionary.pronunciations(words).items() if not sounds]

    def _pronounceable(self, sentences: Iterable[Sentence]) -> Iterator[Sentence]:
        sentences = list(sentences)
        sounds = self._dictionary.pronunciations(word for words in sentences for word in words)
        return (words for words in sentences if words and all(sounds[word] for word in words))

    def _new_decoder(self, counts: list[Counter[Sentence]]) -> Decoder:
        words = dict.fromkeys((*everyday_words(), *(word for (word,) in counts[0] if word not in ("<s>", "</s>"))))
        with tempfile.TemporaryDirectory(prefix="safu-") as folder:
            model, dictionary = Path(folder, "house.arpa"), Path(folder, "house.dict")
            model.write_text(arpa(counts, everyday_words(), everyday_pairs()), encoding="utf-8")
            lines = _dictionary_lines(self._dictionary.pronunciations(words))
            dictionary.write_text("".join(lines), encoding="utf-8")
            return _decoder(model, dictionary)

    def _words(self) -> tuple[str, ...]:
        hypothesis = self._decoder.hyp()
        return tuple(hypothesis.hypstr.split()) if hypothesis else ()


def phrased(devices: Iterable[Device]) -> Iterator[Sentence]:
    """The built-in phrasings with the names of these devices, numbers spelled out, with and without courtesies."""
    for device in devices:
        for words, _ in phrasings(device):
            for said in with_numbers(words):
                courtesies = COURTESIES if NUMBER not in words else ("{}",)
                yield from (tuple(courtesy.format(" ".join(said)).split()) for courtesy in courtesies)


def with_numbers(words: Sentence) -> Iterator[Sentence]:
    """A sentence once for each number it may be said with.

    >>> len(list(with_numbers(("dim", "to", "<number>"))))
    36
    """
    if NUMBER not in words:
        yield words
        return
    position = words.index(NUMBER)
    for number in _SPOKEN_NUMBERS:
        yield (*words[:position], *number, *(w for w in words[position + 1 :] if w != NUMBER))


def _decoder(model: Path, dictionary: Path) -> Decoder:
    try:
        return Decoder(
            hmm=get_model_path("en-us/en-us"),
            dict=str(dictionary),
            lm=str(model),
            fwdflat=False,
            bestpath=False,
            loglevel="FATAL",
        )
    except RuntimeError as error:
        raise TranscriberError(
            f"PocketSphinx did not start: {error}", hint="check free memory and disk with: safu doctor"
        ) from error


def _dictionary_lines(pronunciations: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for word, alternatives in pronunciations.items():
        for number, sounds in enumerate(alternatives, start=1):
            yield f"{word}{f'({number})' if number > 1 else ''} {sounds}\n"
