"""Words out of a language model: a way to look inside. Nothing in the house depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from device.safu.bit_cipher import codebook
from device.safu.model import Memory, Safu


def talk(
    model: Safu, vocabulary: Sequence[str], seed_words: Sequence[str], temperature: float, rng: np.random.Generator
) -> Iterator[str]:
    """Words without end that go on from some words; unknown ones are skipped.

    At a temperature of 0 always the likeliest, at 1 as often as the model believes. Raises `ValueError` for a negative
    one, or for a model that is no language model over this vocabulary.
    """
    if temperature < 0:
        raise ValueError(f"a temperature of {temperature} is below 0")
    if not len(vocabulary) == model.architecture.outputs == model.architecture.vocabulary:
        raise ValueError("this model does not say words: its outputs are not its vocabulary")
    codes = codebook(len(vocabulary), model.architecture.document) if model.architecture.document else None
    ranks = {word: rank for rank, word in enumerate(vocabulary)}

    def hear(memory: Memory, token: int) -> Memory:
        return model.step(memory, token, None if codes is None else codes[token])

    memory = model.begin()
    for word in seed_words:
        if word in ranks:
            memory = hear(memory, ranks[word])
    while True:
        nats = model.predict_one(memory).astype(np.float64)
        if temperature:
            weights = np.exp((nats - nats.max()) / temperature)
            token = int(rng.choice(len(nats), p=weights / weights.sum()))
        else:
            token = int(nats.argmax())
        yield vocabulary[token]
        memory = hear(memory, token)
