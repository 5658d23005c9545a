"""The model: a stream gives what a batch gives, and nothing that does not fit is taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from device.safu.bit_cipher import codebook
from device.safu.contexts import EMPTY, dialogue_of, windows
from device.safu.generation import talk
from device.safu.hidden import ACTIVATIONS
from device.safu.model import Architecture, Inputs, Safu, Weights
from device.safu.recall import Cues, add_cues, cue_solution
from trainer.associations import inputs_at
from trainer.corpus import Corpus
from trainer.history import History

V = 30
WHOLE = Architecture(
    V, 8, V, block=4, radial=3, document=6, decay=0.9, recall=True, hidden=10, activation="tanh", scale=5.0
)
TOKENS = np.random.default_rng(1).integers(0, V, 60)
CORPUS = Corpus(TOKENS, np.array([0, 35]))


def random_weights(architecture: Architecture) -> Weights:
    rng = np.random.default_rng(0)
    arrays = {name: rng.standard_normal(shape) for name, shape in architecture.shapes().items()}
    if "vectors" in arrays:
        arrays["vectors"] = np.abs(arrays["vectors"])
    return Weights(**arrays)


ARCHITECTURES = {
    "all together": WHOLE,
    "block": Architecture(V, 8, V, block=4, hidden=10),
    "block, summed": Architecture(V, 8, V, block=4, summed=True, hidden=10),
    "block, uniform": Architecture(V, 8, V, block=4, attention=False, hidden=10),
    "radial": Architecture(V, 8, V, radial=3, hidden=10),
    "document": Architecture(V, 0, V, document=6, decay=0.9),
    "recall": replace(WHOLE, document=0, radial=0),
    **{name: replace(WHOLE, activation=name) for name in ACTIVATIONS},
}


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES.keys())
def test_a_stream_gives_what_a_batch_gives(architecture: Architecture) -> None:
    model = Safu(architecture, random_weights(architecture))
    codes = codebook(V, architecture.document) if architecture.document else None
    batch = model.log_probabilities(inputs_at(History(CORPUS, architecture.decay), architecture, np.arange(60)))
    assert np.exp(batch).sum(axis=1) == pytest.approx(1)
    for start, end in ((0, 35), (35, 60)):
        memory = model.begin()
        for at in range(start, end):
            assert model.predict_one(memory) == pytest.approx(batch[at], rel=1e-6, abs=1e-6)
            token = int(TOKENS[at])
            memory = model.step(memory, token, None if codes is None else codes[token])


def test_windows_never_reach_into_another_dialogue() -> None:
    began = dialogue_of(CORPUS.starts, 60)
    window = windows(TOKENS, began, np.array([36]), 4)
    assert window.tolist() == [[TOKENS[35], EMPTY, EMPTY, EMPTY]]


def test_what_does_not_fit_is_named() -> None:
    weights = random_weights(WHOLE)
    with pytest.raises(ValueError, match=r"output should be of shape \(10, 30\)"):
        Safu(WHOLE, replace(weights, output=np.zeros((3, 30))))
    with pytest.raises(ValueError, match="the architecture has no radial"):
        Safu(replace(WHOLE, radial=0), weights)


def test_cues_are_solved_by_what_came_over_what_was_expected() -> None:
    cues = Cues(np.array([0, 1, 2, 3]), np.array([4, 4, 4, 4]), np.array([1, 1, 1, 0]))
    expected = np.full((4, 5), 0.2)
    table = cue_solution(cues, expected, np.array([4, 4, 0, 0]), (1, 2))
    rest = np.log(4 - 2 + 1) - np.log(4 - 0.8 + 1)
    assert table[0].tolist() == pytest.approx([np.log(1 / 1.2) - rest, np.log(3 / 1.6) - rest])
    added = add_cues(np.zeros((4, 5)), cues, table)
    assert added[0, 4] == table[0, 1]
    assert added[:, :4].sum() == 0


def test_the_likeliest_words_at_no_temperature() -> None:
    model = Safu(WHOLE, random_weights(WHOLE))
    words = [f"w{rank}" for rank in range(V)]
    first = [word for word, _ in zip(talk(model, words, ["w3"], 0.0, np.random.default_rng(0)), range(9), strict=False)]
    again = [word for word, _ in zip(talk(model, words, ["w3"], 0.0, np.random.default_rng(7)), range(9), strict=False)]
    assert first == again
    memory = model.step(model.begin(), 3, codebook(V, 6)[3])
    assert first[0] == words[int(model.predict_one(memory).argmax())]
    with pytest.raises(ValueError, match="below 0"):
        next(talk(model, words, [], -1.0, np.random.default_rng(0)))
    with pytest.raises(ValueError, match="does not say words"):
        next(talk(model, words[:5], [], 1.0, np.random.default_rng(0)))


def test_inputs_may_leave_out_what_the_architecture_does_not_ask_for() -> None:
    document = ARCHITECTURES["document"]
    model = Safu(document, random_weights(document))
    assert model.logits(Inputs(document=np.zeros((2, 6)))).shape == (2, V)
