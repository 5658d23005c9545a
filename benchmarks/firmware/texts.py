"""A small language model for a chip: trained on running text, then in integers, and what that costs it.

The vectors are co-occurrence vectors of 64 dimensions, the block of 16 is summed, the hidden layer a softmax, as in the
papers. Left out: recall, which needs more memory than a chip has.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from device.safu.contexts import EMPTY, Tokens, dialogue_of, windows
from device.safu.hidden import log_softmax
from device.safu.integer_reference import LOGIT_BITS
from device.safu.integer_stream import IntegerStream
from device.safu.model import Architecture, Inputs, Safu
from device.safu.quantise_stream import quantise_stream
from trainer.corpus import Corpus, encode, read_articles, vocabulary_of
from trainer.language import LanguageSettings, start

VOCABULARY = 1_000
_CHIP = Architecture(0, 0, 0, block=16, summed=True, scale=20.0, hidden=64, activation="softmax")
_SETTINGS = replace(LanguageSettings(), bits=16, dropout=0.1, architecture=_CHIP)
_SCORED = 5_000


@dataclass(slots=True)
class Text:
    """What is trained on and what is scored."""

    train: Corpus
    test: Corpus
    model: IntegerStream = field(init=False)

    def heard(self, count: int) -> tuple[Tokens, Tokens]:
        """(N,) the first tokens of the scored text as one dialogue, and the (N, B) windows after each."""
        tokens = self.test.tokens[:count]
        alone = np.zeros(len(tokens) + 1, np.int64)
        padded = np.r_[tokens, 0]
        return tokens, windows(padded, alone, np.arange(1, len(tokens) + 1), self.model.block)


def language(data: Path, test: Path | None, *, quick: bool) -> Text:
    """Both texts as tokens of the commonest words."""
    try:
        articles = read_articles(data / "language_model" / "wikitext2_valid.txt")
        tested = read_articles((test or data) / "language_model" / "wikitext2_test.txt")
    except OSError as error:
        sys.exit(f"{error.filename} cannot be read: {error.strerror}; name the folder with --data DIR or $SAFU_DATA")
    words = vocabulary_of(articles, VOCABULARY)
    return Text(encode(articles, words), encode(tested[:10] if quick else tested, words))


def trained_stream(text: Text, figures: dict[str, float], cpu_s: float) -> IntegerStream:
    """The model, in integers; how well it predicts before and after is noted."""
    trained = start(text.train, VOCABULARY, _SETTINGS)
    trained.train(cpu_s)
    architecture, weights = trained.network.architecture, trained.network.weights()
    text.model = quantise_stream(architecture, weights)
    began = dialogue_of(text.test.starts, len(text.test.tokens))
    positions = np.linspace(1, len(text.test.tokens) - 1, min(_SCORED, len(text.test.tokens) - 1)).astype(np.int64)
    window = windows(text.test.tokens, began, positions, _CHIP.block)
    known = window[:, 0] != EMPTY
    said, window = text.test.tokens[positions[known]], window[known]
    floats = log_softmax(Safu(architecture, weights).logits(Inputs(window=window)))
    integers = log_softmax(text.model.logits(window) / 2**LOGIT_BITS)
    rows = np.arange(len(said))
    for name, found in (("float", floats), ("integer", integers)):
        figures[f"step.perplexity_{name}"] = float(np.exp(-found[rows, said].mean()))
        figures[f"step.accuracy_{name}"] = float((found.argmax(axis=1) == said).mean())
    figures["step.agreement"] = float((floats.argmax(axis=1) == integers.argmax(axis=1)).mean())
    return text.model
